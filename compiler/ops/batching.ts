// Batching rules that follow from an op's form, and the words that the others are written with.
import type { GraphBuilder } from "../graph/build.ts";
import { batched, repeated } from "../graph/batch.ts";
import type { Attr, Attrs, Value } from "../graph/ir.ts";
import type { BatchRule, BatchSite, BatchValue, Op } from "../graph/op.ts";
import { present } from "../support/invariant.ts";
import { isIdentity, range } from "./lists.ts";
import { resultOf } from "../graph/facts.ts";

/**
 * How an attribute changes when all operands, and the result, gain a first axis: it is the number of an axis (`axis`), or a list of such numbers (`axes`); a list
 * that has the number of an axis for each axis (`order`), a size (`sizes`), or something else, which is this number for the new axis.
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

/** The op on operands that all have the new axis, which is one more to be repeated over. */
export const shiftAxes =
  (shifts: Readonly<Record<string, Shift | undefined>>): BatchRule =>
  (g, op, { operands, attrs, size }) => {
    const next: Record<string, Attr> = { ...attrs };
    for (const [name, shift] of Object.entries(shifts)) {
      if (shift !== undefined) next[name] = shifted(present(attrs[name], `${op.name} has no attribute ${name}`), shift, size);
    }
    return g.addNode(op, allRepeated(g, { operands, size }), next).results.map(batched);
  };

export const allRepeated = (g: GraphBuilder, { operands, size }: Pick<BatchSite, "operands" | "size">): readonly Value[] =>
  operands.map((operand) => repeated(g, operand, size));

/** For an op with a batch axis of its own, the first of every operand and of the result: the new axis is joined with it. */
export const joinFirstAxes = (
  g: GraphBuilder,
  operands: Readonly<Record<string, BatchValue>>,
  { op, attrs, size }: { readonly op: Op; readonly attrs: Attrs; readonly size: number },
): Value => {
  const joined = allRepeated(g, { operands: Object.values(operands), size }).map((x) => joinFirst(g, x));
  return splitFirst(g, resultOf(g.addNode(op, joined, attrs)), size);
};

/** [B, N, ...] as [B N, ...]. */
export function joinFirst(g: GraphBuilder, x: Value): Value {
  const [outer = 1, inner = 1, ...rest] = x.type.shape;
  return g.reshape(x, [outer * inner, ...rest]);
}

/** [B N, ...] as [B, N, ...]. */
export function splitFirst(g: GraphBuilder, x: Value, size: number): Value {
  const [both = 1, ...rest] = x.type.shape;
  return g.reshape(x, [size, both / size, ...rest]);
}

export const permuted = (g: GraphBuilder, x: Value, perm: readonly number[]): Value => (isIdentity(perm) ? x : g.transpose(x, perm));

/** The value with one axis moved to another position. */
export const moveAxis = (g: GraphBuilder, x: Value, from: number, to: number): Value =>
  permuted(g, x, range(x.type.shape.length).toSpliced(from, 1).toSpliced(to, 0, from));

/**
 * The batch axis of x, its first, joined with another axis, which is counted without it: an axis of `parts` parts, c items each, becomes (parts, B, c). So the
 * channels of a grouped convolution take in a batch within each group, or, with one part, groups.
 */
export function joinAxis(g: GraphBuilder, x: Value, axis: number, parts: number): Value {
  const [size = 1, ...shape] = x.type.shape;
  const length = shape[axis] ?? 1;
  const split = parts === 1 ? x : g.reshape(x, [size, ...shape.toSpliced(axis, 1, parts, length / parts)]);
  return g.reshape(moveAxis(g, split, 0, parts === 1 ? axis : axis + 1), shape.with(axis, size * length));
}

/** The inverse: (parts, B, c) along an axis becomes a first axis B and (parts, c). */
export function splitAxis(g: GraphBuilder, x: Value, axis: number, parts: number, size: number): Value {
  const { shape } = x.type;
  const length = (shape[axis] ?? 1) / size;
  const sizes = parts === 1 ? [size, length] : [parts, size, length / parts];
  const first = moveAxis(g, g.reshape(x, shape.toSpliced(axis, 1, ...sizes)), parts === 1 ? axis : axis + 1, 0);
  return parts === 1 ? first : g.reshape(first, [size, ...shape.with(axis, length)]);
}

/** An op without operands is the same for all items. */
export const noOperands: BatchRule = (g, op, { attrs }) => g.addNode(op, [], attrs).results.map((value) => ({ value, batched: false }));
