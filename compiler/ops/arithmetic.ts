// Pointwise arithmetic: operations that f32 and i32 compute exactly or with one rounding.
import {
  type Interval,
  interval,
  magnitude,
  opposite,
  product,
  quotient,
  sizeOf,
  sum,
  symmetric,
} from "../types/interval.ts";
import { isFloat } from "../types/tensor-type.ts";
import { pointwise } from "./define.ts";
import { extreme } from "./extreme.ts";
import { family, floats, numbers } from "./signature.ts";
import { compare, zeroGradient, zeroUnless, zeroWhere } from "./gradient-helpers.ts";

function roundToEven(x: number): number {
  const up = Math.round(x);
  return up - x === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

/** Of i32; a divisor of 0 yields 0. */
const wholeQuotient = (x: Interval, y: Interval): Interval =>
  y.lo > 0 || y.hi < 0 ? truncated(quotient(x, y)) : symmetric(sizeOf(x));
const truncated = ({ lo, hi }: Interval): Interval => interval(Math.trunc(lo), Math.trunc(hi));

declare module "../graph/form.ts" {
  interface OpNames {
    arithmetic:
      | "add"
      | "sub"
      | "mul"
      | "div"
      | "rem"
      | "max"
      | "min"
      | "neg"
      | "abs"
      | "sign"
      | "floor"
      | "ceil"
      | "round"
      | "trunc"
      | "sqrt"
      | "rsqrt";
  }
}

export const arithmetic = family<"arithmetic">({
  add: pointwise({
    doc: "x + y",
    operands: ["x", "y"],
    on: numbers,
    scalar: (k, x, y) => k.add(x, y),
    operator: "+",
    commutative: true,
    linear: [["x", "y"]],
    gradient: (_, __, { dout }) => ({ x: dout, y: dout }),
    range: ([x, y]) => sum(x, y),
    reference: (x, y) => x + y,
  }),

  sub: pointwise({
    doc: "x - y",
    operands: ["x", "y"],
    on: numbers,
    scalar: (k, x, y) => k.sub(x, y),
    operator: "-",
    linear: [["x", "y"]],
    gradient: (g, _, { dout }) => ({ x: dout, y: g.neg(dout) }),
    range: ([x, y]) => sum(x, opposite(y)),
    reference: (x, y) => x - y,
  }),

  mul: pointwise({
    doc: "x * y",
    operands: ["x", "y"],
    on: numbers,
    scalar: (k, x, y) => k.mul(x, y),
    operator: "*",
    commutative: true,
    linear: ["x", "y"],
    gradient: (g, { x, y }, { dout }) => ({ x: g.mul(dout, y), y: g.mul(dout, x) }),
    range: ([x, y]) => product(x, y),
    reference: (x, y) => x * y,
    integer: Math.imul,
  }),

  div: pointwise({
    doc: "x / y; of i32 truncated, and 0 where y is 0; the gradients are 1 / y and -x / y^2, infinite or NaN where y is 0",
    operands: ["x", "y"],
    on: numbers,
    // The machine traps on a divisor of 0, and on the least i32 divided by -1.
    scalar: (k, x, y) => {
      if (x.type.scalar !== "i32") return k.div(x, y);
      const [zero, minus] = [k.eq(y, 0), k.eq(y, -1)];
      const quotient = k.div(x, k.select(k.or(zero, minus), 1, y));
      return k.select(zero, 0, k.select(minus, k.neg(x), quotient));
    },
    operator: "/",
    linear: ["x"],
    linearWhere: (_, { x }) => isFloat(x.dtype),
    gradient: (g, { y }, { out, dout }) => {
      const dx = g.div(dout, y);
      return { x: dx, y: g.neg(g.mul(dx, out)) };
    },
    range: ([x, y], dtype) => (dtype === "i32" ? wholeQuotient(x, y) : quotient(x, y)),
    reference: (x, y) => x / y,
    steps: (_, y) => Math.sign(y),
    integer: (x, y) => (y === 0 ? 0 : x / y),
    between: [0.4, 4],
  }),

  rem: pointwise({
    doc: "the remainder of x / y, x - y * trunc(x / y), with the sign of x; of floats exact for all numbers (C's fmod), x itself where y is infinite, and NaN where y is 0 or x infinite; of i32, 0 where y is 0; the gradient of x is 1 and the gradient of y is -trunc(x / y), at a multiple too",
    operands: ["x", "y"],
    on: numbers,
    scalar: (k, x, y) => k.rem(x, x.type.scalar === "i32" ? k.select(k.or(k.eq(y, 0), k.eq(y, -1)), 1, y) : y),
    gradient: (g, { x, y }, { out, dout }) => ({ x: dout, y: g.mul(dout, g.div(g.sub(out, x), y)) }),
    range: ([x, y]) => symmetric(Math.min(sizeOf(x), sizeOf(y))),
    reference: (x, y) => x % y,
    steps: (x, y) => Math.trunc(x / y),
    integer: (x, y) => (y === 0 ? 0 : x % y),
    between: [0.4, 4],
  }),

  max: pointwise({
    doc: "the larger of x and y, NaN if either is NaN; the gradient goes to the operand that is the result; at a tie the gradient goes to y, so that max(x, 0) has none at 0",
    operands: ["x", "y"],
    on: numbers,
    scalar: (k, x, y) => k.max(x, y),
    gradient: (g, { x, y }, { dout }) => {
      const second = g.call("or", [compare(g, "le", x, y), compare(g, "ne", y, y)]);
      return { x: zeroWhere(g, second, dout), y: zeroUnless(g, second, dout) };
    },
    range: ([x, y]) => interval(Math.max(x.lo, y.lo), Math.max(x.hi, y.hi)),
    reference: extreme.max,
  }),

  min: pointwise({
    doc: "the smaller of x and y, NaN if either is NaN; the gradient goes to the operand that is the result; at a tie the gradient goes to y",
    operands: ["x", "y"],
    on: numbers,
    scalar: (k, x, y) => k.min(x, y),
    gradient: (g, { x, y }, { dout }) => {
      const second = g.call("or", [compare(g, "ge", x, y), compare(g, "ne", y, y)]);
      return { x: zeroWhere(g, second, dout), y: zeroUnless(g, second, dout) };
    },
    range: ([x, y]) => interval(Math.min(x.lo, y.lo), Math.min(x.hi, y.hi)),
    reference: extreme.min,
  }),

  neg: pointwise({
    doc: "-x",
    operands: ["x"],
    on: numbers,
    scalar: (k, x) => k.neg(x),
    linear: ["x"],
    gradient: (g, _, { dout }) => ({ x: g.neg(dout) }),
    range: "monotone",
    reference: (x) => -x,
  }),

  abs: pointwise({
    doc: "|x|, with gradient 0 at 0",
    operands: ["x"],
    on: numbers,
    scalar: (k, x) => k.abs(x),
    gradient: (g, { x }, { dout }) => ({ x: g.mul(dout, g.call("sign", [x])) }),
    range: ([x]) => magnitude(x),
    reference: (x) => Math.abs(x),
  }),

  sign: pointwise({
    doc: "-1, 0 or 1; x itself where it is 0 or NaN; its gradient is 0 everywhere",
    operands: ["x"],
    on: numbers,
    scalar: (k, x) => k.select(k.gt(x, 0), 1, k.select(k.lt(x, 0), -1, x)),
    gradient: zeroGradient,
    range: "monotone",
    reference: (x) => Math.sign(x),
    steps: Math.sign,
  }),

  floor: pointwise({
    doc: "the largest whole number that is not above x; its gradient is 0 everywhere",
    operands: ["x"],
    on: floats,
    scalar: (k, x) => k.floor(x),
    gradient: zeroGradient,
    range: "monotone",
    reference: (x) => Math.floor(x),
    steps: Math.floor,
  }),

  ceil: pointwise({
    doc: "the smallest whole number that is not below x; its gradient is 0 everywhere",
    operands: ["x"],
    on: floats,
    scalar: (k, x) => k.ceil(x),
    gradient: zeroGradient,
    range: "monotone",
    reference: (x) => Math.ceil(x),
    steps: Math.ceil,
  }),

  round: pointwise({
    doc: "the nearest whole number, of two the even one; its gradient is 0 everywhere",
    operands: ["x"],
    on: floats,
    scalar: (k, x) => k.nearest(x),
    gradient: zeroGradient,
    range: "monotone",
    reference: roundToEven,
    steps: roundToEven,
  }),

  trunc: pointwise({
    doc: "x without its fraction; its gradient is 0 everywhere",
    operands: ["x"],
    on: floats,
    scalar: (k, x) => k.trunc(x),
    gradient: zeroGradient,
    range: "monotone",
    reference: Math.trunc,
    steps: Math.trunc,
  }),

  sqrt: pointwise({
    doc: "the square root of x, NaN below 0; the gradient at 0 is infinite, and NaN where nothing flows into it",
    operands: ["x"],
    on: floats,
    scalar: (k, x) => k.sqrt(x),
    gradient: (g, _, { out, dout }) => ({ x: g.div(g.mul(dout, 0.5), out) }),
    range: "monotone",
    reference: Math.sqrt,
    between: [0.2, 6],
  }),

  rsqrt: pointwise({
    doc: "1 / sqrt(x); the gradient at 0 is minus infinity, and NaN where nothing flows into it",
    operands: ["x"],
    on: floats,
    scalar: (k, x) => k.div(1, k.sqrt(x)),
    gradient: (g, { x }, { out, dout }) => ({ x: g.mul(dout, g.div(g.mul(out, -0.5), x)) }),
    range: "monotone",
    reference: (x) => 1 / Math.sqrt(x),
    between: [0.2, 6],
    exact: false,
  }),
});
