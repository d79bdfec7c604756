// Convolution (cross-correlation, as everywhere in the field) of images [N, ...spatial, C] with kernels [...spatial, C
// / groups, O], and its two gradients.
import type { Attrs } from "../graph/ir.ts";
import type { Example } from "../graph/op.ts";
import type { Round } from "../support/sum-order.ts";
import { product, sumOf } from "../types/interval.ts";
import { type Shape, type TensorType, elements, sameShape, tensor } from "../types/tensor-type.ts";
import {
  type ConvAttrs,
  type ConvShapes,
  convDims,
  convSizes,
  eachTerm,
  kernelSpatial,
  lastOf,
  spatial,
  validAttrs,
  withRoles,
} from "./conv-geometry.ts";
import { joinFirst } from "./batching.ts";
import { convBatch, inputGradientBatch, kernelGradientBatch } from "./conv-batch.ts";
import { explicitPadding, inputGradientAsConv } from "./conv-lowering.ts";
import { contracting } from "./define.ts";
import { drawnConv } from "./draw.ts";
import { integers, nth } from "./lists.ts";
import { item } from "./ndarray.ts";
import { ProductSums } from "./product-sums.ts";
import { anyOf, f32, f64, family, floats, i32 } from "./signature.ts";

const attrs = { stride: "ints", padding: "pairs", dilation: "ints", groups: "int" } as const;

const isFloats = (a: TensorType, b: TensorType): boolean => a.dtype === b.dtype && floats.includes(a.dtype);
const hasSpatial = (axes: number): boolean => axes >= 1 && axes <= 3;

/** Multiply-adds of a convolution and of its gradients: each element of y has one filter, [...window, C / groups]. */
const products = (y: Shape, w: Shape): number => elements(y) * elements(w.slice(0, -1));

const shared = ({ stride, padding, dilation, groups }: ConvAttrs): ConvAttrs & Attrs => ({
  stride,
  padding,
  dilation,
  groups,
});

/** The factors of a term, from its positions in x, w and y. */
type Factors = (x: number, w: number, y: number) => readonly [a: number, b: number];

/** Sums the terms of every element of x, w or y; those of x in any order. */
function accumulate(
  shapes: ConvShapes,
  at: ConvAttrs,
  role: "x" | "w" | "y",
  round: Round,
  factors: Factors,
): Float64Array {
  const { w, y } = shapes;
  const extents = role === "y" ? w.slice(0, -1) : role === "w" ? y.slice(0, -1) : [];
  const sums = new ProductSums(round, extents, elements(shapes[role]));
  eachTerm(shapes, at, (i, j, k, ofY, ofW) => {
    const [to, term] = role === "x" ? [i, 0] : role === "w" ? [j, ofW] : [k, ofY];
    sums.add(to, term, ...factors(i, j, k));
  });
  return sums.values();
}

const base = { dilation: [1, 1], groups: 1 } as const;
const same = (n: number): readonly (readonly number[])[] => [
  [n, n],
  [n, n],
];

/** Uses of conv from which the samples of all three ops are made: shapes of x and w, and attributes. */
const uses: readonly { readonly x: Shape; readonly w: Shape; readonly attrs: ConvAttrs & Attrs }[] = [
  { x: [2, 4, 5, 3], w: [3, 2, 3, 4], attrs: { stride: [1, 1], padding: same(0), ...base } },
  { x: [1, 5, 4, 2], w: [3, 3, 2, 3], attrs: { stride: [1, 1], padding: same(1), ...base } },
  {
    x: [2, 7, 6, 1],
    w: [3, 3, 1, 2],
    attrs: {
      stride: [2, 3],
      padding: [
        [1, 0],
        [0, 2],
      ],
      ...base,
    },
  },
  { x: [1, 7, 7, 2], w: [2, 3, 2, 1], attrs: { stride: [1, 2], padding: same(0), dilation: [3, 2], groups: 1 } },
  { x: [2, 4, 4, 4], w: [2, 2, 2, 6], attrs: { stride: [1, 1], padding: same(0), dilation: [1, 1], groups: 2 } },
  { x: [1, 4, 5, 3], w: [3, 3, 1, 6], attrs: { stride: [2, 1], padding: same(1), dilation: [1, 1], groups: 3 } },
  { x: [1, 1, 1, 1], w: [1, 1, 1, 1], attrs: { stride: [1, 1], padding: same(0), ...base } },
  { x: [2, 8, 3], w: [4, 3, 2], attrs: { stride: [2], padding: [[1, 2]], dilation: [1], groups: 1 } },
  {
    x: [1, 3, 4, 3, 2],
    w: [2, 2, 3, 2, 2],
    attrs: {
      stride: [1, 2, 1],
      padding: [
        [0, 0],
        [0, 0],
        [0, 0],
      ],
      dilation: [1, 1, 1],
      groups: 1,
    },
  },
];

