// Values that are broadcast along some axes of a tensor: a bias, a scale per channel, a scalar.
import type { GraphBuilder } from "../graph/build.ts";
import { isRepeat, listAttr, splatValue } from "../graph/facts.ts";
import type { Value } from "../graph/ir.ts";
import type { Operator } from "../graph/op.ts";
import type { Shape } from "../types/tensor-type.ts";
import { at, iota } from "../support/lists.ts";

/** `value` has one axis for each of `axes`, an increasing list of axes of a tensor; it repeats along the others. */
export interface BroadcastVector {
  readonly value: Value;
  readonly axes: readonly number[];
}

/** A value of the tensor's whole shape, without a broadcast if it is one, and without axes of size 1. */
export function broadcastVectorOf(g: GraphBuilder, value: Value): BroadcastVector {
  const splat = splatValue(value);
  if (splat !== null) return { value: g.constant({ dtype: value.type.dtype, shape: [] }, splat), axes: [] };
  const operand = isRepeat(value.node) ? value.node.operands[0] : undefined;
  return operand === undefined
    ? squeezed(g, value, iota(value.type.shape.length))
    : squeezed(g, operand, listAttr(value.node.attrs, "dims"));
}

/** The operand of a broadcast, or a splat constant; null for any other value. */
export function repeatedVector(g: GraphBuilder, value: Value): BroadcastVector | null {
  return splatValue(value) !== null || isRepeat(value.node) ? broadcastVectorOf(g, value) : null;
}

function squeezed(g: GraphBuilder, value: Value, axes: readonly number[]): BroadcastVector {
  const { shape } = value.type;
  if (!shape.includes(1)) return { value, axes };
  return {
    value: g.reshape(
      value,
      shape.filter((size) => size !== 1),
    ),
    axes: axes.filter((_, i) => shape[i] !== 1),
  };
}

/** The vector broadcast to the shape of its tensor. */
export function broadcastTo(g: GraphBuilder, { value, axes }: BroadcastVector, shape: Shape): Value {
  return axes.length === shape.length ? value : g.broadcast(value, shape, axes);
}

/** Combines two vectors of a tensor of that shape; the result has the axes of both. */
export function combineVectors(
  g: GraphBuilder,
  operator: Operator,
  a: BroadcastVector,
  b: BroadcastVector,
  shape: Shape,
): BroadcastVector {
  const axes = iota(shape.length).filter((axis) => a.axes.includes(axis) || b.axes.includes(axis));
  const widened = (vector: BroadcastVector): Value =>
    broadcastTo(
      g,
      { value: vector.value, axes: vector.axes.map((axis) => axes.indexOf(axis)) },
      axes.map((axis) => at(shape, axis)),
    );
  return { value: g.arithmetic(operator, widened(a), widened(b)), axes };
}

/**
 * The vector for another tensor, whose axis `to(a)` corresponds to axis `a`; null if an axis has no counterpart, or if
 * the mapped axes do not increase.
 */
export function mapAxes(vector: BroadcastVector, to: (axis: number) => number | null): BroadcastVector | null {
  const axes = vector.axes.map(to);
  const found = axes.filter((axis) => axis !== null);
  const increasing = found.every((axis, i) => i === 0 || axis > at(found, i - 1));
  return found.length === axes.length && increasing ? { value: vector.value, axes: found } : null;
}
