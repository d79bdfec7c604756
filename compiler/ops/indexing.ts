// Elements selected by an operand of indices. All follow one rule: an index out of range counts as the nearest one in
// range, in gradients, too.
import { scatteredSums } from "../support/sum-order.ts";
import { interval, sumOf } from "../types/interval.ts";
import { type TensorType, elements, sameShape, strides, tensor } from "../types/tensor-type.ts";
import { joinFirst, moveAxes, moveAxis } from "./batching.ts";
import { elementwise, map, scattering } from "./define.ts";
import { anyAxis, flag, size, sizes } from "./draw.ts";
import {
  clampExpr,
  flatIndices,
  indicesAreI32,
  selected,
  selectedAt,
  selectionIn,
  sizeIsPositive,
} from "./index-helpers.ts";
import { scatteredItems, selectionOf } from "./scattered-items.ts";
import { integers, isAxis, nth, range, without } from "./lists.ts";
import { clamp, eachIndex, fill, flatten, item, reader } from "./ndarray.ts";
import { type BatchOf, anyOf, f32, family, floats, i32, none, u8 } from "./signature.ts";
import { unreduce, zeroUnless } from "./gradient-helpers.ts";
import { addedRows } from "./added-rows.ts";

const differAlong = (axis: number, a: TensorType, b: TensorType): boolean =>
  a.shape.length === b.shape.length && sameShape(without(a.shape, [axis]), without(b.shape, [axis]));

/** If both operands are batched, takes from the concatenated items of all members. */
const takeBatch: BatchOf<readonly ["x", "indices"], { readonly axis: "int" }> = (
  g,
  { x, indices },
  { attrs: { axis }, size },
) => {
  if (!indices.batched) return g.call("take", [x.value, indices.value], { axis: axis + 1 });
  if (!x.batched) return moveAxis(g, g.call("take", [x.value, indices.value], { axis }), axis, 0);
  const items = joinFirst(g, moveAxis(g, x.value, axis + 1, 1));
  const taken = g.call("take", [items, flatIndices(g, indices.value, nth(items.type.shape, 0) / size)], { axis: 0 });
  return moveAxes(g, taken, { from: indices.value.type.shape.length, count: axis, to: 1 });
};

declare module "../graph/form.ts" {
  interface OpNames {
    indexing: "clamp_index" | "take" | "take_add" | "take_along" | "gather" | "scatter_add";
  }
}

/** Of the ops that select along `axis` of x by indices of any shape. */
const selectConditions = {
  c1: indicesAreI32([[f32(2), f32(2)], { axis: 0 }]),
  c2: {
    message: "`axis` is an axis of x",
    about: ["axis"],
    holds: ({ x }: { readonly x: TensorType }, { axis }: { readonly axis: number }) => isAxis(axis, x.shape.length),
    breaks: [
      [[f32(2), i32(2)], { axis: 1 }],
      [[f32(), i32()], { axis: 0 }],
    ],
  },
} as const;

