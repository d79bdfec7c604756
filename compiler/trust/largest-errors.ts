// The largest errors of results, relative to their rounding bounds.
import { compareResults, exactResults, type Difference, type Results } from "./compare.ts";
import type { Bounded, GraphData } from "./error-bound.ts";
import type { Graph } from "../graph/ir.ts";
import { dropDead } from "../graph/rebuild.ts";

export interface LargestDifference extends Difference {
  /** The difference over the allowed one; above 1 is an error. */
  readonly share: number;
}

/**
 * The element of one value with the largest share; null if every element is unbounded. `times`: a factor on the bound.
 */
export function largestOf(
  what: string,
  { value, error }: Bounded,
  got: ArrayLike<number>,
  times = 1,
): LargestDifference | null {
  let worst: LargestDifference | null = null;
  for (const [index, wanted] of value.data.entries()) {
    const allowed = times * (error[index] ?? 0);
    const share = shareOf(wanted, got[index] ?? Number.NaN, allowed);
    if (share !== null && share > (worst?.share ?? -1))
      worst = { what, index, got: got[index] ?? Number.NaN, wanted, allowed, share };
  }
  return worst;
}

/** The largest share over all results of a graph. */
export function largest(wanted: ReadonlyMap<string, Bounded>, got: Results, times = 1): LargestDifference | null {
  return [...wanted].reduce<LargestDifference | null>((worst, [what, bounded]) => {
    const own = largestOf(what, bounded, got.get(what) ?? [], times);
    return own !== null && own.share > (worst?.share ?? -1) ? own : worst;
  }, null);
}

/**
 * The first difference in bits among the results that depend on exact ops only; null for relaxed code, which need not
 * keep bits.
 */
export function exactDifference(graph: Graph, results: Results, data: GraphData, relaxed: boolean): Difference | null {
  const exact = relaxed ? new Set<string>() : exactResults(graph);
  const outputs = graph.outputs.filter(({ name }) => exact.has(`output ${name}`));
  const writes = graph.writes.filter(({ path }) => exact.has(`write ${path}`));
  if (outputs.length + writes.length === 0) return null;
  return compareResults(
    dropDead({ ...graph, outputs, writes }),
    new Map([...results].filter(([what]) => exact.has(what))),
    data,
  );
}

function shareOf(wanted: number, got: number, allowed: number): number | null {
  if (wanted === got || (Number.isNaN(wanted) && Number.isNaN(got))) return 0;
  if (allowed === Infinity) return null;
  const off = Math.abs(got - wanted);
  return Number.isNaN(off) ? Infinity : off / allowed;
}
