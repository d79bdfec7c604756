// Compares the functions that two graphs compute, and the results of compiled code with the values of its graph.
import {
  evaluateWithBounds,
  f64ShareOfFine,
  type Bounded,
  type BoundedEvaluation,
  type GraphData,
} from "./error-bound.ts";
import type { GraphStage } from "../compile.ts";
import { evaluate } from "../graph/evaluate.ts";
import type { Graph, Value } from "../graph/ir.ts";
import { printGraph } from "../graph/print.ts";
import type { NdArray } from "../graph/op.ts";

/** The first element whose difference exceeds the allowed one. */
export interface Difference {
  /** `output y`, `write net.w` */
  readonly what: string;
  readonly index: number;
  readonly got: number;
  readonly wanted: number;
  /** An absolute difference; 0 where the bits must be equal. */
  readonly allowed: number;
}

/** Results of a graph under names such as `output y` and `write net.w`. */
export type Results = ReadonlyMap<string, ArrayLike<number>>;

/** Caches evaluations of graphs on one set of data. */
export class Evaluations {
  readonly data: GraphData;
  readonly #bits = new Map<Graph, ReadonlyMap<string, NdArray>>();
  readonly #bounds = new Map<Graph, ReadonlyMap<string, Bounded>>();
  readonly #fineBounds = new Map<Graph, ReadonlyMap<string, Bounded>>();

  constructor(data: GraphData) {
    this.data = data;
  }

