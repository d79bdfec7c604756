import { invariant } from "../support/invariant.ts";
import type { ExprBuilder, ExprOrNumber, MathName } from "./builder-types.ts";
import { apply, constant, int, lane, ramp, splat } from "./fold.ts";
import { bool, f32, i32, type Expr, type Lanes, type Operator, type RegType, type Scalar } from "./ir.ts";
import { isShiftCount, leading } from "./types.ts";

/** The methods of `ExprBuilder` that do not depend on the current block: all but `let` and `call`. */
export abstract class ExprMethods implements ExprBuilder {
  abstract let(value: Expr, hint?: string): Expr;
  abstract call(fn: MathName, ...args: readonly ExprOrNumber[]): Expr;

  const(type: RegType, value: number): Expr {
    return constant(type, value);
  }

  int(value: number): Expr {
    return int(value);
  }

  float(value: number): Expr {
    return constant(f32, value);
  }

  readonly add = binary("add");
  readonly sub = binary("sub");
  readonly mul = binary("mul");
  readonly div = binary("div");
  readonly rem = binary("rem");
  readonly min = binary("min");
  readonly max = binary("max");
  readonly madd = (a: ExprOrNumber, b: ExprOrNumber, c: ExprOrNumber): Expr => applyLifted("madd", [a, b, c]);
  readonly neg = unary("neg");
  readonly abs = unary("abs");
  readonly sqrt = unary("sqrt");
  readonly floor = unary("floor");
  readonly ceil = unary("ceil");
  readonly trunc = unary("trunc");
  readonly nearest = unary("nearest");
  readonly and = binary("and");
  readonly or = binary("or");
  readonly xor = binary("xor");
  readonly not = unary("not");
  readonly shl = binary("shl");
  readonly shrs = binary("shrs");
  readonly shru = binary("shru");
  readonly eq = binary("eq");
  readonly ne = binary("ne");
  readonly lt = binary("lt");
  readonly le = binary("le");
  readonly gt = binary("gt");
  readonly ge = binary("ge");

  select(condition: Expr, a: ExprOrNumber, b: ExprOrNumber): Expr {
    return applyLifted("select", [condition, a, b]);
  }

  /** An i32 keeps its value; a bool becomes 1 or 0. */
  toF32(x: Expr): Expr {
    if (x.type.scalar === "f32") return x;
    return x.type.scalar === "bool" ? applyLifted("select", [x, 1, 0]) : apply("to_f32", [x]);
  }

  /** An f32 is truncated; a bool becomes 1 or 0. */
  toI32(x: Expr): Expr {
    if (x.type.scalar === "i32") return x;
    return x.type.scalar === "bool" ? applyLifted("select", [x, int(1), int(0)]) : apply("to_i32", [x]);
  }

  bitsF32(x: Expr): Expr {
    return apply("bits_f32", [x]);
  }

  bitsI32(x: Expr): Expr {
    return apply("bits_i32", [x]);
  }

  splat(x: Expr, lanes: Lanes = 4): Expr {
    return splat(x, lanes);
  }

  ramp(): Expr {
    return ramp;
  }

  lane(x: Expr, index: number): Expr {
    return lane(x, index);
  }
}

function unary(op: Operator): (x: ExprOrNumber) => Expr {
  return (x) => applyLifted(op, [x]);
}

function binary(op: Operator): (a: ExprOrNumber, b: ExprOrNumber) => Expr {
  return (a, b) => applyLifted(op, [a, b]);
}

/** Applies an operator after numbers have taken the scalar type of the other operands, and scalars their lanes. */
function applyLifted(op: Operator, operands: readonly ExprOrNumber[]): Expr {
  const lanes = lanesOf(operands.filter((_, index) => !isShiftCount(op, index)));
  const scalar = scalarOf(operands.slice(leading(op)));
  return apply(
    op,
    operands.map((x, index) => {
      if (isShiftCount(op, index)) return shiftCount(x);
      return lift(x, op === "select" && index === 0 ? bool.scalar : scalar, lanes);
    }),
  );
}

/** The largest number of lanes of the operands. */
export const lanesOf = (operands: readonly ExprOrNumber[]): Lanes =>
  operands.some((x) => typeof x !== "number" && x.type.lanes === 4) ? 4 : 1;

/**
 * The scalar type of plain numbers among the operands: that of the first expression, or f32 if all operands are
 * numbers.
 */
function scalarOf(operands: readonly ExprOrNumber[]): Scalar {
  for (const x of operands) if (typeof x !== "number") return x.type.scalar;
  return "f32";
}

export function lift(x: ExprOrNumber, scalar: Scalar, lanes: Lanes): Expr {
  return typeof x === "number" ? constant({ scalar, lanes }, x) : splat(x, lanes);
}

/** A shift count is one scalar for all lanes: of a splat, its value. */
function shiftCount(x: ExprOrNumber): Expr {
  if (typeof x === "number") return int(x);
  if (x.type.lanes === 1) return x;
  invariant(x.kind === "splat" || x.kind === "const", "the shift count of a vector must be the same for all lanes");
  return x.kind === "splat" ? x.value : constant(i32, x.value);
}
