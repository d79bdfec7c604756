/**
 * Batching, from graph to graph: maps a graph over a batch of items. Values that depend on the batch have a new first
 * axis, the others do not change. Each op's entry has its batching rule.
 */
import { invariant, present } from "../support/invariant.ts";
import { at } from "../support/lists.ts";
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

export const batchType = ({ dtype, shape }: TensorType, size: number): TensorType => ({
  dtype,
  shape: [size, ...shape],
});

/** The value with a batch axis: broadcast if it is shared by all items. */
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

/** The results of a node for a batch of operands. */
export function batchNode(
  g: GraphBuilder,
  node: Node,
  operands: readonly BatchValue[],
  size: number,
): readonly BatchValue[] {
  const { op, attrs, regions } = node;
  if (operands.every((operand) => !operand.batched)) {
    const copy = duplicate(
      g,
      node,
      operands.map(({ value }) => value),
    );
    return copy.results.map(unbatched);
  }
  invariant(size >= 1, "a batch is not empty");
  return g.deriving(node.provenance, () => op.batch(g, op, { operands, attrs, regions, size }));
}

export interface BatchGiven {
  readonly inputs: readonly BatchValue[];
  /** The values of a region's carries before the iteration. */
  readonly carries?: readonly BatchValue[];
  /**
   * The batched value of a param or state, as when several models train together; null for one that all members share.
   */
  readonly persistent?: (leaf: Node) => BatchValue | null;
}

export interface BatchResults {
  readonly outputs: readonly BatchValue[];
  /** The next values of the carries. */
  readonly carries: readonly BatchValue[];
  readonly writes: ReadonlyMap<string, BatchValue>;
}

/** Appends the nodes that compute the graph for every member of a batch. */
export function batchInto(
  g: GraphBuilder,
  graph: Graph,
  size: number,
  { inputs, carries = [], persistent = () => null }: BatchGiven,
): BatchResults {
  // A `gradient` node differentiates with respect to values of one item, which do not exist once its loss is batched.
  const plain = expandGradients(graph);
  const values = new Map<Value, BatchValue>();
  const now = (value: Value): BatchValue =>
    present(values.get(value), `a value of ${value.node.op.name} is used before its definition`);
  plain.inputs.forEach((value, index) => values.set(value, at(inputs, index)));
  plain.carries.forEach(({ value }, index) => values.set(value, at(carries, index)));
  for (const node of plain.nodes) {
    if (isArgument(node)) continue;
    const leaf = persistent(node);
    const results = leaf === null ? batchNode(g, node, node.operands.map(now), size) : [leaf];
    node.results.forEach((value, index) => values.set(value, at(results, index)));
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

/** Adds the leaves of a batched region to its builder. */
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

/**
 * A graph for a batch. The flags select batched inputs and carries; outputs and next carries are batched if they depend
 * on these, or if `force` says so.
 */
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
  const forced = (value: BatchValue, wanted: boolean): BatchValue =>
    wanted ? batched(repeated(b.g, value, size)) : value;
  const outputs = results.outputs.map((value, index) => forced(value, force.outputs?.[index] === true));
  const carries = results.carries.map((value, index) => forced(value, force.carries?.[index] === true));
  graph.outputs.forEach(({ name }, index) => b.output(name, at(outputs, index).value));
  carries.forEach(({ value }, index) => b.next(index, value));
  return {
    graph: b.build(),
    flags: {
      inputs: flags.inputs,
      outputs: outputs.map((each) => each.batched),
      carries: carries.map((each) => each.batched),
    },
  };
}
