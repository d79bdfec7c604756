// Comparison, logic on bools and on the bits of i32, and select.
import { anything, hull, interval, type Interval, limits } from "../types/interval.ts";
import { isFloat, sameShape, sameType } from "../types/tensor-type.ts";
import { elementwise, pointwise } from "./define.ts";
import { type Entry, bits, bool, f32, family, i32, none, numbers } from "./signature.ts";
import { zeroUnless, zeroWhere } from "./gradient-helpers.ts";

type Compare = "eq" | "ne" | "lt" | "le" | "gt" | "ge";

const certain = (holds: boolean): Interval => interval(Number(holds), Number(holds));
const opposite = ({ lo, hi }: Interval): Interval => interval(1 - hi, 1 - lo);

/** Whether a comparison holds for all integers in two intervals, for none, or for some. */
const compared: Readonly<Record<Compare, (x: Interval, y: Interval) => Interval>> = {
  eq: (x, y) => (x.hi < y.lo || x.lo > y.hi ? certain(false) : isOne(x) && isOne(y) ? certain(true) : limits.bool),
  ne: (x, y) => opposite(compared.eq(x, y)),
  lt: (x, y) => (x.hi < y.lo ? certain(true) : x.lo >= y.hi ? certain(false) : limits.bool),
  le: (x, y) => opposite(compared.lt(y, x)),
  gt: (x, y) => compared.lt(y, x),
  ge: (x, y) => compared.le(y, x),
};

const isOne = ({ lo, hi }: Interval): boolean => lo === hi;

const comparison = (op: Compare, sign: string, reference: (x: number, y: number) => boolean): Entry =>
  pointwise({
    doc: `x ${sign} y`,
    operands: ["x", "y"],
    on: numbers,
    to: "bool",
    scalar: (k, x, y) => k[op](x, y),
    gradient: none("a bool is not differentiable"),
    ...((op === "eq" || op === "ne") && { commutative: true }),
    // Intervals of floats hold up to rounding, and do not exclude NaN.
    range: ([x, y], _, dtype) => (isFloat(dtype) ? limits.bool : compared[op](x, y)),
    reference: (x, y) => Number(reference(x, y)),
  });

/** Of an operation that is monotone in both operands. */
const ends = (apply: (x: number, y: number) => number, x: Interval, y: Interval): Interval =>
  interval(apply(x.lo, y.lo), apply(x.hi, y.hi));

const logic = (op: "and" | "or" | "xor", reference: (x: number, y: number) => number): Entry =>
  pointwise({
    doc: `x ${op} y, of bools or of the bits of i32`,
    operands: ["x", "y"],
    on: bits,
    scalar: (k, x, y) => k[op](x, y),
    gradient: none("bools and integers are not differentiable"),
    commutative: true,
    range: ([x, y], dtype) =>
      dtype === "bool" && (op !== "xor" || (isOne(x) && isOne(y))) ? ends(reference, x, y) : limits[dtype],
    reference,
  });

const shift = (
  op: "shl" | "shrs" | "shru",
  doc: string,
  range: (x: Interval) => Interval,
  reference: (x: number, y: number) => number,
): Entry =>
  pointwise({
    doc: `${doc}, by y modulo 32 bits`,
    operands: ["x", "y"],
    on: ["i32"],
    scalar: (k, x, y) => k[op](x, y),
    gradient: none("integers are not differentiable"),
    range: ([x]) => range(x),
    reference,
  });

/** A shift by 0 leaves x, and one by many bits leaves 0 or -1: the sign. */
const shiftedDown = ({ lo, hi }: Interval): Interval => interval(Math.min(0, lo), Math.max(lo < 0 ? -1 : 0, hi));

declare module "../graph/form.ts" {
  interface OpNames {
    comparisons:
      | "eq"
      | "ne"
      | "lt"
      | "le"
      | "gt"
      | "ge"
      | "and"
      | "or"
      | "xor"
      | "not"
      | "shl"
      | "shrs"
      | "shru"
      | "select";
  }
}

export const comparisons = family<"comparisons">({
  eq: comparison("eq", "=", (x, y) => x === y),
  ne: comparison("ne", "≠", (x, y) => x !== y),
  lt: comparison("lt", "<", (x, y) => x < y),
  le: comparison("le", "≤", (x, y) => x <= y),
  gt: comparison("gt", ">", (x, y) => x > y),
  ge: comparison("ge", "≥", (x, y) => x >= y),

  and: logic("and", (x, y) => x & y),
  or: logic("or", (x, y) => x | y),
  xor: logic("xor", (x, y) => x ^ y),

  not: pointwise({
    doc: "the opposite of a bool, or of each bit of an i32",
    operands: ["x"],
    on: bits,
    scalar: (k, x) => k.not(x),
    gradient: none("bools and integers are not differentiable"),
    range: "monotone",
    reference: (x) => 1 - x,
    integer: (x) => ~x,
  }),

  shl: shift(
    "shl",
    "the bits of x moved up",
    () => anything,
    (x, y) => x << y,
  ),
  shrs: shift("shrs", "the bits of x moved down, filled with the sign", shiftedDown, (x, y) => x >> y),
  shru: shift(
    "shru",
    "the bits of x moved down, filled with zeros",
    () => anything,
    (x, y) => x >>> y,
  ),

  select: elementwise({
    doc: "`a` where the condition holds, `b` elsewhere",
    operands: ["condition", "a", "b"],
    requires: {
      c1: {
        message: "the condition is bool",
        about: ["condition"],
        holds: ({ condition }) => condition.dtype === "bool",
        breaks: [[[f32(2), f32(2), f32(2)]]],
      },
      c2: {
        message: "a and b have the same type",
        about: ["a", "b"],
        holds: ({ a, b }) => sameType(a, b),
        breaks: [[[bool(2), f32(2), i32(2)]], [[bool(2), f32(2), f32(3)]]],
      },
      c3: {
        message: "the condition has the shape of a and b",
        about: ["condition"],
        holds: ({ condition, a }) => sameShape(condition.shape, a.shape),
        breaks: [[[bool(3), f32(2), f32(2)]], [[bool(), f32(2), f32(2)]]],
      },
    },
    type: ({ a }) => a,
    scalar: (k, { condition, a, b }) => k.select(condition, a, b),
    linear: [["a", "b"]],
    gradient: (g, { condition }, { dout }) => ({ a: zeroUnless(g, condition, dout), b: zeroWhere(g, condition, dout) }),
    range: ({ condition, a, b }) => (condition.lo === 1 ? a : condition.hi === 0 ? b : hull(a, b)),
    reference: ({ condition, a, b }) => (condition === 0 ? b : a),
    samples: [
      { operands: [bool(3, 5), f32(3, 5), f32(3, 5)] },
      { operands: [bool(), f32(), f32()] },
      { operands: [bool(1), i32(1), i32(1)] },
      { operands: [bool(9), bool(9), bool(9)] },
    ],
  }),
});
