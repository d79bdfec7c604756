import type { Expr, Lanes, RegType } from "./ir.ts";

/** The functions of the table in `math.ts`. */
export type MathName = "exp" | "expm1" | "log" | "log1p" | "sigmoid" | "tanh" | "sin" | "cos" | "pow" | "erf";

/** An operand of the builder: a number takes the type of the expression that it meets. */
export type Operand = Expr | number;

type Unary = (x: Operand) => Expr;
type Binary = (a: Operand, b: Operand) => Expr;
type Ternary = (a: Operand, b: Operand, c: Operand) => Expr;

/**
 * What an op's scalar body is written with. It does not care about lanes: scalars that meet vectors are splatted.
 * Constants fold and trivial index arithmetic simplifies on the way (`x * 1`, `x + 0`, constants gathered). Numbers default to f32 where
 * nothing else tells; `int(n)` says i32.
 */
export interface ExprBuilder {
  const(type: RegType, value: number): Expr;
  int(value: number): Expr;
  float(value: number): Expr;
  /** Names a value, so that it is computed once however often it is used. */
  let(value: Expr, hint?: string): Expr;

  readonly add: Binary;
  readonly sub: Binary;
  readonly mul: Binary;
  readonly div: Binary;
  readonly rem: Binary;
  readonly min: Binary;
  readonly max: Binary;
  readonly madd: Ternary;
  readonly neg: Unary;
  readonly abs: Unary;
  readonly sqrt: Unary;
  readonly floor: Unary;
  readonly ceil: Unary;
  readonly trunc: Unary;
  readonly nearest: Unary;
  readonly and: Binary;
  readonly or: Binary;
  readonly xor: Binary;
  readonly not: Unary;
  readonly shl: Binary;
  readonly shrs: Binary;
  readonly shru: Binary;
  readonly eq: Binary;
  readonly ne: Binary;
  readonly lt: Binary;
  readonly le: Binary;
  readonly gt: Binary;
  readonly ge: Binary;
  select(condition: Expr, a: Operand, b: Operand): Expr;
  toF32(x: Expr): Expr;
  toI32(x: Expr): Expr;
  bitsF32(x: Expr): Expr;
  bitsI32(x: Expr): Expr;

  /** A call of the function table. */
  call(fn: MathName, ...args: readonly Operand[]): Expr;
  splat(x: Expr, lanes?: Lanes): Expr;
  /** i32x4: 0 1 2 3. */
  ramp(): Expr;
  lane(x: Expr, lane: number): Expr;
}
