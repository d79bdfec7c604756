import type { Expr, IndexItem } from "../../../dsl/ast.ts";
import { sameAttrs, splatValue } from "../../graph/facts.ts";
import type { Value } from "../../graph/ir.ts";
import { at } from "../../support/lists.ts";
import { tensor } from "../../types/tensor-type.ts";
import type { DlValue, Env, Tensor } from "../context.ts";
import { build, emptyHelp } from "./add-node.ts";
import { report } from "../errors.ts";
import { numbers } from "./op-calls.ts";
import { text } from "../types/dims.ts";
import { describe, int, makeTensor, showTensor } from "../values/values.ts";

export type IndexExpr = Expr & { readonly kind: "index" };

/** What is selected at run time along an axis of the static part. */
export type Choice =
  | { readonly kind: "rows"; readonly axis: number; readonly rows: Tensor }
  /** `size` items from `start` on. */
  | { readonly kind: "part"; readonly axis: number; readonly start: Tensor; readonly size: number };

/** The elements of a tensor that an index selects: first a static part, then choices along its axes. */
export interface Selection {
  readonly start: readonly number[];
  readonly limit: readonly number[];
  readonly stride: readonly number[];
  /** Axes of the static part that are read backwards. */
  readonly reversed: readonly number[];
  /** Sizes of the static part after axes have been dropped and added. */
  readonly shape: readonly number[];
  readonly symbols: readonly (string | null)[];
  /** From the last axis to the first, so that each leaves the axes of the next as they are. */
  readonly choices: readonly Choice[];
}

/** The sizes of the slice, before axes are dropped and added. */
export const staticSizes = ({ start, limit, stride }: Selection): readonly number[] =>
  start.map((from, axis) => Math.ceil((at(limit, axis) - from) / at(stride, axis)));

/** Filled in from left to right. */
interface Cut {
  readonly start: number[];
  readonly limit: number[];
  readonly stride: number[];
  readonly reversed: number[];
  readonly shape: number[];
  readonly symbols: (string | null)[];
  readonly choices: Choice[];
}

/** Null after a report. */
export function selectionOf(env: Env, t: Tensor, expr: IndexExpr): Selection | null {
  const sizes = t.value.type.shape;
  const used = expr.items.filter((item) => item.kind === "at" || item.kind === "range").length;
  const rests = expr.items.filter((item) => item.kind === "rest").length;
  if (used > sizes.length || rests > 1) {
    report(
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
    return null;
  }
  const cut: Cut = {
    start: sizes.map(() => 0),
    limit: [...sizes],
    stride: sizes.map(() => 1),
    reversed: [],
    shape: [],
    symbols: [],
    choices: [],
  };
  const items: readonly IndexItem[] = rests === 1 ? expr.items : [...expr.items, { kind: "rest", span: expr.span }];
  let axis = 0;
  for (const item of items) {
    if (item.kind === "new") keep(cut, 1, null);
    else if (item.kind === "rest")
      for (const end = axis + sizes.length - used; axis < end; axis++)
        keep(cut, at(sizes, axis), t.symbols[axis] ?? null);
    else if (!cutAxis(env, t, item, axis++, cut)) return null;
  }
  return { ...cut, choices: cut.choices.toReversed() };
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
    const ends = [item.from, item.to].map((end) => end && env.context.evaluate(env, end));
    if (ends.some((end) => end?.kind === "tensor")) return cutPart(env, t, { ends, item, axis }, cut);
    const range = rangeOf(env, item, size, ends);
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
    cut.choices.push({ kind: "rows", axis: cut.shape.length, rows: at });
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
    cut.choices.push({ kind: "rows", axis: cut.shape.length, rows: makeTensor(builder, rows, item.span) });
    keep(cut, size, t.symbols[axis] ?? null);
    return true;
  }
  if (at.kind !== "int") {
    report(
      env.context,
      "E0311",
      item.span,
      `expected an int, a list of ints, a range or an i32 tensor as an index, found ${describe(at)}`,
      at.kind === "tensor" && at.value.type.dtype === "bool"
        ? { help: "the size of a result is constant: select(mask, x, 0) keeps the shape" }
        : {},
    );
    return false;
  }
  const offset = at.value < 0 ? at.value + size : at.value;
  if (offset < 0 || offset >= size) return outside(`index ${at.value}`);
  cut.start[axis] = offset;
  cut.limit[axis] = offset + 1;
  return true;
}

export interface Range {
  readonly from: number;
  /** Not included. */
  readonly to: number;
  readonly step: number;
}

