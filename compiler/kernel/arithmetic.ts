import type { Operator, Scalar } from "./ir.ts";

type Rule = (a: number, b: number, c: number) => number;

/**
 * The function that an operator computes on one lane, for each scalar type of its operands, and the scalar type of its
 * result. Bools are 0 and 1. This table is the one definition of the operators: the type rules, the constant folder and
 * the interpreter read it, and the emitters are tested against it.
 */
export interface Semantics {
  readonly result: "same" | Scalar;
  readonly f32?: Rule;
  readonly i32?: Rule;
  readonly bool?: Rule;
}

const f = Math.fround;
const truth = (x: boolean): number => (x ? 1 : 0);

function nearest(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  const rounded = rest < 0.5 || (rest === 0.5 && down % 2 === 0) ? down : Math.ceil(x);
  return rounded === 0 && (x < 0 || Object.is(x, -0)) ? -0 : rounded;
}

function saturate(x: number): number {
  if (Number.isNaN(x)) return 0;
  return Math.max(-0x80000000, Math.min(0x7fffffff, Math.trunc(x))) | 0;
}

// Four bytes, read and written as either type.
const bits = new DataView(new ArrayBuffer(4));

function bitsOf(x: number): number {
  bits.setFloat32(0, x);
  return bits.getInt32(0);
}

function floatOf(x: number): number {
  bits.setInt32(0, x);
  return bits.getFloat32(0);
}

// Rules shared by the scalar types.
const min: Rule = (a, b) => (b < a || Number.isNaN(b) ? b : a);
const max: Rule = (a, b) => (a < b || Number.isNaN(b) ? b : a);
const select: Rule = (c, a, b) => (c !== 0 ? a : b);

const compare = (rule: (a: number, b: number) => boolean): Semantics => {
  const lane: Rule = (a, b) => truth(rule(a, b));
  return { result: "bool", f32: lane, i32: lane };
};

/** Operators that move lanes: for each lane of the result, the operand and its lane. */
export const moves: Readonly<Record<"zip_lo" | "zip_hi", readonly (readonly [operand: number, lane: number])[]>> = {
  zip_lo: [
    [0, 0],
    [1, 0],
    [0, 1],
    [1, 1],
  ],
  zip_hi: [
    [0, 2],
    [1, 2],
    [0, 3],
    [1, 3],
  ],
};

export const movesLanes = (op: Operator): op is keyof typeof moves => op in moves;

/** All operators that compute each lane independently. */
export type LaneOperator = Exclude<Operator, "ramp" | keyof typeof moves>;

export const semantics: Readonly<Record<LaneOperator, Semantics>> = {
  add: { result: "same", f32: (a, b) => f(a + b), i32: (a, b) => (a + b) | 0 },
  sub: { result: "same", f32: (a, b) => f(a - b), i32: (a, b) => (a - b) | 0 },
  mul: { result: "same", f32: (a, b) => f(a * b), i32: (a, b) => Math.imul(a, b) },
  div: { result: "same", f32: (a, b) => f(a / b), i32: (a, b) => (a / b) | 0 },
  rem: { result: "same", f32: (a, b) => a % b, i32: (a, b) => (a % b) | 0 },
  neg: { result: "same", f32: (a) => -a, i32: (a) => -a | 0 },
  abs: { result: "same", f32: (a) => Math.abs(a), i32: (a) => Math.abs(a) | 0 },
  min: { result: "same", f32: min, i32: min },
  max: { result: "same", f32: max, i32: max },
  madd: { result: "same", f32: (a, b, c) => f(f(a * b) + c), i32: (a, b, c) => (Math.imul(a, b) + c) | 0 },
  sqrt: { result: "same", f32: (a) => f(Math.sqrt(a)) },
  floor: { result: "same", f32: (a) => Math.floor(a) },
  ceil: { result: "same", f32: (a) => Math.ceil(a) },
  trunc: { result: "same", f32: (a) => Math.trunc(a) },
  nearest: { result: "same", f32: nearest },
  and: { result: "same", i32: (a, b) => a & b, bool: (a, b) => a & b },
  or: { result: "same", i32: (a, b) => a | b, bool: (a, b) => a | b },
  xor: { result: "same", i32: (a, b) => a ^ b, bool: (a, b) => a ^ b },
  not: { result: "same", i32: (a) => ~a, bool: (a) => a ^ 1 },
  shl: { result: "same", i32: (a, b) => a << b },
  shrs: { result: "same", i32: (a, b) => a >> b },
  shru: { result: "same", i32: (a, b) => (a >>> b) | 0 },
  eq: compare((a, b) => a === b),
  ne: compare((a, b) => a !== b),
  lt: compare((a, b) => a < b),
  le: compare((a, b) => a <= b),
  gt: compare((a, b) => a > b),
  ge: compare((a, b) => a >= b),
  select: { result: "same", f32: select, i32: select, bool: select },
  to_f32: { result: "f32", i32: (a) => f(a) },
  to_i32: { result: "i32", f32: saturate },
  bits_f32: { result: "f32", i32: floatOf },
  bits_i32: { result: "i32", f32: bitsOf },
};

/** Rounds a number to a value of a scalar type. */
export function represent(scalar: Scalar, value: number): number {
  if (scalar === "f32") return f(value);
  return scalar === "i32" ? value | 0 : truth(value !== 0);
}