export const indexing = family<"indexing">({
  clamp_index: elementwise({
    doc: "an index along an axis of `size` items: x, or the nearest index in range. Inputs that reach it unchanged are checked at run time, as those of `take` are",
    operands: ["x"],
    attrs: { size: "int" },
    requires: {
      c1: {
        message: "x is i32",
        about: ["x"],
        holds: ({ x }) => x.dtype === "i32",
        breaks: [[[f32(2)], { size: 3 }]],
      },
      c2: {
        message: "`size` is at least 1",
        about: ["size"],
        holds: (_, { size }) => integers([size], 1),
        breaks: [[[i32(2)], { size: 0 }]],
      },
    },
    type: ({ x }) => x,
    scalar: (k, { x }, { attrs: { size } }) => clampExpr(k, x, size),
    indices: ({ out, attrs: { size } }) => ({ operand: "x", size, axes: range(out.shape.length) }),
    gradient: none("an index is not differentiable"),
    range: ({ x }, { attrs: { size } }) => interval(clamp(x.lo, size), clamp(x.hi, size)),
    reference: ({ x }, { size }) => clamp(x, size),
    draw: (c, shape) => ({ shapes: [shape], attrs: { size: size(c) } }),
    samples: [
      { operands: [i32(6)], attrs: { size: 3 }, values: [[-7, -1, 0, 2, 3, 9]] },
      { operands: [i32(2, 3)], attrs: { size: 1 } },
      { operands: [i32()], attrs: { size: 2 } },
    ],
  }),

  take: map({
    doc: "the items of x along `axis` selected by the indices; the axes of the indices replace `axis`, and an index out of range counts as the nearest one in range",
    operands: ["x", "indices"],
    attrs: { axis: "int" },
    requires: {
      ...selectConditions,
      c3: {
        message: "x is not empty along `axis`",
        about: ["x"],
        holds: ({ x }, { axis }) => nth(x.shape, axis) > 0,
        breaks: [[[f32(0), i32(2)], { axis: 0 }]],
      },
    },
    type: ({ x, indices }, { axis }) => tensor(x.dtype, x.shape.toSpliced(axis, 1, ...indices.shape)),
    element: (k, at, { x, indices }, { types, attrs: { axis } }) =>
      x(selected(k, at, indices, selectionIn(types, axis))),
    indices: ({ types, attrs: { axis } }) => ({
      operand: "indices",
      size: nth(types.x.shape, axis),
      axes: range(types.indices.shape.length).map((i) => axis + i),
    }),
    batch: takeBatch,
    linear: ["x"],
    gradient: (g, { x, indices }, { dout, attrs: { axis } }) => ({
      x: g.call("take_add", [dout, indices], { axis, size: nth(x.type.shape, axis) }),
    }),
    range: ({ x }) => x,
    reference: ({ x, indices }, { out, attrs: { axis } }) => {
      const [read, indexAt] = [reader(x), reader(indices)];
      const where = selectionIn({ x: x.type, indices: indices.type }, axis);
      return fill(out.shape, (at) => read(selectedAt(at, indexAt, where)));
    },
    draw: (c, shape) => ({ shapes: [shape, sizes(c, 0, 2)], attrs: { axis: anyAxis(c, shape) } }),
    samples: [
      { operands: [f32(5, 3), i32(4)], attrs: { axis: 0 }, values: [null, [4, 0, 0, 2]] },
      { operands: [f32(2, 5), i32(2, 2)], attrs: { axis: 1 }, values: [null, [4, 3, 2, -1]] },
      { operands: [f32(4, 2), i32()], attrs: { axis: 0 }, values: [null, [9]] },
      { operands: [u8(3), i32(1)], attrs: { axis: 0 } },
      { operands: [f32(1, 1), i32(3)], attrs: { axis: 1 } },
    ],
  }),

  take_add: scatteredItems({
    doc: "the transpose of take: zeros, `size` items along `axis`, to which each item of y is added at its index; an index out of range counts as the nearest one in range",
    on: floats,
    linear: ["y"],
    sumOverBatch: (g, { y, indices }, { attrs: { axis, size } }) =>
      axis === 0 ? g.call("take_add", [y, indices], { axis, size }) : null,
    addsRows: {
      count: ([, indices], { axis }) => (axis === 0 && indices !== undefined ? elements(indices.shape) : null),
      rows: addedRows,
    },
    gradient: (g, { indices }, { dout, attrs: { axis } }) => ({ y: g.call("take", [dout, indices], { axis }) }),
    range: ({ y }, { types }) => sumOf(y, elements(types.indices.shape)),
    reference: ({ y, indices }, use, round) => {
      const [steps, indexAt, where] = [strides(use.out.shape), reader(indices), selectionOf(use)];
      return scatteredSums(round, { targets: elements(use.out.shape), mostTerms: Infinity }, (add) =>
        eachIndex(y.type.shape, (d, flat) => add(flatten(selectedAt(d, indexAt, where), steps), item(y.data, flat))),
      );
    },
  }),

  take_along: map({
    doc: "one element of x along `axis` for each position in the other axes, selected by the index at that position; an index out of range counts as the nearest one in range",
    operands: ["x", "indices"],
    attrs: { axis: "int" },
    requires: {
      c1: indicesAreI32([[f32(2, 3), f32(2)], { axis: 1 }]),
      c2: {
        message: "`axis` is an axis of x",
        about: ["axis"],
        holds: ({ x }, { axis }) => isAxis(axis, x.shape.length),
        breaks: [
          [[f32(2, 3), i32(2)], { axis: 2 }],
          [[f32(), i32()], { axis: 0 }],
        ],
      },
      c3: {
        message: "x is not empty along `axis`",
        about: ["x"],
        holds: ({ x }, { axis }) => nth(x.shape, axis) > 0,
        breaks: [[[f32(2, 0), i32(2)], { axis: 1 }]],
      },
      c4: {
        message: "the indices have the shape of x without `axis`",
        about: ["indices"],
        holds: ({ x, indices }, { axis }) => sameShape(indices.shape, without(x.shape, [axis])),
        breaks: [[[f32(2, 3), i32(3)], { axis: 1 }]],
      },
    },
    type: ({ x, indices }) => tensor(x.dtype, indices.shape),
    element: (k, at, { x, indices }, { types, attrs: { axis } }) =>
      x(at.toSpliced(axis, 0, clampExpr(k, indices(at), nth(types.x.shape, axis)))),
    indices: ({ types, out, attrs: { axis } }) => ({
      operand: "indices",
      size: nth(types.x.shape, axis),
      axes: range(out.shape.length),
    }),
    batch: { axis: "axis" },
    linear: ["x"],
    gradient: (g, { x, indices }, { dout, attrs: { axis } }) => {
      const { shape } = x.type;
      const inRange = g.call("clamp_index", [indices], { size: nth(shape, axis) });
      const positions = g.call("iota", [], { shape, axis, dtype: "i32" });
      return {
        x: zeroUnless(
          g,
          g.call("eq", [positions, unreduce(g, inRange, shape, [axis])]),
          unreduce(g, dout, shape, [axis]),
        ),
      };
    },
    range: ({ x }) => x,
    reference: ({ x, indices }, { out, attrs: { axis } }) => {
      const [read, indexAt] = [reader(x), reader(indices)];
      return fill(out.shape, (at) => read(at.toSpliced(axis, 0, clamp(indexAt(at), nth(x.type.shape, axis)))));
    },
    draw: (c, shape) => {
      const axis = anyAxis(c, shape);
      return { shapes: [shape, without(shape, [axis])], attrs: { axis } };
    },
    samples: [
      { operands: [f32(4, 10), i32(4)], attrs: { axis: 1 }, values: [null, [9, 0, 3, 12]] },
      { operands: [f32(3, 2, 5), i32(3, 5)], attrs: { axis: 1 } },
      { operands: [f32(6), i32()], attrs: { axis: 0 }, values: [null, [-3]] },
      { operands: [i32(1, 3), i32(1)], attrs: { axis: 1 } },
    ],
  }),

  gather: map({
    doc: "the elements of x along `axis` selected by the indices, one for each index: x[.., indices[.., i, ..], ..]; an index out of range counts as the nearest one in range",
    operands: ["x", "indices"],
    attrs: { axis: "int" },
    requires: {
      ...selectConditions,
      c3: {
        message: "x is not empty along `axis`",
        about: ["x"],
        holds: ({ x }, { axis }) => nth(x.shape, axis) > 0,
        breaks: [[[f32(2, 0), i32(2, 1)], { axis: 1 }]],
      },
      c4: {
        message: "x and the indices differ only along `axis`",
        about: ["x", "indices"],
        holds: ({ x, indices }, { axis }) => differAlong(axis, x, indices),
        breaks: [
          [[f32(2, 3), i32(3, 3)], { axis: 1 }],
          [[f32(2, 3), i32(2)], { axis: 1 }],
        ],
      },
    },
    type: ({ x, indices }) => tensor(x.dtype, indices.shape),
    element: (k, at, { x, indices }, { types, attrs: { axis } }) =>
      x(at.toSpliced(axis, 1, clampExpr(k, indices(at), nth(types.x.shape, axis)))),
    indices: ({ types, out, attrs: { axis } }) => ({
      operand: "indices",
      size: nth(types.x.shape, axis),
      axes: range(out.shape.length),
    }),
    batch: { axis: "axis" },
    linear: ["x"],
    gradient: (g, { x, indices }, { dout, attrs: { axis } }) => ({
      x: g.call("scatter_add", [dout, indices], { axis, size: nth(x.type.shape, axis) }),
    }),
    range: ({ x }) => x,
    reference: ({ x, indices }, { out, attrs: { axis } }) => {
      const [read, indexAt] = [reader(x), reader(indices)];
      return fill(out.shape, (at) => read(at.toSpliced(axis, 1, clamp(indexAt(at), nth(x.type.shape, axis)))));
    },
    draw: (c, shape) => {
      const axis = anyAxis(c, shape);
      return { shapes: [shape, shape.map((n, a) => (a === axis && flag(c) ? size(c) : n))], attrs: { axis } };
    },
    samples: [
      { operands: [f32(4, 3), i32(6, 3)], attrs: { axis: 0 } },
      { operands: [f32(2, 5), i32(2, 3)], attrs: { axis: 1 }, values: [null, [4, 0, 0, -1, 9, 3]] },
      { operands: [f32(2, 3, 4), i32(2, 3, 4)], attrs: { axis: 1 } },
      { operands: [i32(1), i32(1)], attrs: { axis: 0 } },
    ],
  }),

  scatter_add: scattering({
    doc: "the transpose of gather: zeros, `size` along `axis`, to which each element of y is added at its index; an index out of range counts as the nearest one in range",
    operands: ["y", "indices"],
    attrs: { axis: "int", size: "int" },
    requires: {
      c1: indicesAreI32([[f32(2), f32(2)], { axis: 0, size: 3 }]),
      c2: {
        message: `y is ${anyOf(floats)}`,
        about: ["y"],
        holds: ({ y }) => floats.includes(y.dtype),
        breaks: [[[i32(2), i32(2)], { axis: 0, size: 3 }]],
      },
      c3: {
        message: "y and the indices have the same shape",
        about: ["y", "indices"],
        holds: ({ y, indices }) => sameShape(y.shape, indices.shape),
        breaks: [[[f32(2), i32(3)], { axis: 0, size: 3 }]],
      },
      c4: {
        message: "`axis` is an axis of y",
        about: ["axis"],
        holds: ({ y }, { axis }) => isAxis(axis, y.shape.length),
        breaks: [
          [[f32(2), i32(2)], { axis: 1, size: 3 }],
          [[f32(), i32()], { axis: 0, size: 3 }],
        ],
      },
      c5: sizeIsPositive([[f32(2), i32(2)], { axis: 0, size: 0 }]),
    },
    type: ({ y }, { axis, size }) => tensor(y.dtype, y.shape.with(axis, size)),
    domain: ({ types }) => types.y.shape,
    target: (k, d, { indices }, { attrs: { axis, size } }) => d.toSpliced(axis, 1, clampExpr(k, indices(d), size)),
    value: (_, d, { y }) => y(d),
    indices: ({ attrs: { size } }) => ({ operand: "indices", size, axes: null }),
    batch: { axis: "axis" },
    linear: ["y"],
    gradient: (g, { indices }, { dout, attrs: { axis } }) => ({ y: g.call("gather", [dout, indices], { axis }) }),
    range: ({ y }, { types }) => sumOf(y, elements(types.indices.shape)),
    reference: ({ y, indices }, { out, attrs: { axis, size } }, round) => {
      const [steps, indexAt] = [strides(out.shape), reader(indices)];
      return scatteredSums(round, { targets: elements(out.shape), mostTerms: Infinity }, (add) =>
        eachIndex(y.type.shape, (d, flat) =>
          add(flatten(d.toSpliced(axis, 1, clamp(indexAt(d), size)), steps), item(y.data, flat)),
        ),
      );
    },
    draw: (c, shape) => ({ shapes: [shape, shape], attrs: { axis: anyAxis(c, shape), size: size(c) } }),
    samples: [
      { operands: [f32(6, 3), i32(6, 3)], attrs: { axis: 0, size: 4 } },
      { operands: [f32(2, 3), i32(2, 3)], attrs: { axis: 1, size: 5 }, values: [null, [4, 0, 0, -1, 9, 3]] },
      { operands: [f32(2, 3, 4), i32(2, 3, 4)], attrs: { axis: 1, size: 3 } },
      { operands: [f32(1), i32(1)], attrs: { axis: 0, size: 1 } },
    ],
  }),
});
