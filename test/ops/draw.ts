import fc from "fast-check";
import type { Attrs } from "../../compiler/graph/ir.ts";
import type { Op, Sample } from "../../compiler/graph/op.ts";
import { f32, i32 } from "../../compiler/ops/signature.ts";
import { elements } from "../../compiler/types/tensor-type.ts";

// Uses of ops with drawn shapes and attributes: small, since every element is differentiated.

type Draw = fc.Arbitrary<Sample>;

const size = fc.integer({ min: 1, max: 4 });
const shape = (least: number, most: number): fc.Arbitrary<number[]> => fc.array(size, { minLength: least, maxLength: most });
const index = (length: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: length - 1 });
const each = <T>(lengths: readonly number[], one: (length: number) => fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.tuple(...lengths.map(one)) as fc.Arbitrary<T[]>;
const permutation = (length: number): fc.Arbitrary<number[]> => {
  const all = Array.from({ length }, (_, i) => i);
  return fc.shuffledSubarray(all, { minLength: length });
};
const subset = (length: number): fc.Arbitrary<number[]> => fc.shuffledSubarray(Array.from({ length }, (_, i) => i));

/** Any shape for the operands of one of the op's own samples; given values are repeated. */
const pointwise = (op: Op): Draw =>
  fc
    .tuple(fc.constantFrom(...op.samples.filter(({ operands: [x], values }) => x?.dtype !== "f64" && (!values || elements(x?.shape ?? []) > 0))), shape(0, 3))
    .map(([sample, drawn]) => ({
      ...sample,
      operands: sample.operands.map((type) => ({ ...type, shape: drawn })),
      ...(sample.values && { values: sample.values.map((list) => list && Array.from({ length: elements(drawn) }, (_, i) => list[i % list.length] ?? 0)) }),
    }));

const reduction: Draw = shape(0, 3).chain((x) => subset(x.length).map((axes) => ({ operands: [f32(...x)], attrs: { axes } })));
const place: Draw = shape(1, 3).chain((x) => index(x.length).map((axis) => ({ operands: [f32(...x)], attrs: { axis } })));

const slice: Draw = shape(1, 3).chain((x) =>
  each(x, (length) => fc.tuple(index(length), index(length), fc.integer({ min: 1, max: 3 }))).map((axes) => ({
    operands: [f32(...x)],
    attrs: { start: axes.map(([a, b]) => Math.min(a, b)), limit: axes.map(([a, b]) => Math.max(a, b) + 1), stride: axes.map(([, , s]) => s) },
  })),
);
const upTo2 = fc.integer({ min: 0, max: 2 });
const pad: Draw = shape(1, 3).chain((x) =>
  each(x, () => fc.tuple(upTo2, upTo2, upTo2)).map((axes) => ({
    operands: [f32(...x)],
    attrs: { lo: axes.map(([lo]) => lo), hi: axes.map(([, hi]) => hi), interior: axes.map(([, , n]) => n), value: 0.5 },
  })),
);
const concat: Draw = fc
  .tuple(shape(1, 3), shape(1, 3))
  .chain(([x, sizes]) => index(x.length).map((axis) => ({ operands: sizes.map((n) => f32(...x.with(axis, n))), attrs: { axis } })));
const broadcast: Draw = shape(0, 4).chain((result) =>
  subset(result.length).map((drawn) => {
    const dims = drawn.toSorted((a, b) => a - b);
    return { operands: [f32(...dims.map((d) => result[d] ?? 1))], attrs: { shape: result, dims } };
  }),
);

const indices = fc.tuple(shape(1, 3), shape(0, 2)).chain(([x, at]) => index(x.length).map((axis) => ({ x, at, axis })));

/** Shapes that differ along one axis. */
const along = fc.tuple(shape(1, 3), size).chain(([x, count]) => index(x.length).map((axis) => ({ x, at: x.with(axis, count), axis })));

/** Longer lines, of a few integers that are often equal. */
const line: Draw = fc
  .tuple(fc.integer({ min: 1, max: 40 }), shape(0, 2))
  .chain(([length, others]) =>
    index(others.length + 1).map((axis) => ({ operands: [(length % 2 === 0 ? i32 : f32)(...others.toSpliced(axis, 0, length))], attrs: { axis } })),
  );

/** Sizes of batch, m, n and k dims, and the order of the axes of both operands. */
const dot: Draw = fc.tuple(shape(0, 2), shape(0, 2), shape(0, 2), shape(0, 2)).chain(([b, m, n, k]) =>
  fc.tuple(permutation(b.length + m.length + k.length), permutation(b.length + n.length + k.length)).map(([left, right]) => {
    const arrange = (sizes: readonly number[], perm: readonly number[]): number[] => perm.map((p) => sizes[p] ?? 1);
    const where = (from: number, count: number, perm: readonly number[]): number[] => Array.from({ length: count }, (_, i) => perm.indexOf(from + i));
    return {
      operands: [f32(...arrange([...b, ...m, ...k], left)), f32(...arrange([...b, ...n, ...k], right))],
      attrs: {
        batch: [where(0, b.length, left), where(0, b.length, right)],
        contract: [where(b.length + m.length, k.length, left), where(b.length + n.length, k.length, right)],
      },
    };
  }),
);

const few = (most: number, least = 1): fc.Arbitrary<number> => fc.integer({ min: least, max: most });

/** Per axis: kernel, stride, dilation, padding, and how far x is larger than the kernel needs. */
const axis = fc.tuple(few(3), few(2), few(2), fc.tuple(few(1, 0), few(1, 0)), few(3, 0));

interface Conv {
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly y: readonly number[];
  readonly attrs: Attrs;
}

const convolution: fc.Arbitrary<Conv> = fc
  .tuple(fc.array(axis, { minLength: 1, maxLength: 2 }), few(2), few(2), few(2), few(2))
  .map(([axes, n, groups, c, o]) => {
    const span = axes.map(([k, , d]) => d * (k - 1) + 1);
    const sizes = axes.map(([, , , [lo, hi], more], i) => Math.max((span[i] ?? 1) - lo - hi, 1) + more);
    const out = axes.map(([, stride, , [lo, hi]], i) => Math.floor(((sizes[i] ?? 1) + lo + hi - (span[i] ?? 1)) / stride) + 1);
    return {
      x: [n, ...sizes, groups * c],
      w: [...axes.map(([k]) => k), c, groups * o],
      y: [n, ...out, groups * o],
      attrs: { stride: axes.map(([, s]) => s), padding: axes.map(([, , , p]) => p), dilation: axes.map(([, , d]) => d), groups },
    };
  });

const windows = fc.tuple(fc.array(fc.tuple(few(3), few(3), few(3, 0)), { minLength: 1, maxLength: 2 }), few(2), few(2)).map(([axes, n, c]) => ({
  x: [n, ...axes.map(([w, , more]) => w + more), c],
  y: [n, ...axes.map(([, stride, more]) => Math.floor(more / stride) + 1), c],
  attrs: { window: axes.map(([w]) => w), stride: axes.map(([, s]) => s) },
  sized: { window: axes.map(([w]) => w), stride: axes.map(([, s]) => s), size: axes.map(([w, , more]) => w + more) },
}));
/** A place in every window. */
const chosen = (y: readonly number[], window: readonly number[]): number[] => Array.from({ length: elements(y) }, (_, i) => (i * 7) % elements(window));

const draws: Readonly<Record<string, Draw>> = {
  reduce_sum: reduction,
  reduce_prod: reduction,
  reduce_max: reduction,
  reduce_min: reduction,
  argmax: place,
  argmin: place,
  reshape: shape(0, 3).chain((x) => permutation(x.length).map((perm) => ({ operands: [f32(...x)], attrs: { shape: perm.map((p) => x[p] ?? 1) } }))),
  transpose: shape(0, 4).chain((x) => permutation(x.length).map((perm) => ({ operands: [f32(...x)], attrs: { perm } }))),
  broadcast,
  reverse: shape(0, 3).chain((x) => subset(x.length).map((axes) => ({ operands: [f32(...x)], attrs: { axes } }))),
  iota: shape(1, 3).chain((x) => index(x.length).map((a) => ({ operands: [], attrs: { shape: x, axis: a, dtype: "f32" } }))),
  slice,
  pad,
  concat,
  take: indices.map(({ x, at, axis: a }) => ({ operands: [f32(...x), i32(...at)], attrs: { axis: a } })),
  take_add: indices.map(({ x, at, axis: a }) => ({ operands: [f32(...x.toSpliced(a, 1, ...at)), i32(...at)], attrs: { axis: a, size: x[a] ?? 1 } })),
  take_along: indices.map(({ x, axis: a }) => ({ operands: [f32(...x), i32(...x.toSpliced(a, 1))], attrs: { axis: a } })),
  gather: along.map(({ x, at, axis: a }) => ({ operands: [f32(...x), i32(...at)], attrs: { axis: a } })),
  scatter_add: along.map(({ x, at, axis: a }) => ({ operands: [f32(...at), i32(...at)], attrs: { axis: a, size: x[a] ?? 1 } })),
  cumsum: fc.tuple(place, fc.boolean(), fc.boolean()).map(([sample, reverse, exclusive]) => ({ ...sample, attrs: { ...sample.attrs, reverse, exclusive } })),
  argsort: fc.tuple(line, fc.boolean()).map(([sample, descending]) => ({ ...sample, attrs: { ...sample.attrs, descending } })),
  dot,
  conv: convolution.map(({ x, w, attrs }) => ({ operands: [f32(...x), f32(...w)], attrs })),
  conv_input_gradient: convolution.map(({ x, w, y, attrs }) => ({ operands: [f32(...y), f32(...w)], attrs: { ...attrs, size: x.slice(1, -1) } })),
  conv_kernel_gradient: convolution.map(({ x, w, y, attrs }) => ({ operands: [f32(...x), f32(...y)], attrs: { ...attrs, size: w.slice(0, -2) } })),
  window_max: windows.map(({ x, attrs }) => ({ operands: [f32(...x)], attrs })),
  window_sum: windows.map(({ x, attrs }) => ({ operands: [f32(...x)], attrs })),
  window_argmax: windows.map(({ x, attrs }) => ({ operands: [f32(...x)], attrs })),
  window_spread: windows.map(({ y, sized }) => ({ operands: [f32(...y)], attrs: sized })),
  window_scatter: windows.map(({ y, sized }) => ({ operands: [f32(...y), i32(...y)], attrs: sized, values: [null, chosen(y, sized.window)] })),
  window_gather: windows.map(({ x, y, attrs }) => ({ operands: [f32(...x), i32(...y)], attrs, values: [null, chosen(y, attrs.window)] })),
};

/** Ops whose drawn uses are those of another test. */
export const drawnElsewhere = ["pack", "contraction"];

export const usesOf = (op: Op): Draw | null => draws[op.name] ?? (op.form.kind === "pointwise" ? pointwise(op) : null);
