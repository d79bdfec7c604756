import type { DlValue, Env, Tensor } from "../context.ts";
import { build, addNode } from "./add-node.ts";
import { report } from "../errors.ts";
import { numbers } from "./op-calls.ts";
import { type IndexExpr, indicesOf, rangeOf, type Selection, selectionOf, staticSizes } from "./selection.ts";
import { describe, ERROR, list, makeTensor } from "../values/values.ts";
import { unappliedHelp } from "../callee-hints.ts";

/**
 * `x[0, 1:, .., _]`: a static int drops its axis, a range slices it, `_` adds an axis of size 1; an i32 tensor or a
 * list of ints selects rows, and a range that starts at an i32 tensor a part of constant length. Lists and tuples are
 * indexed by an int, a range or a list of ints.
 */
export function index(env: Env, object: DlValue, expr: IndexExpr): DlValue {
  switch (object.kind) {
    case "error":
      return ERROR;
    case "tensor":
      return select(env, object, expr);
    case "list":
    case "tuple":
      return indexList(env, object.items, expr);
    default:
      return report(env.context, "E0309", expr.object.span, `cannot index ${describe(object)}`, {
        help: unappliedHelp(object),
      });
  }
}

function indexList(env: Env, items: readonly DlValue[], expr: IndexExpr): DlValue {
  const [item] = expr.items;
  if (expr.items.length === 1 && item?.kind === "range") {
    const range = rangeOf(env, item, items.length);
    if (range === null) return ERROR;
    // Unlike those of a tensor, the bounds of a list are cut to its length.
    const last = items.length - 1;
    const from = range.step > 0 ? Math.max(range.from, 0) : Math.min(range.from, last);
    const to = Math.min(Math.max(range.to, -1), items.length);
    return list(indicesOf({ ...range, from, to }).flatMap((index) => items[index] ?? []));
  }
  const at = item?.kind === "at" && expr.items.length === 1 ? env.context.evaluate(env, item.value) : null;
  if (at?.kind === "error") return ERROR;
  const indices = at === null ? null : numbers(at, true);
  if (at === null || indices === null)
    return report(env.context, "E0311", expr.span, "expected an int, a list of ints or a range as the index of a list");
  const found = indices.map((offset) => items[offset < 0 ? offset + items.length : offset]);
  const missing = found.indexOf(undefined);
  if (missing >= 0)
    return report(
      env.context,
      "E0311",
      expr.span,
      `index ${indices[missing]} is out of range for a list of ${items.length}`,
    );
  const good = found.filter((item) => item !== undefined);
  return at.kind === "int" ? (good[0] ?? ERROR) : { kind: "list", items: good };
}

function select(env: Env, t: Tensor, expr: IndexExpr): DlValue {
  const selection = selectionOf(env, t, expr);
  if (selection === null) return ERROR;
  let result: DlValue = staticPart(env, t, selection, expr);
  for (const choice of selection.choices) {
    if (result.kind !== "tensor") return result;
    result =
      choice.kind === "rows"
        ? addNode(env, expr.span, "take", [result, choice.rows], { axis: choice.axis })
        : addNode(env, expr.span, "dynamic_slice", [result, choice.start], { axis: choice.axis, size: choice.size });
  }
  return result;
}

/** What is selected at compile time. */
function staticPart(env: Env, t: Tensor, cut: Selection, expr: IndexExpr): Tensor {
  const { builder } = env.context;
  const whole =
    cut.start.every((s) => s === 0) &&
    cut.limit.every((l, axis) => l === t.value.type.shape[axis] && cut.stride[axis] === 1);
  // Equal ranks are not enough: one axis may be dropped and another added elsewhere.
  const sizes = staticSizes(cut);
  const same = cut.shape.length === sizes.length && cut.shape.every((size, axis) => size === sizes[axis]);
  const value = build(env, expr.span, () => {
    const sliced = whole
      ? t.value
      : builder.call("slice", [t.value], { start: cut.start, limit: cut.limit, stride: cut.stride });
    const shaped = same ? sliced : builder.reshape(sliced, cut.shape);
    return cut.reversed.length === 0 ? shaped : builder.call("reverse", [shaped], { axes: cut.reversed });
  });
  return makeTensor(builder, value, expr.span, cut.symbols);
}
