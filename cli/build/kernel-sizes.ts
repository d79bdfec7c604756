import { originsOfCalls } from "../../compiler/inspect/kernel-origins.ts";
import type { CompiledModule } from "../../compiler/index.ts";
import { callsOf, type EntryPlan } from "../../runtime/plan.ts";

/** The bytes of the functions of a file with code. */
export interface ModuleSizes {
  readonly file: string;
  readonly functionBytes: ReadonlyMap<string, number>;
}

export interface KernelSize {
  readonly kernel: string;
  /** The layers for which it is called, sorted. */
  readonly layers: readonly string[];
  /** The entries that call it, by the names of their functions in the module, sorted. */
  readonly users: readonly string[];
  /** In each module. */
  readonly bytes: readonly number[];
}

/** Every kernel once, in the order of its first call. */
export function kernelSizes(
  { plan, assembly }: Pick<CompiledModule, "plan" | "assembly">,
  modules: readonly ModuleSizes[],
): readonly KernelSize[] {
  const uses = plan.entries.flatMap((entry) =>
    [entry.prepareSteps, entry.steps].flatMap((steps) => {
      const origins = originsOfCalls({ assembly }, steps);
      return callsOf(steps).map(({ kernel }, i) => ({ kernel, user: entry.call, layer: origins[i]?.layers[0] ?? "" }));
    }),
  );
  return [...Map.groupBy(uses, ({ kernel }) => kernel)].map(([kernel, calls]) => ({
    kernel,
    layers: sorted(calls.map(({ layer }) => layer)),
    users: sorted(calls.map(({ user }) => user)),
    bytes: bytesIn(modules, [kernel]),
  }));
}

export interface EntrySize {
  /** In each module: the functions of the entry, and all kernels that they call. */
  readonly bytes: readonly number[];
  /** Of these, what no other entry uses. */
  readonly own: readonly number[];
}

export function entrySize(
  { call, prepare }: EntryPlan,
  kernels: readonly KernelSize[],
  modules: readonly ModuleSizes[],
): EntrySize {
  const functions = prepare === null ? [call] : [call, prepare];
  const used = kernels.filter(({ users }) => users.includes(call));
  const namesOf = (some: readonly KernelSize[]): readonly string[] => [
    ...functions,
    ...some.map(({ kernel }) => kernel),
  ];
  return {
    bytes: bytesIn(modules, namesOf(used)),
    own: bytesIn(modules, namesOf(used.filter(({ users }) => users.length === 1))),
  };
}

const bytesIn = (modules: readonly ModuleSizes[], names: readonly string[]): readonly number[] =>
  modules.map(({ functionBytes }) => names.reduce((sum, name) => sum + (functionBytes.get(name) ?? 0), 0));

const sorted = (texts: readonly string[]): readonly string[] => [...new Set(texts)].sort();
