// Parts at an index that is known at run time: read, and written into a tensor, in place where its memory can be taken
// over. An index from which a part would not fit counts as the nearest one from which it does.
import type { GraphBuilder } from "../graph/build.ts";
import { repeated } from "../graph/batch.ts";
import type { Value } from "../graph/ir.ts";
import type { ExprBuilder } from "../kernel/builder-types.ts";
import type { Expr } from "../kernel/ir.ts";
import { hull } from "../types/interval.ts";
import { type Shape, type TensorType, elements, sameShape, strides, tensor } from "../types/tensor-type.ts";
import { joinFirst, moveAxes, moveAxis, splitFirst } from "./batching.ts";
import { map, scattering } from "./define.ts";
import { anyAxis, sizes } from "./draw.ts";
import { unreduce, zeroUnless } from "./gradient-helpers.ts";
import { clampExpr, flatIndices, indicesAreI32, selected, selectedAt, selectionIn } from "./index-helpers.ts";
import { integers, isAxis, nth, range } from "./lists.ts";
import { clamp, eachIndex, fill, flatten, item, reader } from "./ndarray.ts";
import { type BatchOf, f32, family, i32, u8 } from "./signature.ts";

declare module "../graph/form.ts" {
  interface OpNames {
    updates: "dynamic_slice" | "dynamic_update_slice" | "take_put";
  }
}

/** The number of places at which `count` of `size` items begin. */
const places = (size: number, count: number): number => size - count + 1;

/** `at` along an axis, from the start of the part on, which is that of the leading axes. */
function moved(
  k: ExprBuilder,
  at: readonly Expr[],
  start: (at: readonly Expr[]) => Expr,
  { axis, rank, count }: { readonly axis: number; readonly rank: number; readonly count: number },
): Expr[] {
  const first = clampExpr(k, start(at.slice(0, rank)), count);
  return at.map((i, a) => (a === axis ? k.add(i, first) : i));
}

/** Whether there is one start for each index of leading axes, before `axis`. */
const isPrefix = (start: TensorType, x: TensorType, axis: number): boolean =>
  start.shape.length <= axis && sameShape(start.shape, x.shape.slice(0, start.shape.length));

/** The start of a part, clamped. */
const origin = (start: number, size: number, count: number): number => clamp(start, places(size, count));

