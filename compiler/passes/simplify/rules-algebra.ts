// Identities of pointwise arithmetic, logic and conversion that keep every bit of f32 except the sign of a zero and the
// payload of a NaN.
import type { DType } from "../../../runtime/model.ts";
import type { GraphBuilder } from "../../graph/build.ts";
import { splatValue } from "../../graph/facts.ts";
import type { Node, Value } from "../../graph/ir.ts";
import { rule, type Match, type RuleText } from "../../graph/rules/rewrite.ts";
import { isFloat } from "../../types/tensor-type.ts";
import { localRule, type LocalRule } from "../../graph/rules/local.ts";

const isBool = (m: Match): boolean => m.root.type.dtype === "bool";

/** Dtypes that can represent every value of a dtype. */
const wider = {
  bool: ["u8", "i8", "i32", "f32", "f64"],
  u8: ["i32", "f32", "f64"],
  i8: ["i32", "f32", "f64"],
  i32: ["f64"],
  f32: ["f64"],
  f64: [],
} satisfies Record<DType, readonly DType[]>;

const widened = (m: Match): boolean => (wider[m.type("x").dtype] as readonly DType[]).includes(m.type("y").dtype);

/** Constants move to the right, where all other rules expect them. */
const constantFirst = (m: Match): boolean => m.splat("c") !== null && m.splat("x") === null;

export const algebraRules: readonly (RuleText | string)[] = [
  rule("c + x => x + c", constantFirst),
  rule("c * x => x * c", constantFirst),
  // A maximum or minimum with a constant on the right is a single instruction, as a constant is not NaN.
  rule("max(c, x) => max(x, c)", constantFirst),
  rule("min(c, x) => min(x, c)", constantFirst),

  "x + 0 => x",
  "x + -0 => x",
  "x - 0 => x",
  "0 - x => -x",
  "x * 1 => x",
  "x / 1 => x",
  "x * -1 => -x",
  "x / -1 => -x",
  "neg(neg(x)) => x",
  "neg(x - y) => y - x",
  "x - neg(y) => x + y",
  "x + neg(y) => x - y",
  "neg(x) + y => y - x",
  "neg(x) - y => neg(x + y)",
  "neg(x) * neg(y) => x * y",
  // Not for i32: the negation of the least i32 overflows.
  rule("neg(x) / neg(y) => x / y", (m) => isFloat(m.root.type.dtype)),
  "abs(neg(x)) => abs(x)",
  "abs(abs(x)) => abs(x)",
  "floor(floor(x)) => floor(x)",
  "ceil(ceil(x)) => ceil(x)",

  "max(x, x) => x",
  "min(x, x) => x",
  "max(max(x, y), y) => max(x, y)",
  "min(min(x, y), y) => min(x, y)",

  // The kernels compute pow with a polynomial, which costs more than a product.
  "pow(x, 0) => 1",
  "pow(x, 1) => x",
  "pow(x, 2) => x * x",

  "not(not(x)) => x",
  "not(eq(x, y)) => ne(x, y)",
  "not(ne(x, y)) => eq(x, y)",
  "and(x, x) => x",
  "or(x, x) => x",
  "or(x, 0) => x",
  rule("and(x, 1) => x", isBool),
  "select(1, x, y) => x",
  "select(0, x, y) => y",
  "select(c, x, x) => x",
  "select(not(c), x, y) => select(c, y, x)",
  "select(c, select(c, x, y), z) => select(c, x, z)",
  "select(c, x, select(c, y, z)) => select(c, x, z)",

  "convert(x) => x",
  // x must have the type of the result, so it is bool.
  "ne(convert(x), 0) => x",
  rule("convert(y: convert(x)){dtype} => convert(x){dtype}", widened),

  // Gradients have been computed by now.
  "stop_gradient(x) => x",
];

/** Division by a power of two equals multiplication by its inverse, bit for bit, if the inverse is not subnormal. */
function divisionByPowerOfTwo(g: GraphBuilder, { op, operands }: Node): Value | null {
  const [x, y] = operands;
  if (op.operator !== "/" || x === undefined || y === undefined || !isFloat(x.type.dtype)) return null;
  const divisor = splatValue(y);
  if (
    divisor === null ||
    divisor === 0 ||
    !Number.isInteger(Math.log2(Math.abs(divisor))) ||
    Math.abs(Math.log2(Math.abs(divisor))) > 126
  )
    return null;
  return g.mul(x, 1 / divisor);
}

export const algebraLocalRules: readonly LocalRule[] = [localRule("division-by-power-of-two", divisionByPowerOfTwo)];
