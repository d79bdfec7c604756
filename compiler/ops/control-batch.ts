// Batching of ops that run regions: the regions are batched, with flags for the carries, inputs and results that depend
// on the batch.
import { batched, batchGraph, batchInto, batchLeaves, repeated } from "../graph/batch.ts";
import type { GraphBuilder } from "../graph/build.ts";
import { intAttr } from "../graph/facts.ts";
import { RegionBuilder } from "../graph/inline.ts";
import type { Graph, Value } from "../graph/ir.ts";
import type { BatchRule, BatchSite, BatchValue, Op } from "../graph/op.ts";
import { changes, scanParts } from "../graph/regions.ts";
import { at, iota } from "../support/lists.ts";
import { isFloat } from "../types/tensor-type.ts";
import { moveAxis } from "./batching.ts";
import { regionOf } from "./control-conditions.ts";

const isBatched = (values: readonly BatchValue[]): boolean[] => values.map((value) => value.batched);
const valuesOf = (values: readonly BatchValue[]): Value[] => values.map(({ value }) => value);
const either = (a: readonly boolean[], b: readonly boolean[]): boolean[] =>
  a.map((flag, index) => flag || b[index] === true);
const flagged = (values: readonly Value[], flags: readonly boolean[]): BatchValue[] =>
  values.map((value, index) => ({ value, batched: flags[index] === true }));

/**
 * The least fixed point of the flags of carries: `next` returns which carries are batched after an iteration, given
 * those batched before it.
 */
function fixedPoint(
  first: readonly boolean[],
  next: (flags: readonly boolean[]) => readonly boolean[],
): readonly boolean[] {
  for (let flags = first; ;) {
    const after = either(flags, next(flags));
    if (after.every((flag, index) => flag === flags[index])) return flags;
    flags = after;
  }
}

const repeatedWhere = (
  g: GraphBuilder,
  values: readonly BatchValue[],
  flags: readonly boolean[],
  size: number,
): Value[] => values.map((value, index) => (flags[index] === true ? repeated(g, value, size) : value.value));

/** One scan over batches: in a batched sequence, the batch axis comes after the axis of the iterations. */
export const scanBatch: BatchRule = (g, op, { operands, attrs, regions, size }) => {
  const body = regionOf(regions, 0);
  const { carries, sequences, invariants } = scanParts(operands, attrs);
  const inputs = isBatched([...sequences, ...invariants]);
  const flags = fixedPoint(
    isBatched(carries),
    (before) => batchGraph(g, body, { inputs, carries: before }, size).flags.carries,
  );
  const inner = batchGraph(g, body, { inputs, carries: flags }, size, { carries: flags });
  const items = sequences.map(({ value, batched: isStack }) => (isStack ? moveAxis(g, value, 0, 1) : value));
  const results = g.addNode(
    op,
    [...repeatedWhere(g, carries, flags, size), ...items, ...valuesOf(invariants)],
    attrs,
    {},
    [inner.graph],
  ).results;
  const outputs = flagged(results.slice(carries.length), inner.flags.outputs);
  return [
    ...flagged(results.slice(0, carries.length), flags),
    ...outputs.map((stack) => (stack.batched ? batched(moveAxis(g, stack.value, 0, 1)) : stack)),
  ];
};

/**
 * If the condition depends on the batch, the loop runs until it is false for all members; a member for which it is
 * false keeps its carries.
 */
export const whileBatch: BatchRule = (g, op, { operands, attrs, regions, size }) => {
  const [condition, body] = [regionOf(regions, 0), regionOf(regions, 1)];
  const count = intAttr(attrs, "carries");
  const [carries, invariants] = [operands.slice(0, count), operands.slice(count)];
  const inputs = isBatched(invariants);
  const asks = (flags: readonly boolean[]): boolean =>
    batchGraph(g, condition, { inputs, carries: flags }, size).flags.outputs[0] === true;
  const flags = fixedPoint(isBatched(carries), (before) => {
    const after = batchGraph(g, body, { inputs, carries: before }, size).flags.carries;
    return asks(before) ? after.map((flag, index) => flag || changes(at(body.carries, index))) : after;
  });
  const masked = asks(flags);
  // The body also runs for members that have finished, for which an inner loop might not end.
  if (masked && regions.some(hasWhile)) return memberByMember(g, op, { operands, attrs, regions, size });
  const inner = masked
    ? [
        anyOf(g, condition, { inputs, carries: flags }, size),
        whereHolds(g, condition, body, { inputs, carries: flags }, size),
      ]
    : [
        batchGraph(g, condition, { inputs, carries: flags }, size).graph,
        batchGraph(g, body, { inputs, carries: flags }, size, { carries: flags }).graph,
      ];
  const results = g.addNode(
    op,
    [...repeatedWhere(g, carries, flags, size), ...valuesOf(invariants)],
    attrs,
    {},
    inner,
  ).results;
  return flagged(results, flags);
};

