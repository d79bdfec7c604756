import type { Span } from "../../../dsl/span.ts";
import type { DType } from "../../../runtime/dtype.ts";
import { fits, limits, symmetric } from "../../types/interval.ts";
import { isFloat, sameShape, tensor, type Shape, type TensorType } from "../../types/tensor-type.ts";
import type { DlValue, Env, Tensor } from "../context.ts";
import { build, constant, origins } from "../tensors/add-node.ts";
import { report } from "../errors.ts";
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

/** Whether a number is a value of the dtype; reports it if not. */
export function isInRange({ context }: Env, span: Span, value: number, dtype: DType): boolean {
  if (fits(value, dtype)) return true;
  const { lo, hi } = dtype === "f32" ? symmetric(3.4028235e38) : limits[dtype];
  report(context, "E0303", span, `the number ${value} does not fit ${dtype}`, {
    label: `${dtype} ranges from ${lo} to ${hi}`,
    help: isFloat(dtype) ? undefined : `use a smaller number, or convert the tensor: convert(x, dtype: "f32")`,
  });
  return false;
}

/** Whether `from` broadcasts to `to`. */
function repeats(from: Shape, to: Shape): boolean {
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

/**
 * Broadcasts the operands of a pointwise op to one shape, which must be the shape of one of them, and converts literals
 * to the dtype of the tensors. There is at least one tensor among them. Null after a report.
 */
export function broadcastOperands(env: Env, span: Span, says: string, operands: readonly Operand[]): Tensor[] | null {
  const tensors = operands.flatMap((o) => (o.value.kind === "tensor" ? [o.value] : []));
  const bound = operands.flatMap((o) => (o.value.kind === "tensor" && o.free !== true ? [o.value] : []));
  const dtype = (bound[0] ?? tensors[0])?.value.type.dtype ?? "f32";
  const other = bound.find((t) => t.value.type.dtype !== dtype);
  if (other !== undefined) {
    report(
      env.context,
      "E0303",
      span,
      `${says} requires operands of one dtype, found ${dtype} and ${other.value.type.dtype}`,
      {
        label: tensors.map(showTensor).join(" · "),
        also: origins(tensors, span),
        help: `convert one of them: convert(x, dtype: "${dtype}")`,
      },
    );
    return null;
  }
  const target = tensors.find((to) => tensors.every((from) => repeats(from.value.type.shape, to.value.type.shape)));
  if (target === undefined) {
    const shown = [...new Set(tensors.map(showTensor))];
    report(
      env.context,
      "E0304",
      span,
      `cannot broadcast ${shown.join(" with ")}: one operand must already have the result's shape`,
      {
        label: `operands of ${says}`,
        also: origins(tensors, span),
        help: broadcastHelp(tensors),
      },
    );
    return null;
  }
  const { shape } = target.value.type;
  const broadcasted = operands.map((o) => {
    const own = o.free === true && o.value.kind === "bool" ? "bool" : dtype;
    const value = o.value.kind === "tensor" ? o.value : literal(env, o.span, o.value, tensor(own, shape));
    return value.kind === "tensor" ? broadcastTo(env, span, value, shape, target.symbols) : null;
  });
  return broadcasted.includes(null) ? null : broadcasted.filter((t) => t !== null);
}

function broadcastHelp(tensors: readonly Tensor[]): string {
  const ranks = new Set(tensors.map((t) => t.value.type.shape.length));
  return ranks.size > 1
    ? "axes are aligned from the last one; add an axis of size 1 with `_`, as in x[.., _]"
    : "sizes must be equal or 1, and only one operand may be broadcast; reshape one of them";
}
