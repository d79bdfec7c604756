/**
 * Batching, from graph to graph: what a graph computes for one item, computed for a batch of items at once. Values that depend on the batch have a new first axis,
 * the others stay as they are; what each op does with them is the batching rule of its entry.
 */
import { invariant, present } from "../support/invariant.ts";
import type { TensorType } from "../types/tensor-type.ts";
import { expandGradients } from "./autodiff.ts";
import type { GraphBuilder } from "./build.ts";
import { isArgument, nameOf, splatValue } from "./facts.ts";
import { RegionBuilder } from "./inline.ts";
import type { Graph, Node, Value } from "./ir.ts";
import type { BatchValue } from "./op.ts";
import { duplicate } from "./rebuild.ts";

export const batched = (value: Value): BatchValue => ({ value, batched: true });
export const unbatched = (value: Value): BatchValue => ({ value, batched: false });

export const batchType = ({ dtype, shape }: TensorType, size: number): TensorType => ({ dtype, shape: [size, ...shape] });

/** The value with a batch axis: repeated if it is the same for all items. */
export function repeated(g: GraphBuilder, { value, batched: isBatched }: BatchValue, size: number): Value {
  if (isBatched) return value;
  const type = batchType(value.type, size);
  const splat = splatValue(value);
  return splat === null
    ? g.broadcast(
        value,
        type.shape,
        value.type.shape.map((_, axis) => axis + 1),
      )
    : g.constant(type, splat);
}

/** A node's results for a batch, given its operands. */
export function batchNode(g: GraphBuilder, node: Node, operands: readonly BatchValue[], size: number): readonly BatchValue[] {
  const { op, attrs, regions } = node;
  if (operands.every((operand) => !operand.batched)) {
    const copy = duplicate(
      g,
      node,
      operands.map(({ value }) => value),
    );
    return copy.results.map(unbatched);
  }
  invariant(size >= 1, "a batch has an item");
  return g.deriving(node.provenance, () => op.batch(g, op, { operands, attrs, regions, size }));
}

export interface BatchGiven {
  readonly inputs: readonly BatchValue[];
  /** Of a region with carries: their values before. */
  readonly carries?: readonly BatchValue[];
  /** A param or state of the program that is batched, as when several models run side by side; null where it is one for all. */
  readonly persistent?: (leaf: Node) => BatchValue | null;
}

export interface BatchResults {
  readonly outputs: readonly BatchValue[];
  /** The next values of the carries. */
  readonly carries: readonly BatchValue[];
  readonly writes: ReadonlyMap<string, BatchValue>;
}

/** Appends what the graph computes for every member of a batch. */
export function batchInto(g: GraphBuilder, graph: Graph, size: number, { inputs, carries = [], persistent = () => null }: BatchGiven): BatchResults {
  // A `gradient` node differentiates with respect to values of one item, which are no longer there once its loss is batched.
  const plain = expandGradients(graph);
  const values = new Map<Value, BatchValue>();
  const now = (value: Value): BatchValue => present(values.get(value), `a value of ${value.node.op.name} is used before it is made`);
  plain.inputs.forEach((value, index) => values.set(value, present(inputs[index], `${graph.name} has no input ${index}`)));
  plain.carries.forEach(({ value }, index) => values.set(value, present(carries[index], `${graph.name} lacks carry ${index}`)));
  for (const node of plain.nodes) {
    if (isArgument(node)) continue;
    const leaf = persistent(node);
    const results = leaf === null ? batchNode(g, node, node.operands.map(now), size) : [leaf];
    node.results.forEach((value, index) => values.set(value, present(results[index], `${node.op.name} has a result that its batching rule lacks`)));
  }
  return {
    outputs: plain.outputs.map(({ value }) => now(value)),
    carries: plain.carries.map(({ next }) => now(next)),
    writes: new Map(plain.writes.map(({ path, value }) => [path, now(value)])),
  };
}

/** Which inputs, carries and outputs of a graph are batched. */
export interface BatchFlags {
  readonly inputs: readonly boolean[];
  readonly carries: readonly boolean[];
  readonly outputs: readonly boolean[];
}

/** The leaves of a batched region, in a builder. */
export function batchLeaves(
  b: RegionBuilder,
  region: Graph,
  flags: Omit<BatchFlags, "outputs">,
  size: number,
): { readonly inputs: readonly BatchValue[]; readonly carries: readonly BatchValue[] } {
  const typed = (type: TensorType, isBatched: boolean): TensorType => (isBatched ? batchType(type, size) : type);
  return {
    inputs: region.inputs.map((value, index) => {
      const isBatched = flags.inputs[index] === true;
      return { value: b.input(nameOf(value), typed(value.type, isBatched)), batched: isBatched };
    }),
    carries: region.carries.map(({ value }, index) => {
      const isBatched = flags.carries[index] === true;
      return { value: b.carry(nameOf(value), typed(value.type, isBatched)), batched: isBatched };
    }),
  };
}

/** A graph for a batch: the inputs (and carries) of the flags are batched, and so are the outputs and next carries that depend on them, or that `force` asks for. */
export function batchGraph(
  g: GraphBuilder,
  graph: Graph,
  flags: Omit<BatchFlags, "outputs">,
  size: number,
  force: { readonly outputs?: readonly boolean[]; readonly carries?: readonly boolean[] } = {},
): { readonly graph: Graph; readonly flags: BatchFlags } {
  const b = new RegionBuilder(graph.name, g);
  const leaves = batchLeaves(b, graph, flags, size);
  const results = batchInto(b.g, graph, size, leaves);
  const forced = (value: BatchValue, wanted: boolean): BatchValue => (wanted ? batched(repeated(b.g, value, size)) : value);
  const outputs = results.outputs.map((value, index) => forced(value, force.outputs?.[index] === true));
  const carries = results.carries.map((value, index) => forced(value, force.carries?.[index] === true));
  graph.outputs.forEach(({ name }, index) => b.output(name, present(outputs[index], "an output is batched").value));
  carries.forEach(({ value }, index) => b.next(index, value));
  return {
    graph: b.build(),
    flags: { inputs: flags.inputs, outputs: outputs.map((each) => each.batched), carries: carries.map((each) => each.batched) },
  };
}
