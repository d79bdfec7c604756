// The matrix product and all its relatives: a sum of products over any axes.
import type { GraphBuilder } from "../graph/build.ts";
import type { Value } from "../graph/ir.ts";
import type { ContractionDim, NdArray } from "../graph/op.ts";
import { product, sumOf } from "../types/interval.ts";
import { type TensorType, elements, sameShape, strides, tensor } from "../types/tensor-type.ts";
import { moveAxis } from "./batching.ts";
import { contracting } from "./define.ts";
import { oneOf, shuffled, sizes } from "./draw.ts";
import { areAxes, inverse, isIdentity, nth, pick, range, without } from "./lists.ts";
import { item, positions } from "./ndarray.ts";
import { ProductSums } from "./product-sums.ts";
import { type BatchOf, type Use, anyOf, f32, f64, family, floats, i32 } from "./signature.ts";

type Pairs = readonly (readonly number[])[];
type Dot = Use<readonly ["lhs", "rhs"], { readonly batch: "pairs"; readonly contract: "pairs" }>;

const nthPair = (pairs: Pairs): readonly [left: readonly number[], right: readonly number[]] => [
  pairs[0] ?? [],
  pairs[1] ?? [],
];

/** Free axes: neither batch nor contracted. */
const free = (x: TensorType, batch: readonly number[], contract: readonly number[]): number[] =>
  without(range(x.shape.length), [...batch, ...contract]);

interface Axes {
  readonly batch: readonly [readonly number[], readonly number[]];
  readonly contract: readonly [readonly number[], readonly number[]];
  /** Free axes. */
  readonly m: readonly number[];
  readonly n: readonly number[];
}

function axesOf(lhs: TensorType, rhs: TensorType, attrs: { readonly batch: Pairs; readonly contract: Pairs }): Axes {
  const [batch, contract] = [nthPair(attrs.batch), nthPair(attrs.contract)];
  return { batch, contract, m: free(lhs, batch[0], contract[0]), n: free(rhs, batch[1], contract[1]) };
}

function dimsOf({ types: { lhs, rhs }, out, attrs }: Dot): ContractionDim[] {
  const { batch, contract, m, n } = axesOf(lhs, rhs, attrs);
  const [left, right, result] = [strides(lhs.shape), strides(rhs.shape), strides(out.shape)];
  return [
    ...batch[0].map((axis, i) => ({
      name: `b${i}`,
      size: nth(lhs.shape, axis),
      lhs: nth(left, axis),
      rhs: nth(right, nth(batch[1], i)),
      out: nth(result, i),
    })),
    ...m.map((axis, i) => ({
      name: `m${i}`,
      size: nth(lhs.shape, axis),
      lhs: nth(left, axis),
      rhs: 0,
      out: nth(result, batch[0].length + i),
    })),
    ...n.map((axis, i) => ({
      name: `n${i}`,
      size: nth(rhs.shape, axis),
      lhs: 0,
      rhs: nth(right, axis),
      out: nth(result, batch[0].length + m.length + i),
    })),
    ...contract[0].map((axis, i) => ({
      name: `k${i}`,
      size: nth(lhs.shape, axis),
      lhs: nth(left, axis),
      rhs: nth(right, nth(contract[1], i)),
      out: 0,
    })),
  ];
}

const transposed = (g: GraphBuilder, x: Value, perm: readonly number[]): Value =>
  isIdentity(perm) ? x : g.transpose(x, perm);

/**
 * Indices that sort the contracted axes: the free axes of a gradient's dot are in the order of the other operand's
 * axes.
 */
const ascending = (axes: readonly number[]): number[] =>
  range(axes.length).toSorted((a, b) => nth(axes, a) - nth(axes, b));

const inner = { contract: [[0], [0]] };
const up = (axes: readonly number[]): number[] => axes.map((axis) => axis + 1);

