import type { Span } from "../../../dsl/span.ts";
import { dtypeNames, isDtype } from "../types/dtypes.ts";
import { elements } from "../../types/tensor-type.ts";
import { product } from "../../support/lists.ts";
import type { Attr } from "../../graph/ir.ts";
import type { AttrKind, Op } from "../../graph/op.ts";
import type { Bound } from "../values/arguments.ts";
import { pointwise } from "./arithmetic.ts";
import type { Arg, DlValue, Env, Tensor } from "../context.ts";
import { addNodeResults, type ArgumentSpans } from "./add-node.ts";
import { report } from "../errors.ts";
import { dtypeOfList, inDtype, isSoft } from "../values/number-lists.ts";
import { describe, ERROR, isNumber } from "../values/values.ts";
import { notTensor } from "../values/not-tensor.ts";

/** An op of the table by its own name, with its attributes as static arguments. Negative axes count from the end. */
export function applyOp(env: Env, op: Op, bound: Bound, span: Span): DlValue {
  const operands =
    op.operands === "variadic" ? bound.parts : op.operands.flatMap((name) => bound.values.get(name) ?? []);
  const rank = operands[0]?.value.kind === "tensor" ? operands[0].value.value.type.shape.length : 0;
  const attrs: Record<string, Attr> = { ...op.defaults };
  for (const [name, kind] of Object.entries(op.attrs)) {
    const arg = bound.values.get(name);
    if (arg === undefined) continue;
    const attr = attribute(arg.value, kind, /^(axis|axes)$/.test(name) ? rank : 0);
    if (attr === null)
      return report(
        env.context,
        "E0501",
        arg.span,
        `expected ${wanted[kind]} for \`${name}\` of \`${op.name}\`, found ${oddIn(arg.value, kind)}`,
      );
    attrs[name] = attr;
  }
  if (op.name === "reshape") {
    const shape = withOpenSize(env, attrs["shape"], operands[0]?.value, bound.values.get("shape")?.span ?? span);
    if (shape === null) return ERROR;
    attrs["shape"] = shape;
  }
  if (op.form.kind === "pointwise") return pointwise(env, op, operands, span, { attrs, args: spansOf(bound) });
  const tensors = withLists(env, op, operands);
  if (tensors.some((arg) => arg.value.kind === "error")) return ERROR;
  const odd = tensors.find((arg) => arg.value.kind !== "tensor");
  if (odd !== undefined) return notTensor(env, odd.span, `expected a tensor for \`${op.name}\``, odd.value);
  const results = addNodeResults(
    env,
    span,
    op,
    tensors.map((arg) => arg.value as Tensor),
    attrs,
    spansOf(bound),
  );
  if (results === null) return ERROR;
  return results.length === 1 && results[0] !== undefined ? results[0] : { kind: "tuple", items: results };
}

/** A shape in which one -1 is the size that is left: reshape(x, [4, -1]). Null after a report. */
function withOpenSize(env: Env, shape: Attr | undefined, x: DlValue | undefined, span: Span): Attr | null {
  if (!Array.isArray(shape) || x?.kind !== "tensor") return shape ?? [];
  const open = shape.indexOf(-1);
  if (open < 0) return shape;
  const others: readonly number[] = shape.flatMap((size, axis) => (axis === open ? [] : [Number(size)]));
  const [all, known] = [elements(x.value.type.shape), product(others)];
  if (known > 0 && all % known === 0 && !others.includes(-1))
    return shape.map((size, axis) => (axis === open ? all / known : Number(size)));
  const says = others.includes(-1)
    ? "at most one size of a shape can be -1"
    : `no size fits in place of -1: ${all} elements cannot be divided into parts of ${known}`;
  report(env.context, "E0311", span, says, { label: describe(x) });
  return null;
}

/** Operands that are lists of numbers as tensors: indices of ints, others of the dtype of the other operands. */
function withLists(env: Env, op: Op, operands: readonly Arg[]): readonly Arg[] {
  const isIndex = (k: number): boolean => op.operands !== "variadic" && op.operands[k] === "indices";
  const others = operands.flatMap(({ value }, k) => (value.kind === "tensor" && !isIndex(k) ? [value] : []));
  const dtype = (others.find((t) => !isSoft(env, t)) ?? others[0])?.value.type.dtype;
  return operands.map((arg, k) => ({
    ...arg,
    value: inDtype(env, arg.span, arg.value, isIndex(k) ? "i32" : (dtype ?? dtypeOfList(arg.value))),
  }));
}

function spansOf({ values, parts }: Bound): ArgumentSpans {
  const named = [...values].map(([name, arg]): [string, readonly Span[]] => [name, [arg.span]]);
  return new Map([...named, ["operands", parts.map((part) => part.span)]]);
}

const wanted = {
  int: "an int",
  ints: "a list of ints",
  float: "a number",
  floats: "a list of numbers",
  bool: "a bool",
  string: "a string",
  dtype: `a dtype as a string (${dtypeNames.join(", ")})`,
  pairs: "a list of lists of ints",
} as const satisfies Record<AttrKind, string>;

/** The part of an attribute that is wrong: in a list, the first invalid item. */
function oddIn(value: DlValue, kind: AttrKind): string {
  const items = value.kind === "list" || value.kind === "tuple" ? value.items : [];
  const odd = kind === "ints" ? items.find((item) => item.kind !== "int") : undefined;
  return odd === undefined ? describe(value) : `a list with ${describe(odd)}`;
}

/** A static value as an attribute; null if it is of the wrong kind. A single int is accepted as a list of one. */
function attribute(value: DlValue, kind: AttrKind, rank: number): Attr | null {
  switch (kind) {
    case "int":
      return value.kind === "int" ? fromEnd(value.value, rank) : null;
    case "ints":
      return numbers(value, true)?.map((n) => fromEnd(n, rank)) ?? null;
    case "float":
      return isNumber(value) ? value.value : null;
    case "floats":
      return numbers(value, false);
    case "bool":
      return value.kind === "bool" ? value.value : null;
    case "string":
      return value.kind === "string" ? value.value : null;
    case "dtype":
      return value.kind === "string" && isDtype(value.value) ? value.value : null;
    case "pairs": {
      if (value.kind !== "list" && value.kind !== "tuple") return null;
      const rows = value.items.map((item) => numbers(item, true));
      return rows.includes(null) ? null : rows.filter((row) => row !== null);
    }
  }
}

const fromEnd = (axis: number, rank: number): number => (axis < 0 && rank > 0 ? axis + rank : axis);

export function numbers(value: DlValue, whole: boolean): number[] | null {
  if (value.kind === "pack") return value.sizes.map((_, k) => value.start + k);
  const items = value.kind === "list" || value.kind === "tuple" ? value.items : [value];
  const found = items.flatMap((item) => (item.kind === "int" || (!whole && item.kind === "float") ? [item.value] : []));
  return found.length === items.length ? found : null;
}
