import { invariant } from "../support/invariant.ts";
import type { ExprBuilder, Operand, MathName } from "./builder-types.ts";
import { apply, constant, int, lane, ramp, splat } from "./fold.ts";
import { bool, f32, i32, type Expr, type Lanes, type Operator, type RegType, type Scalar } from "./ir.ts";
import { isShiftCount, leading } from "./types.ts";

/** The expression words, all but `let` and `call`, which say where they stand. */
export abstract class Words implements ExprBuilder {
  abstract let(value: Expr, hint?: string): Expr;
  abstract call(fn: MathName, ...args: readonly Operand[]): Expr;

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
  readonly madd = (a: Operand, b: Operand, c: Operand): Expr => word("madd", [a, b, c]);
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

  select(condition: Expr, a: Operand, b: Operand): Expr {
    return word("select", [condition, a, b]);
  }

  /** Of an i32 its value, of a bool 1 or 0. */
  toF32(x: Expr): Expr {
    if (x.type.scalar === "f32") return x;
    return x.type.scalar === "bool" ? word("select", [x, 1, 0]) : apply("to_f32", [x]);
  }

  /** Of an f32 the truncated value, of a bool 1 or 0. */
  toI32(x: Expr): Expr {
    if (x.type.scalar === "i32") return x;
    return x.type.scalar === "bool" ? word("select", [x, int(1), int(0)]) : apply("to_i32", [x]);
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

function unary(op: Operator): (x: Operand) => Expr {
  return (x) => word(op, [x]);
}

function binary(op: Operator): (a: Operand, b: Operand) => Expr {
  return (a, b) => word(op, [a, b]);
}

/** Numbers take the scalar of the operand they meet, scalars the lanes; then the operator is applied. */
function word(op: Operator, operands: readonly Operand[]): Expr {
  const lanes = lanesOf(operands.filter((_, index) => !isShiftCount(op, index)));
  const scalar = scalarOf(operands.slice(leading(op)));
  return apply(
    op,
    operands.map((x, index) => {
      if (isShiftCount(op, index)) return count(x);
      return lift(x, op === "select" && index === 0 ? bool.scalar : scalar, lanes);
    }),
  );
}

/** The most lanes that any of the operands has. */
export const lanesOf = (operands: readonly Operand[]): Lanes => (operands.some((x) => typeof x !== "number" && x.type.lanes === 4) ? 4 : 1);

/** The scalar type that plain numbers among the operands take: that of the first expression, f32 if there is none. */
function scalarOf(operands: readonly Operand[]): Scalar {
  for (const x of operands) if (typeof x !== "number") return x.type.scalar;
  return "f32";
}

export function lift(x: Operand, scalar: Scalar, lanes: Lanes): Expr {
  return typeof x === "number" ? constant({ scalar, lanes }, x) : splat(x, lanes);
}

/** The count of a shift is one number for all lanes: a splat gives its value. */
function count(x: Operand): Expr {
  if (typeof x === "number") return int(x);
  if (x.type.lanes === 1) return x;
  invariant(x.kind === "splat" || x.kind === "const", "the count of a vector's shift is the same for all lanes");
  return x.kind === "splat" ? x.value : constant(i32, x.value);
}
