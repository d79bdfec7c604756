// Maxima, minima and their positions. A NaN is beyond every number on both sides: it is the maximum and the minimum of
// the values it is among, and the first NaN is the position of both, as in NumPy and PyTorch.
import type { ExprBuilder } from "../kernel/builder-types.ts";
import type { Expr } from "../kernel/ir.ts";

/** "max" looks for the largest, "min" for the smallest. */
export type Side = "max" | "min";

/** The larger or smaller number, or NaN if either is NaN; the first of equals, such as -0 and 0. */
export const extreme: Readonly<Record<Side, (a: number, b: number) => number>> = {
  max: (a, b) => (a < b || Number.isNaN(b) ? b : a),
  min: (a, b) => (b < a || Number.isNaN(b) ? b : a),
};

/** Whether `a` replaces `b` as the extreme. */
export const isBeyond: Readonly<Record<Side, (a: number, b: number) => boolean>> = {
  max: (a, b) => a > b || (Number.isNaN(a) && !Number.isNaN(b)),
  min: (a, b) => a < b || (Number.isNaN(a) && !Number.isNaN(b)),
};

/** `isBeyond` as kernel code. */
export function beyond(k: ExprBuilder, side: Side, a: Expr, b: Expr): Expr {
  if (a.type.scalar === "i32") return side === "max" ? k.gt(a, b) : k.lt(a, b);
  return k.and(k.not(side === "max" ? k.le(a, b) : k.ge(a, b)), k.eq(b, b));
}
