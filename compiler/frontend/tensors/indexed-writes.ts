import type { DlValue, Env, Tensor } from "../context.ts";
import type { Span } from "../../../dsl/span.ts";
import { at } from "../../support/lists.ts";
import { sameShape, showType, tensor, type Shape, type TensorType } from "../../types/tensor-type.ts";
import { report } from "../errors.ts";
import { valueOfType } from "../training/initializers.ts";
import { describe, makeTensor } from "../values/values.ts";
import { addNode, build } from "./add-node.ts";
import { type Choice, type IndexExpr, indicesOf, type Range, selectionOf, staticSizes } from "./selection.ts";

/** A way into a tensor: reads a part of it, and puts another in its place. */
interface Step {
  get(whole: Tensor): DlValue;
  put(whole: Tensor, part: Tensor): DlValue;
}

/**
 * `kv[at] <- row`: the tensor with `value` in place of what the index selects. Along a single axis only that is
 * written, if the memory plan lets the result have the memory of the tensor. Null after a report.
 */
export function withItems(
  env: Env,
  whole: Tensor,
  expr: IndexExpr,
  { value, span }: { readonly value: DlValue; readonly span: Span },
): Tensor | null {
  const selection = selectionOf(env, whole, expr);
  if (selection === null) return null;
  const { start, limit, stride, reversed, shape, choices } = selection;
  const { shape: sizes } = whole.value.type;
  const steps = [
    ...sizes.flatMap((size, axis) => {
      const range = { from: at(start, axis), to: at(limit, axis), step: at(stride, axis) };
      return range.step === 1 && range.to - range.from === size ? [] : [cutAt(env, expr.span, axis, range)];
    }),
    ...(sameShape(shape, staticSizes(selection)) ? [] : [reshaped(env, expr.span, shape)]),
    ...(reversed.length === 0 ? [] : [backwards(env, expr.span, reversed)]),
    ...choices.map((choice) => chosen(env, expr.span, choice)),
  ];
  const parts = [whole];
  for (const step of steps) {
    const part = step.get(at(parts, parts.length - 1));
    if (part.kind !== "tensor") return null;
    parts.push(part);
  }
  let next = fitted(env, value, at(parts, parts.length - 1).value.type, span);
  for (const [i, step] of [...steps.entries()].reverse()) {
    if (next === null) return null;
    const put = step.put(at(parts, i), next);
    next = put.kind === "tensor" ? put : null;
  }
  return next;
}

/** What a param or state of this type could begin with, as a tensor. Null after a report. */
function fitted(env: Env, value: DlValue, type: TensorType, span: Span): Tensor | null {
  const made = valueOfType(env, value, type, span);
  if (made?.kind === "tensor") return made;
  if (made === null)
    report(env.context, "E0313", span, `expected ${showType(type)} for the items, found ${describe(value)}`, {
      label: "the index selects a part of this type",
    });
  return null;
}

/** A range that is known at compile time. */
function cutAt(env: Env, span: Span, axis: number, range: Range): Step {
  const { builder } = env.context;
  const constant = (shape: Shape, values: number | readonly number[]): Tensor =>
    makeTensor(
      builder,
      build(env, span, () => builder.constant(tensor("i32", shape), values)),
      span,
    );
  const indices = indicesOf(range);
  return range.step === 1
    ? partAt(env, span, { axis, start: constant([], range.from), size: indices.length })
    : chosen(env, span, { kind: "rows", axis, rows: constant([indices.length], indices) });
}

const partAt = (
  env: Env,
  span: Span,
  { axis, start, size }: { readonly axis: number; readonly start: Tensor; readonly size: number },
): Step => ({
  get: (whole) => addNode(env, span, "dynamic_slice", [whole, start], { axis, size }),
  put: (whole, part) => addNode(env, span, "dynamic_update_slice", [whole, part, start], { axis }),
});

const reshaped = (env: Env, span: Span, shape: readonly number[]): Step => ({
  get: (whole) => addNode(env, span, "reshape", [whole], { shape }),
  put: (whole, part) => addNode(env, span, "reshape", [part], { shape: whole.value.type.shape }),
});

const backwards = (env: Env, span: Span, axes: readonly number[]): Step => ({
  get: (whole) => addNode(env, span, "reverse", [whole], { axes }),
  put: (_, part) => addNode(env, span, "reverse", [part], { axes }),
});

function chosen(env: Env, span: Span, choice: Choice): Step {
  const { axis } = choice;
  if (choice.kind === "part") return partAt(env, span, choice);
  const { rows } = choice;
  return {
    get: (whole) => addNode(env, span, "take", [whole, rows], { axis }),
    put: (whole, part) => addNode(env, span, "take_put", [whole, part, rows], { axis }),
  };
}
