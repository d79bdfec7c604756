import { mathFunction, type FunctionBuilder } from "./function-builder.ts";
import type { Expr } from "./ir.ts";
import { clamp, oneBits, polynomial, toWhole } from "./math-parts.ts";

// exp and what follows from it. x = n ln 2 + r with |r| <= ln 2 / 2 (Cody and Waite: ln 2 in two parts, so that n times the first is exact);
// e^r is a minimax polynomial, found by linear programming with its coefficients rounded to f32 one after the other; 2^n is made of exponent bits.

const ln2High = 0.693359375;
export const ln2Low = -2.1219444170128554e-4;
export { ln2High };

interface Reduced {
  /** An i32 whose low bits are n. */
  readonly n: Expr;
  readonly r: Expr;
}

function reduce(k: FunctionBuilder, x: Expr): Reduced {
  const { whole, bits } = toWhole(k, k.mul(x, Math.LOG2E));
  const r = k.let(k.sub(k.sub(x, k.mul(whole, ln2High)), k.mul(whole, ln2Low)), "r");
  return { n: bits, r };
}

/** y 2^n for -252 <= n <= 254, in two factors: results below 2^-126 come out rightly rounded, those above the largest f32 are infinite. */
export function scale(k: FunctionBuilder, y: Expr, n: Expr): Expr {
  const half = k.let(k.shrs(n, 1), "half");
  const first = k.bitsF32(k.add(k.shl(half, 23), oneBits));
  const second = k.bitsF32(k.add(k.shl(k.sub(n, half), 23), oneBits));
  return k.mul(k.mul(y, first), second);
}

// Relative error of the polynomial: 3.1e-9.
const expTail = [0.5, 0.1666652113199234, 0.041668254882097244, 0.008368662558495998, 0.0013821469619870186];

export function expOf(k: FunctionBuilder, x: Expr): Expr {
  const { n, r } = reduce(k, clamp(k, x, -104.5, 89));
  const y = k.add(k.add(r, k.mul(k.mul(r, r), polynomial(k, r, expTail))), 1);
  return scale(k, y, n);
}

// Relative error of the polynomial, against e^r - 1: 4.2e-10.
const expm1Tail = [0.5, 0.1666666716337204, 0.04166648909449577, 0.008333207108080387, 0.0013932663714513183, 0.00019945066014770418];

/** n and e^r - 1. */
function reducedExpm1(k: FunctionBuilder, x: Expr): { readonly n: Expr; readonly p: Expr } {
  const { n, r } = reduce(k, x);
  return { n, p: k.let(k.add(r, k.mul(k.mul(r, r), polynomial(k, r, expm1Tail))), "p") };
}

export const exp = mathFunction("exp", "e^x, within 1.1 ulp", ["x"], expOf);

// Half of 2^n (p + 1) - 1, doubled at the end: 2^128 is not an f32, but the half of it is.
export const expm1 = mathFunction("expm1", "e^x - 1, within 1.5 ulp; the sign of zero is kept", ["x"], (k, x) => {
  const { n, p } = reducedExpm1(k, clamp(k, x, -20, 89));
  const s = k.let(k.bitsF32(k.add(k.shl(n, 23), oneBits - (1 << 23))), "s");
  const y = k.mul(k.add(k.mul(s, p), k.sub(s, 0.5)), 2);
  return k.select(k.lt(k.abs(x), 1e-8), x, y);
});

// e = e^-|x| is in 0..1, and the sigmoid is 1 / (1 + e) or, left of zero, e / (1 + e): nothing overflows or cancels.
export const sigmoid = mathFunction("sigmoid", "1 / (1 + e^-x), within 2.5 ulp", ["x"], (k, x) => {
  const e = k.let(expOf(k, k.neg(k.abs(x))), "e");
  return k.div(k.select(k.lt(x, 0), e, 1), k.add(e, 1));
});

// -m / (m + 2) with m = e^(-2|x|) - 1, and the sign of x put back.
export const tanh = mathFunction("tanh", "hyperbolic tangent, within 2.6 ulp; the sign of zero is kept", ["x"], (k, x) => {
  const a = k.let(k.abs(x), "a");
  const { n, p } = reducedExpm1(k, k.let(k.max(k.mul(a, -2), -20), "b"));
  const s = k.let(k.bitsF32(k.add(k.shl(n, 23), oneBits)), "s");
  const m = k.let(k.add(k.mul(s, p), k.sub(s, 1)), "m");
  const y = k.select(k.lt(a, 1e-4), a, k.div(k.neg(m), k.add(m, 2)));
  return k.bitsF32(k.or(k.bitsI32(y), k.and(k.bitsI32(x), k.int(-0x80000000))));
});