const yShape = ({ x, w, attrs: at }: (typeof uses)[number]): Shape =>
  x.length === 0 ? [] : [nth(x, 0), ...convSizes(spatial(x), kernelSpatial(w), at), lastOf(w)];

/** A use for which all conditions hold; the examples change one thing in it. */
const plain = { stride: [1, 1], padding: same(0), ...base };
const [x0, w0, y0] = [f32(1, 5, 5, 2), f32(3, 3, 2, 4), f32(1, 3, 3, 4)];
const malformed: readonly Attrs[] = [
  { stride: [1] },
  { stride: [0, 1] },
  { padding: [[0, 0]] },
  {
    padding: [
      [0, -1],
      [0, 0],
    ],
  },
  { padding: [[0], [0, 0]] },
  { dilation: [1, 0] },
  { groups: 0 },
].map((attr) => ({ ...plain, ...attr }));
const badAttrs = (a: TensorType, b: TensorType, more: Attrs = {}): Example[] =>
  malformed.map((attr) => [[a, b], { ...attr, ...more }]);

declare module "../graph/form.ts" {
  interface OpNames {
    convolutions: "conv" | "conv_input_gradient" | "conv_kernel_gradient";
  }
}

export const convolutions = family<"convolutions">({
  conv: contracting({
    doc: "the sum, at each position of the output, of the products of the kernel and the part of x under it; a non-finite number multiplied by padding may result in NaN or in nothing",
    operands: ["x", "w"],
    attrs,
    requires: {
      c1: {
        message: `x and w have the same dtype, ${anyOf(floats)}`,
        about: ["x", "w"],
        holds: ({ x, w }) => isFloats(x, w),
        breaks: [
          [[x0, f64(3, 3, 2, 4)], plain],
          [[i32(1, 5, 5, 2), i32(3, 3, 2, 4)], plain],
        ],
      },
      c2: {
        message: "x and w have the same number of spatial axes, 1 to 3",
        about: ["x", "w"],
        holds: ({ x, w }) => x.shape.length === w.shape.length && hasSpatial(x.shape.length - 2),
        breaks: [
          [[x0, f32(3, 2, 4)], plain],
          [[f32(), f32()], plain],
          [[f32(1, 2), f32(2, 4)], { ...plain, stride: [], padding: [], dilation: [] }],
        ],
      },
      c3: {
        message:
          "each spatial axis has a stride and a dilation of at least 1 and a padding [lo, hi] of at least 0, and `groups` is at least 1",
        about: ["stride", "padding", "dilation", "groups"],
        holds: ({ x }, at) => validAttrs(at, x.shape.length - 2),
        breaks: badAttrs(x0, w0),
      },
      c4: {
        message: "x has `groups` times as many channels as w",
        about: ["x", "w", "groups"],
        holds: ({ x, w }, { groups }) => lastOf(x.shape) === groups * nth(w.shape, w.shape.length - 2),
        breaks: [
          [[f32(1, 5, 5, 3), w0], plain],
          [[x0, w0], { ...plain, groups: 2 }],
        ],
      },
      c5: {
        message: "`groups` divides the channels of the output",
        about: ["groups"],
        holds: ({ w }, { groups }) => lastOf(w.shape) % groups === 0,
        breaks: [[[f32(1, 5, 5, 6), w0], { ...plain, groups: 3 }]],
      },
      c6: {
        message: "the kernel is not larger than the padded x",
        about: ["x", "w"],
        holds: ({ x, w }, at) =>
          integers([...kernelSpatial(w.shape), ...convSizes(spatial(x.shape), kernelSpatial(w.shape), at)], 1),
        breaks: [
          [[f32(1, 2, 5, 2), w0], plain],
          [[x0, w0], { ...plain, dilation: [1, 3] }],
        ],
      },
    },
    type: ({ x, w }, at) =>
      tensor(x.dtype, [nth(x.shape, 0), ...convSizes(spatial(x.shape), kernelSpatial(w.shape), at), lastOf(w.shape)]),
    contraction: ({ types, out, attrs: at }) => {
      const dims = convDims({ x: types.x.shape, w: types.w.shape, y: out.shape }, at);
      return (
        dims && { dims: withRoles([...dims.group, ...dims.positions, dims.o, ...dims.taps, dims.c], "x", "w", "y") }
      );
    },
    products: ({ types, out }) => products(out.shape, types.w.shape),
    batch: convBatch,
    lower: explicitPadding,
    linear: ["x", "w"],
    gradient: (g, { x, w }, { dout, attrs: at }) => ({
      x: g.call("conv_input_gradient", [dout, w], { ...at, size: spatial(x.type.shape) }),
      w: g.call("conv_kernel_gradient", [x, dout], { ...at, size: kernelSpatial(w.type.shape) }),
    }),
    range: ({ x, w }, { types }) => sumOf(product(x, w), elements(types.w.shape.slice(0, -1))),
    reference: ({ x, w }, { out, attrs: at }, round) =>
      accumulate({ x: x.type.shape, w: w.type.shape, y: out.shape }, at, "y", round, (i, j) => [
        item(x.data, i),
        item(w.data, j),
      ]),
    draw: (c, shape) => {
      const { x, w, attrs: at } = drawnConv(c, shape);
      return { shapes: [x, w], attrs: at };
    },
    samples: [
      ...uses.map((use) => ({ operands: [f32(...use.x), f32(...use.w)], attrs: use.attrs })),
      { operands: [f64(1, 2, 1), f64(2, 1, 1)], attrs: { stride: [1], padding: [[0, 0]], dilation: [1], groups: 1 } },
    ],
  }),

  conv_input_gradient: contracting({
    doc: "the gradient of conv with respect to x, whose spatial sizes are `size`; also known as transposed convolution; gaps and edges may count as zeros or as nothing, as in conv",
    operands: ["dy", "w"],
    attrs: { ...attrs, size: "ints" },
    requires: {
      c1: {
        message: `dy and w have the same dtype, ${anyOf(floats)}`,
        about: ["dy", "w"],
        holds: ({ dy, w }) => isFloats(dy, w),
        breaks: [[[y0, f64(3, 3, 2, 4)], { ...plain, size: [5, 5] }]],
      },
      c2: {
        message: "dy and w have the same number of spatial axes, 1 to 3",
        about: ["dy", "w"],
        holds: ({ dy, w }) => dy.shape.length === w.shape.length && hasSpatial(dy.shape.length - 2),
        breaks: [
          [[y0, f32(3, 2, 4)], { ...plain, size: [5, 5] }],
          [[f32(), f32()], { ...plain, size: [] }],
        ],
      },
      c3: {
        message:
          "each spatial axis has a size, a stride and a dilation of at least 1 and a padding [lo, hi] of at least 0, and `groups` is at least 1",
        about: ["size", "stride", "padding", "dilation", "groups"],
        holds: ({ dy }, at) =>
          validAttrs(at, dy.shape.length - 2) && at.size.length === dy.shape.length - 2 && integers(at.size, 1),
        breaks: [
          ...badAttrs(y0, w0, { size: [5, 5] }),
          [[y0, w0], { ...plain, size: [5] }],
          [[y0, w0], { ...plain, size: [0, 5] }],
        ],
      },
      c4: {
        message: "dy has the channels of w's output, and `groups` divides them",
        about: ["dy", "w", "groups"],
        holds: ({ dy, w }, { groups }) => lastOf(dy.shape) === lastOf(w.shape) && lastOf(w.shape) % groups === 0,
        breaks: [
          [[f32(1, 3, 3, 3), w0], { ...plain, size: [5, 5] }],
          [[y0, w0], { ...plain, groups: 3, size: [5, 5] }],
        ],
      },
      c5: {
        message: "a convolution of an x of `size` with w has the spatial sizes of dy",
        about: ["dy", "w", "size"],
        holds: ({ dy, w }, at) =>
          integers(spatial(dy.shape), 1) &&
          sameShape(spatial(dy.shape), convSizes(at.size, kernelSpatial(w.shape), at)),
        breaks: [[[y0, w0], { ...plain, size: [5, 6] }]],
      },
    },
    type: ({ dy, w }, { size, groups }) =>
      tensor(dy.dtype, [nth(dy.shape, 0), ...size, groups * nth(w.shape, w.shape.length - 2)]),
    // Not a contraction: several pairs of position and tap address one element of the result. A pass lowers it to a
    // conv of a padded and dilated dy.
    contraction: () => null,
    products: ({ types }) => products(types.dy.shape, types.w.shape),
    batch: inputGradientBatch,
    lower: inputGradientAsConv,
    linear: ["dy", "w"],
    gradient: (g, { dy, w }, { dout, attrs: at }) => ({
      dy: g.call("conv", [dout, w], shared(at)),
      w: g.call("conv_kernel_gradient", [dout, dy], { ...shared(at), size: kernelSpatial(w.type.shape) }),
    }),
    range: ({ dy, w }, { types }) => sumOf(product(dy, w), elements(types.w.shape.toSpliced(-2, 1))),
    reference: ({ dy, w }, { out, attrs: at }, round) =>
      accumulate({ x: out.shape, w: w.type.shape, y: dy.type.shape }, at, "x", round, (_, j, k) => [
        item(w.data, j),
        item(dy.data, k),
      ]),
    draw: (c, shape) => {
      const use = drawnConv(c, shape);
      return { shapes: [yShape(use), use.w], attrs: { ...use.attrs, size: spatial(use.x) } };
    },
    samples: uses.map((use) => ({
      operands: [f32(...yShape(use)), f32(...use.w)],
      attrs: { ...use.attrs, size: spatial(use.x) },
    })),
  }),

  conv_kernel_gradient: contracting({
    doc: "the gradient of conv with respect to w, whose spatial sizes are `size`; padding is as in conv",
    operands: ["x", "dy"],
    attrs: { ...attrs, size: "ints" },
    requires: {
      c1: {
        message: `x and dy have the same dtype, ${anyOf(floats)}`,
        about: ["x", "dy"],
        holds: ({ x, dy }) => isFloats(x, dy),
        breaks: [[[x0, f64(1, 3, 3, 4)], { ...plain, size: [3, 3] }]],
      },
      c2: {
        message: "x and dy have the same number of spatial axes, 1 to 3",
        about: ["x", "dy"],
        holds: ({ x, dy }) => x.shape.length === dy.shape.length && hasSpatial(x.shape.length - 2),
        breaks: [
          [[x0, f32(1, 3, 4)], { ...plain, size: [3, 3] }],
          [[f32(), f32()], { ...plain, size: [] }],
        ],
      },
      c3: {
        message:
          "each spatial axis has a size, a stride and a dilation of at least 1 and a padding [lo, hi] of at least 0, and `groups` is at least 1",
        about: ["size", "stride", "padding", "dilation", "groups"],
        holds: ({ x }, at) =>
          validAttrs(at, x.shape.length - 2) && at.size.length === x.shape.length - 2 && integers(at.size, 1),
        breaks: [
          ...badAttrs(x0, y0, { size: [3, 3] }),
          [[x0, y0], { ...plain, size: [3] }],
          [[x0, y0], { ...plain, size: [3, 0] }],
        ],
      },
      c4: {
        message: "`groups` divides the channels of x and of dy",
        about: ["groups"],
        holds: ({ x, dy }, { groups }) => lastOf(x.shape) % groups === 0 && lastOf(dy.shape) % groups === 0,
        breaks: [
          [[x0, y0], { ...plain, groups: 4, size: [3, 3] }],
          [[f32(1, 5, 5, 4), f32(1, 3, 3, 2)], { ...plain, groups: 4, size: [3, 3] }],
        ],
      },
      c5: {
        message: "x and dy have the same batch size",
        about: ["x", "dy"],
        holds: ({ x, dy }) => x.shape[0] === dy.shape[0],
        breaks: [[[x0, f32(2, 3, 3, 4)], { ...plain, size: [3, 3] }]],
      },
      c6: {
        message: "a convolution of x with a kernel of `size` has the spatial sizes of dy",
        about: ["x", "dy", "size"],
        holds: ({ x, dy }, at) =>
          integers(spatial(dy.shape), 1) && sameShape(spatial(dy.shape), convSizes(spatial(x.shape), at.size, at)),
        breaks: [[[x0, y0], { ...plain, size: [3, 2] }]],
      },
    },
    type: ({ x, dy }, { size, groups }) => tensor(x.dtype, [...size, lastOf(x.shape) / groups, lastOf(dy.shape)]),
    contraction: ({ types, out, attrs: at }) => {
      const dims = convDims({ x: types.x.shape, w: out.shape, y: types.dy.shape }, at);
      return (
        dims && { dims: withRoles([...dims.group, ...dims.taps, dims.c, dims.o, ...dims.positions], "x", "y", "w") }
      );
    },
    products: ({ types, out }) => products(types.dy.shape, out.shape),
    batch: kernelGradientBatch,
    lower: explicitPadding,
    linear: ["x", "dy"],
    sumOverBatch: (g, { x, dy }, { attrs: at }) =>
      g.call("conv_kernel_gradient", [joinFirst(g, x), joinFirst(g, dy)], { ...at }),
    gradient: (g, { x, dy }, { dout, attrs: at }) => ({
      x: g.call("conv_input_gradient", [dy, dout], { ...shared(at), size: spatial(x.type.shape) }),
      dy: g.call("conv", [x, dout], shared(at)),
    }),
    range: ({ x, dy }, { types }) => sumOf(product(x, dy), elements(types.dy.shape.slice(0, -1))),
    reference: ({ x, dy }, { out, attrs: at }, round) =>
      accumulate({ x: x.type.shape, w: out.shape, y: dy.type.shape }, at, "w", round, (i, _, k) => [
        item(x.data, i),
        item(dy.data, k),
      ]),
    draw: (c, shape) => {
      const use = drawnConv(c, shape);
      return { shapes: [use.x, yShape(use)], attrs: { ...use.attrs, size: kernelSpatial(use.w) } };
    },
    samples: uses.map((use) => ({
      operands: [f32(...use.x), f32(...yShape(use))],
      attrs: { ...use.attrs, size: kernelSpatial(use.w) },
    })),
  }),
});
