import type { ExprBuilder } from "./builder-types.ts";
import type { KernelBuilder, Register } from "./build.ts";
import type { Expr } from "./ir.ts";

/** Adds a block of a sum to its compensated total, as `withBlock` of `support/sum-order.ts`. */
export function addBlock(
  k: KernelBuilder,
  total: { readonly hi: Register; readonly lo: Register },
  block: Expr,
  at: readonly Expr[] = [],
): void {
  const { hi, lo } = withBlock(k, { hi: total.hi.at(...at), lo: total.lo.at(...at) }, block);
  total.lo.set(at, lo);
  total.hi.set(at, hi);
}

/** The total and the rounding errors after a block; both are variables. */
export function withBlock(
  k: ExprBuilder,
  { hi, lo }: { readonly hi: Expr; readonly lo: Expr },
  block: Expr,
): { readonly hi: Expr; readonly lo: Expr } {
  const sum = k.let(k.add(hi, block), "sum");
  return { hi: sum, lo: k.let(k.add(lo, k.sub(block, k.sub(sum, hi))), "rest") };
}

/** The value of a compensated total: `hi + lo`, or `hi` where that is NaN, since the errors of an infinite sum are. */
export function valueOf(k: ExprBuilder, { hi, lo }: { readonly hi: Expr; readonly lo: Expr }): Expr {
  const sum = k.let(k.add(hi, lo), "sum");
  return k.select(k.eq(sum, sum), sum, hi);
}
