/**
 * An entry as compiled code against the reference, value by value: a variant of its graph gives out everything that reaches memory, and each of these may be as
 * far as rounding allows from what the values before it lead to. These are the compiled ones: so a bound is as narrow at the end of a deep net as at its start.
 */
import type { Span } from "../../dsl/span.ts";
import { nearestSpan } from "./bisect.ts";
import { stagesOfGraph, type CompileOptions } from "../compile.ts";
import { evaluateWithBounds, type Bounded } from "./error-bound.ts";
import { isLeaf } from "../graph/facts.ts";
import { distinct } from "../graph/inline.ts";
import type { Graph, Node, Program, Value } from "../graph/ir.ts";
import { largestOf, type LargestDifference } from "./largest-errors.ts";
import { isLate } from "../passes/driver.ts";
import { pipeline } from "../pipeline.ts";
import { initialData, runCompiled, withoutNotes } from "./run-graph.ts";
import { present } from "../support/invariant.ts";

export interface VerifiedNode {
  readonly node: Node;
  /** Where it, or else what it is computed from, stands in the `.dl` text. */
  readonly span: Span | null;
  readonly difference: LargestDifference;
}

export interface VerifiedEntry {
  readonly entry: string;
  readonly dims: Readonly<Record<string, number>>;
  /** How many values were compared. */
  readonly compared: number;
  /** How many have no bound at any element: a jump is within reach, such as a comparison of what rounding may make equal or a division by what may be zero. */
  readonly unbounded: number;
  /** The largest first, for what is allowed. */
  readonly nodes: readonly VerifiedNode[];
  /** The first node in order that is outside of its bound although everything that it is computed from is inside. */
  readonly wrong: VerifiedNode | null;
}

export type VerifyOptions = Omit<CompileOptions, "resolve" | "entries" | "dims" | "variants"> & { readonly seed?: number };

export async function verifyEntry(program: Program, { dims, graph }: Program["entries"][number], options: VerifyOptions): Promise<VerifiedEntry> {
  const { seed = 0, ...compile } = options;
  const planned = present(stagesOfGraph(graph, compile).at(-1), "a graph has stages").graph;
  const { open, names } = withAllOutputs(planned);
  const data = initialData(program, graph, seed);
  const passes = (compile.passes ?? pipeline).filter(isLate);
  const results = await runCompiled(open, data, { ...compile, passes });

  const found: (VerifiedNode & { readonly value: Value })[] = [];
  let unbounded = 0;
  const own = new Set(open.nodes);
  const look = (node: Node, bounds: readonly Bounded[]): readonly Bounded[] => {
    if (!own.has(node)) return bounds;
    return bounds.map((bounded, index) => {
      const value = present(node.results[index], "a bound is of a result");
      const what = names.get(value);
      if (what === undefined || bounded.value.data.length === 0) return bounded;
      const computed = Float64Array.from(present(results.get(what), what));
      const difference = largestOf(what, bounded, computed);
      if (difference === null) unbounded++;
      else found.push({ value, node, span: nearestSpan(node), difference });
      return { value: { type: value.type, data: computed }, error: new Float64Array(computed.length) };
    });
  };
  evaluateWithBounds(open, data, look);
  const nodes = found.toSorted((a, b) => b.difference.share - a.difference.share);
  const outside = found.filter(({ difference }) => difference.share > 1);
  return { entry: graph.name, dims, compared: found.length, unbounded, nodes, wrong: outside[0] ?? null };
}

/** A planned graph with an output for every value that has a place in memory, without its plan; `names` says under what name each comes out. */
function withAllOutputs(planned: Graph): { readonly open: Graph; readonly names: ReadonlyMap<Value, string> } {
  const open = withoutNotes(planned);
  const names = new Map<Value, string>();
  for (const { name, value } of open.outputs) names.set(value, `output ${name}`);
  const taken = new Set(open.outputs.map(({ name }) => name));
  const more: { readonly name: string; readonly value: Value }[] = [];
  for (const [at, { notes, results, op }] of planned.nodes.entries()) {
    const node = present(open.nodes[at], "a node without its notes stands at its place");
    if (isLeaf(node) || op.form.kind === "view") continue;
    for (const { index } of results) {
      const value = present(node.results[index], "a node keeps its results");
      if ((notes.places?.[index] ?? null) === null || names.has(value)) continue;
      const name = distinct(taken, `${op.name}${at}`);
      more.push({ name, value });
      names.set(value, `output ${name}`);
    }
  }
  return { open: { ...open, outputs: [...open.outputs, ...more] }, names };
}
