import type { Expr, Pattern } from "../../../dsl/ast.ts";
import type { Span } from "../../../dsl/span.ts";
import type { Value as GraphValue } from "../../graph/ir.ts";
import type { TensorType } from "../../types/tensor-type.ts";
import type { DlValue, Env, Tensor } from "../context.ts";
import { text } from "../types/dims.ts";
import { build } from "../tensors/add-node.ts";
import { report } from "../errors.ts";
import { tensorsIn, withTensors } from "./structure.ts";
import { describe, ERROR, isFaulty, showTensor } from "../values/values.ts";

type ScanExpr = Expr & { readonly kind: "scan" };

/** The sequences that a scan splits into items. */
export interface Sequences {
  readonly length: number;
  /** The scanned axis of the first sequence; 0 without sequences. */
  readonly axis: number;
  readonly symbol: string | null;
  /**
   * The tensors in order, with the scanned axis moved to the front; `symbols` and `axis` describe them before the move.
   */
  readonly moved: readonly GraphValue[];
  readonly parts: readonly {
    readonly type: TensorType;
    readonly symbols: readonly (string | null)[];
    readonly axis: number;
  }[];
  /** What names the iteration number, if the loop has no sequences. */
  readonly counter: Pattern | null;
  /** The patterns that name the items: each has a structure of tensors, the first of which has the index `first`. */
  readonly named: readonly { readonly pattern: Pattern; readonly structure: DlValue; readonly first: number }[];
}

/** Null after a report. */
export function sequencesOf(env: Env, expr: ScanExpr): Sequences | null {
  const { context } = env;
  const given = expr.sequences.map(({ pattern, value }) => ({
    pattern,
    value: context.evaluate(env, value),
    span: value.span,
  }));
  if (given.some(({ value }) => isFaulty(value))) return null;
  const { along } = expr;
  const [only, ...others] = given;
  if (only?.value.kind === "int" && others.length === 0 && along === null)
    return counted(env, only.value, only.span, only.pattern);
  for (const { value, span } of given) {
    if (tensorsIn(value).length > 0) continue;
    report(context, "E0628", span, `expected a tensor to scan, found ${describe(value)}`, {
      help: value.kind === "int" ? "leave out `along` to count" : "use `for` for lists",
    });
    return null;
  }
  const tensors = given.flatMap(({ value, span }) => tensorsIn(value).map((t) => ({ t, span })));
  const [head] = tensors;
  if (head === undefined) {
    const length = along === null ? ERROR : env.context.evaluate(env, along);
    const { counter } = expr;
    return counted(
      env,
      length,
      along?.span ?? expr.span,
      counter && { kind: "name", name: counter, span: counter.span },
    );
  }
  if (along === null) {
    report(context, "E0625", head.span, "a scan of a tensor needs its axis", {
      label: showTensor(head.t),
      help: "write `along` after it: scan xt in x along 0",
    });
    return null;
  }
  const parts: { type: TensorType; symbols: readonly (string | null)[]; axis: number }[] = [];
  const moved: GraphValue[] = [];
  for (const { t, span } of tensors) {
    const axis = axisOf(env, along, t);
    if (axis === null) return null;
    const { type } = t.value;
    const length = type.shape[axis] ?? 0;
    const first = parts[0];
    if (first !== undefined && first.type.shape[0] !== length) {
      report(
        context,
        "E0624",
        span,
        `the sequences of a scan must have the same length, found ${first.type.shape[0]} and ${length}`,
        {
          label: `${showTensor(t)} along axis ${axis}`,
          also: [{ span: head.span, says: `${showTensor(head.t)} along axis ${first.axis}` }],
        },
      );
      return null;
    }
    const perm = [axis, ...type.shape.keys()].filter((a, k) => k === 0 || a !== axis);
    const value = axis === 0 ? t.value : build(env, span, () => context.builder.transpose(t.value, perm));
    parts.push({ type: value.type, symbols: t.symbols, axis });
    moved.push(value);
  }
  let first = 0;
  const named = given.map(({ pattern, value }) => {
    const entry = { pattern, structure: withTensors(value, tensorsIn(value)), first };
    first += tensorsIn(value).length;
    return entry;
  });
  const axis = parts[0]?.axis ?? 0;
  return {
    length: parts[0]?.type.shape[0] ?? 0,
    axis,
    symbol: head.t.symbols[axis] ?? null,
    moved,
    parts,
    counter: null,
    named,
  };
}

const maxLength = 2 ** 31 - 1;

/** `scan t in 10` or `scan t along 10`: a length instead of sequences. */
function counted(env: Env, value: DlValue, span: Span, counter: Pattern | null): Sequences | null {
  if (value.kind === "error") return null;
  if (value.kind === "int" && value.value >= 1 && value.value <= maxLength)
    return { length: value.value, axis: 0, symbol: value.symbol ?? null, moved: [], parts: [], counter, named: [] };
  report(env.context, "E0625", span, `expected the length of the scan, an int of at least 1, found ${describe(value)}`);
  return null;
}

/** The axis given by `along`: the name of a dim, or a number. Null after a report. */
function axisOf(env: Env, along: Expr, t: Tensor): number | null {
  const { shape } = t.value.type;
  const binding = along.kind === "name" ? env.scope.find(along.text) : undefined;
  // A dim of the tensor need not be a visible name: `along T` for f32[N, T, D] of an entry.
  const size = along.kind === "name" && binding === undefined ? null : env.context.evaluate(env, along);
  const names = along.kind === "name" ? [size?.kind === "int" ? (size.symbol ?? null) : null, along.text] : [];
  for (const name of names) {
    const axis =
      name === null
        ? -1
        : t.symbols.findIndex((symbol, a) => symbol === name && (size?.kind !== "int" || size.value === shape[a]));
    if (axis >= 0) return axis;
  }
  if (size?.kind === "error") return null;
  // A dim is not an axis number: if no axis has its name, the only axis of its size is used.
  const isDim = binding?.kind === "dim" || (binding?.kind === "value" && binding.dim === true);
  if (size?.kind === "int" && isDim) {
    const same = [...shape.keys()].filter((a) => shape[a] === size.value);
    if (same.length === 1) return same[0] ?? null;
  }
  if (size?.kind === "int" && !isDim && size.value >= -shape.length && size.value < shape.length)
    return size.value < 0 ? size.value + shape.length : size.value;
  report(env.context, "E0625", along.span, `\`${text(along)}\` is not an axis of ${showTensor(t)}`, {
    label: size === null || size.kind === "int" ? "" : describe(size),
    help: `use the name of a dim, or an axis from 0 to ${shape.length - 1}`,
  });
  return null;
}
