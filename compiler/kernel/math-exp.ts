import { mathFunction, type FunctionBuilder } from "./function-builder.ts";
import type { Expr } from "./ir.ts";
import { clamp, oneBits, polynomial, signBit, toWhole } from "./math-parts.ts";

// exp and functions based on it. x = n ln 2 + r with |r| <= ln 2 / 2 (Cody and Waite: ln 2 in two parts, so that n
// times the first is exact); e^r is a minimax polynomial, found by linear programming with its coefficients rounded to
// f32 one after the other; 2^n is made from exponent bits.

const ln2High = 0.693359375;
export const ln2Low = -2.1219444170128554e-4;
export { ln2High };

interface Reduced {
  /** An i32 whose low bits are n. */
  readonly n: Expr;
  readonly r: Expr;
}

function reduce(k: FunctionBuilder, x: Expr, rest?: Expr): Reduced {
  const { whole, bits } = toWhole(k, k.mul(x, Math.LOG2E));
  const r = k.sub(k.sub(x, k.mul(whole, ln2High)), k.mul(whole, ln2Low));
  return { n: bits, r: k.let(rest === undefined ? r : k.add(r, rest), "r") };
}

/**
 * y 2^n for -252 <= n <= 254, in two factors: results below 2^-126 are correctly rounded, results above the largest f32
 * are infinite.
 */
export function scale(k: FunctionBuilder, y: Expr, n: Expr): Expr {
  const half = k.let(k.shrs(n, 1), "half");
  const first = k.bitsF32(k.add(k.shl(half, 23), oneBits));
  const second = k.bitsF32(k.add(k.shl(k.sub(n, half), 23), oneBits));
  return k.mul(k.mul(y, first), second);
}

// Relative error of the polynomial: 3.1e-9.
const expTail = [0.5, 0.1666652113199234, 0.041668254882097244, 0.008368662558495998, 0.0013821469619870186];

/** e^(x + rest), where the rest is small next to x. */
export function expOf(k: FunctionBuilder, x: Expr, rest?: Expr): Expr {
  const { n, r } = reduce(k, clamp(k, x, -104.5, 89), rest);
  return scale(k, expOfReduced(k, r), n);
}

const expOfReduced = (k: FunctionBuilder, r: Expr): Expr =>
  k.add(k.add(r, k.mul(k.mul(r, r), polynomial(k, r, expTail))), 1);

// Relative error of the polynomial, against e^r - 1: 4.2e-10.
const expm1Tail = [
  0.5, 0.1666666716337204, 0.04166648909449577, 0.008333207108080387, 0.0013932663714513183, 0.00019945066014770418,
];

export const exp = mathFunction("exp", "e^x, within 1.1 ulp", ["x"], (k, x) => expOf(k, x));

// Half of 2^n (p + 1) - 1, doubled at the end: 2^128 is not an f32, but half of it is.
export const expm1 = mathFunction("expm1", "e^x - 1, within 1.5 ulp; the sign of zero is kept", ["x"], (k, x) => {
  const { n, r } = reduce(k, clamp(k, x, -20, 89));
  const p = k.let(k.add(r, k.mul(k.mul(r, r), polynomial(k, r, expm1Tail))), "p");
  const s = k.let(k.bitsF32(k.add(k.shl(n, 23), oneBits - (1 << 23))), "s");
  const y = k.mul(k.add(k.mul(s, p), k.sub(s, 0.5)), 2);
  return k.select(k.lt(k.abs(x), 1e-8), x, y);
});

// e = e^-|x| is in 0..1, and the sigmoid is 1 / (1 + e) or, for x < 0, e / (1 + e): nothing overflows or cancels. The
// rounding error of 1 + e is added back after the division: all of it where e is small and it matters most. 2^n is
// computed as 2^(n + 64), always normal, times 2^-64.
export const sigmoid = mathFunction("sigmoid", "1 / (1 + e^-x), within 2 ulp", ["x"], (k, x) => {
  const { n, r } = reduce(k, k.let(k.max(k.bitsF32(k.or(k.bitsI32(x), k.int(signBit))), -104.5), "b"));
  const scaled = k.mul(expOfReduced(k, r), k.bitsF32(k.add(k.shl(n, 23), oneBits + (64 << 23))));
  const e = k.let(k.mul(scaled, 2 ** -64), "e");
  const d = k.let(k.add(e, 1), "d");
  const lost = k.sub(e, k.sub(d, 1));
  const y = k.let(k.div(k.select(k.lt(x, 0), e, 1), d), "y");
  return k.sub(y, k.mul(y, lost));
});
