import type { BinaryOperator, UnaryOperator } from "../../../dsl/ast.ts";
import type { Span } from "../../../dsl/span.ts";
import type { DType } from "../../../runtime/model.ts";
import type { Attrs } from "../../graph/ir.ts";
import type { Op, OpName } from "../../graph/op.ts";
import type { DlValue, Env, Tensor } from "../context.ts";
import { broadcastOperands, type Operand } from "../types/broadcasting.ts";
import { addNode, addNodeResults, type ArgumentSpans, origins } from "./add-node.ts";
import { report } from "../errors.ts";
import { isFloat } from "../../types/tensor-type.ts";
import { dtypeOfList, inDtype, isLiteral, isNumberList } from "../values/number-lists.ts";
import { bool, describe, ERROR, float, int, isNumber, showTensor } from "../values/values.ts";
import { notTensor } from "../values/not-tensor.ts";

const binaryOps = {
  "+": "add",
  "-": "sub",
  "*": "mul",
  "/": "div",
  "%": "rem",
  "^": "pow",
  "==": "eq",
  "!=": "ne",
  "<": "lt",
  "<=": "le",
  ">": "gt",
  ">=": "ge",
  and: "and",
  or: "or",
} as const satisfies Partial<Record<BinaryOperator, string>>;

export function unary(env: Env, op: UnaryOperator, operand: Operand, span: Span): DlValue {
  const { value } = operand;
  if (value.kind === "error") return ERROR;
  const name = op === "-" ? "neg" : "not";
  if (value.kind === "tensor" || isNumberList(value))
    return pointwise(env, env.context.builder.op(name), [operand], span);
  if (op === "-" && isNumber(value)) return value.kind === "int" ? int(-value.value) : float(-value.value);
  if (op === "not" && value.kind === "bool") return bool(!value.value);
  return report(env.context, "E0501", span, `cannot apply \`${op}\` to ${describe(value)}`);
}

export function binary(env: Env, op: BinaryOperator, left: Operand, right: Operand, span: Span): DlValue {
  const [a, b] = [left.value, right.value];
  if (a.kind === "error" || b.kind === "error") return ERROR;
  if (op === "@") return matmul(env, left, right, span);
  if (!isElementwise(op, a, b)) return staticBinary(env, op, a, b, span);
  if (op === "^" && a.kind === "tensor" && isNumber(b)) {
    const product = smallPower(env, a, b.value, span);
    if (product !== null) return product;
  }
  // Bools are equal unless one alone is true.
  const bools = (op === "==" || op === "!=") && isBool(a) && isBool(b);
  const name = bools ? "xor" : binaryOps[op];
  const result = pointwise(env, env.context.builder.op(name), [left, right], span, { says: `\`${op}\`` });
  return bools && op === "==" && result.kind === "tensor" ? addNode(env, span, "not", [result]) : result;
}

/** Whether an operator has a tensor as its result; `+`, `==` and `!=` of two lists are about the lists. */
function isElementwise(op: BinaryOperator, a: DlValue, b: DlValue): boolean {
  if (a.kind === "tensor" || b.kind === "tensor") return true;
  const lists = isNumberList(a) && isNumberList(b);
  if (lists) return op !== "+" && op !== "==" && op !== "!=";
  return (isNumberList(a) && isNumber(b)) || (isNumber(a) && isNumberList(b));
}

const isBool = (value: DlValue): boolean =>
  value.kind === "bool" ||
  (value.kind === "tensor" && value.value.type.dtype === "bool") ||
  (isNumberList(value) && dtypeOfList(value) === "bool");

/** Powers computed by multiplications: exact, also for negative bases. */
function smallPower(env: Env, x: Tensor, exponent: number, span: Span): DlValue | null {
  if (exponent === 0.5) return addNode(env, span, "sqrt", [x]);
  if (exponent === -1)
    return pointwise(
      env,
      env.context.builder.op("div"),
      [
        { value: int(1), span },
        { value: x, span },
      ],
      span,
      { says: "`^`" },
    );
  if (!Number.isInteger(exponent) || exponent < 1 || exponent > 4) return null;
  let power: DlValue = x;
  for (let k = 1; k < exponent; k++) power = power.kind === "tensor" ? addNode(env, span, "mul", [power, x]) : ERROR;
  return power;
}

interface PointwiseCall {
  /** The op in messages: the operator as the source has it, or the op's name. */
  readonly says?: string;
  readonly attrs?: Attrs;
  readonly args?: ArgumentSpans;
  /** The dtype of operands that are literals. */
  readonly dtype?: DType;
}

