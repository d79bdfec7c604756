import type { FunctionBuilder } from "./function-builder.ts";
import type { Expr } from "./ir.ts";

// Parts that the math functions share. None fuses a multiply and an add, so that results have the same bits on every
// host.

/** c0 + c1 x + c2 x^2 + ..., by Horner's rule. */
export function polynomial(k: FunctionBuilder, x: Expr, coefficients: readonly number[]): Expr {
  return coefficients
    .slice(0, -1)
    .reduceRight<Expr>((sum, c) => k.add(k.mul(sum, x), c), k.float(coefficients.at(-1) ?? 0));
}

/** `x` clamped to the bounds; NaN stays NaN. */
export const clamp = (k: FunctionBuilder, x: Expr, low: number, high: number): Expr =>
  k.let(k.max(k.min(x, high), low), "x");

// 1.5 * 2^23: adding it pushes the fraction of a number below 2^22 out of the mantissa, and leaves its nearest integer
// in the low bits.
const shifter = 12582912;

/** The integer nearest to |x| < 2^22, as an f32 and as the low 22 bits of an i32. */
export function toWhole(k: FunctionBuilder, x: Expr): { readonly whole: Expr; readonly bits: Expr } {
  const t = k.let(k.add(x, shifter), "t");
  return { whole: k.let(k.sub(t, shifter), "n"), bits: k.let(k.bitsI32(t), "i") };
}

/** The bits of 1. */
export const oneBits = 0x3f800000;
export const signBit = -0x80000000;
export const leastNormal = 2 ** -126;

/** x = m 2^e, with m from sqrt(1/2) up to sqrt(2), for x > 0 and finite; for a subnormal x, `e` is that of 2^23 x. */
export function split(k: FunctionBuilder, x: Expr): { readonly m: Expr; readonly e: Expr } {
  const e = exponent(k, x);
  return { m: k.let(k.bitsF32(k.sub(k.bitsI32(x), k.shl(e, 23))), "m"), e };
}

/** The e of `split`. */
export const exponent = (k: FunctionBuilder, x: Expr): Expr =>
  k.let(k.shrs(k.sub(k.bitsI32(x), k.int(sqrtHalfBits)), 23), "e");

const sqrtHalfBits = 0x3f3504f3;

/** As `split`, with the exponent as an f32; correct for subnormal numbers too. */
export function splitAll(k: FunctionBuilder, x: Expr): { readonly m: Expr; readonly e: Expr } {
  const small = k.let(k.lt(x, leastNormal), "small");
  const { m, e } = split(k, k.let(k.select(small, k.mul(x, 2 ** 23), x), "normal"));
  return { m, e: k.let(k.sub(k.toF32(e), k.select(small, 23, k.float(0))), "e") };
}

/** The value with the last 12 bits of its mantissa cleared: the product of two such values is exact. */
export const head = (k: FunctionBuilder, x: Expr, hint: string): Expr =>
  k.let(k.bitsF32(k.and(k.bitsI32(x), k.int(-4096))), hint);
