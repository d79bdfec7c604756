// Reductions over axes, which are removed from the result, and argmax and argmin.
import type { GraphBuilder } from "../graph/build.ts";
import type { Value } from "../graph/ir.ts";
import type { Sample } from "../graph/op.ts";
import type { ExprBuilder } from "../kernel/builder-types.ts";
import type { Expr } from "../kernel/ir.ts";
import { type Interval, anything, below, sizeOf, sumOf, symmetric } from "../types/interval.ts";
import { type TensorType, elements, strides, tensor } from "../types/tensor-type.ts";
import { folding } from "./define.ts";
import { product } from "../support/lists.ts";
import { productOver, sumOver } from "../support/sum-order.ts";
import { type Side, beyond, extreme, isBeyond } from "./extreme.ts";
import { areAxes, inverse, isAxis, nth, pick, range, without } from "./lists.ts";
import { eachIndex, fill, flatten, item, reader } from "./ndarray.ts";
import {
  type Entry,
  type Rule,
  type SumOf,
  anyOf,
  bool,
  f32,
  f64,
  family,
  i32,
  none,
  notAnAxis,
  numbers,
  u8,
} from "./signature.ts";
import { compare, unreduce, zeroUnless } from "./gradient-helpers.ts";

/** The multi-index in x, from `r` in the reduced axes and `at` in the others. */
function merge<T>(rank: number, axes: readonly number[], at: readonly T[], r: readonly T[]): T[] {
  let next = 0;
  return range(rank).flatMap((axis) =>
    axes.includes(axis) ? r.slice(axes.indexOf(axis), axes.indexOf(axis) + 1) : at.slice(next, ++next),
  );
}

const inOrder = (axes: readonly number[]): number[] => axes.toSorted((a, b) => a - b);
const includesLast = (x: TensorType, axes: readonly number[]): boolean => axes.includes(x.shape.length - 1);

interface Reduction {
  readonly doc: string;
  /** The result of an empty reduction. */
  readonly init: (x: TensorType) => number;
  readonly combine: "add" | "mul" | "max" | "min";
  readonly reference: (a: number, b: number) => number;
  /** For floats, if the order of the elements matters. */
  readonly ordered?: typeof sumOver;
  /** For i32, if it is not the above modulo 2^32. */
  readonly integer?: (a: number, b: number) => number;
  readonly gradient: Rule<readonly ["x"], { readonly axes: "ints" }>;
  /** The interval of the results, from that of the elements and their number per result. */
  readonly range: (x: Interval, count: number) => Interval;
  readonly linear?: readonly "x"[];
  readonly sumOverBatch?: SumOf<readonly ["x"], { readonly axes: "ints" }>;
  readonly exact: boolean;
}

const reduction = ({
  reference,
  ordered,
  integer = (a, b) => reference(a, b) | 0,
  combine,
  init,
  range: rangeOf,
  ...rest
}: Reduction): Entry =>
  folding<readonly ["x"], { readonly axes: "ints" }>({
    ...rest,
    operands: ["x"],
    attrs: { axes: "ints" },
    batch: { axes: "axes" },
    requires: {
      c1: {
        message: `x is ${anyOf(numbers)}`,
        about: ["x"],
        holds: ({ x }) => numbers.includes(x.dtype),
        breaks: [
          [[bool(2)], { axes: [0] }],
          [[u8(2)], { axes: [0] }],
        ],
      },
      c2: {
        message: "`axes` are distinct axes of x",
        about: ["axes"],
        holds: ({ x }, { axes }) => areAxes(axes, x.shape.length),
        breaks: [
          [[f32(2)], { axes: [1] }],
          [[f32(2, 2)], { axes: [0, 0] }],
        ],
      },
    },
    type: ({ x }, { axes }) => tensor(x.dtype, without(x.shape, axes)),
    extents: ({ types, attrs }) => pick(types.x.shape, inOrder(attrs.axes)),
    init: ({ types }) => init(types.x),
    step: (k, acc, at, r, { x }, { types, attrs }) =>
      k[combine](acc, x(merge(types.x.shape.length, inOrder(attrs.axes), at, r))),
    combine,
    alongLast: ({ types, attrs }) => includesLast(types.x, attrs.axes),
    range: ({ x }, { types, attrs: { axes } }) => rangeOf(x, product(pick(types.x.shape, axes))),
    reference: ({ x }, { types, out, attrs }, round) => {
      const axes = inOrder(attrs.axes);
      const [extents, steps] = [pick(types.x.shape, axes), strides(types.x.shape)];
      const [kept, reduced] = [without(steps, axes), pick(steps, axes)];
      const element = (at: readonly number[], r: readonly number[]): number =>
        item(x.data, flatten(at, kept) + flatten(r, reduced));
      if (ordered && x.type.dtype !== "i32")
        return fill(out.shape, (at) => ordered(round, extents, includesLast(types.x, axes), (r) => element(at, r)));
      const join = x.type.dtype === "i32" ? integer : reference;
      return fill(out.shape, (at) => {
        let acc = init(types.x);
        eachIndex(extents, (r) => (acc = join(acc, element(at, r))));
        return acc;
      });
    },
    samples: reductionSamples,
  });

