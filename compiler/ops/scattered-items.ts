// What `take_add`, `take_max` and `take_min` share: each item of y goes to its index along `axis`, where the items of
// one index are combined.
import type { DType } from "../../runtime/model.ts";
import { repeated } from "../graph/batch.ts";
import { sameShape, tensor } from "../types/tensor-type.ts";
import { moveAxes, moveAxis, splitFirst } from "./batching.ts";
import { type Scattering, scattering } from "./define.ts";
import { size } from "./draw.ts";
import { flatIndices, indicesAreI32, type Selection, selected, sizeIsPositive } from "./index-helpers.ts";
import { isAxis } from "./lists.ts";
import { type Entry, type Use, anyOf, bool, f32, i32 } from "./signature.ts";

export type Operands = readonly ["y", "indices"];
export type Attrs = { readonly axis: "int"; readonly size: "int" };

/** Where the items go. */
export const selectionOf = ({ types, attrs: { axis, size: count } }: Use<Operands, Attrs>): Selection => ({
  axis,
  rank: types.indices.shape.length,
  size: count,
});

type Shared = "operands" | "attrs" | "requires" | "type" | "domain" | "target" | "value" | "indices" | "batch" | "draw";

interface ScatteredItems extends Omit<Scattering<Operands, Attrs>, Shared | "samples"> {
  /** The dtypes of y. */
  readonly on: readonly DType[];
}

export const scatteredItems = ({ on, ...rest }: ScatteredItems): Entry =>
  scattering<Operands, Attrs>({
    ...rest,
    operands: ["y", "indices"],
    attrs: { axis: "int", size: "int" },
    requires: {
      c1: indicesAreI32([[f32(2), f32(2)], { axis: 0, size: 3 }]),
      c2: {
        message: `y is ${anyOf(on)}`,
        about: ["y"],
        holds: ({ y }) => on.includes(y.dtype),
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
          [[f32(2), i32()], { axis: 2, size: 3 }],
        ],
      },
      c4: sizeIsPositive([[f32(2), i32(2)], { axis: 0, size: 0 }]),
    },
    type: ({ y, indices }, { axis, size: count }) =>
      tensor(y.dtype, y.shape.toSpliced(axis, indices.shape.length, count)),
    domain: ({ types }) => types.y.shape,
    target: (k, d, { indices }, use) => selected(k, d, indices, selectionOf(use)),
    value: (_, d, { y }) => y(d),
    indices: ({ attrs: { size: count } }) => ({ operand: "indices", size: count, axes: null }),
    batch: (g, { y, indices }, { op, attrs: { axis, size: items }, size: members }) => {
      if (!indices.batched) return g.call(op.name, [y.value, indices.value], { axis: axis + 1, size: items });
      const all = moveAxes(g, repeated(g, y, members), { from: 1, count: axis, to: indices.value.type.shape.length });
      const row = g.call(op.name, [all, flatIndices(g, indices.value, items)], { axis: 0, size: members * items });
      return moveAxis(g, splitFirst(g, row, members), 1, axis + 1);
    },
    draw: (c, shape) => {
      const axis = c.int(0, shape.length);
      return { shapes: [shape, shape.slice(axis, axis + c.int(0, 2))], attrs: { axis, size: size(c) } };
    },
    samples: [
      { operands: [f32(4, 3), i32(4)], attrs: { axis: 0, size: 5 }, values: [null, [4, 0, 0, 2]] },
      { operands: [f32(2, 2, 2), i32(2, 2)], attrs: { axis: 1, size: 4 }, values: [null, [3, 3, -2, 7]] },
      { operands: [f32(2), i32()], attrs: { axis: 0, size: 3 } },
      ...on.map((dtype) => ({ operands: [tensor(dtype, [1]), i32(1)], attrs: { axis: 0, size: 1 } })),
    ],
  });
