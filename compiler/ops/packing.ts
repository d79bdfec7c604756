// A contraction whose rhs is packed for the kernel in advance; `choose-algorithms` creates these ops.
import { repeated } from "../graph/batch.ts";
import { roleOrNull, type ContractionRole } from "../graph/contraction.ts";
import type { Choices, ContractionDim } from "../graph/op.ts";
import type { ExprBuilder } from "../kernel/builder-types.ts";
import type { Expr } from "../kernel/ir.ts";
import { hull, interval, product as multiplied, sumOf } from "../types/interval.ts";
import { type Shape, axisOfStride, elements, sameShape, strides, tensor } from "../types/tensor-type.ts";
import { joinFirst, splitFirst } from "./batching.ts";
import { contracting, map } from "./define.ts";
import { flag, oneOf, shuffled, size } from "./draw.ts";
import { product } from "../support/lists.ts";
import { integers, nth, pick, range } from "./lists.ts";
import { fill, item, positions } from "./ndarray.ts";
import { ProductSums } from "./product-sums.ts";
import { type BatchOf, f32, f64, family, i32, none } from "./signature.ts";

/** Dims as parallel lists: sizes, and strides in the three buffers of the contraction. */
interface Lists {
  readonly sizes: readonly number[];
  readonly lhs: readonly number[];
  readonly rhs: readonly number[];
  readonly out: readonly number[];
  readonly width: number;
}
const lists = { sizes: "ints", lhs: "ints", rhs: "ints", out: "ints", width: "int" } as const;

const roleAt = (at: Lists, i: number): ContractionRole | null =>
  roleOrNull({ lhs: nth(at.lhs, i), rhs: nth(at.rhs, i), out: nth(at.out, i) });

const withRole = (at: Lists, role: ContractionRole): number[] =>
  range(at.sizes.length).filter((i) => roleAt(at, i) === role);
const count = (at: Lists, role: ContractionRole): number => product(withRole(at, role).map((i) => nth(at.sizes, i)));

/** For the dims of each role, the offsets in a buffer of all their indices, row-major in the order of the list. */
function offsetsOf(at: Lists, steps: readonly number[]): Readonly<Record<ContractionRole, readonly number[]>> {
  const offsets = (role: ContractionRole): number[] => {
    const members = withRole(at, role);
    return positions(pick(at.sizes, members), pick(steps, members));
  };
  return { batch: offsets("batch"), row: offsets("row"), column: offsets("column"), reduced: offsets("reduced") };
}

const wellFormed = (at: Lists): boolean =>
  [at.lhs, at.rhs, at.out].every((list) => list.length === at.sizes.length && integers(list, 0)) &&
  integers([...at.sizes, at.width], 1);

/** Whether no access is past the end of the buffer. */
const within = (sizes: readonly number[], steps: readonly number[], shape: Shape): boolean =>
  sizes.reduce((last, size, i) => last + (size - 1) * nth(steps, i), 0) < elements(shape);

const packedShape = (at: Lists): number[] => [
  count(at, "batch"),
  Math.ceil(count(at, "column") / at.width),
  count(at, "reduced"),
  at.width,
];

/** The index along each dim, from a flat index that is row-major in the order of the list. */
function unflatten(k: ExprBuilder, flat: Expr, sizes: readonly number[]): Expr[] {
  const steps = strides(sizes);
  return sizes.map((size, i) => {
    const high = nth(steps, i) === 1 ? flat : k.div(flat, k.int(nth(steps, i)));
    return i === 0 ? high : k.rem(high, k.int(size));
  });
}

/**
 * The axis that each dim moves along, and its step there; several dims may share an axis (groups and channels). Null if
 * a dim moves along none.
 */
function axesOfDims(
  shape: Shape,
  dims: readonly { readonly size: number; readonly stride: number }[],
): readonly { readonly axis: number; readonly step: number }[] | null {
  const room = [...shape];
  const axes = dims.map(({ size, stride }) => {
    const found = axisOfStride(shape, size, stride, room);
    if (found !== null) room[found.axis] = nth(room, found.axis) - (size - 1) * found.step;
    return found;
  });
  return axes.every((found) => found !== null) ? axes : null;
}

