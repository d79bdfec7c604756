import type { Span } from "../../dsl/span.ts";
import type { DType } from "../../runtime/dtype.ts";
import { brokenCondition } from "../graph/build.ts";
import type { Attrs, Value as GraphValue } from "../graph/ir.ts";
import type { Op } from "../graph/op.ts";
import { isFloat, sameShape, tensor, type Shape, type TensorType } from "../types/tensor-type.ts";
import type { DlValue, Env, Tensor } from "./context.ts";
import { nodeSpan, report } from "./errors.ts";
import { describe, ERROR, makeTensor, showTensor } from "./values.ts";

const maxNodes = 500_000;

/** Adds a node for an op whose operands come from the user: a broken condition is a diagnostic that shows all of them. */
export function emitAll(env: Env, span: Span, op: Op, operands: readonly Tensor[], attrs: Attrs = {}): readonly Tensor[] | null {
  const { context } = env;
  const foreign = operands.find((o) => o.graph !== context.builder);
  if (foreign !== undefined) {
    report(context, "E0506", span, "an initializer depends on static values only", { label: "this uses a tensor of an entry" });
    return null;
  }
  const broken = brokenCondition(
    op,
    operands.map((o) => o.value.type),
    { ...op.defaults, ...attrs },
  );
  if (broken !== null) {
    report(context, broken.code as `${string}-${string}`, span, broken.says, { label: operands.map(showTensor).join(" · "), also: origins(operands, span) });
    return null;
  }
  if (context.builder.nodes.length >= maxNodes) {
    report(context, "E0407", span, `an entry has at most ${maxNodes} nodes`);
    return null;
  }
  const splat = op.name === "broadcast" ? operands[0]?.value.node.attrs["value"] : undefined;
  // A number repeated is the number of that shape.
  if (typeof splat === "number" && operands[0]?.value.node.op.name === "constant") {
    const [type] = op.type(
      operands.map((o) => o.value.type),
      { ...op.defaults, ...attrs },
    );
    return type === undefined ? null : [constant(env, span, type, splat)];
  }
  return build(
    env,
    span,
    () =>
      context.builder.addNode(
        op,
        operands.map((o) => o.value),
        attrs,
      ).results,
  ).map((value) => makeTensor(context.builder, value, span, symbolsOf(op, value, operands)));
}

/** The first result of an op by name. */
export function emit(env: Env, span: Span, op: string, operands: readonly Tensor[], attrs: Attrs = {}): DlValue {
  return emitAll(env, span, env.context.builder.op(op), operands, attrs)?.[0] ?? ERROR;
}

/** Runs steps of the graph builder with the span that their nodes are to bear. */
export function build<T>(env: Env, span: Span, steps: () => T): T {
  const { builder } = env.context;
  const before = builder.span;
  builder.span = nodeSpan(env.context, span);
  const result = steps();
  builder.span = before;
  return result;
}

function symbolsOf(op: Op, value: GraphValue, operands: readonly Tensor[]): readonly (string | null)[] | undefined {
  if (op.form.kind !== "pointwise") return undefined;
  return value.type.shape.map((_, axis) => operands.map((o) => o.symbols[axis] ?? null).find((s) => s !== null) ?? null);
}

/** Where the operands came from, if that is elsewhere. */
export function origins(operands: readonly Tensor[], here: Span): { span: Span; says: string }[] {
  return operands
    .filter((o) => o.from.source !== here.source || o.from.start < here.start || o.from.end > here.end)
    .map((o) => ({ span: o.from, says: showTensor(o) }));
}

/** A number or bool written where a tensor of this type is wanted. */
export function literal(env: Env, span: Span, value: DlValue, type: TensorType): DlValue {
  const fits =
    value.kind === "int" ? type.dtype !== "bool" : value.kind === "float" ? isFloat(type.dtype) : value.kind === "bool" ? type.dtype === "bool" : false;
  if (!fits || (value.kind !== "int" && value.kind !== "float" && value.kind !== "bool"))
    return report(env.context, "E0303", span, `${describe(value)} cannot be ${article(type.dtype)}`, {
      label: `${type.dtype} wanted`,
      help: value.kind === "float" ? `write a whole number, or convert the tensor: convert(x, dtype: "f32")` : undefined,
    });
  return constant(env, span, type, Number(value.value));
}