const reductionSamples: readonly Sample[] = [
  { operands: [f32(3, 5)], attrs: { axes: [1] } },
  { operands: [f32(3, 5)], attrs: { axes: [0] } },
  { operands: [f32(2, 3, 4)], attrs: { axes: [2, 0] } },
  { operands: [f32(7)], attrs: { axes: [0] } },
  { operands: [f32(1, 4, 1)], attrs: { axes: [0, 1] } },
  { operands: [f32()], attrs: { axes: [] } },
  { operands: [i32(2, 6)], attrs: { axes: [1] } },
  { operands: [f64(2, 2)], attrs: { axes: [0, 1] } },
];

/** Divides the gradient equally among all elements that equal the extreme, or are NaN as it is. */
const sharedGradient: Reduction["gradient"] = (g, { x }, { out, dout, attrs: { axes } }) => {
  const spread = (v: Value): Value => unreduce(g, v, x.type.shape, axes);
  const attained = g.call("or", [compare(g, "eq", x, spread(out)), compare(g, "ne", x, x)]);
  const share = g.div(dout, g.sum(g.convert(attained, x.type.dtype), axes));
  return { x: zeroUnless(g, attained, spread(share)) };
};

/**
 * For each element, the product of all others. It does not divide, so that zeros need no special case: the product of
 * the elements before times the product of those after, each a parallel prefix with doubling strides (Hillis and
 * Steele, "Data parallel algorithms", 1986).
 */
const productOfOthers: Reduction["gradient"] = (g, { x }, { dout, attrs: { axes } }) => {
  const { shape } = x.type;
  if (elements(shape) === 0) return { x: g.zeros(x.type) };
  const kept = without(range(shape.length), axes);
  const perm = [...kept, ...axes];
  const count = product(pick(shape, axes));
  const rows = g.reshape(g.transpose(x, perm), [...pick(shape, kept), count]);
  const others = g.mul(productOfNeighbours(g, rows, 1), productOfNeighbours(g, rows, -1));
  const flat = g.mul(others, unreduce(g, dout, others.type.shape, [kept.length]));
  return { x: g.transpose(g.reshape(flat, pick(shape, perm)), inverse(perm)) };
};

/** Along the last axis, the product of all elements before each one (`side` 1) or after it (`side` -1). */
function productOfNeighbours(g: GraphBuilder, rows: Value, side: 1 | -1): Value {
  const count = nth(rows.type.shape, rows.type.shape.length - 1);
  let result = shift(g, rows, 1, side);
  for (let step = 1; step < count; step *= 2) result = g.mul(result, shift(g, result, step, side));
  return result;
}

/** Shifts the items along the last axis by `step` towards the end (`side` 1) or the start, and fills with ones. */
function shift(g: GraphBuilder, rows: Value, step: number, side: 1 | -1): Value {
  const { shape } = rows.type;
  const last = shape.length - 1;
  const zeros = shape.map(() => 0);
  const at = (n: number): number[] => zeros.with(last, n);
  const kept = nth(shape, last) - step;
  if (kept <= 0) return g.constant(rows.type, 1);
  const start = at(side === 1 ? 0 : step);
  const part = g.call("slice", [rows], {
    start,
    limit: start.map((s, axis) => s + (axis === last ? kept : nth(shape, axis))),
    stride: shape.map(() => 1),
  });
  const [lo, hi] = side === 1 ? [at(step), zeros] : [zeros, at(step)];
  return g.call("pad", [part], { lo, hi, interior: zeros, value: 1 });
}

