// What the ops that take indices share.
import type { GraphBuilder } from "../graph/build.ts";
import type { Value } from "../graph/ir.ts";
import type { ExprBuilder } from "../kernel/builder-types.ts";
import type { Expr } from "../kernel/ir.ts";
import type { Example } from "../graph/op.ts";
import type { TensorType } from "../types/tensor-type.ts";
import { integers, nth } from "./lists.ts";
import { clamp } from "./ndarray.ts";

/** The nearest index in range. */
export const clampExpr = (k: ExprBuilder, i: Expr, size: number): Expr => k.max(k.min(i, k.int(size - 1)), k.int(0));

/**
 * Indices into the concatenated items of all members, `size` per member; an index out of range is clamped within its
 * own member.
 */
export function flatIndices(g: GraphBuilder, indices: Value, size: number): Value {
  const within = g.call("clamp_index", [indices], { size });
  return g.add(within, g.mul(g.call("iota", [], { shape: indices.type.shape, axis: 0, dtype: "i32" }), size));
}

/** `rank` axes from `axis` on are those of the indices, each of which is one of `size` items. */
export interface Selection {
  readonly axis: number;
  readonly rank: number;
  readonly size: number;
}

/** Of the items of x along `axis`. */
export const selectionIn = (
  { x, indices }: { readonly x: TensorType; readonly indices: TensorType },
  axis: number,
): Selection => ({ axis, rank: indices.shape.length, size: nth(x.shape, axis) });

/** `at`, with the index that is selected there in place of the axes of the indices. */
export const selected = (
  k: ExprBuilder,
  at: readonly Expr[],
  indices: (at: readonly Expr[]) => Expr,
  { axis, rank, size }: Selection,
): Expr[] => at.toSpliced(axis, rank, clampExpr(k, indices(at.slice(axis, axis + rank)), size));

/** The same for references. */
export const selectedAt = (
  at: readonly number[],
  indexAt: (at: readonly number[]) => number,
  { axis, rank, size }: Selection,
): number[] => at.toSpliced(axis, rank, clamp(indexAt(at.slice(axis, axis + rank)), size));

// Conditions, each with an example that breaks it.

export const indicesAreI32 = (broken: Example) =>
  ({
    message: "the indices are i32",
    about: ["indices"],
    holds: ({ indices }: { readonly indices: TensorType }) => indices.dtype === "i32",
    breaks: [broken],
  }) as const;

export const sizeIsPositive = (broken: Example) =>
  ({
    message: "`size` is at least 1",
    about: ["size"],
    holds: (_: unknown, { size }: { readonly size: number }) => integers([size], 1),
    breaks: [broken],
  }) as const;
