// Counts of the ops generated, and of the rewrite rules and passes that fired.
import type { CompiledModule } from "../../compiler/compile.ts";
import type { Graph } from "../../compiler/graph/ir.ts";
import { ops } from "../../compiler/ops/table.ts";
import { reassociateRules } from "../../compiler/passes/reassociate.ts";
import { simplifyLocalRules, simplifyRules } from "../../compiler/passes/simplify/simplify.ts";
import { pipeline } from "../../compiler/pipeline.ts";

/** Counts by name. */
export type Counts = Readonly<Record<string, number>>;

export interface Fired {
  readonly ops: Counts;
  readonly rules: Counts;
  readonly passes: Counts;
}

const opCounts = new Map<string, number>();
const passCounts = new Map<string, number>();
const add = (counts: Map<string, number>, name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);

export function countOps({ nodes }: Graph): void {
  for (const { op, regions } of nodes) {
    add(opCounts, op.name);
    regions.forEach(countOps);
  }
}

/** A pass fires if it changes the graph. */
export function countPasses({ entries }: CompiledModule): void {
  for (const { stages, graph: planned } of entries) {
    stages.forEach(({ pass, graph }, i) => {
      if (pass !== null && graph !== stages[i - 1]?.graph) add(passCounts, pass.name);
    });
    countOps(planned);
  }
}

/** The counts of all ops, rules and passes, including those that never fired. */
export function fired(): Fired {
  const of = (names: Iterable<string>, counts: ReadonlyMap<string, number>): Counts =>
    Object.fromEntries([...names].map((name) => [name, counts.get(name) ?? 0]));
  return {
    ops: of(ops.keys(), opCounts),
    rules: Object.fromEntries([
      ...simplifyRules.rules.map(({ text, fired: n }) => [text, n] as const),
      ...[...simplifyLocalRules, ...reassociateRules].map(({ name, fired: n }) => [name, n] as const),
    ]),
    passes: of(new Set(pipeline.map(({ name }) => name)), passCounts),
  };
}

export function sumFired(all: readonly Fired[]): Fired {
  const sum = (list: readonly Counts[]): Counts => {
    const total = new Map<string, number>();
    for (const counts of list)
      for (const [name, n] of Object.entries(counts)) total.set(name, (total.get(name) ?? 0) + n);
    return Object.fromEntries(total);
  };
  return {
    ops: sum(all.map((f) => f.ops)),
    rules: sum(all.map((f) => f.rules)),
    passes: sum(all.map((f) => f.passes)),
  };
}

export const neverFired = (counts: Counts): string[] => Object.keys(counts).filter((name) => counts[name] === 0);