interface Flags {
  readonly inputs: readonly boolean[];
  readonly carries: readonly boolean[];
}

/** A region that returns whether the condition holds for any member. */
function anyOf(g: GraphBuilder, condition: Graph, flags: Flags, size: number): Graph {
  const b = new RegionBuilder(condition.name, g);
  const { outputs } = batchInto(b.g, condition, size, batchLeaves(b, condition, flags, size));
  for (const value of valuesOf(outputs))
    b.output("any", b.g.call("ne", [b.g.call("reduce_max", [b.g.convert(value, "i32")], { axes: [0] }), 0]));
  return b.build();
}

/** The body for members for which the condition holds; the others keep their carries. */
function whereHolds(g: GraphBuilder, condition: Graph, body: Graph, flags: Flags, size: number): Graph {
  const b = new RegionBuilder(body.name, g);
  const leaves = batchLeaves(b, body, flags, size);
  const [holds] = batchInto(b.g, condition, size, leaves).outputs;
  const { carries } = batchInto(b.g, body, size, leaves);
  leaves.carries.forEach((before, index) => {
    if (!changes(at(body.carries, index))) return;
    for (const after of carries.slice(index, index + 1))
      if (holds) b.next(index, chosen(b.g, holds.value, repeated(b.g, after, size), before.value));
  });
  return b.build();
}

/** Selects `a` for members whose predicate is true, and `b` for the others. */
const chosen = (g: GraphBuilder, predicate: Value, a: Value, b: Value): Value =>
  g.call("select", [a.type.shape.length === 1 ? predicate : g.broadcast(predicate, a.type.shape, [0]), a, b]);

/** Whether an input is a direct operand of a product in the region, such as a weight matrix. */
const isMultiplied = (region: Graph, input: number): boolean =>
  region.nodes.some(
    ({ op, operands }) => op.form.kind === "contract" && operands.some((value) => value === region.inputs[input]),
  );

/**
 * The operands of one branch. No gradient flows to members that do not take the branch, since its results for them may
 * have a gradient that is not finite. Weights that all members share are left as they are: masking them would repeat
 * them for each member.
 */
function operandsOf(
  g: GraphBuilder,
  region: Graph,
  takes: Value,
  given: readonly BatchValue[],
  size: number,
): readonly BatchValue[] {
  return given.map((operand, index) => {
    if (!isFloat(operand.value.type.dtype) || (!operand.batched && isMultiplied(region, index))) return operand;
    const value = repeated(g, operand, size);
    return batched(chosen(g, takes, value, g.call("stop_gradient", [value])));
  });
}

/**
 * If the predicate depends on the batch: both branches and a selection, or each member by itself if a branch has a
 * loop that might not end for the members that do not take it.
 */
export const condBatch: BatchRule = (g, op, { operands, attrs, regions, size }) => {
  const [predicate, ...given] = operands;
  if (predicate?.batched === true) {
    if (regions.some(hasWhile)) return memberByMember(g, op, { operands, attrs, regions, size });
    const outputsOf = (region: Graph, takes: Value): Value[] =>
      batchInto(g, region, size, { inputs: operandsOf(g, region, takes, given, size) }).outputs.map((each) =>
        repeated(g, each, size),
      );
    const yes = outputsOf(regionOf(regions, 0), predicate.value);
    const no = outputsOf(regionOf(regions, 1), g.call("not", [predicate.value]));
    return yes.map((value, index) => batched(chosen(g, predicate.value, value, no[index] ?? value)));
  }
  const flags = { inputs: isBatched(given), carries: [] };
  const outputs = regions.map((region) => batchGraph(g, region, flags, size).flags.outputs).reduce(either);
  const inner = regions.map((region) => batchGraph(g, region, flags, size, { outputs }).graph);
  return flagged(g.addNode(op, valuesOf(operands), attrs, {}, inner).results, outputs);
};