/** A pointwise op with broadcasting and literals; static operands are computed here. */
export function pointwise(
  env: Env,
  op: Op,
  operands: readonly Operand[],
  span: Span,
  call: PointwiseCall = {},
): DlValue {
  const { says = `\`${op.name}\``, attrs = op.defaults, args } = call;
  if (operands.some((o) => o.value.kind === "error")) return ERROR;
  const odd = operands.find(
    ({ value }) => value.kind !== "tensor" && !isNumber(value) && value.kind !== "bool" && !isNumberList(value),
  );
  if (odd !== undefined) return notTensor(env, odd.span, `expected a tensor or a number for ${says}`, odd.value);
  const isTensor = ({ value }: Operand): boolean => value.kind === "tensor" || isNumberList(value);
  if (!operands.some(isTensor)) return staticOp(env, op, operands, span, attrs);
  const isFreeOrLiteral = (o: Operand): boolean => o.free === true || isLiteral(env, o.value);
  const given = operands.map((o, k) => ({ ...o, free: op.name === "select" && k === 0 }));
  const broadcasted = broadcastOperands(env, span, says, given, call.dtype);
  if (broadcasted === null) return ERROR;
  const result = addNodeResults(env, span, op, broadcasted, attrs, args)?.[0] ?? ERROR;
  const soft = result.kind === "tensor" && isFloat(result.value.type.dtype) && given.every(isFreeOrLiteral);
  // Of literals alone: the context may want another dtype.
  return soft ? { ...result, retyped: (dtype) => pointwise(env, op, operands, span, { ...call, dtype }) } : result;
}

/** Ops whose result on ints is an int. */
const intOps: ReadonlySet<OpName> = new Set(["add", "sub", "mul", "max", "min", "rem", "neg", "abs", "sign"]);
const roundOps: ReadonlySet<OpName> = new Set(["floor", "ceil", "round", "trunc"]);
const compareOps: ReadonlySet<OpName> = new Set(["eq", "ne", "lt", "le", "gt", "ge", "not"]);

function staticOp(env: Env, op: Op, operands: readonly Operand[], span: Span, attrs: Attrs): DlValue {
  if (op.reference.kind !== "scalar") return report(env.context, "E0309", span, `expected a tensor for \`${op.name}\``);
  // A static `select` returns the chosen value, of any kind.
  const [condition, a, b] = operands;
  if (op.name === "select" && condition?.value.kind === "bool" && a !== undefined && b !== undefined)
    return condition.value.value ? a.value : b.value;
  const args = operands.map((o) => (isNumber(o.value) || o.value.kind === "bool" ? Number(o.value.value) : 0));
  const result = op.reference.apply(
    args,
    attrs,
    args.map(() => ({ dtype: "f64", shape: [] })),
  );
  if (!Number.isFinite(result))
    return report(
      env.context,
      "E0507",
      span,
      `\`${op.name}\` is undefined for ${operands.map((o) => describe(o.value)).join(" and ")}`,
    );
  if (compareOps.has(op.name) || operands.some((o) => o.value.kind === "bool")) return bool(result !== 0);
  if (op.name === "convert" && attrs["dtype"] === "bool") return bool(result !== 0);
  if (op.name === "convert") return attrs["dtype"] === "f32" ? float(result) : int(result);
  const whole = roundOps.has(op.name) || (intOps.has(op.name) && operands.every((o) => o.value.kind === "int"));
  return whole ? int(result) : float(result);
}

function staticBinary(env: Env, op: BinaryOperator, a: DlValue, b: DlValue, span: Span): DlValue {
  if (isNumber(a) && isNumber(b)) return numbers(env, op, a, b, span);
  if (a.kind === "bool" && b.kind === "bool") {
    if (op === "and") return bool(a.value && b.value);
    if (op === "or") return bool(a.value || b.value);
  }
  if ((a.kind === "bool" && b.kind === "bool") || (a.kind === "string" && b.kind === "string")) {
    if (op === "==") return bool(a.value === b.value);
    if (op === "!=") return bool(a.value !== b.value);
  }
  if (a.kind === "string" && b.kind === "string" && op === "+") return { kind: "string", value: a.value + b.value };
  if (a.kind === "list" && b.kind === "list") {
    if (op === "+") return { kind: "list", items: [...a.items, ...b.items] };
    const pairs = a.items.map((item, k) => [item, b.items[k] ?? ERROR] as const);
    const same =
      a.items.length === b.items.length && pairs.every(([x, y]) => isNumber(x) && isNumber(y) && x.value === y.value);
    if (op === "==") return bool(same);
    if (op === "!=") return bool(!same);
  }
  return report(env.context, "E0501", span, `cannot apply \`${op}\` to ${describe(a)} and ${describe(b)}`);
}