const argExtreme = (side: Side, doc: string): Entry =>
  folding({
    doc,
    operands: ["x"],
    attrs: { axis: "int" },
    batch: { axis: "axis" },
    requires: {
      c1: {
        message: `x is ${anyOf(numbers)}`,
        about: ["x"],
        holds: ({ x }) => numbers.includes(x.dtype),
        breaks: [[[bool(2)], { axis: 0 }]],
      },
      c2: {
        message: "`axis` is an axis of x",
        about: ["axis"],
        holds: ({ x }, { axis }) => isAxis(axis, x.shape.length),
        breaks: notAnAxis,
      },
      c3: {
        message: "x is not empty along `axis`",
        about: ["x"],
        holds: ({ x }, { axis }) => nth(x.shape, axis) > 0,
        breaks: [[[f32(2, 0)], { axis: 1 }]],
      },
    },
    type: ({ x }, { axis }) => tensor("i32", x.shape.toSpliced(axis, 1)),
    extents: ({ types, attrs }) => [nth(types.x.shape, attrs.axis)],
    init: () => 0,
    // Rereads the best value at its index, so that the accumulator is only the index.
    step: (k: ExprBuilder, best: Expr, at, r, { x }, { attrs: { axis } }) =>
      r.reduce((acc, i) => {
        const [challenger, champion] = [k.let(x(at.toSpliced(axis, 0, i))), k.let(x(at.toSpliced(axis, 0, acc)))];
        return k.select(beyond(k, side, challenger, champion), i, acc);
      }, best),
    combine: null,
    gradient: none("an index is not differentiable"),
    range: (_, { types, attrs: { axis } }) => below(nth(types.x.shape, axis)),
    reference: ({ x }, { out, attrs: { axis } }) => {
      const read = reader(x);
      return fill(out.shape, (at) =>
        range(nth(x.type.shape, axis)).reduce(
          (best, i) => (isBeyond[side](read(at.toSpliced(axis, 0, i)), read(at.toSpliced(axis, 0, best))) ? i : best),
          0,
        ),
      );
    },
    samples: [
      { operands: [f32(3, 10)], attrs: { axis: 1 } },
      { operands: [f32(5, 2)], attrs: { axis: 0 } },
      { operands: [i32(2, 9, 3)], attrs: { axis: 1 } },
      { operands: [f32(4)], attrs: { axis: 0 }, values: [[1, 3, 3, -1]] },
      { operands: [f32(2, 1)], attrs: { axis: 1 } },
      { operands: [f64(6)], attrs: { axis: 0 } },
    ],
  });

declare module "../graph/form.ts" {
  interface OpNames {
    reductions: "reduce_sum" | "reduce_prod" | "reduce_max" | "reduce_min" | "argmax" | "argmin";
  }
}

export const reductions = family<"reductions">({
  reduce_sum: reduction({
    doc: "the sum over `axes`",
    init: () => 0,
    combine: "add",
    reference: (a, b) => a + b,
    ordered: sumOver,
    range: sumOf,
    gradient: (g, { x }, { dout, attrs: { axes } }) => ({ x: unreduce(g, dout, x.type.shape, axes) }),
    linear: ["x"],
    sumOverBatch: (g, { x }, { attrs: { axes } }) => g.sum(x, [0, ...axes.map((axis) => axis + 1)]),
    exact: true,
  }),

  reduce_prod: reduction({
    doc: "the product over `axes`; the gradient of each element is the product of the others, zeros or not",
    init: () => 1,
    combine: "mul",
    reference: (a, b) => a * b,
    ordered: productOver,
    integer: Math.imul,
    range: (x, count) => symmetric(Math.max(1, sizeOf(x)) ** count),
    gradient: productOfOthers,
    exact: true,
  }),

  reduce_max: reduction({
    doc: "the largest over `axes`, NaN if one is NaN, -inf (the least i32) of no elements; the gradient is shared equally among ties",
    init: (x) => (x.dtype === "i32" ? -(2 ** 31) : -Infinity),
    combine: "max",
    reference: extreme.max,
    range: (x, count) => (count === 0 ? anything : x),
    gradient: sharedGradient,
    exact: true,
  }),

  reduce_min: reduction({
    doc: "the smallest over `axes`, NaN if one is NaN, inf (the largest i32) of no elements; the gradient is shared equally among ties",
    init: (x) => (x.dtype === "i32" ? 2 ** 31 - 1 : Infinity),
    combine: "min",
    reference: extreme.min,
    range: (x, count) => (count === 0 ? anything : x),
    gradient: sharedGradient,
    exact: true,
  }),

  argmax: argExtreme(
    "max",
    "the index of the largest element along `axis`, the first of equals, or that of the first NaN",
  ),
  argmin: argExtreme(
    "min",
    "the index of the smallest element along `axis`, the first of equals, or that of the first NaN",
  ),
});