/** The multi-index in a tensor of that shape, from the index along each dim. */
function indexOf(
  k: ExprBuilder,
  shape: Shape,
  dims: readonly { readonly size: number; readonly stride: number; readonly at: Expr }[],
): Expr[] {
  const axes = axesOfDims(shape, dims);
  const sum = (terms: readonly (readonly [at: Expr, step: number])[]): Expr =>
    terms.reduce((total, [at, step]) => k.add(total, k.mul(at, k.int(step))), k.int(0));
  if (axes === null) return unflatten(k, sum(dims.map(({ at, stride }) => [at, stride])), shape);
  return shape.map((_, axis) =>
    sum(dims.flatMap(({ at }, i) => (axes[i]?.axis === axis ? [[at, axes[i].step] as const] : []))),
  );
}

const dimsOf = (at: Lists): ContractionDim[] => {
  const letters = { batch: "b", row: "m", column: "n", reduced: "k" } as const satisfies Record<
    ContractionRole,
    string
  >;
  const order = (["batch", "row", "column", "reduced"] as const).flatMap((role) =>
    withRole(at, role).map((i, rank) => ({ i, name: `${letters[role]}${rank}` })),
  );
  return order.map(({ i, name }) => ({
    name,
    size: nth(at.sizes, i),
    lhs: nth(at.lhs, i),
    rhs: nth(at.rhs, i),
    out: nth(at.out, i),
  }));
};

const packBatch: BatchOf<readonly ["rhs"], typeof lists> = (g, { rhs }, { attrs: at, size }) => {
  const steps = { lhs: 1, rhs: elements(rhs.value.type.shape) / size, out: 1 };
  return splitFirst(g, g.call("pack", [rhs.value], { ...withMembers(at, size, steps), width: at.width }), size);
};

/** If the members share the packed operand, they become rows; otherwise they are one more batch dim. */
const contractionBatch: BatchOf<readonly ["lhs", "packed"], typeof lists & { readonly shape: "ints" }> = (
  g,
  { lhs, packed },
  { attrs: at, size },
) => {
  const left = packed.batched ? repeated(g, lhs, size) : lhs.value;
  const steps = { lhs: elements(left.type.shape) / size, rhs: packed.batched ? 1 : 0, out: product(at.shape) };
  const right = packed.batched ? joinFirst(g, packed.value) : packed.value;
  return g.call("contraction", [left, right], {
    ...withMembers(at, size, steps),
    width: at.width,
    shape: [size, ...at.shape],
  });
};

/** The lists with one more dim at the start. */
const withMembers = (
  at: Lists,
  size: number,
  steps: Readonly<Record<"lhs" | "rhs" | "out", number>>,
): Record<"sizes" | "lhs" | "rhs" | "out", number[]> => ({
  sizes: [size, ...at.sizes],
  lhs: [steps.lhs, ...at.lhs],
  rhs: [steps.rhs, ...at.rhs],
  out: [steps.out, ...at.out],
});

/**
 * A matrix product with the last size of the shape as one of its sizes, in panels that need not divide the columns,
 * with a transposed result or not.
 */
function drawnProduct(
  c: Choices,
  shape: Shape,
): { readonly lhs: Shape; readonly rhs: Shape; readonly out: Shape; readonly lists: Lists } {
  const [m = 1, n = 1, k = 1] = shuffled(c, [nth(shape, shape.length - 1), size(c), size(c)]);
  const isTransposed = flag(c);
  return {
    lhs: [m, k],
    rhs: [k, n],
    out: isTransposed ? [n, m] : [m, n],
    lists: {
      sizes: [m, n, k],
      lhs: [k, 0, 1],
      rhs: [0, 1, n],
      out: isTransposed ? [1, m, 0] : [n, 1, 0],
      width: oneOf(c, 8, 8, 4, 3),
    },
  };
}

const matrix = { sizes: [3, 6, 5], lhs: [5, 0, 1], rhs: [0, 1, 6], out: [6, 1, 0] };
const product35 = { ...matrix, width: 4, shape: [3, 6] };
const grouped = {
  sizes: [2, 3, 3, 2, 2, 2],
  lhs: [2, 12, 4, 0, 4, 1],
  rhs: [2, 0, 0, 1, 8, 4],
  out: [2, 12, 4, 1, 0, 0],
};

declare module "../graph/form.ts" {
  interface OpNames {
    packing: "pack" | "contraction";
  }
}