  /** Evaluated with f32 rounding after each op. */
  bits(graph: Graph): ReadonlyMap<string, NdArray> {
    return remembered(this.#bits, graph, () => named(evaluate(graph, { ...this.data, precision: "f32" })));
  }

  bounds(graph: Graph): ReadonlyMap<string, Bounded> {
    return remembered(this.#bounds, graph, () => named(evaluateWithBounds(graph, this.data)));
  }

  fineBounds(graph: Graph): ReadonlyMap<string, Bounded> {
    return remembered(this.#fineBounds, graph, () => named(evaluateWithBounds(graph, this.data, undefined, "fine")));
  }
}

function remembered<T>(known: Map<Graph, T>, graph: Graph, make: () => T): T {
  const found = known.get(graph) ?? make();
  known.set(graph, found);
  return found;
}

/** A factor on the bound of f64 rounding, which is of first order only. */
const slack = 2;

/**
 * The first difference between the functions that two graphs compute, or null. `exact`: f32 results must have equal
 * bits, except for the sign of a zero and the payload of a NaN. Otherwise both are evaluated in f64 and may differ by
 * the sum of their rounding bounds.
 */
export function compareGraphs(
  before: Graph,
  after: Graph,
  exact: boolean,
  data: GraphData,
  known = new Evaluations(data),
): Difference | null {
  if (before === after) return null;
  if (exact) return sameBits(known.bits(before), known.bits(after));
  const [wanted, got] = [known.fineBounds(before), known.fineBounds(after)];
  const missing = namesDiffer(wanted, got);
  if (missing !== null) return missing;
  for (const [what, { value, error }] of wanted) {
    const other = got.get(what);
    const difference = far(
      what,
      other?.value.data ?? [],
      value.data,
      (i) => slack * f64ShareOfFine * ((error[i] ?? 0) + (other?.error[i] ?? 0)),
    );
    if (difference !== null) return difference;
  }
  return null;
}

/** A graph after a pass; `exact` has no meaning for the graph before the first pass. */
export interface ComparedStage {
  readonly name: string;
  readonly graph: Graph;
  /** The pass that made it preserves the bits of f32 results. */
  readonly exact: boolean;
}

export const comparedStage = ({ name, graph, pass }: GraphStage): ComparedStage => ({
  name,
  graph,
  exact: pass?.exact ?? true,
});

/**
 * The first stage that computes other values than the stage before it, or null. Consecutive exact passes are compared
 * as one; each is compared separately only if their ends differ. `onStage` is called before each stage but the first.
 */
export function compareStages(
  stages: readonly ComparedStage[],
  data: GraphData,
  known = new Evaluations(data),
  onStage: (name: string, index: number) => void = () => {},
): { readonly stage: string; readonly difference: Difference } | null {
  const [first, ...rest] = stages;
  if (first === undefined) return null;
  let before = first.graph;
  let run: ComparedStage[] = [];
  const settle = (): { readonly stage: string; readonly difference: Difference } | null => {
    const last = run.at(-1);
    if (last === undefined || last.graph === before || sameBits(known.bits(before), known.bits(last.graph)) === null)
      return null;
    for (const { name, graph } of run) {
      const difference = graph === before ? null : sameBits(known.bits(before), known.bits(graph));
      if (difference !== null) return { stage: name, difference };
      before = graph;
    }
    return null;
  };
  for (const [index, stage] of rest.entries()) {
    onStage(stage.name, index + 1);
    if (stage.exact) {
      run.push(stage);
      continue;
    }
    const from = run.at(-1)?.graph ?? before;
    // A pass that finds nothing to change may still make the graph anew.
    if (stage.graph === from || printGraph(stage.graph) === printGraph(from)) continue;
    const broken = settle();
    if (broken !== null) return broken;
    const difference = compareGraphs(from, stage.graph, false, data, known);
    if (difference !== null) return { stage: stage.name, difference };
    [before, run] = [stage.graph, []];
  }
  return settle();
}

export interface CompiledResults {
  /** The code may fuse a multiply and an add, so even exact ops do not determine every bit. */
  readonly relaxed?: boolean;
  readonly known?: Evaluations;
}

/**
 * The first result of compiled code that is outside the f32 rounding bound of the graph's value, or null. Results of
 * exact ops alone must have equal bits.
 */
export function compareResults(
  graph: Graph,
  got: Results,
  data: GraphData,
  { relaxed = false, known = new Evaluations(data) }: CompiledResults = {},
): Difference | null {
  const wanted = known.bounds(graph);
  const missing = namesDiffer(wanted, got);
  if (missing !== null) return missing;
  for (const [what, { value, error }] of wanted) {
    const difference = far(what, got.get(what) ?? [], value.data, (i) => error[i] ?? 0);
    if (difference !== null) return difference;
  }
  const exact = relaxed ? new Set<string>() : exactResults(graph);
  if (exact.size === 0) return null;
  const bits = known.bits(graph);
  for (const what of exact) {
    const difference = far(what, got.get(what) ?? [], bits.get(what)?.data ?? [], () => 0);
    if (difference !== null) return difference;
  }
  return null;
}

/** Names of the results that depend on exact ops only. */
export function exactResults(graph: Graph): ReadonlySet<string> {
  const inexact = new Set<Value>();
  for (const node of graph.nodes)
    if (!node.op.exact || node.operands.some((value) => inexact.has(value)))
      node.results.forEach((value) => inexact.add(value));
  const of = (list: readonly { readonly name: string; readonly value: Value }[]): string[] =>
    list.filter(({ value }) => !inexact.has(value)).map(({ name }) => name);
  return new Set([
    ...of(graph.outputs.map(({ name, value }) => ({ name: `output ${name}`, value }))),
    ...of(graph.writes.map(({ path, value }) => ({ name: `write ${path}`, value }))),
  ]);
}

/** The first element whose bits differ, except for the sign of a zero and the payload of a NaN. */
function sameBits(wanted: ReadonlyMap<string, NdArray>, got: ReadonlyMap<string, NdArray>): Difference | null {
  const missing = namesDiffer(wanted, got);
  if (missing !== null) return missing;
  for (const [what, { data }] of wanted) {
    const difference = far(what, got.get(what)?.data ?? [], data, () => 0);
    if (difference !== null) return difference;
  }
  return null;
}

/** Outputs and writes in one map, under the names of `Results`. */
export function named<T>({
  outputs,
  writes,
}: {
  readonly outputs: ReadonlyMap<string, T>;
  readonly writes: ReadonlyMap<string, T>;
}): ReadonlyMap<string, T> {
  return new Map([
    ...[...outputs].map(([name, item]) => [`output ${name}`, item] as const),
    ...[...writes].map(([path, item]) => [`write ${path}`, item] as const),
  ]);
}

function namesDiffer(wanted: ReadonlyMap<string, unknown>, got: ReadonlyMap<string, unknown>): Difference | null {
  const what = [...wanted.keys()].find((name) => !got.has(name)) ?? [...got.keys()].find((name) => !wanted.has(name));
  return what === undefined ? null : { what, index: 0, got: Number.NaN, wanted: Number.NaN, allowed: 0 };
}

function far(
  what: string,
  got: ArrayLike<number>,
  wanted: ArrayLike<number>,
  allowed: (index: number) => number,
): Difference | null {
  for (let i = 0; i < Math.max(got.length, wanted.length); i++) {
    const [x, y] = [got[i] ?? Number.NaN, wanted[i] ?? Number.NaN];
    if (i < got.length && i < wanted.length && (x === y || (Number.isNaN(x) && Number.isNaN(y)))) continue;
    const bound = allowed(i);
    if (i < got.length && i < wanted.length && (Math.abs(x - y) <= bound || bound === Infinity)) continue;
    return { what, index: i, got: x, wanted: y, allowed: bound };
  }
  return null;
}

export type { Bounded, BoundedEvaluation };
