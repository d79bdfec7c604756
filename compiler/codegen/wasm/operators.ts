import type { Operator } from "../../kernel/ir.ts";
import type { Mnemonic } from "./opcodes.ts";

/** Register types in WebAssembly: a bool is an i32, 0 or 1; a mask is a v128 in which all bits of a lane are equal. */
export type RegisterName = "f32" | "f32x4" | "i32" | "i32x4" | "bool" | "boolx4";

type Row = Partial<Readonly<Record<RegisterName, Mnemonic>>>;

const both = <Name extends string>(name: Name): { readonly f32: `f32.${Name}`; readonly f32x4: `f32x4.${Name}` } => ({
  f32: `f32.${name}`,
  f32x4: `f32x4.${name}`,
});
const signed = <Name extends string>(
  name: Name,
): { readonly i32: `i32.${Name}_s`; readonly i32x4: `i32x4.${Name}_s` } => ({
  i32: `i32.${name}_s`,
  i32x4: `i32x4.${name}_s`,
});
const ints = <Name extends string>(name: Name): { readonly i32: `i32.${Name}`; readonly i32x4: `i32x4.${Name}` } => ({
  i32: `i32.${name}`,
  i32x4: `i32x4.${name}`,
});
const bitwise = <Name extends "and" | "or" | "xor">(
  name: Name,
): Readonly<Record<"i32" | "bool", `i32.${Name}`> & Record<"i32x4" | "boolx4", `v128.${Name}`>> => ({
  i32: `i32.${name}`,
  bool: `i32.${name}`,
  i32x4: `v128.${name}`,
  boolx4: `v128.${name}`,
});

/** The operators that are one instruction, by the type of their leading operand. `expressions.ts` emits the others. */
export const instructions: Readonly<Record<Operator, Row>> = {
  add: { ...both("add"), ...ints("add") },
  sub: { ...both("sub"), ...ints("sub") },
  mul: { ...both("mul"), ...ints("mul") },
  div: both("div"),
  rem: { i32: "i32.rem_s" },
  neg: { ...both("neg"), i32x4: "i32x4.neg" },
  abs: { ...both("abs"), i32x4: "i32x4.abs" },
  min: { i32x4: "i32x4.min_s" },
  max: { i32x4: "i32x4.max_s" },
  madd: {},
  sqrt: both("sqrt"),
  floor: both("floor"),
  ceil: both("ceil"),
  trunc: both("trunc"),
  nearest: both("nearest"),
  and: bitwise("and"),
  or: bitwise("or"),
  xor: bitwise("xor"),
  not: { bool: "i32.eqz", i32x4: "v128.not", boolx4: "v128.not" },
  shl: ints("shl"),
  shrs: ints("shr_s"),
  shru: ints("shr_u"),
  eq: { ...both("eq"), ...ints("eq") },
  ne: { ...both("ne"), ...ints("ne") },
  lt: { ...both("lt"), ...signed("lt") },
  le: { ...both("le"), ...signed("le") },
  gt: { ...both("gt"), ...signed("gt") },
  ge: { ...both("ge"), ...signed("ge") },
  select: {},
  to_f32: { i32: "f32.convert_i32_s", i32x4: "f32x4.convert_i32x4_s" },
  to_i32: { f32: "i32.trunc_sat_f32_s", f32x4: "i32x4.trunc_sat_f32x4_s" },
  bits_f32: { i32: "f32.reinterpret_i32" },
  bits_i32: { f32: "i32.reinterpret_f32" },
  ramp: {},
  zip_lo: {},
  zip_hi: {},
};
