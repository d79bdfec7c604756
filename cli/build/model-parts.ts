import { basename } from "node:path";
import type { CompiledModule } from "../../compiler/index.ts";
import { pathOf } from "../../compiler/graph/facts.ts";
import type { Persistent, Plan, SessionPlan } from "../../runtime/plan.ts";

/** What a built model consists of. The names are those that `runtime/artefact.ts` exports. */
export interface ModelParts {
  /** What the glue is linked from. */
  readonly roots: readonly string[];
  readonly rules: Readonly<Record<string, string>>;
  readonly features: readonly string[];
  /** Whether params or states have values that depend on the seed, or settings. */
  readonly starts: boolean;
  readonly checked: boolean;
  /** The members of the model, in the order of its type. */
  readonly members: readonly string[];
  /** The others, and how to build a model that has them. */
  readonly lacks: Readonly<Record<string, string>>;
}

const always = ["entries", "run", "bind", "state", "touch"];

/** The members that each feature adds. */
const featureMembers: Readonly<Record<string, readonly string[]>> = {
  settings: ["set"],
  storing: ["snapshot", "restore", "save", "load"],
  resetting: ["reset"],
};

const reasons: Readonly<Record<string, string>> = {
  settings: "the model has no settings",
  storing: "no entry writes params or states; build with --full",
  resetting: "the weights are given: `load()` again",
};

/** Chooses the parts that a model needs: what it cannot use is not in its files. */
export function partsOf(
  compiled: Pick<CompiledModule, "entries">,
  plan: Plan,
  options: { readonly target: "wasm" | "js"; readonly full?: boolean; readonly inline?: boolean },
): ModelParts {
  const { target, full = false, inline = false } = options;
  const has: Readonly<Record<string, boolean>> = {
    settings: plan.settings !== undefined,
    storing: full || plan.persistent.some((slot) => slot.role !== "random" && isWritten(compiled, slot.path)),
    resetting: hasInit(plan),
  };
  const features = Object.keys(featureMembers).filter((name) => has[name]);
  const others = Object.keys(featureMembers).filter((name) => !has[name]);
  const inputs = plan.entries.flatMap((entry) => entry.inputs);
  const rules = {
    ...(inputs.some(({ indices }) => indices !== undefined) && { check: "checkIndices" }),
    ...(plan.entries.some(({ structures }) => structures !== undefined) && { parts: "withParts" }),
    ...(full && { explain: "explainInputs" }),
  };
  const starts = has["settings"] === true || hasInit(plan) || usesRandom(compiled, plan);
  const decodes = inline || (target === "js" && plan.constants.length > 0);
  return {
    roots: [
      ...["loader", "DlcError", target === "js" ? "jsCode" : "wasmCode", ...features, ...Object.values(rules)],
      ...(starts ? ["initialize"] : []),
      ...(full ? ["checked", "checkedLoad"] : []),
      ...(decodes ? ["bytesFromBase64"] : []),
    ],
    rules,
    features,
    starts,
    checked: full,
    members: [...always, ...features.flatMap((name) => featureMembers[name] ?? [])],
    lacks: Object.fromEntries(
      others.flatMap((name) => (featureMembers[name] ?? []).map((member) => [member, reasons[name] ?? ""])),
    ),
  };
}

const hasInit = (plan: Plan): boolean => plan.entries.some(({ name }) => name === "init");

const graphsOf = ({ entries }: Pick<CompiledModule, "entries">) =>
  entries.filter(({ name }) => name !== "init").map(({ graph }) => graph);

const isWritten = (compiled: Pick<CompiledModule, "entries">, path: string): boolean =>
  graphsOf(compiled).some((graph) => graph.writes.some((write) => write.path === path));

const usesRandom = (compiled: Pick<CompiledModule, "entries">, plan: Plan): boolean =>
  plan.persistent.some((slot) => slot.role === "random" && isTouched(compiled, slot.path));

const isTouched = (compiled: Pick<CompiledModule, "entries">, path: string): boolean =>
  isWritten(compiled, path) || graphsOf(compiled).some((graph) => graph.nodes.some((node) => pathOf(node) === path));

/** What a session must know: without the steps of the functions, and without random state that nothing uses. */
export function sessionPlan(compiled: Pick<CompiledModule, "entries">, plan: Plan): SessionPlan {
  const isUsed = ({ role, path }: Persistent): boolean =>
    role !== "random" || hasInit(plan) || isTouched(compiled, path);
  return {
    arenaBytes: plan.arenaBytes,
    persistent: plan.persistent.filter(isUsed),
    entries: plan.entries.map(({ name, kind, dims, structures, inputs, outputs, call, prepare, outdates }) => ({
      name,
      ...(kind && { kind }),
      dims,
      ...(structures && { structures }),
      // A build is the same in every folder.
      inputs: inputs.map((slot) => (slot.at === undefined ? slot : { ...slot, at: basename(slot.at) })),
      outputs,
      call,
      ...(prepare !== null && { prepare }),
      ...(outdates && { outdates }),
    })),
    ...(plan.settings && { settings: plan.settings }),
  };
}
