import type { Expr, IndexItem } from "../../../dsl/ast.ts";
import { at } from "../../support/lists.ts";
import { tensor } from "../../types/tensor-type.ts";
import type { DlValue, Env, Tensor } from "../context.ts";
import { build, addNode, emptyHelp } from "./add-node.ts";
import { report } from "../errors.ts";
import { numbers } from "./op-calls.ts";
import { text } from "../types/dims.ts";
import { describe, ERROR, int, list, makeTensor, showTensor } from "../values/values.ts";

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

/** The slice and the resulting axes, filled in from left to right. */
interface Cut {
  readonly start: number[];
  readonly limit: number[];
  readonly stride: number[];
  /** Axes of the result that are read backwards. */
  readonly reversed: number[];
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
  const cut: Cut = {
    start: sizes.map(() => 0),
    limit: [...sizes],
    stride: sizes.map(() => 1),
    reversed: [],
    shape: [],
    symbols: [],
    takes: [],
  };
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
    const range = rangeOf(env, item, size);
    if (range === null) return false;
    const { from, to, step } = range;
    const [low, high] = step > 0 ? [from, to] : [to + 1, from + 1];
    const written = step === 1 ? `the range ${from}:${to}` : `the range ${text(item)}`;
    const indices = indicesOf(range);
    if (low < 0 || high > size || (low > high && step > 0)) return outside(written);
    const [first, last] = [indices[0], indices.at(-1)];
    if (first === undefined || last === undefined) {
      report(env.context, "E0311", item.span, `${written} of axis ${axis} is empty`, { help: emptyHelp });
      return false;
    }
    cut.start[axis] = Math.min(first, last);
    cut.limit[axis] = Math.max(first, last) + 1;
    cut.stride[axis] = Math.abs(step);
    if (step < 0) cut.reversed.push(cut.shape.length);
    keep(cut, indices.length, indices.length === size ? (t.symbols[axis] ?? null) : null);
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

interface Range {
  readonly from: number;
  /** Not included. */
  readonly to: number;
  readonly step: number;
}

/** `from:to:step` of an axis or a list, as in Python: with a negative step from the end to the start. */
function rangeOf(env: Env, item: IndexItem & { kind: "range" }, size: number): Range | null {
  const step = item.step === null ? int(1) : env.context.evaluate(env, item.step);
  if (step.kind === "error") return null;
  if (step.kind !== "int" || step.value === 0) {
    report(
      env.context,
      "E0311",
      item.step?.span ?? item.span,
      `expected an int other than 0 as the step of a range, found ${describe(step)}`,
    );
    return null;
  }
  const back = step.value < 0;
  const from = bound(env, item.from, size, back ? size - 1 : 0);
  const to = bound(env, item.to, size, back ? -1 : size);
  return from === null || to === null ? null : { from, to, step: step.value };
}

const indicesOf = ({ from, to, step }: Range): readonly number[] =>
  Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, k) => from + k * step);

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
  const whole =
    cut.start.every((s) => s === 0) &&
    cut.limit.every((l, axis) => l === t.value.type.shape[axis] && cut.stride[axis] === 1);
  // Equal ranks are not enough: one axis may be dropped and another added elsewhere.
  const sizes = cut.start.map((start, axis) => Math.ceil((at(cut.limit, axis) - start) / at(cut.stride, axis)));
  const same = cut.shape.length === sizes.length && cut.shape.every((size, axis) => size === sizes[axis]);
  const value = build(env, expr.span, () => {
    const sliced = whole
      ? t.value
      : builder.call("slice", [t.value], { start: cut.start, limit: cut.limit, stride: cut.stride });
    const shaped = same ? sliced : builder.reshape(sliced, cut.shape);
    return cut.reversed.length === 0 ? shaped : builder.call("reverse", [shaped], { axes: cut.reversed });
  });
  let result: DlValue = makeTensor(builder, value, expr.span, cut.symbols);
  // From the last axis to the first, so that the indices of the others stay.
  for (const { axis, rows } of [...cut.takes].reverse())
    if (result.kind === "tensor") result = addNode(env, expr.span, "take", [result, rows], { axis });
  return result;
}
