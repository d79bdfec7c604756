import type { Expr, Lanes, RegType } from "./ir.ts";

/** Names of the functions in the table of `math.ts`. */
export type MathName = "exp" | "expm1" | "log" | "log1p" | "sigmoid" | "tanh" | "sin" | "cos" | "pow" | "erf" | "erfc";

/** An operand of a builder method. A number takes the type of the other operand. */
export type ExprOrNumber = Expr | number;

type Unary = (x: ExprOrNumber) => Expr;
type Binary = (a: ExprOrNumber, b: ExprOrNumber) => Expr;
type Ternary = (a: ExprOrNumber, b: ExprOrNumber, c: ExprOrNumber) => Expr;

/**
 * The operators in which an op's scalar body is written. Bodies are independent of the number of lanes: a scalar
 * combined with a vector is splatted. Constants fold, and trivial index arithmetic simplifies (`x * 1`, `x + 0`, sums
 * of constants). A number is an f32 unless another operand has a type; `int(n)` is an i32.
 */
export interface ExprBuilder {
  const(type: RegType, value: number): Expr;
  int(value: number): Expr;
  float(value: number): Expr;
  /** Binds a value to a name, so that it is computed once and can be used many times. */
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
  select(condition: Expr, a: ExprOrNumber, b: ExprOrNumber): Expr;
  toF32(x: Expr): Expr;
  toI32(x: Expr): Expr;
  bitsF32(x: Expr): Expr;
  bitsI32(x: Expr): Expr;

  /** A call of a math function. */
  call(fn: MathName, ...args: readonly ExprOrNumber[]): Expr;
  splat(x: Expr, lanes?: Lanes): Expr;
  /** i32x4: 0 1 2 3. */
  ramp(): Expr;
  lane(x: Expr, lane: number): Expr;
}
