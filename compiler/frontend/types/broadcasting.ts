import type { Span } from "../../../dsl/span.ts";
import type { DType } from "../../../runtime/model.ts";
import { differInLastAxis, isFloat, sameShape, tensor, type Shape, type TensorType } from "../../types/tensor-type.ts";
import type { DlValue, Env, Tensor } from "../context.ts";
import { iota } from "../../support/lists.ts";
import { build, constant, origins } from "../tensors/add-node.ts";
import { dtypeOfList, inDtype, isSoft } from "../values/number-lists.ts";
import { report } from "../errors.ts";
import { isInRange } from "./number-range.ts";
import { describe, ERROR, makeTensor, showTensor } from "../values/values.ts";

export interface Operand {
  readonly value: DlValue;
  readonly span: Span;
  /** Its dtype may differ from the others, like that of a condition. */
  readonly free?: boolean;
}

/** A number or bool as a tensor of this type. */
export function literal(env: Env, span: Span, value: DlValue, type: TensorType): DlValue {
  const { dtype } = type;
  if (value.kind === "bool" && dtype === "bool") return constant(env, span, type, Number(value.value));
  if ((value.kind === "int" && dtype !== "bool") || (value.kind === "float" && isFloat(dtype)))
    return isInRange(env, span, value.value, dtype) ? constant(env, span, type, value.value) : ERROR;
  return report(env.context, "E0303", span, `expected ${dtype}, found ${describe(value)}`, {
    help: value.kind === "float" ? `write a whole number, or convert the tensor: convert(x, dtype: "f32")` : undefined,
  });
}

/** The dtype of a number or bool that nothing else determines. */
export const naturalDtype = ({ kind }: DlValue): DType => (kind === "int" ? "i32" : kind === "bool" ? "bool" : "f32");

/** Whether `from` broadcasts to `to`. */
export function repeats(from: Shape, to: Shape): boolean {
  const shift = to.length - from.length;
  return shift >= 0 && from.every((size, axis) => size === to[axis + shift] || size === 1);
}

/** Broadcasts along missing leading axes and axes of size 1. */
export function broadcastTo(
  env: Env,
  span: Span,
  t: Tensor,
  shape: Shape,
  symbols?: readonly (string | null)[],
): Tensor {
  const from = t.value.type.shape;
  if (sameShape(from, shape)) return t;
  const { builder } = env.context;
  const shift = shape.length - from.length;
  const kept = from.flatMap((size, axis) => (size === shape[axis + shift] ? [{ size, to: axis + shift }] : []));
  const value = build(env, span, () => {
    const sizes = kept.map((axis) => axis.size);
    const squeezed = kept.length === from.length ? t.value : builder.reshape(t.value, sizes);
    return builder.broadcast(
      squeezed,
      shape,
      kept.map((axis) => axis.to),
    );
  });
  return makeTensor(builder, value, span, symbols);
}

interface Target {
  readonly shape: Shape;
  readonly symbols: readonly (string | null)[];
}

/**
 * The shape to which all tensors broadcast. Those of the highest rank are repeated along axes of size 1 in either
 * direction; the others must fit the result, so that `[N] - [N, 1]` is an error. Null if the shapes do not agree.
 */
export function jointShape(tensors: readonly Tensor[]): Target | null {
  const [first] = tensors;
  if (first !== undefined && tensors.every((t) => sameShape(t.value.type.shape, first.value.type.shape)))
    return { shape: first.value.type.shape, symbols: first.symbols };
  const rank = Math.max(...tensors.map((t) => t.value.type.shape.length));
  const highest = tensors.filter((t) => t.value.type.shape.length === rank);
  const axes = iota(rank).map((axis) => {
    const whole = highest.find((t) => t.value.type.shape[axis] !== 1) ?? highest[0];
    return { size: whole?.value.type.shape[axis] ?? 1, symbol: whole?.symbols[axis] ?? null };
  });
  const shape = axes.map(({ size }) => size);
  return tensors.every((t) => repeats(t.value.type.shape, shape))
    ? { shape, symbols: axes.map(({ symbol }) => symbol) }
    : null;
}

