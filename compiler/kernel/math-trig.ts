import { mathFunction, type FunctionBuilder } from "./function-builder.ts";
import type { Expr } from "./ir.ts";
import { clamp, polynomial, toWhole } from "./math-parts.ts";

// x = n pi/2 + r with |r| <= pi/4. pi/2 is in four parts, three of which have 10 bits: their products with n are exact
// for n < 2^14, |x| < 25,735. Beyond, the error grows with x until no digit is correct, but the result stays within
// -1..1. For inf and NaN the result is NaN.
const halfPi = [1.5703125, 0.0004839897155761719, -1.6298145055770874e-7, 6.07710062827671e-11] as const;

// Minimax in z = r^2: sin r = r + r z P(z), relative error 1.6e-10; cos r = 1 - z/2 + z^2 Q(z), relative error 1.2e-10.
const sine = [-0.1666666716337204, 0.008333380334079266, -0.00019853505364153534, 2.837395186361391e-6];
const cosine = [0.04166664555668831, -0.0013887309469282627, 2.4432327336398885e-5];

/** sin(x + quarters pi/2). */
function sineOf(k: FunctionBuilder, x: Expr, quarters: number): Expr {
  const { whole, bits } = toWhole(k, k.mul(x, 2 / Math.PI));
  const high = k.sub(k.sub(x, k.mul(whole, halfPi[0])), k.mul(whole, halfPi[1]));
  const a = k.let(k.mul(whole, halfPi[2]), "a");
  const b = k.let(k.mul(whole, halfPi[3]), "b");
  const low = k.let(k.add(a, b), "low");
  // The rounding error of the sum `low` matters where x is almost a multiple of pi/2.
  const lost = k.sub(b, k.sub(low, a));
  const r = clamp(k, k.sub(k.sub(high, low), lost), -0.8, 0.8);
  const z = k.let(k.mul(r, r), "z");
  const sin = k.add(r, k.mul(r, k.mul(z, polynomial(k, z, sine))));
  const cos = k.sub(1, k.sub(k.mul(z, 0.5), k.mul(k.mul(z, z), polynomial(k, z, cosine))));
  const quadrant = k.let(k.add(bits, quarters), "quadrant");
  const y = k.select(k.ne(k.and(quadrant, 1), 0), cos, sin);
  return k.bitsF32(k.xor(k.bitsI32(y), k.shl(k.and(quadrant, 2), 30)));
}

export const sin = mathFunction(
  "sin",
  "sine, within 1.6 ulp for |x| <= 25,000; the sign of zero is kept",
  ["x"],
  (k, x) => k.select(k.eq(x, 0), x, sineOf(k, x, 0)),
);

export const cos = mathFunction("cos", "cosine, within 1.6 ulp for |x| <= 25,000", ["x"], (k, x) => sineOf(k, x, 1));