const article = (dtype: DType): string => (/^[fiu]/.test(dtype) ? `an ${dtype}` : `a ${dtype}`);

export function constant(env: Env, span: Span, type: TensorType, value: number | readonly number[]): Tensor {
  return makeTensor(
    env.context.builder,
    build(env, span, () => env.context.builder.constant(type, value)),
    span,
  );
}

/** How `from` reads as `to` with leading axes and axes of size 1 repeated; null if it does not. */
function broadcastable(from: Shape, to: Shape): boolean {
  const shift = to.length - from.length;
  return shift >= 0 && from.every((size, axis) => size === to[axis + shift] || size === 1);
}

/** Repeats along missing leading axes and axes of size 1. */
export function broadcastTo(env: Env, span: Span, t: Tensor, shape: Shape, symbols?: readonly (string | null)[]): Tensor {
  const from = t.value.type.shape;
  if (sameShape(from, shape)) return t;
  const shift = shape.length - from.length;
  const kept = from.flatMap((size, axis) => (size === shape[axis + shift] ? [axis] : []));
  const value = build(env, span, () => {
    const { builder } = env.context;
    const squeezed =
      kept.length === from.length
        ? t.value
        : builder.reshape(
            t.value,
            kept.map((axis) => from[axis] ?? 1),
          );
    return builder.broadcast(
      squeezed,
      shape,
      kept.map((axis) => axis + shift),
    );
  });
  return makeTensor(env.context.builder, value, span, symbols);
}

/**
 * Brings the operands of a pointwise op to one shape, which must be that of one of them, and literals to the dtype of the tensors they meet.
 * `dtypes` says which operands must agree in dtype.
 */
export function conform(env: Env, span: Span, says: string, operands: readonly { value: DlValue; span: Span; free?: boolean }[]): Tensor[] | null {
  const tensors = operands.filter((o): o is { value: Tensor; span: Span; free?: boolean } => o.value.kind === "tensor");
  const like = tensors.find((o) => o.free !== true) ?? tensors[0];
  if (like === undefined) return null;
  const other = tensors.find((o) => o.free !== true && o.value.value.type.dtype !== like.value.value.type.dtype);
  if (other !== undefined) {
    report(env.context, "E0303", span, `${says} needs one dtype, not ${like.value.value.type.dtype} and ${other.value.value.type.dtype}`, {
      label: tensors.map((t) => showTensor(t.value)).join(" · "),
      also: origins(
        tensors.map((t) => t.value),
        span,
      ),
      help: `convert one of them: convert(x, dtype: "${like.value.value.type.dtype}")`,
    });
    return null;
  }
  const target = tensors.find((o) => tensors.every((t) => broadcastable(t.value.value.type.shape, o.value.value.type.shape)));
  if (target === undefined) {
    report(env.context, "E0304", span, `${says} has no shape: neither operand's shape holds the other's`, {
      label: tensors.map((t) => showTensor(t.value)).join(" · "),
      also: origins(
        tensors.map((t) => t.value),
        span,
      ),
      help: broadcastHelp(tensors.map((t) => t.value.value.type.shape)),
    });
    return null;
  }
  const shape = target.value.value.type.shape;
  const result: Tensor[] = [];
  for (const o of operands) {
    const value = o.value.kind === "tensor" ? o.value : literal(env, o.span, o.value, tensor(like.value.value.type.dtype, shape));
    if (value.kind !== "tensor") return null;
    result.push(broadcastTo(env, span, value, shape, target.value.symbols));
  }
  return result;
}

function broadcastHelp(shapes: readonly Shape[]): string {
  const [a, b] = shapes;
  if (a !== undefined && b !== undefined && a.length !== b.length) {
    const [short, long] = a.length < b.length ? [a, b] : [b, a];
    const axis = long.findIndex((_, k) => broadcastable([...short.slice(0, k), ...long.slice(k).map(() => 1)], long) && k === short.length);
    if (axis > 0) return "axes are matched from the last; index with `_` to add an axis, as in x[.., _]";
    return "axes are matched from the last one backwards, and missing leading axes repeat";
  }
  return "a size must be equal or 1, and only one of the operands may be repeated; index with `_` to add an axis, or reshape";
}
