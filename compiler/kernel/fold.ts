import { invariant } from "../support/invariant.ts";
import { movesLanes, represent, semantics, type LaneOperator } from "./arithmetic.ts";
import type { Buffer, Expr, Lanes, Operator, RegType } from "./ir.ts";
import { i32x4, registerOf } from "./ir.ts";
import { leading, resultType } from "./types.ts";

// The constructors of expressions. Constants fold exactly, and trivial identities simplify:
//
//   a constant is the right operand of a commutative operator, (x + c1) + c2 is x + c, (x * c1) * c2 is x * c,
//   adding a negative constant is a `sub`;
//   i32: x + 0, x * 1, x * 0, x / 1, x % 1, shifts by 0;  f32: x * 1, x / 1, x - 0 only, since -0 + 0 is 0;
//   a select on a constant, double negation, the lane of a splat.

export type Const = Extract<Expr, { kind: "const" }>;

export const constant = (type: RegType, value: number): Const => ({
  kind: "const",
  type,
  value: represent(type.scalar, value),
});

export const int = (value: number): Const => constant({ scalar: "i32", lanes: 1 }, value);

export const isConst = (x: Expr, value?: number): x is Const =>
  x.kind === "const" && (value === undefined || Object.is(x.value, value));

/** The i32x4 of lane numbers: 0 1 2 3. */
export const ramp: Expr = { kind: "apply", type: i32x4, op: "ramp", args: [] };

export function splat(value: Expr, lanes: Lanes = 4): Expr {
  if (value.type.lanes === lanes) return value;
  invariant(value.type.lanes === 1 && lanes === 4, "a splat makes a vector from a scalar");
  const type: RegType = { scalar: value.type.scalar, lanes };
  return value.kind === "const" ? constant(type, value.value) : { kind: "splat", type, value };
}

export function lane(value: Expr, lane: number): Expr {
  invariant(lane >= 0 && lane < value.type.lanes, `lane ${lane} of a value with ${value.type.lanes} lanes`);
  if (value.type.lanes === 1) return value;
  const type: RegType = { scalar: value.type.scalar, lanes: 1 };
  if (value.kind === "const") return constant(type, value.value);
  if (value === ramp) return constant(type, lane);
  return value.kind === "splat" ? value.value : { kind: "lane", type, value, lane };
}

export function load(buffer: Buffer, at: Expr, lanes: Lanes = 1): Expr {
  return { kind: "load", type: { scalar: registerOf(buffer.element), lanes }, buffer: buffer.name, at };
}

/** Applies an operator to operands of matching types (an invariant), and folds the result. */
export function apply(op: Operator, args: readonly Expr[]): Expr {
  const type = resultType(
    op,
    args.map((x) => x.type),
  );
  if (op === "ramp") return ramp;
  if (movesLanes(op)) return { kind: "apply", type, op, args };
  return folded(op, type, args) ?? identity(op, args) ?? { kind: "apply", type, op, args };
}

function folded(op: LaneOperator, type: RegType, args: readonly Expr[]): Expr | null {
  const values: number[] = [];
  for (const x of args) {
    if (x.kind !== "const") return null;
    values.push(x.value);
  }
  const scalar = args[leading(op)]?.type.scalar ?? type.scalar;
  if (scalar === "i32" && (op === "div" || op === "rem") && values[1] === 0) return null;
  const rule = semantics[op][scalar];
  invariant(rule !== undefined, `${op} of ${scalar}`);
  const [a = 0, b = 0, c = 0] = values;
  return constant(type, rule(a, b, c));
}

/** A simpler form of an application with an operand that is not constant, or null. */
function identity(op: Operator, args: readonly Expr[]): Expr | null {
  const [a, b, c] = args;
  if (a === undefined) return null;
  if (op === "select" && b && c) return a.kind === "const" ? (a.value !== 0 ? b : c) : null;
  if ((op === "neg" || op === "not") && a.kind === "apply" && a.op === op) return a.args[0] ?? null;
  if (b === undefined || c !== undefined) return null;
  if (a.kind === "const" && b.kind !== "const" && commutes.has(op)) return apply(op, [b, a]);
  if (b.kind !== "const") return null;
  if (a.type.scalar === "f32") return floatIdentity(op, a, b);
  return a.type.scalar === "i32" ? intIdentity(op, a, b) : boolIdentity(op, a, b);
}

const commutes: ReadonlySet<Operator> = new Set(["add", "mul", "and", "or", "xor", "eq", "ne"]);

function floatIdentity(op: Operator, a: Expr, b: Const): Expr | null {
  if ((op === "mul" || op === "div") && b.value === 1) return a;
  return op === "sub" && Object.is(b.value, 0) ? a : null;
}

function boolIdentity(op: Operator, a: Expr, b: Const): Expr | null {
  if (op === "and") return b.value !== 0 ? a : b;
  if (op === "or") return b.value !== 0 ? b : a;
  return null;
}

function intIdentity(op: Operator, a: Expr, b: Const): Expr | null {
  switch (op) {
    case "add":
      return offset(a, b.value);
    case "sub":
      return offset(a, -b.value);
    case "mul": {
      if (b.value === 0) return b;
      if (b.value === 1) return a;
      const inner = a.kind === "apply" && a.op === "mul" ? a.args : [];
      const [x, factor] = inner;
      return x && factor?.kind === "const"
        ? apply("mul", [x, constant(a.type, Math.imul(factor.value, b.value))])
        : null;
    }
    case "div":
      return b.value === 1 ? a : null;
    case "rem":
      return b.value === 1 ? constant(a.type, 0) : null;
    case "shl":
    case "shrs":
    case "shru":
      return (b.value & 31) === 0 ? a : null;
    case "and":
      return b.value === 0 ? b : b.value === -1 ? a : null;
    case "or":
    case "xor":
      return b.value === 0 ? a : null;
    default:
      return null;
  }
}

/** `a + by` with one constant: `a`, `x + c` or `x - c` with c > 0. */
function offset(a: Expr, by: number): Expr {
  const [base, own] = splitConstant(a);
  const total = (own + by) | 0;
  if (total === 0) return base;
  const op: Operator = total < 0 && total !== -0x80000000 ? "sub" : "add";
  return { kind: "apply", type: a.type, op, args: [base, constant(a.type, op === "sub" ? -total : total)] };
}

/** `x + 3` as `[x, 3]`, `x - 3` as `[x, -3]`, anything else as `[itself, 0]`. */
function splitConstant(a: Expr): readonly [Expr, number] {
  if (a.kind === "apply" && a.type.scalar === "i32" && (a.op === "add" || a.op === "sub")) {
    const [x, c] = a.args;
    if (x && c?.kind === "const") return [x, a.op === "add" ? c.value : -c.value | 0];
  }
  return [a, 0];
}