/** `from:to:step` of an axis or a list, as in Python: with a negative step from the end to the start. */
export function rangeOf(
  env: Env,
  item: IndexItem & { kind: "range" },
  size: number,
  [first = null, last = null]: readonly (DlValue | null)[] = [item.from, item.to].map(
    (end) => end && env.context.evaluate(env, end),
  ),
): Range | null {
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
  const from = bound(env, item.from, first, { size, absent: back ? size - 1 : 0 });
  const to = bound(env, item.to, last, { size, absent: back ? -1 : size });
  return from === null || to === null ? null : { from, to, step: step.value };
}

export const indicesOf = ({ from, to, step }: Range): readonly number[] =>
  Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, k) => from + k * step);

/** A bound of a range, negative ones counted from the end; null after a report. */
function bound(
  env: Env,
  expr: Expr | null,
  value: DlValue | null,
  { size, absent }: { readonly size: number; readonly absent: number },
): number | null {
  if (expr === null || value === null) return absent;
  if (value.kind === "int") return value.value < 0 ? value.value + size : value.value;
  if (value.kind !== "error")
    report(env.context, "E0311", expr.span, `expected an int as the bound of a range, found ${describe(value)}`, {
      help: value.kind === "float" ? "floor(x) and ceil(x) return ints: x[:floor(n / 2)]" : undefined,
    });
  return null;
}

interface Part {
  readonly ends: readonly (DlValue | null)[];
  readonly item: IndexItem & { kind: "range" };
  readonly axis: number;
}

/** `x[i:i + 2]`: the start is known at run time, the length at compile time. */
function cutPart(env: Env, t: Tensor, { ends, item, axis }: Part, cut: Cut): boolean {
  const wrong = (what: string, help: string): false => {
    if (ends.every((end) => end?.kind !== "error")) report(env.context, "E0311", item.span, what, { help });
    return false;
  };
  const size = t.value.type.shape[axis] ?? 0;
  const [from, to] = [ends[0] ?? null, ends[1] ?? null];
  const odd = ends.find(
    (end) => end?.kind === "tensor" && (end.value.type.dtype !== "i32" || end.value.type.shape.length > 0),
  );
  if (odd !== undefined && odd !== null)
    return wrong(`expected an i32[] as the bound of a range, found ${describe(odd)}`, "use an i32[] tensor");
  if (item.step !== null)
    return wrong("a range that starts at run time has no step", "select from the range: x[i:i + 4][::2]");
  const count = distance(from, to);
  const example = "write the end as the start plus a constant, as in x[i:i + 2]";
  if (from?.kind !== "tensor" || count === null)
    return wrong("the length of the range is not known at compile time", example);
  if (count < 1) return wrong(`the range of axis ${axis} is empty`, emptyHelp);
  if (count > size)
    return wrong(`a range of ${count} does not fit axis ${axis} of ${showTensor(t)}`, `use at most ${size} items`);
  cut.choices.push({ kind: "part", axis: cut.shape.length, start: from, size: count });
  keep(cut, size, t.symbols[axis] ?? null);
  return true;
}

/** The constant by which `to` is larger than `from`; null if there is none. */
function distance(from: DlValue | null, to: DlValue | null): number | null {
  if (from?.kind !== "tensor" || to?.kind !== "tensor") return null;
  const [a, b] = [withOffset(from.value), withOffset(to.value)];
  return isSame(a.base, b.base) ? b.offset - a.offset : null;
}

/** Whether two values are computed alike: an expression that is written twice has two nodes. */
const isSame = (a: Value, b: Value): boolean =>
  a === b ||
  (a.index === b.index &&
    a.node.op === b.node.op &&
    a.node.operands.length > 0 &&
    a.node.regions.length === 0 &&
    sameAttrs(a.node.attrs, b.node.attrs) &&
    a.node.operands.every((operand, i) => isSameOperand(operand, b.node.operands[i])));

const isSameOperand = (a: Value, b: Value | undefined): boolean =>
  b !== undefined && (isSame(a, b) || (splatValue(a) !== null && splatValue(a) === splatValue(b)));

/** A value as another plus a constant. */
function withOffset(value: Value): { readonly base: Value; readonly offset: number } {
  const { op, operands } = value.node;
  const [x, y] = operands;
  if (x === undefined || y === undefined || (op.operator !== "+" && op.operator !== "-"))
    return { base: value, offset: 0 };
  const [left, right] = [splatValue(x), splatValue(y)];
  const sign = op.operator === "-" ? -1 : 1;
  if (right !== null) {
    const { base, offset } = withOffset(x);
    return { base, offset: offset + sign * right };
  }
  if (left === null || sign < 0) return { base: value, offset: 0 };
  const { base, offset } = withOffset(y);
  return { base, offset: offset + left };
}
