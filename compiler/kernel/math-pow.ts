import { mathFunction, type FunctionBuilder } from "./function-builder.ts";
import type { Expr } from "./ir.ts";
import { scale } from "./math-exp.ts";
import { clamp, head, polynomial, signBit, splitAll, toWhole } from "./math-parts.ts";

// x^y = 2^(y log2 x). An error of log2 x is multiplied by |y|, so the logarithm is a sum of two f32, the first of 12
// bits (Dekker: products of 12-bit heads are exact). With m from sqrt(1/2) to sqrt(2) and s = (m - 1) / (m + 1): log2 m
// = 2/ln 2 (s + s^3 P(s^2)).

// P: relative error 2.5e-11 against atanh(s) / s.
const atanhTail = [0.3333333134651184, 0.20000486075878143, 0.14249396324157715, 0.12139427661895752];
// (2^r - 1) / r for |r| <= 1/2: relative error 1.7e-10.
const exp2Tail = [
  0.6931471824645996, 0.24022650718688965, 0.055504050105810165, 0.009618086740374565, 0.0013337961863726377,
  0.0001545214472571388, 1.4324646144814324e-5,
];
// 2 / ln 2 in two parts, the first of 12 bits.
const gainHigh = 2.884765625;
const gainLow = 0.0006244567779268147;

interface Double {
  readonly high: Expr;
  readonly low: Expr;
}

function log2Of(k: FunctionBuilder, x: Expr): Double {
  const { m, e } = splitAll(k, x);
  const f = k.let(k.sub(m, 1), "f");
  const d = k.let(k.add(m, 1), "d");
  const high = head(k, k.div(f, d), "s_high");
  const divisor = head(k, d, "d_high");
  const rest = k.sub(m, k.sub(divisor, 1));
  const low = k.let(k.div(k.sub(k.sub(f, k.mul(high, divisor)), k.mul(high, rest)), d), "s_low");
  const s = k.let(k.add(high, low), "s");
  const z = k.let(k.mul(s, s), "z");
  const tail = k.let(k.add(low, k.mul(s, k.mul(z, polynomial(k, z, atanhTail)))), "tail");
  const first = head(k, k.add(high, tail), "first");
  const second = k.let(k.sub(tail, k.sub(first, high)), "second");
  const p = k.let(k.mul(first, gainHigh), "p");
  const q = k.let(k.add(k.mul(first, gainLow), k.mul(second, gainHigh + gainLow)), "q");
  const sum = head(k, k.add(k.add(p, q), e), "log_high");
  return { high: sum, low: k.let(k.sub(q, k.sub(k.sub(sum, e), p)), "log_low") };
}

/** 2^(y log); y is within +-2^33, beyond which the power of every x but 1 overflows or underflows f32. */
function exp2Of(k: FunctionBuilder, log: Double, y: Expr): Expr {
  const yHigh = head(k, y, "y_high");
  const high = k.let(k.mul(yHigh, log.high), "high");
  const low = k.let(k.add(k.mul(k.sub(y, yHigh), log.high), k.mul(y, log.low)), "low");
  const { whole, bits } = toWhole(k, clamp(k, k.add(high, low), -200, 200));
  const r = clamp(k, k.add(k.sub(high, whole), low), -1, 1);
  return scale(k, k.add(k.mul(r, polynomial(k, r, exp2Tail)), 1), bits);
}

export const pow = mathFunction(
  "pow",
  "x to the power y, within 4 ulp; zeros, infinities and NaN as Math.pow has them",
  ["x", "y"],
  (k, x, y) => {
    const a = k.let(k.abs(x), "a");
    const finite = exp2Of(k, log2Of(k, a), clamp(k, y, -(2 ** 33), 2 ** 33));
    const falling = k.let(k.lt(y, 0), "falling");
    const fromZero = k.select(k.eq(a, 0), k.select(falling, Infinity, k.float(0)), finite);
    const magnitude = k.select(k.eq(a, Infinity), k.select(falling, k.float(0), Infinity), fromZero);

    const whole = k.let(k.eq(k.trunc(y), y), "whole");
    const half = k.let(k.mul(y, 0.5), "half_y");
    const odd = k.and(whole, k.ne(k.trunc(half), half));
    const sign = k.select(odd, k.and(k.bitsI32(x), k.int(signBit)), k.int(0));
    const signed = k.bitsF32(k.or(k.bitsI32(magnitude), sign));

    const missing = k.or(k.ne(x, x), k.ne(y, y));
    const rootOfNegative = k.and(k.and(k.lt(x, 0), k.gt(x, -Infinity)), k.not(whole));
    const undecided = k.and(k.eq(a, 1), k.eq(k.abs(y), Infinity));
    const defined = k.select(k.or(missing, k.or(rootOfNegative, undecided)), NaN, signed);
    return k.select(k.eq(y, 0), 1, defined);
  },
);