const dotBatch: BatchOf<readonly ["lhs", "rhs"], { readonly batch: "pairs"; readonly contract: "pairs" }> = (
  g,
  { lhs, rhs },
  { attrs },
) => {
  const sides = [lhs, rhs];
  const shifted = (pairs: Pairs): number[][] =>
    sides.map((side, i) => (side.batched ? up(pairs[i] ?? []) : [...(pairs[i] ?? [])]));
  const [batch, contract] = [shifted(attrs.batch), shifted(attrs.contract)];
  if (lhs.batched && rhs.batched)
    return g.call("dot", [lhs.value, rhs.value], { batch: batch.map((axes) => [0, ...axes]), contract });
  // Batch axes come first, then the free axes of lhs, its batch of members before the others, then those of rhs
  // likewise.
  const product = g.call("dot", [lhs.value, rhs.value], { batch, contract });
  const shared = nthPair(batch)[0].length;
  return moveAxis(g, product, lhs.batched ? shared : lhs.value.type.shape.length - nthPair(contract)[0].length, 0);
};

declare module "../graph/form.ts" {
  interface OpNames {
    dots: "dot";
  }
}

export const dots = family<"dots">({
  dot: contracting({
    doc: "sums of products over the `contract` axes, one for each position in the `batch` axes and the free axes; the result has batch, lhs free, rhs free axes",
    operands: ["lhs", "rhs"],
    attrs: { batch: "pairs", contract: "pairs" },
    defaults: { batch: [[], []] },
    requires: {
      c1: {
        message: `lhs and rhs have the same dtype, ${anyOf(floats)}`,
        about: ["lhs", "rhs"],
        holds: ({ lhs, rhs }) => lhs.dtype === rhs.dtype && floats.includes(lhs.dtype),
        breaks: [
          [[f32(2), f64(2)], inner],
          [[i32(2), i32(2)], inner],
        ],
      },
      c2: {
        message: "`batch` and `contract` are each two lists of one length",
        about: ["batch", "contract"],
        holds: (_, { batch, contract }) =>
          [batch, contract].every((p) => p.length === 2 && p[0]?.length === p[1]?.length),
        breaks: [
          [[f32(2), f32(2)], { contract: [[0]] }],
          [[f32(2), f32(2)], { contract: [[0], []] }],
        ],
      },
      c3: {
        message: "the lists name distinct axes of their operand",
        about: ["batch", "contract"],
        holds: ({ lhs, rhs }, { batch, contract }) =>
          [lhs, rhs].every((x, side) => areAxes([...(batch[side] ?? []), ...(contract[side] ?? [])], x.shape.length)),
        breaks: [
          [[f32(2), f32(2)], { contract: [[1], [0]] }],
          [[f32(2), f32(2)], { ...inner, batch: [[0], [0]] }],
        ],
      },
      c4: {
        message: "batch axes agree in size",
        about: ["lhs", "rhs"],
        holds: ({ lhs, rhs }, { batch: [l = [], r = []] }) => sameShape(pick(lhs.shape, l), pick(rhs.shape, r)),
        breaks: [[[f32(2, 4), f32(3, 4)], { batch: [[0], [0]], contract: [[1], [1]] }]],
      },
      c5: {
        message: "contracted axes agree in size",
        about: ["lhs", "rhs"],
        holds: ({ lhs, rhs }, { contract: [l = [], r = []] }) => sameShape(pick(lhs.shape, l), pick(rhs.shape, r)),
        breaks: [[[f32(2, 3), f32(2, 3)], { contract: [[1], [0]] }]],
      },
    },
    type: ({ lhs, rhs }, attrs) => {
      const { batch, m, n } = axesOf(lhs, rhs, attrs);
      return tensor(lhs.dtype, [...pick(lhs.shape, [...batch[0], ...m]), ...pick(rhs.shape, n)]);
    },
    contraction: (use) => ({ dims: dimsOf(use) }),

    batch: dotBatch,
    linear: ["lhs", "rhs"],
    // Batch axes stay first in the result; the axis of the members is one more contracted axis.
    sumOverBatch: (g, { lhs, rhs }, { attrs: { batch, contract } }) =>
      g.call("dot", [lhs, rhs], { batch: batch.map(up), contract: contract.map((axes) => [0, ...up(axes)]) }),

    // dlhs[b, m, k] is the sum over n of dout[b, m, n] rhs[b, k, n], with axes in that order until they are transposed
    // back; drhs likewise.
    gradient: (g, { lhs, rhs }, { dout, attrs }) => {
      const { batch, contract, m, n } = axesOf(lhs.type, rhs.type, attrs);
      const b = range(batch[0].length);
      const outM = range(b.length + m.length, b.length);
      const outN = range(b.length + m.length + n.length, b.length + m.length);
      const left = g.call("dot", [dout, rhs], { batch: [b, batch[1]], contract: [outN, n] });
      const leftOrder = [...batch[0], ...m, ...pick(contract[0], ascending(contract[1]))];
      const right = g.call("dot", [lhs, dout], { batch: [batch[0], b], contract: [m, outM] });
      const rightOrder = [...batch[1], ...pick(contract[1], ascending(contract[0])), ...n];
      return { lhs: transposed(g, left, inverse(leftOrder)), rhs: transposed(g, right, inverse(rightOrder)) };
    },

    range: ({ lhs, rhs }, { types, attrs: { contract } }) =>
      sumOf(product(lhs, rhs), elements(pick(types.lhs.shape, nthPair(contract)[0]))),
    reference: ({ lhs, rhs }, { types, out, attrs }, round) => {
      const { batch, contract, m, n } = axesOf(lhs.type, rhs.type, attrs);
      const offsets = ({ type: { shape } }: NdArray, axes: readonly number[]): number[] =>
        positions(pick(shape, axes), pick(strides(shape), axes));
      const [rows, columns] = [offsets(lhs, m), offsets(rhs, n)];
      const rightStarts = offsets(rhs, batch[1]);
      const [left, right] = [offsets(lhs, contract[0]), offsets(rhs, contract[1])];
      const sums = new ProductSums(round, pick(types.lhs.shape, contract[0]), elements(out.shape));
      let next = 0;
      offsets(lhs, batch[0]).forEach((leftStart, b) => {
        const rightStart = nth(rightStarts, b);
        for (const row of rows)
          for (const column of columns) {
            left.forEach((step, k) => {
              const [a, b] = [leftStart + row + step, rightStart + column + nth(right, k)];
              sums.add(next, k, item(lhs.data, a), item(rhs.data, b));
            });
            next++;
          }
      });
      return sums.values();
    },
    draw: (c, shape) => {
      const roles = shape.map(() => oneOf(c, "batch", "contract", "contract", "free"));
      const axes = (role: string): number[] => range(shape.length).filter((axis) => roles[axis] === role);
      const [batch, contract] = [axes("batch"), axes("contract")];
      const own = [...batch, ...contract];
      const other = shuffled(
        c,
        [...pick(shape, own), ...sizes(c, 0, 2)].map((n, i) => ({ n, i })),
      );
      const where = (from: number, count: number): number[] =>
        range(count).map((i) => other.findIndex((axis) => axis.i === from + i));
      return {
        shapes: [shape, other.map(({ n }) => n)],
        attrs: { batch: [batch, where(0, batch.length)], contract: [contract, where(batch.length, contract.length)] },
      };
    },
    samples: [
      { operands: [f32(3, 5), f32(5, 7)], attrs: { contract: [[1], [0]] } },
      { operands: [f32(3, 5), f32(7, 5)], attrs: { contract: [[1], [1]] } },
      { operands: [f32(5, 3), f32(5, 2)], attrs: { contract: [[0], [0]] } },
      { operands: [f32(2, 3, 4), f32(2, 4, 5)], attrs: { batch: [[0], [0]], contract: [[2], [1]] } },
      { operands: [f32(3, 2, 4), f32(4, 5, 2)], attrs: { batch: [[1], [2]], contract: [[2], [0]] } },
      {
        operands: [f32(2, 3, 4), f32(4, 2, 5)],
        attrs: {
          contract: [
            [0, 2],
            [1, 0],
          ],
        },
      },
      {
        operands: [f32(2, 3, 4, 5), f32(6, 4, 3)],
        attrs: {
          contract: [
            [1, 2],
            [2, 1],
          ],
        },
      },
      { operands: [f32(4), f32(4)], attrs: { contract: [[0], [0]] } },
      { operands: [f32(3), f32(2)], attrs: { contract: [[], []] } },
      { operands: [f32(1, 1), f32(1, 1)], attrs: { contract: [[1], [0]] } },
      { operands: [f32(4, 9), f32(4, 9)], attrs: { batch: [[0], [0]], contract: [[1], [1]] } },
      { operands: [f64(2, 2), f64(2, 2)], attrs: { contract: [[1], [0]] } },
    ],
  }),
});
