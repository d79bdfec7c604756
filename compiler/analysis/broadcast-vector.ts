// Values that are the same along some axes of what they are combined with: a bias, a scale per channel, one number.
import type { GraphBuilder } from "../graph/build.ts";
import { isRepeat, listAttr, splatValue } from "../graph/facts.ts";
import type { Value } from "../graph/ir.ts";
import type { Operator } from "../graph/op.ts";
import type { Shape } from "../types/tensor-type.ts";
import { at, iota } from "../support/lists.ts";

/** `value` has one axis for each of `axes`, increasing, of the tensor that it is meant for; along the others it repeats. */
export interface Channel {
  readonly value: Value;
  readonly axes: readonly number[];
}

/** A value of a tensor's whole shape as a channel, of what it was broadcast from if it was; axes of size 1 are left out. */
export function channelOf(g: GraphBuilder, value: Value): Channel {
  const splat = splatValue(value);
  if (splat !== null) return { value: g.constant({ dtype: value.type.dtype, shape: [] }, splat), axes: [] };
  const operand = isRepeat(value.node) ? value.node.operands[0] : undefined;
  return operand === undefined ? squeezed(g, value, iota(value.type.shape.length)) : squeezed(g, operand, listAttr(value.node.attrs, "dims"));
}

/** What the value repeats; null where it is no repetition. */
export function repeated(g: GraphBuilder, value: Value): Channel | null {
  return splatValue(value) !== null || isRepeat(value.node) ? channelOf(g, value) : null;
}

function squeezed(g: GraphBuilder, value: Value, axes: readonly number[]): Channel {
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

/** The channel repeated to the shape of its tensor. */
export function spread(g: GraphBuilder, { value, axes }: Channel, shape: Shape): Value {
  return axes.length === shape.length ? value : g.broadcast(value, shape, axes);
}

/** Combines two channels of a tensor of that shape, on the axes that either has. */
export function combine(g: GraphBuilder, operator: Operator, a: Channel, b: Channel, shape: Shape): Channel {
  const axes = iota(shape.length).filter((axis) => a.axes.includes(axis) || b.axes.includes(axis));
  const widened = (channel: Channel): Value =>
    spread(
      g,
      { value: channel.value, axes: channel.axes.map((axis) => axes.indexOf(axis)) },
      axes.map((axis) => at(shape, axis)),
    );
  return { value: g.arithmetic(operator, widened(a), widened(b)), axes };
}

/** The same for another tensor, whose axis `to(axis)` is the channel's axis; null where an axis has no counterpart, or their order differs. */
export function moved(channel: Channel, to: (axis: number) => number | null): Channel | null {
  const axes = channel.axes.map(to);
  const found = axes.filter((axis) => axis !== null);
  const increasing = found.every((axis, i) => i === 0 || axis > at(found, i - 1));
  return found.length === axes.length && increasing ? { value: channel.value, axes: found } : null;
}