function numbers(
  env: Env,
  op: BinaryOperator,
  a: DlValue & { kind: "int" | "float" },
  b: DlValue & { kind: "int" | "float" },
  span: Span,
): DlValue {
  const whole = a.kind === "int" && b.kind === "int";
  const number = (value: number, isInt: boolean): DlValue => {
    if (!Number.isFinite(value) || (isInt && !Number.isSafeInteger(value)))
      return report(env.context, "E0507", span, `cannot compute ${a.value} ${op} ${b.value}`, {
        label: Number.isFinite(value) ? "too large" : "",
      });
    return isInt ? int(value) : float(value);
  };
  switch (op) {
    case "+":
      return number(a.value + b.value, whole);
    case "-":
      return number(a.value - b.value, whole);
    case "*":
      return number(a.value * b.value, whole);
    case "/":
      // An int only if the division is exact: 1 / 2 is 0.5, not 0.
      return number(a.value / b.value, whole && a.value % b.value === 0);
    case "%":
      return number(a.value % b.value, whole);
    case "^":
      return number(a.value ** b.value, whole && b.value >= 0);
    case "==":
      return bool(a.value === b.value);
    case "!=":
      return bool(a.value !== b.value);
    case "<":
      return bool(a.value < b.value);
    case "<=":
      return bool(a.value <= b.value);
    case ">":
      return bool(a.value > b.value);
    case ">=":
      return bool(a.value >= b.value);
    default:
      return report(env.context, "E0501", span, `cannot apply \`${op}\` to ${describe(a)} and ${describe(b)}`);
  }
}

/**
 * As in NumPy: contracts the last axis of the left with the second to last of the right; leading axes of two batches
 * must be equal; a matrix on the right is used for all.
 */
function matmul(env: Env, left: Operand, right: Operand, span: Span): DlValue {
  const firm = [left.value, right.value].find((value) => value.kind === "tensor");
  const dtype = firm?.kind === "tensor" ? firm.value.type.dtype : "f32";
  const [a, b] = [left, right].map((o) => inDtype(env, o.span, o.value, dtype));
  if (a === undefined || b === undefined || a.kind === "error" || b.kind === "error") return ERROR;
  if (a.kind !== "tensor" || b.kind !== "tensor") {
    const odd = a.kind === "tensor" ? right : left;
    return notTensor(env, odd.span, "expected a tensor for `@`", odd.value);
  }
  const [l, r] = [a.value.type.shape, b.value.type.shape];
  const both = `${showTensor(a)} @ ${showTensor(b)}`;
  if (l.length === 0 || r.length === 0)
    return report(env.context, "E0305", span, "`@` requires tensors with at least one axis", {
      label: both,
      help: "multiply by a scalar with `*`",
    });
  const inner = [l.length - 1, Math.max(r.length - 2, 0)] as const;
  const rows = r[inner[1]] ?? 0;
  const columns = l[inner[0]] ?? 0;
  if (rows !== columns)
    return report(
      env.context,
      "E0305",
      span,
      `cannot multiply ${both}: the inner sizes ${columns} and ${rows} differ`,
      {
        also: origins([a, b], span),
        help:
          r.length > 1 && r.at(-1) === columns
            ? "transpose the right side: a @ swap_axes(b)"
            : `the last axis of the left side must equal the ${r.length === 1 ? "only" : "second to last"} axis of the right side`,
      },
    );
  const batch = r.length > 2 ? r.length - 2 : 0;
  if (batch > 0 && (l.length !== r.length || r.slice(0, batch).some((size, axis) => size !== l[axis])))
    return report(env.context, "E0305", span, `cannot multiply ${both}: the leading axes differ`, {
      also: origins([a, b], span),
    });
  const axes = Array.from({ length: batch }, (_, axis) => axis);
  const result = addNode(env, span, "dot", [a, b], { batch: [axes, axes], contract: [[inner[0]], [inner[1]]] });
  if (result.kind !== "tensor") return result;
  const symbols = [...a.symbols.slice(0, -1), ...(r.length > 1 ? b.symbols.slice(-1) : [])];
  return { ...result, symbols: symbols.length === result.value.type.shape.length ? symbols : result.symbols };
}
