import type { checked as checkedModel } from "./checked.ts";
import type { CodeSource } from "./code-source.ts";
import { startCore, type Feature } from "./core.ts";
import type { initialize } from "./initialize.ts";
import { reject } from "./error.ts";
import { asBytes, bytesIn, opener, type BuiltFile } from "./files.ts";
import { checkValues, type InputRules } from "./input.ts";
import { wrapHostError } from "./instantiate.ts";
import type { AnyModel, LoadOptions, ModelOf } from "./model.ts";
import { runsOf } from "./runs.ts";
import type { SessionPlan } from "./session-plan.ts";
import { startFrom } from "./start-from.ts";

/** What `dlc build` writes into `module.mjs`. */
export interface Build {
  /** The same in all files of one build: a hash of their contents. */
  readonly id: string;
  readonly plan: SessionPlan;
  readonly code: CodeSource;
  /** Absent if the model starts from its seed. */
  readonly weights?: BuiltFile;
  /** `checkIndices` if an input has indices, `withParts` if one has the structure of a model. */
  readonly rules: Partial<InputRules>;
  /** `initialize`, if params or states depend on the seed or are settings. */
  readonly start?: typeof initialize;
  /** The function `checked`, for builds that help to find mistakes in calls. */
  readonly checked?: typeof checkedModel;
  readonly features: readonly Feature<object>[];
  /** Members of a model that this build lacks, and how to build with them. */
  readonly lacks: Readonly<Record<string, string>>;
}

const known = ["seed", "mode", "checks", "module", "weights", "onProgress", "signal", "fetch"];

/**
 * The function `load` of a build. It throws E0806 for a file that cannot be read, E0802 for one of another build or
 * code that the host does not accept, E0820 and E0821 for weights.
 */
export const loader =
  (build: Build): ((options?: LoadOptions) => Promise<ModelOf<AnyModel>>) =>
  async (options = {}) => {
    const { plan, code } = build;
    for (const name of Object.keys(options))
      if (!known.includes(name))
        reject("E0818", `\`load\` has no option \`${name}\`: its options are ${known.join(", ")}`);
    const { seed = 0, weights: chosen, signal, checks } = options;
    const file = chosen === undefined ? build.weights : undefined;
    // Also for `false`, as of a condition: without its weights the model would be all zeros.
    if (build.weights && !file && !chosen) reject("E0809", "this build has no values but its weights");
    const open = opener(options, code.bytesToGet(options) + (file?.[0] ?? 0));
    const [start, weights] = await Promise.all([
      code.get(options, open, build.id),
      file === undefined ? chosen && asBytes(chosen) : open(file, bytesIn),
    ]);
    signal?.throwIfAborted();
    const { exports, buffer } = await start(plan.arenaBytes).catch(wrapHostError);
    const core = startCore(plan, exports, buffer);
    build.start?.(core, seed);
    if (weights) startFrom(core, weights, file && build.id);
    const { rules, checked, lacks } = build;
    const runs = runsOf(core, { check: checkValues, ...rules, ...(checks === false && { check: checkValues }) });
    const model = Object.assign(runs, ...build.features.map((feature) => feature(core))) as ModelOf<AnyModel>;
    return Object.assign(
      Object.fromEntries(Object.entries(lacks).map(([name, help]) => [name, absent(name, help)])),
      checked === undefined ? model : checked(core, model),
    );
  };

const absent = (name: string, help: string) => (): never => reject("E0809", `this build has no \`${name}\``, help);
