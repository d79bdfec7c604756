// What the ops that take indices share.
import type { GraphBuilder } from "../graph/build.ts";
import type { Value } from "../graph/ir.ts";
import type { ExprBuilder } from "../kernel/builder-types.ts";
import type { Expr } from "../kernel/ir.ts";

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