export const checkpointBatch: BatchRule = (g, op, { operands, attrs, regions, size }) => {
  const inner = batchGraph(g, regionOf(regions, 0), { inputs: isBatched(operands), carries: [] }, size);
  return flagged(g.addNode(op, valuesOf(operands), attrs, {}, [inner.graph]).results, inner.flags.outputs);
};

/**
 * The backward region returns a gradient per member, so every operand is batched; the gradient of a repeated operand is
 * summed outside.
 */
export const customGradientBatch: BatchRule = (g, op, { operands, attrs, regions, size }) => {
  const inner = regions.map((region) => {
    const all = region.outputs.map(() => true);
    return batchGraph(g, region, { inputs: region.inputs.map(() => true), carries: [] }, size, { outputs: all }).graph;
  });
  const values = operands.map((operand) => repeated(g, operand, size));
  return g.addNode(op, values, attrs, {}, inner).results.map(batched);
};

/**
 * The loss of a member depends on that member's part of a batched target only, so the gradient of the sum of the losses
 * holds the gradient of each. For a target that all members share, the gradients are computed one by one.
 */
export const gradientBatch: BatchRule = (g, op, { operands: [loss, ...targets], size }) => {
  if (loss === undefined) return [];
  if (!loss.batched) return flagged(g.addNode(op, [loss.value, ...valuesOf(targets)]).results, isBatched(targets));
  const stacks = targets.filter((target) => target.batched);
  const shared = targets.filter((target) => !target.batched);
  const ofStacks = stacks.length === 0 ? [] : g.addNode(op, [g.sum(loss.value, [0]), ...valuesOf(stacks)]).results;
  const ofShared = shared.length === 0 ? [] : oneByOne(g, op, loss.value, valuesOf(shared), size);
  return targets.map((target) =>
    batched((target.batched ? ofStacks[stacks.indexOf(target)] : ofShared[shared.indexOf(target)]) ?? target.value),
  );
};

function oneByOne(g: GraphBuilder, op: Op, losses: Value, targets: readonly Value[], size: number): readonly Value[] {
  return stacked(
    g,
    iota(size).map((member) => g.addNode(op, [memberOf(g, losses, member), ...targets]).results),
  );
}

/** The part of one member. */
function memberOf(g: GraphBuilder, stack: Value, member: number): Value {
  const { shape } = stack.type;
  const start = shape.map((_, axis) => (axis === 0 ? member : 0));
  const limit = shape.map((extent, axis) => (axis === 0 ? member + 1 : extent));
  return g.reshape(g.call("slice", [stack], { start, limit, stride: shape.map(() => 1) }), shape.slice(1));
}

/** The results of all members, each along a new first axis. */
const stacked = (g: GraphBuilder, members: readonly (readonly Value[])[]): readonly Value[] =>
  at(members, 0).map((_, result) => {
    const parts = members.map((results) => at(results, result));
    const rows = parts.map((value) => g.reshape(value, [1, ...value.type.shape]));
    return g.call("concat", rows, { axis: 0 });
  });

/** Whether a region has a loop that ends only for the members that it is meant for. */
const hasWhile = (region: Graph): boolean =>
  region.nodes.some(({ op, regions }) => op.form.kind === "while" || regions.some(hasWhile));

/** The op for one member after another, each with its own predicate or condition. */
function memberByMember(g: GraphBuilder, op: Op, { operands, attrs, regions, size }: BatchSite): BatchValue[] {
  const copied = (region: Graph): Graph => {
    const flags = { inputs: region.inputs.map(() => false), carries: region.carries.map(() => false) };
    return batchGraph(g, region, flags, size).graph;
  };
  const members = iota(size).map((member) => {
    const values = operands.map(({ value, batched: isStack }) => (isStack ? memberOf(g, value, member) : value));
    return g.addNode(op, values, attrs, {}, regions.map(copied)).results;
  });
  return stacked(g, members).map(batched);
}
