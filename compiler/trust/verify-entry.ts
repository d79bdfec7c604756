/**
 * Verifies one entry in two steps. Its outputs and writes are compared in the reference after each pass, so that a pass
 * that changes them is found. Then the compiled code is compared with the graph after all passes, value by value: a
 * variant of the graph outputs every value that reaches memory; each may differ from the exact result of its operands
 * by the rounding bound. The operands are the compiled values, so the bound at the end of a deep net is as tight as at
 * its start.
 */
import type { Span } from "../../dsl/span.ts";
import { nearestSpan } from "./bisect.ts";
import { stagesOfGraph, type CompileOptions } from "../compile.ts";
import { comparedStage, compareStages, Evaluations, type Difference } from "./compare.ts";
import { evaluateWithBounds, type Bounded } from "./error-bound.ts";
import { isLeaf } from "../graph/facts.ts";
import { distinct } from "../graph/inline.ts";
import type { Graph, Node, Program, Value } from "../graph/ir.ts";
import { largestOf, type LargestDifference } from "./largest-errors.ts";
import { isLate } from "../passes/driver.ts";
import { pipeline } from "../pipeline.ts";
import { initialData, runCompiled, withoutNotes } from "./run-graph.ts";
import { present } from "../support/invariant.ts";
import { at } from "../support/lists.ts";

export interface VerifiedNode {
  readonly node: Node;
  /** The node's source range, or that of its nearest ancestor that has one. */
  readonly span: Span | null;
  readonly difference: LargestDifference;
}

export interface VerifiedEntry {
  readonly entry: string;
  readonly dims: Readonly<Record<string, number>>;
  /** The number of compared values. */
  readonly compared: number;
  /**
   * The number of values without a finite bound: a discontinuity is within reach, such as a comparison of values that
   * may be equal, or a division by 0.
   */
  readonly unbounded: number;
  /** By share of the allowed difference, the largest first. */
  readonly nodes: readonly VerifiedNode[];
  /** The first node in graph order that exceeds its bound; null if all are within. */
  readonly wrong: VerifiedNode | null;
  /** The number of outputs and writes that were compared after the passes. */
  readonly results: number;
  /** The first stage of the pipeline that changes an output or a write; null if none does. */
  readonly wrongPass: { readonly stage: string; readonly difference: Difference } | null;
}

export type VerifyOptions = Omit<CompileOptions, "resolve" | "entries" | "dims" | "variants"> & {
  readonly seed?: number;
  /** Receives a line of text at the start of each step: at each pass, and at each value. */
  readonly onProgress?: (message: string) => void;
};

export async function verifyEntry(
  program: Program,
  { dims, graph }: Program["entries"][number],
  options: VerifyOptions,
): Promise<VerifiedEntry> {
  const { seed = 0, onProgress = () => {}, ...compile } = options;
  const stages = stagesOfGraph(graph, compile);
  const planned = at(stages, stages.length - 1).graph;
  const { open, names } = withAllOutputs(planned);
  const data = initialData(program, graph, seed);
  const wrongPass = compareStages(stages.map(comparedStage), data, new Evaluations(data), (name, index) =>
    onProgress(`comparing the passes of ${graph.name} in the reference: ${name}, ${index} of ${stages.length - 1}`),
  );
  const told = (done: number): void =>
    onProgress(`comparing the code of ${graph.name} with the reference: value ${done} of ${names.size}`);
  told(0);
  const passes = (compile.passes ?? pipeline).filter(isLate);
  const results = await runCompiled(open, data, { ...compile, passes });

  const found: (VerifiedNode & { readonly value: Value })[] = [];
  let unbounded = 0;
  const own = new Set(open.nodes);
  const look = (node: Node, bounds: readonly Bounded[]): readonly Bounded[] => {
    if (!own.has(node)) return bounds;
    return bounds.map((bounded, index) => {
      const value = at(node.results, index);
      const what = names.get(value);
      if (what === undefined || bounded.value.data.length === 0) return bounded;
      const computed = Float64Array.from(present(results.get(what), what));
      told(found.length + unbounded + 1);
      const difference = largestOf(what, bounded, computed);
      if (difference === null) unbounded++;
      else found.push({ value, node, span: nearestSpan(node), difference });
      return { value: { type: value.type, data: computed }, error: new Float64Array(computed.length) };
    });
  };
  evaluateWithBounds(open, data, look);
  const nodes = found.toSorted((a, b) => b.difference.share - a.difference.share);
  const outside = found.filter(({ difference }) => difference.share > 1);
  return {
    entry: graph.name,
    dims,
    compared: found.length,
    unbounded,
    nodes,
    wrong: outside[0] ?? null,
    results: graph.outputs.length + graph.writes.length,
    wrongPass,
  };
}

/**
 * A planned graph without its notes, with an output for every value that has a memory location; `names` maps each value
 * to its name in `Results`.
 */
function withAllOutputs(planned: Graph): { readonly open: Graph; readonly names: ReadonlyMap<Value, string> } {
  const open = withoutNotes(planned);
  const names = new Map<Value, string>();
  for (const { name, value } of open.outputs) names.set(value, `output ${name}`);
  const taken = new Set(open.outputs.map(({ name }) => name));
  const more: { readonly name: string; readonly value: Value }[] = [];
  for (const [position, { notes, results, op }] of planned.nodes.entries()) {
    const node = at(open.nodes, position);
    if (isLeaf(node) || op.form.kind === "view") continue;
    for (const { index } of results) {
      const value = at(node.results, index);
      if ((notes.locations?.[index] ?? null) === null || names.has(value)) continue;
      const name = distinct(taken, `${op.name}${position}`);
      more.push({ name, value });
      names.set(value, `output ${name}`);
    }
  }
  return { open: { ...open, outputs: [...open.outputs, ...more] }, names };
}
