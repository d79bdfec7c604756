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

/** The total and the rounding error after a block; both are variables. */
export function withBlock(
  k: ExprBuilder,
  { hi, lo }: { readonly hi: Expr; readonly lo: Expr },
  block: Expr,
): { readonly hi: Expr; readonly lo: Expr } {
  const term = k.let(k.add(block, lo), "term");
  const sum = k.let(k.add(hi, term), "sum");
  const rest = k.let(k.sub(term, k.sub(sum, hi)), "rest");
  return { hi: sum, lo: k.let(k.select(k.lt(k.abs(rest), Infinity), rest, 0), "lo") };
}

/** The value of a compensated total. */
export const valueOf = (k: ExprBuilder, { hi, lo }: { readonly hi: Expr; readonly lo: Expr }): Expr => k.add(hi, lo);