export const updates = family<"updates">({
  dynamic_slice: map({
    doc: "`size` items of x along `axis` from `start` on: one start, or one for each index of leading axes. A start from which they do not fit counts as the nearest one from which they do",
    operands: ["x", "start"],
    attrs: { axis: "int", size: "int" },
    requires: {
      c1: {
        message: "`start` is i32",
        about: ["start"],
        holds: ({ start }) => start.dtype === "i32",
        breaks: [[[f32(3), f32()], { axis: 0, size: 1 }]],
      },
      c2: {
        message: "`axis` is an axis of x",
        about: ["axis"],
        holds: ({ x }, { axis }) => isAxis(axis, x.shape.length),
        breaks: [
          [[f32(3), i32()], { axis: 1, size: 1 }],
          [[f32(), i32()], { axis: 0, size: 1 }],
        ],
      },
      c3: {
        message: "`size` is at least 1, and at most the size of x along `axis`",
        about: ["size"],
        holds: ({ x }, { axis, size: count }) => integers([count], 1) && count <= nth(x.shape, axis),
        breaks: [
          [[f32(3), i32()], { axis: 0, size: 4 }],
          [[f32(3), i32()], { axis: 0, size: 0 }],
        ],
      },
      c4: {
        message: "the axes of `start` are the first axes of x, before `axis`",
        about: ["start"],
        holds: ({ x, start }, { axis }) => isPrefix(start, x, axis),
        breaks: [
          [[f32(3, 4), i32(2)], { axis: 1, size: 1 }],
          [[f32(3, 4), i32(3)], { axis: 0, size: 1 }],
        ],
      },
    },
    type: ({ x }, { axis, size: count }) => tensor(x.dtype, x.shape.with(axis, count)),
    element: (k, at, { x, start }, { types, attrs: { axis, size: count } }) =>
      x(
        moved(k, at, start, {
          axis,
          rank: types.start.shape.length,
          count: places(nth(types.x.shape, axis), count),
        }),
      ),
    indices: ({ types, attrs: { axis, size: count } }) => ({
      operand: "start",
      size: places(nth(types.x.shape, axis), count),
      axes: range(types.start.shape.length),
    }),
    batch: { axis: "axis" },
    linear: ["x"],
    gradient: (g, { x, start }, { dout, attrs: { axis } }) => ({
      x: g.call("dynamic_update_slice", [g.zeros(x.type), dout, start], { axis }),
    }),
    range: ({ x }) => x,
    reference: ({ x, start }, { out, attrs: { axis, size: count } }) => {
      const [read, startAt] = [reader(x), reader(start)];
      const rank = start.type.shape.length;
      return fill(out.shape, (at) => {
        const first = origin(startAt(at.slice(0, rank)), nth(x.type.shape, axis), count);
        return read(at.with(axis, first + nth(at, axis)));
      });
    },
    draw: (c, shape) => {
      const axis = anyAxis(c, shape);
      const start = shape.slice(0, c.int(0, axis));
      return { shapes: [shape, start], attrs: { axis, size: c.int(1, Math.max(1, nth(shape, axis))) } };
    },
    samples: [
      { operands: [f32(7, 3), i32()], attrs: { axis: 0, size: 2 }, values: [null, [4]] },
      { operands: [f32(7), i32()], attrs: { axis: 0, size: 3 }, values: [null, [6]] },
      { operands: [f32(3, 5, 2), i32(3)], attrs: { axis: 1, size: 2 }, values: [null, [-2, 1, 9]] },
      { operands: [u8(2, 1), i32(2)], attrs: { axis: 1, size: 1 } },
    ],
  }),

  dynamic_update_slice: scattering({
    doc: "x, with y along `axis` from `start` on in place of its own items: one start, or one for each index of leading axes. A start from which y does not fit counts as the nearest one from which it does",
    operands: ["x", "y", "start"],
    attrs: { axis: "int" },
    requires: {
      c1: {
        message: "`start` is i32",
        about: ["start"],
        holds: ({ start }) => start.dtype === "i32",
        breaks: [[[f32(3), f32(1), f32()], { axis: 0 }]],
      },
      c2: {
        message: "`axis` is an axis of x",
        about: ["axis"],
        holds: ({ x }, { axis }) => isAxis(axis, x.shape.length),
        breaks: [
          [[f32(3), f32(1), i32()], { axis: 1 }],
          [[f32(), f32(), i32()], { axis: 0 }],
        ],
      },
      c3: {
        message: "y is of the type of x, except for at most as many items along `axis`, and at least 1",
        about: ["y"],
        holds: ({ x, y }, { axis }) =>
          y.dtype === x.dtype &&
          nth(y.shape, axis) >= 1 &&
          nth(y.shape, axis) <= nth(x.shape, axis) &&
          sameShape(y.shape, x.shape.with(axis, nth(y.shape, axis))),
        breaks: [
          [[f32(3), f32(4), i32()], { axis: 0 }],
          [[f32(3), i32(1), i32()], { axis: 0 }],
          [[f32(3, 2), f32(1, 1), i32()], { axis: 0 }],
          [[f32(3), f32(), i32()], { axis: 0 }],
        ],
      },
      c4: {
        message: "the axes of `start` are the first axes of x, before `axis`",
        about: ["start"],
        holds: ({ x, start }, { axis }) => isPrefix(start, x, axis),
        breaks: [
          [[f32(3, 4), f32(3, 1), i32(2)], { axis: 1 }],
          [[f32(3, 4), f32(1, 4), i32(3)], { axis: 0 }],
        ],
      },
    },
    type: ({ x }) => x,
    combine: "put",
    base: "x",
    domain: ({ types }) => types.y.shape,
    target: (k, d, { start }, { types, attrs: { axis } }) =>
      moved(k, d, start, {
        axis,
        rank: types.start.shape.length,
        count: places(nth(types.x.shape, axis), nth(types.y.shape, axis)),
      }),
    value: (_, d, { y }) => y(d),
    indices: ({ types, attrs: { axis } }) => ({
      operand: "start",
      size: places(nth(types.x.shape, axis), nth(types.y.shape, axis)),
      axes: range(types.start.shape.length),
    }),
    batch: { axis: "axis" },
    linear: [["x", "y"]],
    gradient: (g, { y, start }, { dout, attrs: { axis } }) => ({
      x: g.call("dynamic_update_slice", [dout, g.zeros(y.type), start], { axis }),
      y: g.call("dynamic_slice", [dout, start], { axis, size: nth(y.type.shape, axis) }),
    }),
    range: ({ x, y }) => hull(x, y),
    reference: ({ x, y, start }, { attrs: { axis } }) => {
      const [data, steps, startAt] = [x.data.slice(), strides(x.type.shape), reader(start)];
      const rank = start.type.shape.length;
      eachIndex(y.type.shape, (d, flat) => {
        const first = origin(startAt(d.slice(0, rank)), nth(x.type.shape, axis), nth(y.type.shape, axis));
        data[flatten(d.with(axis, first + nth(d, axis)), steps)] = item(y.data, flat);
      });
      return data;
    },
    draw: (c, shape) => {
      const axis = anyAxis(c, shape);
      const part = shape.map((n, a) => (a === axis ? c.int(1, Math.max(1, n)) : n));
      return { shapes: [shape, part, shape.slice(0, c.int(0, axis))], attrs: { axis } };
    },
    samples: [
      { operands: [f32(7, 3), f32(2, 3), i32()], attrs: { axis: 0 }, values: [null, null, [4]] },
      { operands: [f32(7), f32(3), i32()], attrs: { axis: 0 }, values: [null, null, [6]] },
      { operands: [f32(3, 5, 2), f32(3, 2, 2), i32(3)], attrs: { axis: 1 }, values: [null, null, [-2, 1, 9]] },
      { operands: [i32(2, 1), i32(2, 1), i32(2)], attrs: { axis: 1 } },
    ],
  }),

  take_put: scattering({
    doc: "x, with each item of y in place of that at its index along `axis`, the last of those with the same index; an index out of range counts as the nearest one in range",
    operands: ["x", "y", "indices"],
    attrs: { axis: "int" },
    requires: {
      c1: indicesAreI32([[f32(3), f32(2), f32(2)], { axis: 0 }]),
      c2: {
        message: "`axis` is an axis of x, along which it is not empty",
        about: ["axis"],
        holds: ({ x }, { axis }) => isAxis(axis, x.shape.length) && nth(x.shape, axis) > 0,
        breaks: [
          [[f32(3), f32(2), i32(2)], { axis: 1 }],
          [[f32(0), f32(2), i32(2)], { axis: 0 }],
          [[f32(), f32(), i32()], { axis: 0 }],
        ],
      },
      c3: {
        message: "y is of the type of x, with the axes of the indices in place of `axis`",
        about: ["y", "indices"],
        holds: ({ x, y, indices }, { axis }) =>
          y.dtype === x.dtype && sameShape(y.shape, x.shape.toSpliced(axis, 1, ...indices.shape)),
        breaks: [
          [[f32(3), f32(3), i32(2)], { axis: 0 }],
          [[f32(3), i32(2), i32(2)], { axis: 0 }],
          [[f32(3, 2), f32(2), i32(2)], { axis: 0 }],
        ],
      },
    },
    type: ({ x }) => x,
    combine: "put",
    base: "x",
    domain: ({ types }) => types.y.shape,
    target: (k, d, { indices }, { types, attrs: { axis } }) => selected(k, d, indices, selectionIn(types, axis)),
    value: (_, d, { y }) => y(d),
    indices: ({ types, attrs: { axis } }) => ({ operand: "indices", size: nth(types.x.shape, axis), axes: null }),
    batch: (g, { x, y, indices }, at) => putBatch(g, { x, y, indices }, at),
    linear: [["x", "y"]],
    gradient: (g, { x, y, indices }, { dout, attrs: { axis } }) => ({
      x: g.call("take_put", [dout, g.zeros(y.type), indices], { axis }),
      y: zeroUnless(
        g,
        alongItems(g, isLast(g, indices, nth(x.type.shape, axis)), y.type.shape, axis),
        g.call("take", [dout, indices], { axis }),
      ),
    }),
    range: ({ x, y }) => hull(x, y),
    reference: ({ x, y, indices }, { attrs: { axis } }) => {
      const [data, steps, indexAt] = [x.data.slice(), strides(x.type.shape), reader(indices)];
      const where = selectionIn({ x: x.type, indices: indices.type }, axis);
      eachIndex(y.type.shape, (d, flat) => {
        data[flatten(selectedAt(d, indexAt, where), steps)] = item(y.data, flat);
      });
      return data;
    },
    draw: (c, shape) => {
      const axis = anyAxis(c, shape);
      const indices = sizes(c, 0, 2);
      return { shapes: [shape, shape.toSpliced(axis, 1, ...indices), indices], attrs: { axis } };
    },
    samples: [
      { operands: [f32(5, 3), f32(4, 3), i32(4)], attrs: { axis: 0 }, values: [null, null, [4, 0, 0, 2]] },
      { operands: [f32(2, 5), f32(2, 2, 2), i32(2, 2)], attrs: { axis: 1 }, values: [null, null, [4, 3, 3, -1]] },
      { operands: [f32(4, 2), f32(2), i32()], attrs: { axis: 0 }, values: [null, null, [9]] },
      { operands: [i32(1), i32(1), i32(1)], attrs: { axis: 0 } },
    ],
  }),
});

