// Maxima and minima of the items with the same index: of segments, of the edges of a node.
import type { Value } from "../graph/ir.ts";
import { repeated } from "../graph/batch.ts";
import { hull, interval } from "../types/interval.ts";
import { elements, sameShape, strides, tensor } from "../types/tensor-type.ts";
import { moveAxes, moveAxis, splitFirst } from "./batching.ts";
import { scattering } from "./define.ts";
import { size } from "./draw.ts";
import { extreme, type Side } from "./extreme.ts";
import { compare, zeroUnless } from "./gradient-helpers.ts";
import { clampExpr, flatIndices } from "./index-helpers.ts";
import { integers, isAxis } from "./lists.ts";
import { clamp, eachIndex, flatten, item, reader } from "./ndarray.ts";
import { type Entry, type Rule, anyOf, bool, f32, family, i32, numbers } from "./signature.ts";

declare module "../graph/form.ts" {
  interface OpNames {
    segments: "take_max" | "take_min";
  }
}

type Attrs = { readonly axis: "int"; readonly size: "int" };
type Operands = readonly ["y", "indices"];

/** The extreme of nothing. */
const empty = (side: Side, dtype: string): number =>
  dtype === "i32" ? (side === "max" ? -(2 ** 31) : 2 ** 31 - 1) : side === "max" ? -Infinity : Infinity;

/** Divides the gradient equally among the items that equal the extreme of their index, or are NaN as it is. */
const sharedGradient: Rule<Operands, Attrs> = (g, { y, indices }, { out, dout, attrs: { axis, size: count } }) => {
  const own = (x: Value): Value => g.call("take", [x, indices], { axis });
  const attained = g.call("or", [compare(g, "eq", y, own(out)), compare(g, "ne", y, y)]);
  const ties = g.call("take_add", [g.convert(attained, y.type.dtype), indices], { axis, size: count });
  return { y: zeroUnless(g, attained, g.div(own(dout), own(ties))) };
};

const extremes = (side: Side, doc: string): Entry =>
  scattering<Operands, Attrs>({
    doc,
    operands: ["y", "indices"],
    attrs: { axis: "int", size: "int" },
    requires: {
      c1: {
        message: "the indices are i32",
        about: ["indices"],
        holds: ({ indices }) => indices.dtype === "i32",
        breaks: [[[f32(2), f32(2)], { axis: 0, size: 3 }]],
      },
      c2: {
        message: `y is ${anyOf(numbers)}`,
        about: ["y"],
        holds: ({ y }) => numbers.includes(y.dtype),
        breaks: [[[bool(2), i32(2)], { axis: 0, size: 3 }]],
      },
      c3: {
        message: "y has the shape of the indices from `axis` on",
        about: ["y", "indices"],
        holds: ({ y, indices }, { axis }) =>
          isAxis(axis, y.shape.length + 1) &&
          sameShape(y.shape.slice(axis, axis + indices.shape.length), indices.shape),
        breaks: [
          [[f32(2), i32(3)], { axis: 0, size: 3 }],
          [[f32(2), i32(2)], { axis: 1, size: 3 }],
        ],
      },
      c4: {
        message: "`size` is at least 1",
        about: ["size"],
        holds: (_, { size: count }) => integers([count], 1),
        breaks: [[[f32(2), i32(2)], { axis: 0, size: 0 }]],
      },
    },
    type: ({ y, indices }, { axis, size: count }) =>
      tensor(y.dtype, y.shape.toSpliced(axis, indices.shape.length, count)),
    combine: side,
    init: ({ out }) => empty(side, out.dtype),
    domain: ({ types }) => types.y.shape,
    target: (k, d, { indices }, { types, attrs: { axis, size: targets } }) => {
      const count = types.indices.shape.length;
      return d.toSpliced(axis, count, clampExpr(k, indices(d.slice(axis, axis + count)), targets));
    },
    value: (_, d, { y }) => y(d),
    indices: ({ attrs: { size: targets } }) => ({ operand: "indices", size: targets, axes: null }),
    batch: (g, { y, indices }, { op, attrs: { axis, size: items }, size: members }) => {
      if (!indices.batched) return g.call(op.name, [y.value, indices.value], { axis: axis + 1, size: items });
      const all = moveAxes(g, repeated(g, y, members), { from: 1, count: axis, to: indices.value.type.shape.length });
      const row = g.call(op.name, [all, flatIndices(g, indices.value, items)], { axis: 0, size: members * items });
      return moveAxis(g, splitFirst(g, row, members), 1, axis + 1);
    },
    gradient: sharedGradient,
    range: ({ y }, { out: { dtype } }) => hull(y, interval(empty(side, dtype), empty(side, dtype))),
    reference: ({ y, indices }, { out, attrs: { axis, size: targets } }) => {
      const [steps, indexAt, join] = [strides(out.shape), reader(indices), extreme[side]];
      const count = indices.type.shape.length;
      const data = new Float64Array(elements(out.shape)).fill(empty(side, out.dtype));
      eachIndex(y.type.shape, (d, flat) => {
        const to = flatten(d.toSpliced(axis, count, clamp(indexAt(d.slice(axis, axis + count)), targets)), steps);
        data[to] = join(item(data, to), item(y.data, flat));
      });
      return data;
    },
    draw: (c, shape) => {
      const axis = c.int(0, shape.length);
      return { shapes: [shape, shape.slice(axis, axis + c.int(0, 2))], attrs: { axis, size: size(c) } };
    },
    samples: [
      { operands: [f32(4, 3), i32(4)], attrs: { axis: 0, size: 5 }, values: [null, [4, 0, 0, 2]] },
      { operands: [f32(2, 2, 2), i32(2, 2)], attrs: { axis: 1, size: 4 }, values: [null, [3, 3, -2, 7]] },
      { operands: [f32(2), i32()], attrs: { axis: 0, size: 3 } },
      { operands: [i32(1), i32(1)], attrs: { axis: 0, size: 1 } },
    ],
  });

export const segments = family<"segments">({
  take_max: extremes(
    "max",
    "the largest of the items of y with each index: `size` items along `axis`, NaN if one is NaN, -inf (the least i32) for an index that does not occur. An index out of range counts as the nearest one in range. The gradient is shared equally among ties",
  ),
  take_min: extremes(
    "min",
    "the smallest of the items of y with each index: `size` items along `axis`, NaN if one is NaN, inf (the largest i32) for an index that does not occur. An index out of range counts as the nearest one in range. The gradient is shared equally among ties",
  ),
});
