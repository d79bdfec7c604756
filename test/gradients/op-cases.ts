import type { DType } from "../../runtime/dtype.ts";
import { brokenCondition, GraphBuilder } from "../../compiler/graph/build.ts";
import type { Attrs } from "../../compiler/graph/ir.ts";
import type { Op, Sample } from "../../compiler/graph/op.ts";
import { bool, f32, i32 } from "../../compiler/ops/signature.ts";
import { ops } from "../../compiler/ops/table.ts";
import { elements, isFloat, showType, type TensorType } from "../../compiler/types/tensor-type.ts";
import { type Next, type Subject, subject } from "./subject.ts";

// Uses of single ops as functions to differentiate.

/** Numbers that are apart from each other, from 0 and from whole and half numbers, in random order: no difference lies across a kink. */
export function apart(count: number, next: Next): number[] {
  const places = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [places[i], places[j]] = [places[j] ?? 0, places[i] ?? 0];
  }
  return places.map((place) => {
    const x = -2 + (4 * (place + 0.5)) / count;
    const half = Math.round(2 * x) / 2;
    return Math.abs(x - half) < 1e-3 ? half + 1.5e-3 : x;
  });
}

/** Values for all operands; indices reach past both ends of what they choose from. */
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
    return Array.from({ length: count }, () => (dtype === "bool" ? Math.floor(next() * 2) : Math.floor(next() * 9) - 2));
  });
}

/** One op on inputs `x0`, `x1` and so on. */
export function opSubject(op: Op, sample: Sample, next: Next): Subject {
  const g = new GraphBuilder(op.name, ops);
  const inputs = sample.operands.map((type, i) => g.input(`x${i}`, type));
  g.callAll(op.name, inputs, sample.attrs ?? {}).forEach((value, i) => g.output(`y${i}`, value));
  const data = new Map(valuesOf(sample, next).map((list, i) => [`x${i}`, Float64Array.from(list)]));
  return subject(`${op.name}(${sample.operands.map(showType).join(", ")}) ${JSON.stringify(sample.attrs ?? {})}`, g.build(), data);
}

/** The same use of f64 operands in place of f32, if the op takes them. */
export function inDouble(op: Op, { operands, attrs = {}, ...rest }: Sample): Sample | null {
  const swap = (dtype: DType): DType => (dtype === "f32" ? "f64" : dtype);
  const wide = operands.map((type) => ({ ...type, dtype: swap(type.dtype) }));
  return brokenCondition(op, wide, { ...op.defaults, ...attrs }) === null ? { ...rest, operands: wide, attrs } : null;
}

const spatial = {
  stride: [2, 1],
  padding: [
    [1, 0],
    [2, 1],
  ],
  dilation: [1, 2],
  groups: 2,
} as const;
const window = { window: [3, 2], stride: [2, 1] } as const;

type Large = readonly [operands: readonly TensorType[], attrs?: Attrs];

/** Uses on hundreds of elements, of the ops that are not pointwise. */
const large: Readonly<Record<string, Large>> = {
  reduce_sum: [[f32(9, 8, 7)], { axes: [0, 2] }],
  reduce_prod: [[f32(40, 3, 4)], { axes: [1, 2] }],
  reduce_max: [[f32(9, 8, 7)], { axes: [1] }],
  reduce_min: [[f32(9, 8, 7)], { axes: [2, 0] }],
  reshape: [[f32(9, 8, 7)], { shape: [21, 24] }],
  transpose: [[f32(9, 8, 7)], { perm: [2, 0, 1] }],
  broadcast: [[f32(9, 7)], { shape: [9, 8, 7], dims: [0, 2] }],
  reverse: [[f32(9, 8, 7)], { axes: [0, 2] }],
  slice: [[f32(19, 23)], { start: [2, 3], limit: [18, 23], stride: [3, 2] }],
  pad: [[f32(13, 17)], { lo: [2, 0], hi: [1, 3], interior: [1, 2], value: 3 }],
  concat: [[f32(5, 11, 3), f32(5, 7, 3), f32(5, 1, 3)], { axis: 1 }],
  take: [[f32(7, 30), i32(6, 5)], { axis: 0 }],
  take_add: [[f32(40, 9), i32(40)], { axis: 0, size: 7 }],
  take_along: [[f32(30, 7, 3), i32(30, 3)], { axis: 1 }],
  gather: [[f32(7, 30), i32(12, 30)], { axis: 0 }],
  scatter_add: [[f32(12, 30), i32(12, 30)], { axis: 0, size: 7 }],
  select: [[bool(9, 8, 7), f32(9, 8, 7), f32(9, 8, 7)]],
  cumsum: [[f32(11, 13, 3)], { axis: 1, exclusive: true, reverse: true }],
  dot: [[f32(4, 9, 11), f32(11, 4, 7)], { batch: [[0], [1]], contract: [[2], [0]] }],
  conv: [[f32(2, 9, 10, 4), f32(3, 2, 2, 6)], { ...spatial }],
  conv_input_gradient: [[f32(2, 4, 11, 6), f32(3, 2, 2, 6)], { ...spatial, size: [9, 10] }],
  conv_kernel_gradient: [[f32(2, 9, 10, 4), f32(2, 4, 11, 6)], { ...spatial, size: [3, 2] }],
  window_max: [[f32(2, 11, 10, 3)], { ...window }],
  window_sum: [[f32(2, 11, 10, 3)], { ...window }],
  window_spread: [[f32(2, 5, 9, 3)], { ...window, size: [11, 10] }],
  window_scatter: [[f32(2, 5, 9, 3), i32(2, 5, 9, 3)], { ...window, size: [11, 10] }],
  window_gather: [[f32(2, 11, 10, 3), i32(2, 5, 9, 3)], { ...window }],
};

/** The places that indices may name, where an op does not clamp them. */
const places = (op: Op, count: number): readonly number[] | null =>
  op.name.startsWith("window_") ? Array.from({ length: count }, (_, i) => (i * 5) % 6) : null;

/** A use on hundreds of elements; null if none is known. Of a pointwise op, one of its samples repeated. */
export function largeUse(op: Op): Sample | null {
  const found = large[op.name];
  if (found !== undefined) {
    const [operands, attrs = {}] = found;
    return { operands, attrs, values: operands.map(({ dtype, shape }) => (dtype === "i32" ? places(op, elements(shape)) : null)) };
  }
  const sample =
    op.form.kind === "pointwise" ? op.samples.find(({ operands: [x], values }) => x?.dtype === "f32" && (values?.[0]?.length ?? 1) > 0) : undefined;
  if (sample === undefined) return null;
  const shape = [9, 8, 7];
  const repeat = (list: readonly number[] | null): readonly number[] | null =>
    list && Array.from({ length: elements(shape) }, (_, i) => list[i % list.length] ?? 0);
  return { ...sample, operands: sample.operands.map((type) => ({ ...type, shape })), ...(sample.values && { values: sample.values.map(repeat) }) };
}
