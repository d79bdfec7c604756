// Batching rules that follow from an op's form, and helpers for the other rules.
import type { GraphBuilder } from "../graph/build.ts";
import { batched, repeated } from "../graph/batch.ts";
import type { Attr, Attrs, Value } from "../graph/ir.ts";
import type { BatchRule, BatchSite, BatchValue, Op } from "../graph/op.ts";
import { present } from "../support/invariant.ts";
import { isIdentity, range } from "./lists.ts";
import { resultOf } from "../graph/facts.ts";

/**
 * How an attribute changes when all operands, and the result, gain a first axis. The attribute is the index of an axis
 * (`axis`) or a list of them (`axes`), or a list with one item per axis: an axis index (`order`), a size (`sizes`), or
 * any other number, whose value for the new axis is given here.
 */
export type Shift = "axis" | "axes" | "order" | "sizes" | number;

const up = (list: readonly number[]): number[] => list.map((axis) => axis + 1);

function shifted(attr: Attr, shift: Shift, size: number): Attr {
  if (shift === "axis") return Number(attr) + 1;
  const list = attr as readonly number[];
  if (shift === "axes") return up(list);
  if (shift === "order") return [0, ...up(list)];
  return [shift === "sizes" ? size : shift, ...list];
}

/** Applies the op to operands that all have the new axis, and shifts its attributes. */
export const shiftAxes =
  (shifts: Readonly<Record<string, Shift | undefined>>): BatchRule =>
  (g, op, { operands, attrs, size }) => {
    const next: Record<string, Attr> = { ...attrs };
    for (const [name, shift] of Object.entries(shifts)) {
      if (shift !== undefined)
        next[name] = shifted(present(attrs[name], `the attribute ${name} of ${op.name} is missing`), shift, size);
    }
    return g.addNode(op, allRepeated(g, { operands, size }), next).results.map(batched);
  };

const allRepeated = (g: GraphBuilder, { operands, size }: Pick<BatchSite, "operands" | "size">): readonly Value[] =>
  operands.map((operand) => repeated(g, operand, size));

/** For an op whose operands and result have a batch axis as their first: merges the new axis with that one. */
export const joinFirstAxes = (
  g: GraphBuilder,
  operands: Readonly<Record<string, BatchValue>>,
  { op, attrs, size }: { readonly op: Op; readonly attrs: Attrs; readonly size: number },
): Value => {
  const joined = allRepeated(g, { operands: Object.values(operands), size }).map((x) => joinFirst(g, x));
  return splitFirst(g, resultOf(g.addNode(op, joined, attrs)), size);
};

/** Reshapes [B, N, ...] to [B * N, ...]. */
export function joinFirst(g: GraphBuilder, x: Value): Value {
  const [outer = 1, inner = 1, ...rest] = x.type.shape;
  return g.reshape(x, [outer * inner, ...rest]);
}

/** Reshapes [B * N, ...] to [B, N, ...]. */
export function splitFirst(g: GraphBuilder, x: Value, size: number): Value {
  const [both = 1, ...rest] = x.type.shape;
  return g.reshape(x, [size, both / size, ...rest]);
}

export const permuted = (g: GraphBuilder, x: Value, perm: readonly number[]): Value =>
  isIdentity(perm) ? x : g.transpose(x, perm);

/** The value with one axis moved to another position. */
export const moveAxis = (g: GraphBuilder, x: Value, from: number, to: number): Value =>
  permuted(g, x, range(x.type.shape.length).toSpliced(from, 1).toSpliced(to, 0, from));

/** Moves `count` axes from position `from` to position `to`, which does not count them. */
export function moveAxes(
  g: GraphBuilder,
  x: Value,
  { from, count, to }: { readonly from: number; readonly count: number; readonly to: number },
): Value {
  const axes = range(x.type.shape.length);
  return permuted(g, x, axes.toSpliced(from, count).toSpliced(to, 0, ...axes.slice(from, from + count)));
}

/**
 * Merges the batch axis of x, its first, with another axis, whose index does not count the batch axis: an axis of
 * `parts` parts with c items each becomes (parts, B, c). A batch becomes channels within each group of a convolution
 * or, with one part, groups.
 */
export function joinAxis(g: GraphBuilder, x: Value, axis: number, parts: number): Value {
  const [size = 1, ...shape] = x.type.shape;
  const length = shape[axis] ?? 1;
  const split = parts === 1 ? x : g.reshape(x, [size, ...shape.toSpliced(axis, 1, parts, length / parts)]);
  return g.reshape(moveAxis(g, split, 0, parts === 1 ? axis : axis + 1), shape.with(axis, size * length));
}

/** The inverse of `joinAxis`: (parts, B, c) along an axis becomes a first axis B and (parts, c). */
export function splitAxis(g: GraphBuilder, x: Value, axis: number, parts: number, size: number): Value {
  const { shape } = x.type;
  const length = (shape[axis] ?? 1) / size;
  const sizes = parts === 1 ? [size, length] : [parts, size, length / parts];
  const first = moveAxis(g, g.reshape(x, shape.toSpliced(axis, 1, ...sizes)), parts === 1 ? axis : axis + 1, 0);
  return parts === 1 ? first : g.reshape(first, [size, ...shape.with(axis, length)]);
}

/** An op without operands is the same for all members. */
export const noOperands: BatchRule = (g, op, { attrs }) =>
  g.addNode(op, [], attrs).results.map((value) => ({ value, batched: false }));
