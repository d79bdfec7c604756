import { mathFunction, type FunctionBuilder } from "./function-builder.ts";
import type { Expr } from "./ir.ts";
import { ln2High, ln2Low } from "./math-exp.ts";
import { exponent, polynomial, splitAll } from "./math-parts.ts";

// log x = e ln 2 + log(1 + f), where x = 2^e (1 + f) and 1 + f is between sqrt(1/2) and sqrt(2);
// log(1 + f) = f - f^2/2 + f^3 P(f) with a minimax P. Relative error of the approximation: 5.9e-9.
const tail = [
  0.3333333134651184, -0.2500081956386566, 0.20001240074634552, -0.16623403131961823, 0.14201608300209045,
  -0.13159729540348053, 0.12762124836444855, -0.07635987550020218,
];

function logOf(k: FunctionBuilder, f: Expr, e: Expr): Expr {
  const z = k.let(k.mul(f, f), "z");
  const small = k.add(k.mul(k.mul(f, z), polynomial(k, f, tail)), k.mul(e, ln2Low));
  return k.add(k.sub(f, k.sub(k.mul(z, 0.5), small)), k.mul(e, ln2High));
}

/**
 * `y` where `x` is positive and finite; -inf where `zero` (x, or 1 + x) is 0, NaN where it is negative; inf and NaN
 * stay.
 */
function atEdges(k: FunctionBuilder, x: Expr, zero: Expr, y: Expr): Expr {
  const finite = k.select(k.lt(x, Infinity), y, x);
  return k.select(k.lt(zero, 0), NaN, k.select(k.eq(zero, 0), -Infinity, finite));
}

export const log = mathFunction("log", "natural logarithm, within 0.9 ulp", ["x"], (k, x) => {
  const { m, e } = splitAll(k, x);
  return atEdges(k, x, x, logOf(k, k.let(k.sub(m, 1), "f"), e));
});

// 1 + x loses the low bits of x, so it provides only the exponent; f = 2^-e (1 + x) - 1 is computed from x itself:
// (2^-e - 1) + 2^-e x rounds once. Both factors are scaled by 4, since 2^-128 is not a normal f32.
export const log1p = mathFunction("log1p", "log(1 + x), within 1.5 ulp; the sign of zero is kept", ["x"], (k, x) => {
  const u = k.let(k.add(x, 1), "u");
  const e = exponent(k, u);
  const s = k.let(k.bitsF32(k.sub(k.int(0x40800000), k.shl(e, 23))), "s");
  const f = k.let(k.add(k.sub(k.mul(s, 0.25), 1), k.mul(k.mul(x, 0.25), s)), "f");
  const y = logOf(k, f, k.let(k.toF32(e), "ef"));
  return atEdges(k, x, u, k.select(k.lt(k.abs(x), 1e-8), x, y));
});
