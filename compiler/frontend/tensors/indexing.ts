import type { Expr, IndexItem } from "../../../dsl/ast.ts";
import { at } from "../../support/lists.ts";
import { tensor } from "../../types/tensor-type.ts";
import type { DlValue, Env, Tensor } from "../context.ts";
import { build, addNode, emptyHelp } from "./add-node.ts";
import { report } from "../errors.ts";
import { numbers } from "./op-calls.ts";
import { describe, ERROR, makeTensor, showTensor } from "../values/values.ts";

type IndexExpr = Expr & { readonly kind: "index" };

/**
 * `x[0, 1:, .., _]`: a static int drops its axis, a range slices it, `_` adds an axis of size 1; an i32 tensor or a
 * list of ints selects rows. Lists and tuples are indexed by an int, a range or a list of ints.
 */
export function index(env: Env, object: DlValue, expr: IndexExpr): DlValue {
  switch (object.kind) {
    case "error":
      return ERROR;
    case "tensor":
      return indexTensor(env, object, expr);
    case "list":
    case "tuple":
      return indexList(env, object.items, expr);
    default:
      return report(env.context, "E0309", expr.object.span, `cannot index ${describe(object)}`);
  }
}

function indexList(env: Env, items: readonly DlValue[], expr: IndexExpr): DlValue {
  const [item] = expr.items;
  if (expr.items.length === 1 && item?.kind === "range") {
    const from = bound(env, item.from, items.length, 0);
    const to = bound(env, item.to, items.length, items.length);
    return from === null || to === null
      ? ERROR
      : { kind: "list", items: items.slice(Math.max(from, 0), Math.max(to, 0)) };
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

/** The slice and the resulting axes, filled in from left to right. */
interface Cut {
  readonly start: number[];
  readonly limit: number[];
  /** Sizes after axes have been dropped and added. */
  readonly shape: number[];
  readonly symbols: (string | null)[];
  /** Axes of the result along which rows are selected. */
  readonly takes: { readonly axis: number; readonly rows: Tensor }[];
}

function indexTensor(env: Env, t: Tensor, expr: IndexExpr): DlValue {
  const sizes = t.value.type.shape;
  const used = expr.items.filter((item) => item.kind === "at" || item.kind === "range").length;
  const rests = expr.items.filter((item) => item.kind === "rest").length;
  if (used > sizes.length || rests > 1)
    return report(
      env.context,
      "E0311",
      expr.span,
      rests > 1
        ? "an index can have at most one `..`"
        : `too many indices: ${used} for ${sizes.length} ${sizes.length === 1 ? "axis" : "axes"}`,
      {
        label: showTensor(t),
      },
    );
  const cut: Cut = { start: sizes.map(() => 0), limit: [...sizes], shape: [], symbols: [], takes: [] };
  const items: readonly IndexItem[] = rests === 1 ? expr.items : [...expr.items, { kind: "rest", span: expr.span }];
  let axis = 0;
  for (const item of items) {
    if (item.kind === "new") keep(cut, 1, null);
    else if (item.kind === "rest")
      for (const end = axis + sizes.length - used; axis < end; axis++)
        keep(cut, at(sizes, axis), t.symbols[axis] ?? null);
    else if (!cutAxis(env, t, item, axis++, cut)) return ERROR;
  }
  return apply(env, t, cut, expr);
}

function keep(cut: Cut, size: number, symbol: string | null): void {
  cut.shape.push(size);
  cut.symbols.push(symbol);
}

function cutAxis(env: Env, t: Tensor, item: IndexItem & { kind: "at" | "range" }, axis: number, cut: Cut): boolean {
  const size = t.value.type.shape[axis] ?? 0;
  const outside = (what: string): false => {
    report(env.context, "E0311", item.span, `${what} is out of range for axis ${axis} of ${showTensor(t)}`, {
      help: `valid indices are 0 to ${size - 1}, or -${size} to -1 counted from the end`,
    });
    return false;
  };
  if (item.kind === "range") {
    const from = bound(env, item.from, size, 0);
    const to = bound(env, item.to, size, size);
    if (from === null || to === null) return false;
    if (from < 0 || to > size || from > to) return outside(`the range ${from}:${to}`);
    if (from === to) {
      report(env.context, "E0311", item.span, `the range ${from}:${to} of axis ${axis} is empty`, { help: emptyHelp });
      return false;
    }
    cut.start[axis] = from;
    cut.limit[axis] = to;
    keep(cut, to - from, to - from === size ? (t.symbols[axis] ?? null) : null);
    return true;
  }
  const at = env.context.evaluate(env, item.value);
  if (at.kind === "error") return false;
  if (at.kind === "tensor" && at.value.type.dtype === "i32") {
    cut.takes.push({ axis: cut.shape.length, rows: at });
    keep(cut, size, t.symbols[axis] ?? null);
    return true;
  }
  const indices = at.kind === "list" ? numbers(at, true) : null;
  if (indices !== null && indices.length > 0) {
    const wrong = indices.find((offset) => offset < -size || offset >= size);
    if (wrong !== undefined) return outside(`index ${wrong}`);
    const { builder } = env.context;
    const rows = build(env, item.span, () =>
      builder.constant(
        tensor("i32", [indices.length]),
        indices.map((offset) => (offset < 0 ? offset + size : offset)),
      ),
    );
    cut.takes.push({ axis: cut.shape.length, rows: makeTensor(builder, rows, item.span) });
    keep(cut, size, t.symbols[axis] ?? null);
    return true;
  }
  if (at.kind !== "int") {
    report(
      env.context,
      "E0311",
      item.span,
      `expected an int, a list of ints, a range or an i32 tensor as an index, found ${describe(at)}`,
    );
    return false;
  }
  const offset = at.value < 0 ? at.value + size : at.value;
  if (offset < 0 || offset >= size) return outside(`index ${at.value}`);
  cut.start[axis] = offset;
  cut.limit[axis] = offset + 1;
  return true;
}

/** A bound of a range, negative ones counted from the end; null after a report. */
function bound(env: Env, expr: Expr | null, size: number, absent: number): number | null {
  if (expr === null) return absent;
  const value = env.context.evaluate(env, expr);
  if (value.kind === "int") return value.value < 0 ? value.value + size : value.value;
  if (value.kind !== "error")
    report(env.context, "E0311", expr.span, `expected an int as the bound of a range, found ${describe(value)}`);
  return null;
}

function apply(env: Env, t: Tensor, cut: Cut, expr: IndexExpr): DlValue {
  const { builder } = env.context;
  const whole = cut.start.every((s) => s === 0) && cut.limit.every((l, axis) => l === t.value.type.shape[axis]);
  // Equal ranks are not enough: one axis may be dropped and another added elsewhere.
  const same =
    cut.shape.length === cut.start.length &&
    cut.shape.every((size, axis) => size === (cut.limit[axis] ?? 0) - (cut.start[axis] ?? 0));
  const value = build(env, expr.span, () => {
    const sliced = whole
      ? t.value
      : builder.call("slice", [t.value], { start: cut.start, limit: cut.limit, stride: cut.start.map(() => 1) });
    return same ? sliced : builder.reshape(sliced, cut.shape);
  });
  let result: DlValue = makeTensor(builder, value, expr.span, cut.symbols);
  // From the last axis to the first, so that the indices of the others stay.
  for (const { axis, rows } of [...cut.takes].reverse())
    if (result.kind === "tensor") result = addNode(env, expr.span, "take", [result, rows], { axis });
  return result;
}