export const packing = family<"packing">({
  pack: map({
    doc: "the rhs of a contraction as [batch, panels, K, width]: panels of `width` columns, zeros past the last one",
    operands: ["rhs"],
    attrs: lists,
    requires: {
      c1: {
        message: "rhs is f32",
        about: ["rhs"],
        holds: ({ rhs }) => rhs.dtype === "f32",
        breaks: [[[i32(5, 6)], { ...matrix, width: 4 }]],
      },
      c2: {
        message: "the lists have one entry per dim, and sizes and width are at least 1",
        about: ["sizes", "lhs", "rhs", "out", "width"],
        holds: (_, at) => wellFormed(at),
        breaks: [
          [[f32(5, 6)], { ...matrix, width: 4, out: [6, 1] }],
          [[f32(5, 6)], { ...matrix, width: 0 }],
          [[f32(5, 6)], { ...matrix, width: 4, lhs: [5, 0, -1] }],
          [[f32(0, 6)], { ...matrix, width: 4, sizes: [3, 6, 0] }],
          [[f32()], { sizes: [0, 0, 0], lhs: [1, 0, 1], rhs: [0, 1, 1], out: [1, 1, 0], width: 4 }],
        ],
      },
      c3: {
        message: "each dim moves in two of the buffers or in all three",
        about: ["lhs", "rhs", "out"],
        holds: (_, at) => range(at.sizes.length).every((i) => roleAt(at, i) !== null),
        breaks: [
          [[f32(5, 6)], { ...matrix, width: 4, rhs: [0, 0, 6] }],
          [[f32(5, 6)], { ...matrix, width: 4, out: [0, 1, 0] }],
        ],
      },
      c4: {
        message: "the dims stay inside rhs",
        about: ["sizes", "rhs"],
        holds: ({ rhs }, at) => within(at.sizes, at.rhs, rhs.shape),
        breaks: [[[f32(5, 5)], { ...matrix, width: 4 }]],
      },
    },
    type: (_, at) => tensor("f32", packedShape(at)),
    element: (k, [batch, panel, row, column], { rhs }, { types, attrs: at }) => {
      const columns = count(at, "column");
      const n = k.add(k.mul(panel ?? k.int(0), k.int(at.width)), column ?? k.int(0));
      const flats = {
        batch: batch ?? k.int(0),
        column: columns % at.width === 0 ? n : k.min(n, k.int(columns - 1)),
        reduced: row ?? k.int(0),
      };
      const dims = (["batch", "column", "reduced"] as const).flatMap((role) => {
        const members = withRole(at, role);
        const indices = unflatten(k, flats[role], pick(at.sizes, members));
        return indices.map((index, j) => ({
          size: nth(at.sizes, nth(members, j)),
          stride: nth(at.rhs, nth(members, j)),
          at: index,
        }));
      });
      const value = rhs(indexOf(k, types.rhs.shape, dims));
      return columns % at.width === 0 ? value : k.select(k.lt(n, k.int(columns)), value, 0);
    },
    batch: packBatch,
    linear: ["rhs"],
    gradient: none("it is created after differentiation"),
    range: ({ rhs }) => hull(rhs, interval(0, 0)),
    reference: ({ rhs }, { out, attrs: at }) => {
      const { batch, column: n, reduced: k } = offsetsOf(at, at.rhs);
      return fill(out.shape, ([b, panel, row, column]) => {
        const columnIndex = (panel ?? 0) * at.width + (column ?? 0);
        return columnIndex < n.length ? item(rhs.data, nth(batch, b ?? 0) + nth(n, columnIndex) + nth(k, row ?? 0)) : 0;
      });
    },
    draw: (c, shape) => {
      const { rhs, lists: at } = drawnProduct(c, shape);
      return { shapes: [rhs], attrs: { ...at } };
    },
    samples: [
      { operands: [f32(5, 6)], attrs: { ...matrix, width: 4 } },
      { operands: [f32(30)], attrs: { ...matrix, width: 8 } },
      { operands: [f32(5, 6)], attrs: { ...matrix, width: 3 } },
      { operands: [f32(2, 2, 4)], attrs: { ...grouped, width: 4 } },
      { operands: [f32(1)], attrs: { sizes: [1, 1, 1], lhs: [1, 0, 1], rhs: [0, 1, 1], out: [1, 1, 0], width: 8 } },
    ],
  }),

  contraction: contracting({
    doc: "the contraction with those dims, of lhs and the packed rhs",
    operands: ["lhs", "packed"],
    attrs: { ...lists, shape: "ints" },
    requires: {
      c1: {
        message: "lhs and packed are f32",
        about: ["lhs", "packed"],
        holds: ({ lhs, packed }) => lhs.dtype === "f32" && packed.dtype === "f32",
        breaks: [[[f64(3, 5), f64(1, 2, 5, 4)], product35]],
      },
      c2: {
        message: "the lists have one entry per dim, and sizes and width are at least 1",
        about: ["sizes", "lhs", "rhs", "out", "width"],
        holds: (_, at) => wellFormed(at),
        breaks: [
          [[f32(3, 5), f32(1, 2, 5, 4)], { ...product35, sizes: [3, 6, 0] }],
          [[f32(0, 5), f32(1, 2, 5, 4)], { ...product35, sizes: [0, 6, 5] }],
          [[f32(), f32()], { ...product35, width: 0 }],
        ],
      },
      c3: {
        message: "each dim moves in two of the buffers or in all three",
        about: ["lhs", "rhs", "out"],
        holds: (_, at) => range(at.sizes.length).every((i) => roleAt(at, i) !== null),
        breaks: [[[f32(3, 5), f32(1, 2, 5, 4)], { ...product35, rhs: [0, 0, 6] }]],
      },
      c4: {
        message: "packed has the shape that pack returns for these dims",
        about: ["packed"],
        holds: ({ packed }, at) => sameShape(packed.shape, packedShape(at)),
        breaks: [[[f32(3, 5), f32(1, 2, 5, 3)], product35]],
      },
      c5: {
        message: "the dims stay inside lhs and the result",
        about: ["sizes", "lhs", "out", "shape"],
        holds: ({ lhs }, at) =>
          integers(at.shape, 1) && within(at.sizes, at.lhs, lhs.shape) && within(at.sizes, at.out, at.shape),
        breaks: [
          [[f32(3, 4), f32(1, 2, 5, 4)], product35],
          [[f32(3, 5), f32(1, 2, 5, 4)], { ...product35, shape: [3, 5] }],
          [[f32(3, 5), f32(1, 2, 5, 4)], { ...product35, shape: [-3, -6] }],
        ],
      },
    },
    type: (_, { shape }) => tensor("f32", shape),
    contraction: ({ attrs: at }) => ({ dims: dimsOf(at), panel: at.width }),
    batch: contractionBatch,
    linear: ["lhs", "packed"],
    gradient: none("it is created after differentiation"),
    range: ({ lhs, packed }, { types }) => sumOf(multiplied(lhs, packed), nth(types.packed.shape, 2)),
    reference: ({ lhs, packed }, { out, attrs: at }, round) => {
      const sums = new ProductSums(round, pick(at.sizes, withRole(at, "reduced")), elements(out.shape));
      const [left, right] = [offsetsOf(at, at.lhs), offsetsOf(at, at.out)];
      const panels = Math.ceil(left.column.length / at.width);
      left.batch.forEach((batch, b) =>
        left.row.forEach((row, m) =>
          left.column.forEach((_, n) => {
            const panel = (b * panels + Math.floor(n / at.width)) * left.reduced.length;
            const to = nth(right.batch, b) + nth(right.row, m) + nth(right.column, n);
            left.reduced.forEach((step, k) => {
              const inPanel = (panel + k) * at.width + (n % at.width);
              sums.add(to, k, item(lhs.data, batch + row + step), item(packed.data, inPanel));
            });
          }),
        ),
      );
      return sums.values();
    },
    draw: (c, shape) => {
      const { lhs, out, lists: at } = drawnProduct(c, shape);
      return { shapes: [lhs, packedShape(at)], attrs: { ...at, shape: out } };
    },
    samples: [
      { operands: [f32(3, 5), f32(1, 1, 5, 8)], attrs: { ...matrix, width: 8, shape: [3, 6] } },
      { operands: [f32(3, 4, 4), f32(2, 1, 4, 8)], attrs: { ...grouped, width: 8, shape: [3, 3, 4] } },
      { operands: [f32(3, 5), f32(1, 2, 5, 4)], attrs: { ...matrix, width: 4, shape: [3, 6] } },
      { operands: [f32(3, 5), f32(1, 2, 5, 3)], attrs: { ...matrix, width: 3, shape: [3, 6] } },
      { operands: [f32(3, 4, 4), f32(2, 1, 4, 4)], attrs: { ...grouped, width: 4, shape: [3, 3, 4] } },
    ],
  }),
});
