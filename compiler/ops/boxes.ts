// Boxes read from tensors and written into them: slice, pad, concat.
import { mostPieces } from "../graph/form.ts";
import type { Attrs, Op, RuleBuilder, Value } from "../graph/ir.ts";
import type { Piece } from "../graph/op.ts";
import { invariant } from "../support/invariant.ts";
import { at } from "../support/lists.ts";
import { fits, hull } from "../types/interval.ts";
import { type TensorType, elements, sameShape, strides, tensor } from "../types/tensor-type.ts";
import { shiftAxes } from "./batching.ts";
import { map, placing } from "./define.ts";
import { anyAxis, shuffled, sizes } from "./draw.ts";
import { integers, isAxis, nth, prefixSums, without } from "./lists.ts";
import { eachIndex, fill, flatten, item, reader } from "./ndarray.ts";
import { type Entry, f32, family, i32, u8 } from "./signature.ts";

const perAxis = (x: TensorType, ...lists: readonly (readonly number[])[]): boolean =>
  lists.every((list) => list.length === x.shape.length);

/** The distance from the first of `count` elements to just past the last. */
const span = (count: number, stride: number): number => (count - 1) * stride + 1;

/** Writes a box of elements into a larger array. */
function writeBox(
  into: Float64Array,
  shape: readonly number[],
  piece: Piece,
  from: Float64Array,
  box: readonly number[],
): void {
  const steps = strides(shape);
  eachIndex(
    box,
    (index, flat) =>
      (into[
        flatten(
          index.map((i, axis) => nth(piece.start, axis) + i * nth(piece.stride, axis)),
          steps,
        )
      ] = item(from, flat)),
  );
}

const sizesAlong = (parts: readonly TensorType[], axis: number): number[] => parts.map((p) => nth(p.shape, axis));
const axisOf = ({ axis }: Attrs): number => axis as number;

/** Concatenations of at most `mostPieces` parts each, in levels. */
function concatenated(g: RuleBuilder, op: Op, parts: readonly Value[], attrs: Attrs): Value {
  let level = parts;
  while (level.length > 1)
    level = Array.from({ length: Math.ceil(level.length / mostPieces) }, (_, k) =>
      g.call(op.name, level.slice(k * mostPieces, (k + 1) * mostPieces), attrs),
    );
  return at(level, 0);
}

/** The offset of each part in the result of a concatenation. */
function joined(parts: readonly TensorType[], axis: number): Piece[] {
  const starts = prefixSums(sizesAlong(parts, axis));
  return parts.map(({ shape }, operand) => ({
    operand,
    start: shape.map((_, a) => (a === axis ? nth(starts, operand) : 0)),
    stride: shape.map(() => 1),
  }));
}

declare module "../graph/form.ts" {
  interface OpNames {
    boxes: "slice" | "pad" | "concat";
  }
}

