// Ops that move elements: each index of x is an affine function of the index in the result.
import type { Expr } from "../kernel/ir.ts";
import { below } from "../types/interval.ts";
import { elements, isFloat, tensor } from "../types/tensor-type.ts";
import { map, view } from "./define.ts";
import { anyAxis, reshaped, shuffled, size } from "./draw.ts";
import { areAxes, integers, inverse, isAxis, nth, pick, range, without } from "./lists.ts";
import { fill, reader } from "./ndarray.ts";
import { anyOf, bool, f32, family, i32, none, numbers } from "./signature.ts";

declare module "../graph/form.ts" {
  interface OpNames {
    movement: "reshape" | "transpose" | "broadcast" | "reverse" | "iota";
  }
}

export const movement = family<"movement">({
  reshape: view({
    doc: "the same elements in the same order under another shape",
    operands: ["x"],
    attrs: { shape: "ints" },
    requires: {
      c1: {
        message: "the sizes are ints of at least 0",
        about: ["shape"],
        holds: (_, { shape }) => integers(shape, 0),
        breaks: [[[f32(2)], { shape: [-1, -2] }]],
      },
      c2: {
        message: "the number of elements does not change",
        about: ["shape"],
        holds: ({ x }, { shape }) => elements(x.shape) === elements(shape),
        breaks: [[[f32(2)], { shape: [3] }]],
      },
    },
    type: ({ x }, { shape }) => tensor(x.dtype, shape),
    batch: { shape: "sizes" },
    linear: ["x"],
    gradient: (g, { x }, { dout }) => ({ x: g.reshape(dout, x.type.shape) }),
    reference: ({ x }) => x.data.slice(),
    draw: (c, shape) => ({ shapes: [shape], attrs: { shape: reshaped(c, shape) } }),
    samples: [
      { operands: [f32(2, 6)], attrs: { shape: [3, 4] } },
      { operands: [f32(1)], attrs: { shape: [] } },
      { operands: [f32()], attrs: { shape: [1, 1] } },
      { operands: [i32(5)], attrs: { shape: [5, 1] } },
      { operands: [bool(0, 3)], attrs: { shape: [3, 0] } },
    ],
  }),

  transpose: map({
    doc: "the axes in another order: axis i of the result is axis perm[i] of x",
    operands: ["x"],
    attrs: { perm: "ints" },
    requires: {
      c1: {
        message: "`perm` names each axis of x once",
        about: ["perm"],
        holds: ({ x }, { perm }) => perm.length === x.shape.length && areAxes(perm, x.shape.length),
        breaks: [
          [[f32(2, 3)], { perm: [0] }],
          [[f32(2, 3)], { perm: [0, 0] }],
          [[f32(2, 3)], { perm: [0, 2] }],
        ],
      },
    },
    type: ({ x }, { perm }) => tensor(x.dtype, pick(x.shape, perm)),
    element: (_, at, { x }, { attrs: { perm } }) => x(inverse(perm).flatMap((i) => at.slice(i, i + 1))),
    batch: { perm: "order" },
    moves: "order",
    linear: ["x"],
    gradient: (g, _, { dout, attrs: { perm } }) => ({ x: g.transpose(dout, inverse(perm)) }),
    range: ({ x }) => x,
    reference: ({ x }, { out, attrs: { perm } }) => {
      const read = reader(x);
      return fill(out.shape, (at) => read(pick(at, inverse(perm))));
    },
    draw: (c, shape) => ({ shapes: [shape], attrs: { perm: shuffled(c, range(shape.length)) } }),
    samples: [
      { operands: [f32(3, 5)], attrs: { perm: [1, 0] } },
      { operands: [f32(2, 3, 4)], attrs: { perm: [2, 0, 1] } },
      { operands: [f32(2, 1, 3, 2)], attrs: { perm: [0, 3, 1, 2] } },
      { operands: [f32()], attrs: { perm: [] } },
      { operands: [i32(7)], attrs: { perm: [0] } },
    ],
  }),

  broadcast: map({
    doc: "x repeated along new axes: axis i of x is axis dims[i] of the result",
    operands: ["x"],
    attrs: { shape: "ints", dims: "ints" },
    requires: {
      c1: {
        message: "the sizes are ints of at least 0",
        about: ["shape"],
        holds: (_, { shape }) => integers(shape, 0),
        breaks: [[[f32()], { shape: [-1], dims: [] }]],
      },
      c2: {
        message: "`dims` has one entry per axis of x",
        about: ["dims"],
        holds: ({ x }, { dims }) => dims.length === x.shape.length,
        breaks: [[[f32(2)], { shape: [2], dims: [] }]],
      },
      c3: {
        message: "`dims` are axes of the result, in increasing order",
        about: ["dims"],
        holds: (_, { shape, dims }) =>
          dims.every((d, i) => isAxis(d, shape.length) && (i === 0 || nth(dims, i - 1) < d)),
        breaks: [
          [[f32(2)], { shape: [2], dims: [1] }],
          [[f32(2, 3)], { shape: [3, 2], dims: [1, 0] }],
          [[f32(2, 2)], { shape: [2, 2], dims: [0, 0] }],
        ],
      },
      c4: {
        message: "the sizes of x are those of `shape` at `dims`",
        about: ["shape", "dims"],
        holds: ({ x }, { shape, dims }) => dims.every((d, i) => shape[d] === x.shape[i]),
        breaks: [
          [[f32(2)], { shape: [3], dims: [0] }],
          [[f32(1)], { shape: [3], dims: [0] }],
        ],
      },
    },
    type: ({ x }, { shape }) => tensor(x.dtype, shape),
    element: (_, at, { x }, { attrs: { dims } }) => x(dims.flatMap((d) => at.slice(d, d + 1))),
    batch: { shape: "sizes", dims: "order" },
    moves: "repeat",
    linear: ["x"],
    gradient: (g, _, { dout, attrs: { shape, dims } }) => ({ x: g.sum(dout, without(range(shape.length), dims)) }),
    range: ({ x }) => x,
    reference: ({ x }, { out, attrs: { dims } }) => {
      const read = reader(x);
      return fill(out.shape, (at) => read(pick(at, dims)));
    },
    draw: (c, shape) => {
      const order = shuffled(c, [...shape.map(() => true), ...range(c.int(0, 2)).map(() => false)]);
      const dims = range(order.length).filter((axis) => order[axis]);
      return {
        shapes: [shape],
        attrs: { dims, shape: order.map((old, axis) => (old ? nth(shape, dims.indexOf(axis)) : size(c))) },
      };
    },
    samples: [
      { operands: [f32(5)], attrs: { shape: [3, 5], dims: [1] } },
      { operands: [f32(3)], attrs: { shape: [3, 5], dims: [0] } },
      { operands: [f32()], attrs: { shape: [2, 3], dims: [] } },
      { operands: [f32(2, 3)], attrs: { shape: [2, 4, 3, 1], dims: [0, 2] } },
      { operands: [f32(4)], attrs: { shape: [4], dims: [0] } },
      { operands: [bool(1)], attrs: { shape: [1, 7], dims: [0] } },
    ],
  }),

  reverse: map({
    doc: "the elements in the opposite order along `axes`",
    operands: ["x"],
    attrs: { axes: "ints" },
    requires: {
      c1: {
        message: "`axes` are distinct axes of x",
        about: ["axes"],
        holds: ({ x }, { axes }) => areAxes(axes, x.shape.length),
        breaks: [
          [[f32(2)], { axes: [1] }],
          [[f32(2)], { axes: [0, 0] }],
        ],
      },
    },
    type: ({ x }) => x,
    element: (k, at, { x }, { out, attrs: { axes } }) =>
      x(at.map((i, axis) => (axes.includes(axis) ? k.sub(k.int(nth(out.shape, axis) - 1), i) : i))),
    batch: { axes: "axes" },
    moves: "order",
    linear: ["x"],
    gradient: (g, _, { dout, attrs: { axes } }) => ({ x: g.call("reverse", [dout], { axes }) }),
    range: ({ x }) => x,
    reference: ({ x }, { out, attrs: { axes } }) => {
      const read = reader(x);
      return fill(out.shape, (at) =>
        read(at.map((i, axis) => (axes.includes(axis) ? nth(out.shape, axis) - 1 - i : i))),
      );
    },
    samples: [
      { operands: [f32(5)], attrs: { axes: [0] } },
      { operands: [f32(2, 3, 4)], attrs: { axes: [2, 0] } },
      { operands: [f32(1, 3)], attrs: { axes: [0] } },
      { operands: [i32(2, 2)], attrs: { axes: [] } },
    ],
  }),

  iota: map({
    doc: "the index along `axis`, counted from 0",
    operands: [],
    attrs: { shape: "ints", axis: "int", dtype: "dtype" },
    requires: {
      c1: {
        message: "the sizes are ints of at least 0",
        about: ["shape"],
        holds: (_, { shape }) => integers(shape, 0),
        breaks: [[[], { shape: [-3], axis: 0, dtype: "i32" }]],
      },
      c2: {
        message: "`axis` is an axis of the result",
        about: ["axis"],
        holds: (_, { shape, axis }) => isAxis(axis, shape.length),
        breaks: [
          [[], { shape: [3], axis: 1, dtype: "i32" }],
          [[], { shape: [], axis: 0, dtype: "i32" }],
        ],
      },
      c3: {
        message: `the dtype is ${anyOf(numbers)}`,
        about: ["dtype"],
        holds: (_, { dtype }) => numbers.includes(dtype),
        breaks: [
          [[], { shape: [3], axis: 0, dtype: "bool" }],
          [[], { shape: [3], axis: 0, dtype: "u8" }],
        ],
      },
    },
    type: (_, { shape, dtype }) => tensor(dtype, shape),
    element: (k, at, _, { out, attrs: { axis } }) => {
      const index: Expr = at[axis] ?? k.int(0);
      return isFloat(out.dtype) ? k.toF32(index) : index;
    },
    batch: {},
    gradient: none("it does not have operands"),
    range: (_, { attrs: { shape, axis } }) => below(nth(shape, axis)),
    reference: (_, { out, attrs: { axis } }) => fill(out.shape, (at) => nth(at, axis)),
    draw: (c, shape) => ({ shapes: [], attrs: { shape, axis: anyAxis(c, shape) } }),
    samples: [
      { operands: [], attrs: { shape: [5], axis: 0, dtype: "i32" } },
      { operands: [], attrs: { shape: [2, 3, 4], axis: 1, dtype: "f32" } },
      { operands: [], attrs: { shape: [1, 1], axis: 1, dtype: "i32" } },
    ],
  }),
});