/** Whether no later index equals each, so that its item is the one that stays. */
function isLast(g: GraphBuilder, indices: Value, count: number): Value {
  const { shape } = indices.type;
  const order = g.reshape(g.call("iota", [], { shape: [elements(shape)], axis: 0, dtype: "i32" }), shape);
  const none = g.constant(tensor("i32", [count]), 0);
  const last = g.call("take_put", [none, order, indices], { axis: 0 });
  return g.call("eq", [g.call("take", [last, indices], { axis: 0 }), order]);
}

/** A value for each index, repeated along the other axes of the items. */
function alongItems(g: GraphBuilder, x: Value, shape: Shape, axis: number): Value {
  const own = range(x.type.shape.length).map((i) => axis + i);
  return unreduce(
    g,
    x,
    shape,
    range(shape.length).filter((a) => !own.includes(a)),
  );
}

/** Batched indices put items among those of all members, joined. */
const putBatch: BatchOf<readonly ["x", "y", "indices"], { readonly axis: "int" }> = (
  g,
  { x, y, indices },
  { attrs: { axis }, size: members },
) => {
  const [base, items] = [repeated(g, x, members), repeated(g, y, members)];
  if (!indices.batched) return g.call("take_put", [base, items, indices.value], { axis: axis + 1 });
  const into = joinFirst(g, moveAxis(g, base, axis + 1, 1));
  const put = moveAxes(g, items, { from: 1, count: axis, to: indices.value.type.shape.length });
  const flat = flatIndices(g, indices.value, nth(into.type.shape, 0) / members);
  return moveAxis(g, splitFirst(g, g.call("take_put", [into, put, flat], { axis: 0 }), members), 1, axis + 1);
};
