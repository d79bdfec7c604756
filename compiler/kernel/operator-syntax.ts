import { invariant } from "../support/invariant.ts";
import type { Operator } from "./ir.ts";

// The spelling and precedence of operators, shared by the printer and the parser of `.kir`.

export interface Infix {
  readonly sign: string;
  /** Larger binds tighter; all are left-associative. */
  readonly level: number;
}

/** Operators written between their operands; all others are written as calls. */
export const infix: ReadonlyMap<Operator, Infix> = new Map<Operator, Infix>([
  ["eq", { sign: "==", level: 1 }],
  ["ne", { sign: "!=", level: 1 }],
  ["lt", { sign: "<", level: 1 }],
  ["le", { sign: "<=", level: 1 }],
  ["gt", { sign: ">", level: 1 }],
  ["ge", { sign: ">=", level: 1 }],
  ["or", { sign: "|", level: 2 }],
  ["xor", { sign: "^", level: 3 }],
  ["and", { sign: "&", level: 4 }],
  ["shl", { sign: "<<", level: 5 }],
  ["shrs", { sign: ">>", level: 5 }],
  ["shru", { sign: ">>>", level: 5 }],
  ["add", { sign: "+", level: 6 }],
  ["sub", { sign: "-", level: 6 }],
  ["mul", { sign: "*", level: 7 }],
  ["div", { sign: "/", level: 7 }],
  ["rem", { sign: "%", level: 7 }],
]);

/** Operators written before their operand: `-x`, `!x`. They bind tighter than any infix, and so does `splat x`. */
export const prefix: ReadonlyMap<Operator, string> = new Map<Operator, string>([
  ["neg", "-"],
  ["not", "!"],
]);

export const prefixLevel = 8;

/** The shortest decimal that parses back to this f32. */
export function showFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0";
  for (let digits = 1; digits <= 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  invariant(false, `${value} is not an f32`);
}