export const boxes = family<"boxes">({
  slice: map({
    doc: "every `stride`-th element from `start` up to `limit`, which is not included, per axis",
    operands: ["x"],
    attrs: { start: "ints", limit: "ints", stride: "ints" },
    requires: {
      c1: {
        message: "`start`, `limit` and `stride` have one entry per axis of x",
        about: ["start", "limit", "stride"],
        holds: ({ x }, { start, limit, stride }) => perAxis(x, start, limit, stride),
        breaks: [
          [[f32(4)], { start: [0, 0], limit: [1], stride: [1] }],
          [[f32(4)], { start: [0], limit: [1], stride: [] }],
        ],
      },
      c2: {
        message: "the strides are at least 1",
        about: ["stride"],
        holds: (_, { stride }) => integers(stride, 1),
        breaks: [[[f32(4)], { start: [0], limit: [1], stride: [0] }]],
      },
      c3: {
        message: "0 ≤ start < limit ≤ size on every axis",
        about: ["start", "limit"],
        holds: ({ x }, { start, limit }) =>
          integers(start, 0) &&
          integers(limit, 1) &&
          x.shape.every((size, a) => nth(start, a) < nth(limit, a) && nth(limit, a) <= size),
        breaks: [
          [[f32(4)], { start: [0], limit: [5], stride: [1] }],
          [[f32(4)], { start: [2], limit: [2], stride: [1] }],
          [[f32(4)], { start: [-1], limit: [2], stride: [1] }],
          [[f32(0)], { start: [0], limit: [0], stride: [1] }],
        ],
      },
    },
    type: ({ x }, { start, limit, stride }) =>
      tensor(
        x.dtype,
        x.shape.map((_, a) => Math.ceil((nth(limit, a) - nth(start, a)) / nth(stride, a))),
      ),
    element: (k, at, { x }, { attrs: { start, stride } }) =>
      x(at.map((i, a) => k.add(k.mul(i, k.int(nth(stride, a))), k.int(nth(start, a))))),
    batch: { start: 0, limit: "sizes", stride: 1 },
    moves: "cut",
    linear: ["x"],
    gradient: (g, { x }, { out, dout, attrs: { start, stride } }) => {
      const hi = x.type.shape.map((size, a) => size - nth(start, a) - span(nth(out.type.shape, a), nth(stride, a)));
      return { x: g.call("pad", [dout], { lo: start, hi, interior: stride.map((s) => s - 1), value: 0 }) };
    },
    range: ({ x }) => x,
    reference: ({ x }, { out, attrs: { start, stride } }) => {
      const read = reader(x);
      return fill(out.shape, (at) => read(at.map((i, a) => nth(start, a) + i * nth(stride, a))));
    },
    draw: (c, shape) => {
      const start = shape.map((n) => c.int(0, Math.max(n - 1, 0)));
      const limit = shape.map((n, axis) => (n === 0 ? 0 : c.int(nth(start, axis) + 1, n)));
      return { shapes: [shape], attrs: { start, limit, stride: shape.map(() => c.int(1, 3)) } };
    },
    samples: [
      { operands: [f32(7)], attrs: { start: [2], limit: [6], stride: [1] } },
      { operands: [f32(9)], attrs: { start: [1], limit: [8], stride: [3] } },
      { operands: [f32(3, 5)], attrs: { start: [0, 1], limit: [2, 5], stride: [1, 2] } },
      { operands: [f32()], attrs: { start: [], limit: [], stride: [] } },
      { operands: [u8(4, 1)], attrs: { start: [3, 0], limit: [4, 1], stride: [1, 1] } },
    ],
  }),

  pad: placing({
    doc: "x with `lo` elements before it, `hi` after it and `interior` between neighbours, per axis, all of them `value`",
    operands: ["x"],
    attrs: { lo: "ints", hi: "ints", interior: "ints", value: "float" },
    requires: {
      c1: {
        message: "`lo`, `hi` and `interior` have one entry per axis of x",
        about: ["lo", "hi", "interior"],
        holds: ({ x }, { lo, hi, interior }) => perAxis(x, lo, hi, interior),
        breaks: [[[f32(4)], { lo: [], hi: [0], interior: [0], value: 0 }]],
      },
      c2: {
        message: "`lo`, `hi` and `interior` are at least 0",
        about: ["lo", "hi", "interior"],
        holds: (_, { lo, hi, interior }) => [lo, hi, interior].every((list) => integers(list, 0)),
        breaks: [
          [[f32(4)], { lo: [-1], hi: [0], interior: [0], value: 0 }],
          [[f32(4)], { lo: [0], hi: [0], interior: [-1], value: 0 }],
        ],
      },
      c3: {
        message: "x is not empty",
        about: ["x"],
        holds: ({ x }) => elements(x.shape) > 0,
        breaks: [[[f32(0)], { lo: [0], hi: [0], interior: [0], value: 0 }]],
      },
      c4: {
        message: "`value` is a value of the dtype of x",
        about: ["value"],
        holds: ({ x }, { value }) => fits(value, x.dtype),
        breaks: [
          [[i32(4)], { lo: [1], hi: [0], interior: [0], value: 0.5 }],
          [[u8(4)], { lo: [1], hi: [0], interior: [0], value: 256 }],
          [[f32(4)], { lo: [1], hi: [0], interior: [0], value: 1e39 }],
        ],
      },
    },
    type: ({ x }, { lo, hi, interior }) =>
      tensor(
        x.dtype,
        x.shape.map((size, a) => nth(lo, a) + span(size, nth(interior, a) + 1) + nth(hi, a)),
      ),
    background: ({ attrs }) => attrs.value,
    pieces: ({ attrs: { lo, interior } }) => [{ operand: 0, start: lo, stride: interior.map((n) => n + 1) }],
    batch: { lo: 0, hi: 0, interior: 0 },
    linear: ["x"],
    linearWhere: ({ value }) => value === 0,
    gradient: (g, { x }, { dout, attrs: { lo, interior } }) => {
      const stride = interior.map((n) => n + 1);
      const limit = x.type.shape.map((size, a) => nth(lo, a) + span(size, nth(stride, a)));
      return { x: g.call("slice", [dout], { start: lo, limit, stride }) };
    },
    reference: ({ x }, { out, attrs: { lo, interior, value } }) => {
      const data = new Float64Array(elements(out.shape)).fill(value);
      writeBox(data, out.shape, { operand: 0, start: lo, stride: interior.map((n) => n + 1) }, x.data, x.type.shape);
      return data;
    },
    draw: (c, shape) => {
      const counts = (): number[] => shape.map(() => c.int(0, 2));
      return { shapes: [shape], attrs: { lo: counts(), hi: counts(), interior: counts(), value: c.int(0, 1) } };
    },
    samples: [
      { operands: [f32(3)], attrs: { lo: [2], hi: [1], interior: [0], value: 0 } },
      { operands: [f32(2, 3)], attrs: { lo: [0, 1], hi: [1, 0], interior: [2, 1], value: -1.5 } },
      {
        operands: [f32(1, 2, 2, 1)],
        attrs: { lo: [0, 1, 1, 0], hi: [0, 1, 1, 0], interior: [0, 0, 0, 0], value: -Infinity },
      },
      { operands: [f32()], attrs: { lo: [], hi: [], interior: [], value: 0 } },
      { operands: [i32(4)], attrs: { lo: [0], hi: [0], interior: [0], value: 7 } },
    ],
  }),

  concat: {
    doc: "the parts joined along `axis`, in order",
    operands: "variadic",
    attrs: { axis: "int" },
    defaults: {},
    requires: {
      c1: {
        message: "there is at least one part",
        about: ["operands"],
        holds: (parts) => parts.length > 0,
        breaks: [[[], { axis: 0 }]],
      },
      c2: {
        message: "the parts have the same dtype",
        about: ["operands"],
        holds: (parts) => parts.every((p) => p.dtype === parts[0]?.dtype),
        breaks: [[[f32(1), i32(1)], { axis: 0 }]],
      },
      c3: {
        message: "`axis` is an axis of every part",
        about: ["axis"],
        holds: (parts, attrs) => parts.every((p) => isAxis(axisOf(attrs), p.shape.length)),
        breaks: [
          [[f32()], { axis: 0 }],
          [[f32(1), f32(1)], { axis: 1 }],
          [[f32(1, 1), f32(1)], { axis: 1 }],
        ],
      },
      c4: {
        message: "the parts differ only along `axis`",
        about: ["operands"],
        holds: ([first, ...rest], attrs) =>
          rest.every(
            (p) =>
              first !== undefined &&
              sameShape(without(p.shape, [axisOf(attrs)]), without(first.shape, [axisOf(attrs)])),
          ),
        breaks: [
          [[f32(1, 2), f32(1, 3)], { axis: 0 }],
          [[f32(1, 2), f32(1)], { axis: 0 }],
        ],
      },
    },
    type: (parts, attrs) => {
      const total = sizesAlong(parts, axisOf(attrs)).reduce((a, b) => a + b, 0);
      return parts.slice(0, 1).map((p) => tensor(p.dtype, p.shape.with(axisOf(attrs), total)));
    },
    batch: shiftAxes({ axis: "axis" }),
    linear: { sets: "all" },
    gradient: {
      kind: "rule",
      rule: (g, { operands, grads: [dout], attrs }) => {
        if (!dout) return operands.map(() => null);
        const types = operands.map((v) => v.type);
        return joined(types, axisOf(attrs)).map(({ operand, start, stride }) => {
          const type = types[operand];
          if (type !== undefined && elements(type.shape) === 0) return g.zeros(type);
          const limit = start.map((s, a) => s + nth(types[operand]?.shape ?? [], a));
          return g.call("slice", [dout], { start, limit, stride });
        });
      },
    },
    form: { kind: "pieces", background: () => null, pieces: ({ operands, attrs }) => joined(operands, axisOf(attrs)) },
    lower: (g, op, { operands, attrs }) =>
      operands.length <= mostPieces ? null : [concatenated(g, op, operands, attrs)],
    range: (parts) => hull(...parts),
    reference: {
      kind: "array",
      apply: (parts, { operands, results: [out], attrs }) => {
        invariant(out, "concat has a result");
        const data = new Float64Array(elements(out.shape));
        const pieces = joined(operands, axisOf(attrs));
        parts.forEach(({ data: from, type }, p) =>
          pieces.slice(p, p + 1).forEach((piece) => writeBox(data, out.shape, piece, from, type.shape)),
        );
        return [data];
      },
    },
    draw: (c, shape) => {
      const axis = anyAxis(c, shape);
      return {
        shapes: shuffled(c, [shape, ...sizes(c, 0, 2).map((n) => shape.map((old, a) => (a === axis ? n : old)))]),
        attrs: { axis },
      };
    },
    samples: [
      { operands: [f32(2, 3), f32(2, 1), f32(2, 4)], attrs: { axis: 1 } },
      { operands: [f32(1), f32(6)], attrs: { axis: 0 } },
      { operands: [f32(3, 2)], attrs: { axis: 0 } },
      { operands: [i32(2, 1, 3), i32(2, 5, 3)], attrs: { axis: 1 } },
    ],
    exact: true,
  } satisfies Entry,
});