/**
 * Broadcasts the operands of a pointwise op to one shape, and converts literals to the dtype of the tensors. At least
 * one of them is a tensor or a list. Null after a report.
 */
export function broadcastOperands(
  env: Env,
  span: Span,
  says: string,
  operands: readonly Operand[],
  ofLiterals?: DType,
): Tensor[] | null {
  const dtype = dtypeOf(env, span, says, operands, ofLiterals);
  if (dtype === null) return null;
  const converted = operands.map((o) => {
    const free = o.free === true;
    const value = inDtype(env, o.span, o.value, free ? naturalOf(o.value) : dtype);
    return { value, span: o.span, dtype: free && value.kind === "bool" ? ("bool" as const) : dtype };
  });
  if (converted.some(({ value }) => value.kind === "error")) return null;
  const tensors = converted.flatMap(({ value }) => (value.kind === "tensor" ? [value] : []));
  const target = jointShape(tensors);
  if (target === null) {
    const shown = [...new Set(tensors.map(showTensor))];
    report(env.context, "E0304", span, `cannot broadcast ${shown.join(" with ")}${whyNot(tensors)}`, {
      label: `operands of ${says}`,
      also: origins(tensors, span),
      help: broadcastHelp(tensors),
    });
    return null;
  }
  const { shape, symbols } = target;
  const broadcasted = converted.map((o) => {
    const value = o.value.kind === "tensor" ? o.value : literal(env, o.span, o.value, tensor(o.dtype, shape));
    return value.kind === "tensor" ? broadcastTo(env, span, value, shape, symbols) : null;
  });
  return broadcasted.includes(null) ? null : broadcasted.filter((t) => t !== null);
}

/** The dtype that the operands have in common: that of the tensors, or of literals alone f32. Null after a report. */
function dtypeOf(env: Env, span: Span, says: string, operands: readonly Operand[], ofLiterals?: DType): DType | null {
  const bound = operands.filter((o) => o.free !== true);
  const firm = bound.flatMap(({ value }) => (value.kind === "tensor" && !isSoft(env, value) ? [value] : []));
  const dtype = firm[0]?.value.type.dtype ?? ofLiterals ?? softDtype(bound);
  const other = firm.find((t) => t.value.type.dtype !== dtype);
  if (other === undefined) return dtype;
  const message = `${says} requires operands of one dtype, found ${dtype} and ${other.value.type.dtype}`;
  const tensors = operands.flatMap(({ value }) => (value.kind === "tensor" ? [value] : []));
  report(env.context, "E0303", span, message, {
    label: tensors.map(showTensor).join(" · "),
    also: origins(tensors, span),
    help: `convert one of them: convert(x, dtype: "${dtype}")`,
  });
  return null;
}

/** Of operands that are literals, or made of literals. */
const softDtype = (operands: readonly Operand[]): DType =>
  operands.every(({ value }) => naturalOf(value) === "bool") ? "bool" : "f32";

const naturalOf = (value: DlValue): DType => {
  if (value.kind === "tensor") return value.value.type.dtype;
  return value.kind === "bool" ? "bool" : value.kind === "list" ? dtypeOfList(value) : "f32";
};

const ranksOf = (tensors: readonly Tensor[]): ReadonlySet<number> =>
  new Set(tensors.map((t) => t.value.type.shape.length));

const whyNot = (tensors: readonly Tensor[]): string =>
  ranksOf(tensors).size > 1
    ? ": of different ranks, one must already have the result's shape"
    : ": sizes must be equal or 1";

function broadcastHelp(tensors: readonly Tensor[]): string | undefined {
  const [a, b] = tensors.map((t) => t.value.type.shape);
  if (tensors.length === 2 && a !== undefined && b !== undefined && differInLastAxis(a, b))
    return "drop the last axis of size 1, squeeze(x, -1), or add one to the other, x[.., _]";
  return ranksOf(tensors).size > 1
    ? "axes are aligned from the last one; add an axis of size 1 with `_`, as in x[.., _] or x[_, :]"
    : undefined;
}
