import { bytesFromBase64 } from "./base64.ts";
import { checked } from "./checked.ts";
import { fill, startCore, type Core } from "./core.ts";
import { aBoolean, aFunction, asyncDoor, checkOptions, door, oneOfTexts, showValue } from "./door.ts";
import { isObject } from "./kinds.ts";
import { reject } from "./error.ts";
import { explainInputs } from "./explain-inputs.ts";
import type { Guard } from "./guards.ts";
import { checkIndices } from "./index-range.ts";
import { checkValues, type InputRules } from "./input.ts";
import { initialize } from "./initialize.ts";
import { exported, instantiate } from "./instantiate.ts";
import type { AnyModel, EntryArguments, ModelOf, ModelTypes, StartOptions } from "./model.ts";
import type { Exports, Plan } from "./plan.ts";
import type { Profile, profileSteps } from "./profile.ts";
import { resetting } from "./reset.ts";
import { checkElements, runsOf, select } from "./runs.ts";
import type { Code } from "./session-plan.ts";
import { settings } from "./settings.ts";
import { withParts } from "./structured-inputs.ts";
import { storing } from "./storing.ts";

export interface SessionOptions extends StartOptions {
  /** `memoryGuards` of `guards.ts`: checks every access of memory, in a build with `guards`. */
  readonly guards?: (plan: Plan, exports: Exports, buffer: ArrayBufferLike) => Guard;
  /** `profileSteps` of `profile.ts`: for `profile`, in a build with `profile`. */
  readonly profiler?: typeof profileSteps;
}

/** A compiled model with its memory, and what the compiler knows about it. All errors are `DlcError`s. */
export interface Session<T extends ModelTypes = AnyModel> extends ModelOf<T> {
  readonly plan: Plan;
  /** Time of each kernel of an entry, in a build with `profile`. The state is restored afterwards. */
  profile<E extends keyof T["entries"] & string>(
    entry: E,
    ...rest: EntryArguments<T["entries"][E]["inputs"], number>
  ): Profile;
}

/**
 * Allocates the arena, loads the code, and initializes params and state from the seed.
 *
 * @example
 * import { compileModule } from "dlc/compiler";
 * import { createSession } from "dlc/runtime";
 * const { plan, code } = compileModule(source, options);
 * const model = await createSession(plan, await code("js"), { seed: 7 });
 * model.plan.arenaBytes > 0; // => true
 */
export const createSession = asyncDoor(async (plan: Plan, code: Code, given: SessionOptions = {}): Promise<Session> => {
  const options = checkOptions(given, "createSession", {
    seed: ["an integer", () => true],
    mode: oneOfTexts("fast", "strict"),
    checks: aBoolean,
    guards: aFunction,
    profiler: aFunction,
  });
  const { seed = 0 } = options;
  if (!isObject(plan) || plan.format !== "dlc-plan-1")
    reject(
      "E0802",
      `this runtime reads the format dlc-plan-1, but the plan has ${showValue(plan?.format)}`,
      "build the model again",
    );
  freeze(plan);
  const { exports, buffer } = await instantiate(code, plan.arenaBytes, options.mode ?? "fast");
  const memory = new Uint8Array(buffer);
  for (const { offset, base64 } of plan.constants) memory.set(bytesFromBase64(base64), offset);
  const guard = options.guards?.(plan, exports, buffer) ?? ((_entry, _stage, run) => run);
  const core = startCore(plan, exports, buffer, (entry, stage) => {
    const name = entry[stage];
    return typeof name === "string" ? guard(entry, stage, exported(exports, name)) : undefined;
  });
  const rules: InputRules = {
    check: options.checks === false ? checkValues : checkIndices,
    parts: withParts,
    explain: explainInputs,
  };
  initialize(core, seed);
  return {
    plan,
    ...checked(core, { ...runsOf(core, rules), ...settings(core), ...resetting(core), ...storing(core) }),
    profile: profiling(core, plan, rules, options.profiler),
  };
});

const profiling = (
  core: Core,
  plan: Plan,
  rules: InputRules,
  profiler: SessionOptions["profiler"],
): Session["profile"] =>
  door((entry, inputs = {}, runs = 10) => {
    if (plan.profiled.length === 0 || profiler === undefined)
      return reject("E0805", "this model was not built for profiling", "compile with `profile`");
    const { variant, arrays } = select(core, rules, entry, inputs, undefined);
    const values = checkElements(rules, variant, arrays);
    const steps = plan.entries[core.plan.entries.indexOf(variant.plan)]?.steps ?? [];
    const { snapshot, restore } = storing(core);
    const before = snapshot();
    core.prepare(variant);
    const profile = profiler(steps, core.exports, core.buffer, runs, () => fill(variant, values));
    restore(before);
    return profile;
  });

/** The caller has the plan and the shapes in it, and must not change them. */
function freeze(value: unknown): void {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
}
