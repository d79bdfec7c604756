import type { DType } from "../../runtime/model.ts";
import { brokenCondition, GraphBuilder } from "../../compiler/graph/build.ts";
import type { Value } from "../../compiler/graph/ir.ts";
import type { Op, Sample } from "../../compiler/graph/op.ts";
import { ops } from "../../compiler/ops/table.ts";
import { elements, isFloat, showType } from "../../compiler/types/tensor-type.ts";
import { type Next, type Subject, subject } from "./subject.ts";

// Uses of single ops as functions to differentiate.

/**
 * Numbers at a distance from each other and from all multiples of 1/2, in random order, so that no difference spans a
 * kink.
 */
export function apart(count: number, next: Next): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  return order.map((position) => {
    const x = -2 + (4 * (position + 0.5)) / count;
    const half = Math.round(2 * x) / 2;
    return Math.abs(x - half) < 1e-3 ? half + 1.5e-3 : x;
  });
}

/** Values for all operands; indices may be out of range on both sides. */
function valuesOf({ operands, values = [] }: Sample, next: Next): number[][] {
  const floats = apart(
    operands.reduce((sum, { dtype, shape }) => sum + (isFloat(dtype) ? elements(shape) : 0), 0),
    next,
  );
  return operands.map(({ dtype, shape }, i) => {
    const count = elements(shape);
    const given = values[i] ?? null;
    if (given !== null) return [...given];
    if (isFloat(dtype)) return floats.splice(0, count);
    return Array.from({ length: count }, () =>
      dtype === "bool" ? Math.floor(next() * 2) : Math.floor(next() * 9) - 2,
    );
  });
}

/** The largest of no elements is -inf, of which there are no differences: 0 instead. */
function finite(g: GraphBuilder, { form }: Op, y: Value): Value {
  if (form.kind !== "scatter" || (form.combine !== "max" && form.combine !== "min")) return y;
  return g.call("select", [g.call("lt", [g.call("abs", [y]), g.constant(y.type, 1e30)]), y, g.zeros(y.type)]);
}

/** One op on inputs `x0`, `x1` and so on. */
export function opSubject(op: Op, sample: Sample, next: Next): Subject {
  const g = new GraphBuilder(op.name, ops);
  const inputs = sample.operands.map((type, i) => g.input(`x${i}`, type));
  g.callAll(op.name, inputs, sample.attrs ?? {}).forEach((value, i) => g.output(`y${i}`, finite(g, op, value)));
  const data = new Map(valuesOf(sample, next).map((list, i) => [`x${i}`, Float64Array.from(list)]));
  return subject(
    `${op.name}(${sample.operands.map(showType).join(", ")}) ${JSON.stringify(sample.attrs ?? {})}`,
    g.build(),
    data,
  );
}

/** The same use with f64 operands instead of f32; null if the op does not accept them. */
export function inDouble(op: Op, { operands, attrs = {}, ...rest }: Sample): Sample | null {
  const swap = (dtype: DType): DType => (dtype === "f32" ? "f64" : dtype);
  const wide = operands.map((type) => ({ ...type, dtype: swap(type.dtype) }));
  return brokenCondition(op, wide, { ...op.defaults, ...attrs }) === null ? { ...rest, operands: wide, attrs } : null;
}
