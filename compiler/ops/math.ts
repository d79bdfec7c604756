// Pointwise transcendental functions; kernels call them through the function table of the kernel IR.
import { interval, power, symmetric } from "../types/interval.ts";
import { pointwise } from "./define.ts";
import { family, floats } from "./signature.ts";
import { compare, zeroUnless, zeroWhere } from "./gradient-helpers.ts";

/** The least normal f32; its reciprocal is finite. */
const leastNormal = 2 ** -126;

/**
 * The series 2 / sqrt(pi) e^(-x^2) (x + 2 x^3 / 3 + 4 x^5 / 15 + ...): its terms have one sign, so nothing cancels
 * (Abramowitz and Stegun 7.1.6). From 6 on the result is 1 in f64.
 */
function erf(x: number): number {
  if (!(Math.abs(x) < 6)) return Number.isNaN(x) ? x : Math.sign(x);
  let [sum, term] = [x, x];
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) sum += term *= (2 * x * x) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/**
 * 1 - erf x, from 1 on without cancellation, as the continued fraction
 * e^(-x^2) / sqrt(pi) / (x + (1/2) / (x + (2/2) / (x + ...))) (Abramowitz and Stegun 7.1.14).
 */
function erfc(x: number): number {
  if (!(x > 1)) return 1 - erf(x);
  let rest = x;
  for (let n = 200; n > 0; n--) rest = x + n / 2 / rest;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * rest);
}

declare module "../graph/form.ts" {
  interface OpNames {
    math: "exp" | "expm1" | "log" | "log1p" | "tanh" | "sigmoid" | "sin" | "cos" | "erf" | "erfc" | "pow";
  }
}

export const math = family<"math">({
  exp: pointwise({
    doc: "e^x",
    operands: ["x"],
    on: floats,
    scalar: (k, x) => k.call("exp", x),
    gradient: (g, _, { out, dout }) => ({ x: g.mul(dout, out) }),
    range: "monotone",
    reference: Math.exp,
    exact: false,
  }),

  expm1: pointwise({
    doc: "e^x - 1, accurate near 0",
    operands: ["x"],
    on: floats,
    scalar: (k, x) => k.call("expm1", x),
    // Not out + 1, which is 0 from -17 on.
    gradient: (g, { x }, { dout }) => ({ x: g.mul(dout, g.call("exp", [x])) }),
    range: "monotone",
    reference: Math.expm1,
    exact: false,
  }),

  log: pointwise({
    doc: "the natural logarithm of x, NaN below 0; the gradient is 1 / x, infinite at 0",
    operands: ["x"],
    on: floats,
    scalar: (k, x) => k.call("log", x),
    gradient: (g, { x }, { dout }) => ({ x: g.div(dout, x) }),
    range: "monotone",
    reference: Math.log,
    between: [0.2, 6],
    exact: false,
  }),

  log1p: pointwise({
    doc: "log(1 + x), accurate near 0; the gradient at -1 is infinite",
    operands: ["x"],
    on: floats,
    scalar: (k, x) => k.call("log1p", x),
    gradient: (g, { x }, { dout }) => ({ x: g.div(dout, g.add(x, 1)) }),
    range: "monotone",
    reference: Math.log1p,
    between: [-0.7, 4],
    exact: false,
  }),

  tanh: pointwise({
    doc: "the hyperbolic tangent of x",
    operands: ["x"],
    on: floats,
    scalar: (k, x) => k.call("tanh", x),
    gradient: (g, _, { out, dout }) => ({ x: g.mul(dout, g.sub(1, g.mul(out, out))) }),
    range: "monotone",
    reference: Math.tanh,
    exact: false,
  }),

  sigmoid: pointwise({
    doc: "1 / (1 + e^-x)",
    operands: ["x"],
    on: floats,
    scalar: (k, x) => k.call("sigmoid", x),
    gradient: (g, _, { out, dout }) => ({ x: g.mul(dout, g.mul(out, g.sub(1, out))) }),
    range: "monotone",
    reference: (x) => 1 / (1 + Math.exp(-x)),
    exact: false,
  }),

  sin: pointwise({
    doc: "the sine of x radians",
    operands: ["x"],
    on: floats,
    scalar: (k, x) => k.call("sin", x),
    gradient: (g, { x }, { dout }) => ({ x: g.mul(dout, g.call("cos", [x])) }),
    range: () => symmetric(1),
    reference: Math.sin,
    exact: false,
  }),

  cos: pointwise({
    doc: "the cosine of x radians",
    operands: ["x"],
    on: floats,
    scalar: (k, x) => k.call("cos", x),
    gradient: (g, { x }, { dout }) => ({ x: g.mul(dout, g.neg(g.call("sin", [x]))) }),
    range: () => symmetric(1),
    reference: Math.cos,
    exact: false,
  }),

  erf: pointwise({
    doc: "the error function, 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x",
    operands: ["x"],
    on: floats,
    scalar: (k, x) => k.call("erf", x),
    gradient: (g, { x }, { dout }) => ({
      x: g.mul(dout, g.mul(g.call("exp", [g.neg(g.mul(x, x))]), 2 / Math.sqrt(Math.PI))),
    }),
    range: "monotone",
    reference: erf,
    exact: false,
  }),

  erfc: pointwise({
    doc: "1 - erf x, accurate where it is small: erfc(-x / sqrt(2)) / 2 is the normal distribution function",
    operands: ["x"],
    on: floats,
    scalar: (k, x) => k.call("erfc", x),
    gradient: (g, { x }, { dout }) => ({
      x: g.mul(dout, g.mul(g.call("exp", [g.neg(g.mul(x, x))]), -2 / Math.sqrt(Math.PI))),
    }),
    range: () => interval(0, 2),
    reference: erfc,
    exact: false,
  }),

  pow: pointwise({
    doc: "x^y; where x is not positive, no gradient flows to y, and at x = 0 that of x is 0 where y is 0, and infinite where it is less than 1",
    operands: ["x", "y"],
    on: floats,
    scalar: (k, x, y) => k.call("pow", x, y),
    // At x = y = 0, and where 1 / x overflows f32, y * x^(y - 1) is 0 * inf; log x is undefined at x <= 0. Both are
    // kept finite in the branch not taken too, since the derivative of a select includes both branches. Elsewhere the
    // slope at y = 0 is 0 by its terms, so that its derivative in y is right.
    gradient: (g, { x, y }, { out, dout }) => {
      const one = g.constant(x.type, 1);
      const [constant, tiny] = [compare(g, "eq", y, 0), compare(g, "lt", g.call("abs", [x]), leastNormal)];
      const away = g.call("select", [constant, g.call("select", [tiny, one, x]), x]);
      const power = g.mul(y, g.call("pow", [away, g.sub(y, 1)]));
      const slope = g.call("select", [constant, zeroWhere(g, tiny, power), power]);
      const positive = compare(g, "gt", x, 0);
      const base = g.call("select", [positive, x, one]);
      return { x: g.mul(dout, slope), y: g.mul(dout, g.mul(zeroUnless(g, positive, out), g.call("log", [base]))) };
    },
    range: ([x, y]) => power(x, y),
    reference: (x, y) => x ** y,
    between: [0.3, 2.5],
    exact: false,
  }),
});
