// Draws of common parts of networks, which passes match.
import type { Value } from "../../../compiler/graph/ir.ts";
import { recurrent } from "./draw-control.ts";
import { convOf, isImage, linear } from "./draw-contract.ts";
import { topOfOrder } from "./draw-reduce.ts";
import { windows } from "./draw-window.ts";
import { type Draw, type Grower, isFloat } from "./grower.ts";
import { at, iota, product } from "./random.ts";
import { rowsOfTable } from "./tables.ts";
import { interval } from "../../../compiler/types/interval.ts";
import { list } from "./types.ts";

/** Broadcasts a reduced value along the axis that was reduced. */
const spread = (b: Grower, reduced: Value, like: Value, axis: number): Value =>
  b.call("broadcast", [reduced], {
    shape: like.type.shape,
    dims: iota(like.type.shape.length).filter((i) => i !== axis),
  });

/** Broadcasts a vector along the last axis. */
const channelwise = (b: Grower, vector: Value, like: Value): Value =>
  b.call("broadcast", [vector], { shape: like.type.shape, dims: [like.type.shape.length - 1] });

const channels = ({ type }: Value): { readonly dtype: "f32"; readonly shape: readonly number[] } => ({
  dtype: "f32",
  shape: type.shape.slice(-1),
});

/** An f32 value without empty axes. */
function filled(b: Grower, leastRank: number): Value {
  const found = b.find(({ type }) => type.dtype === "f32" && type.shape.length >= leastRank && !type.shape.includes(0));
  return found ?? b.fresh({ dtype: "f32", shape: b.shape(leastRank).map((size) => Math.max(1, size)) });
}

function softmaxOf(b: Grower, x: Value, axis: number): Value {
  const most = b.call("reduce_max", [x], { axes: [axis] });
  const powers = b.call("exp", [b.call("sub", [x, spread(b, most, x, axis)])]);
  // The maximum is subtracted, so that at least one term is 1.
  b.ranges.set(powers, interval(0, 1));
  const total = b.call("reduce_sum", [powers], { axes: [axis] });
  b.ranges.set(total, interval(1, at(x.type.shape, axis)));
  const result = b.r.chance(0.7)
    ? b.call("div", [powers, spread(b, total, x, axis)])
    : b.call("log", [spread(b, total, x, axis)]);
  b.ranges.set(result, interval(0, Math.max(1, Math.log(at(x.type.shape, axis)))));
  return result;
}

const softmax: Draw = (b) => {
  const x = b.tame(filled(b, 1), 30);
  return softmaxOf(b, x, b.r.chance(0.7) ? x.type.shape.length - 1 : b.axis(x));
};

/** Normalization by mean and variance, over the last axis or over all others. */
const norm: Draw = (b) => {
  const { r } = b;
  const x = b.tame(filled(b, 2), 30);
  const last = x.type.shape.length - 1;
  const axes = r.chance(0.6) ? [last] : iota(last);
  const count = product(axes.map((axis) => at(x.type.shape, axis)));
  const dims = iota(last + 1).filter((axis) => !axes.includes(axis));
  const mean = (value: Value): Value => {
    const sum = b.call("reduce_sum", [value], { axes });
    return b.call(
      "broadcast",
      [r.chance(0.5) ? b.call("div", [sum, b.like(sum, count)]) : b.call("mul", [sum, b.like(sum, 1 / count)])],
      {
        shape: x.type.shape,
        dims,
      },
    );
  };
  const centered = b.call("sub", [x, mean(x)]);
  const variance = b.call("add", [mean(b.call("mul", [centered, centered])), b.like(x, 0.01)]);
  b.ranges.set(variance, interval(0.01, 1000));
  const normed = r.chance(0.5)
    ? b.call("mul", [centered, b.call("rsqrt", [variance])])
    : b.call("div", [centered, b.call("sqrt", [variance])]);
  b.ranges.set(normed, interval(-Math.sqrt(count), Math.sqrt(count)));
  return r.chance(0.7) ? scaleAndShift(b, normed) : normed;
};

function scaleAndShift(b: Grower, x: Value): Value {
  const scaled = b.call("mul", [x, channelwise(b, b.weight(channels(x)), x)]);
  return b.call("add", [scaled, channelwise(b, b.weight(channels(x)), x)]);
}

/** Batch norm with running statistics. */
function batchNorm(b: Grower, x: Value): Value {
  const { r } = b;
  const variance = b.variance(channels(x));
  const [mean, gamma, beta] = iota(3).map(() =>
    b.inRegion ? b.fresh(channels(x)) : r.chance(0.5) ? b.param(channels(x)) : b.state(channels(x)),
  );
  if (mean === undefined || gamma === undefined || beta === undefined) return x;
  const deviation = b.call("sqrt", [b.call("add", [variance, b.like(variance, 0.001)])]);
  const centered = b.call("sub", [x, channelwise(b, mean, x)]);
  if (r.chance(0.5)) {
    const scaled = b.call("mul", [centered, channelwise(b, b.call("div", [gamma, deviation]), x)]);
    return b.call("add", [scaled, channelwise(b, beta, x)]);
  }
  const normed = b.call("div", [centered, channelwise(b, deviation, x)]);
  return b.call("add", [b.call("mul", [normed, channelwise(b, gamma, x)]), channelwise(b, beta, x)]);
}

const bias = (b: Grower, x: Value): Value =>
  b.call(b.r.pick(["add", "add", "sub", "mul"]), [x, channelwise(b, b.weight(channels(x)), x)]);

const activations: readonly ((b: Grower, x: Value) => Value)[] = [
  (b, x) => b.call("max", [x, b.like(x, 0)]),
  (b, x) => b.call("tanh", [x]),
  (b, x) => b.call("mul", [x, b.call("sigmoid", [x])]),
  (b, x) => b.call("min", [b.call("max", [x, b.like(x, 0)]), b.like(x, 6)]),
  (b, x) =>
    b.call("mul", [b.call("mul", [x, b.like(x, 0.5)]), b.call("erfc", [b.call("mul", [x, b.like(x, -Math.SQRT1_2)])])]),
];

/** Scales and shifts before and after a dot or a convolution. */
const layer: Draw = (b) => {
  const { r } = b;
  const image = r.chance(0.4)
    ? (b.find(isImage)?.type ?? {
        dtype: "f32",
        shape: [1, ...iota(r.between(1, 2)).map(() => r.between(2, 6)), r.between(1, 4)],
      })
    : null;
  const dress = (x: Value): Value => {
    const norms: readonly ((b: Grower, x: Value) => Value)[] = [bias, batchNorm, scaleAndShift];
    let y = x;
    for (let count = r.between(0, 2); count > 0; count--) y = r.pick(norms)(b, y);
    return y;
  };
  if (image !== null && image.dtype !== "f32") return null;
  const before = (x: Value): Value => (r.chance(0.3) ? dress(x) : x);
  const y =
    image === null
      ? linear(b, before(b.tame(filled(b, 2), 30)))
      : convOf(b, image as never, (type) => before(b.value(type)));
  if (y === null) return null;
  const dressed = b.tame(dress(y), 100);
  return r.chance(0.6) ? r.pick(activations)(b, dressed) : dressed;
};

const residual: Draw = (b) => {
  const x = filled(b, 2);
  return b.call("add", [x, activated(b, linear(b, activated(b, x), at(x.type.shape, x.type.shape.length - 1)))]);
};
const activated = (b: Grower, x: Value): Value => b.r.pick(activations)(b, b.tame(x, 30));

const attention: Draw = (b) => {
  const { r } = b;
  const [heads, queries, keys, size] = [r.between(1, 2), r.between(1, 5), r.between(1, 5), r.pick([2, 3, 4])];
  const row = (count: number): Value => b.value({ dtype: "f32", shape: [heads, count, size] });
  const [q, k, v] = [row(queries), row(keys), row(keys)];
  const scores = b.call("dot", [q, k], { batch: [[0], [0]], contract: [[2], [2]] });
  const weights = softmaxOf(b, b.tame(b.call("mul", [scores, b.like(scores, 0.5)]), 30), 2);
  return b.call("dot", [weights, v], { batch: [[0], [0]], contract: [[2], [1]] });
};

/** Two dots with the same operand. */
const sharedDots: Draw = (b) => {
  const x = filled(b, 2);
  const columns = b.dim();
  return b.call(b.r.pick(["add", "mul"]), [linear(b, x, columns), linear(b, x, columns)]);
};

/** Computation on params only, which moves to the weights stage if nothing writes them. */
const weightsOnly: Draw = (b) => {
  const { r } = b;
  if (b.inRegion) return null;
  const [rows, inner] = [Math.max(1, b.dim()), Math.max(1, b.dim())];
  const w = b.param({ dtype: "f32", shape: [rows, inner] });
  const made = linear(b, r.chance(0.5) ? b.call("tanh", [w]) : b.call("mul", [w, b.param(w.type)]));
  return r.chance(0.5)
    ? made
    : b.call("dot", [b.value({ dtype: "f32", shape: [b.dim(), rows] }), made], { contract: [[1], [0]] });
};

/** Dropout by random bits. */
const dropout: Draw = (b) => {
  const x = b.of(({ dtype }) => dtype === "f32", 1);
  const { shape } = x.type;
  if (product(shape) === 0) return null;
  const i32 = { dtype: "i32", shape } as const;
  const counters = b.call("iota", [], { shape, axis: b.axis(x), dtype: "i32" });
  const word = b.call("threefry", [b.constant(i32, 7), b.value(i32), counters, b.constant(i32, 0)], { word: 0 });
  const bits = b.call("shru", [word, b.constant(i32, 8)]);
  b.ranges.set(bits, interval(0, 2 ** 24));
  const uniform = b.call("mul", [b.call("convert", [bits], { dtype: "f32" }), b.like(x, 2 ** -24)]);
  const keeps = b.call("lt", [uniform, b.like(x, 0.75)]);
  return b.call("select", [keeps, b.call("div", [x, b.like(x, 0.75)]), b.like(x, 0)]);
};

const oneHot: Draw = (b) => {
  const x = filled(b, 1);
  const axis = b.axis(x);
  const positions = b.call("iota", [], { shape: x.type.shape, axis, dtype: "i32" });
  const chosen = b.call("argmax", [x], { axis });
  return b.call("convert", [b.call("eq", [positions, spread(b, chosen, x, axis)])], { dtype: "f32" });
};

const embedding: Draw = (b) => {
  const [words, size] = [b.r.between(2, 9), b.r.between(1, 5)];
  const table = b.weight({ dtype: "f32", shape: [words, size] });
  const text = b.value({ dtype: "i32", shape: b.shape(1, 2) });
  return b.call("take", [table, text], { axis: 0 });
};

/** Max pooling with padding of -inf. */
const maxPool: Draw = (b) => {
  const x = b.find((value) => isImage(value) && !value.type.shape.includes(0));
  if (x === null) return null;
  const around = x.type.shape.map((_, axis) =>
    axis === 0 || axis === x.type.shape.length - 1 ? 0 : b.r.between(0, 1),
  );
  const padded = b.call("pad", [x], {
    lo: around,
    hi: around.map(() => 0),
    interior: around.map(() => 0),
    value: -Infinity,
  });
  const attrs = windows(b, padded);
  const covers = x.type.shape.slice(1, -1).every((_, i) => at(list(attrs, "window"), i) > at(around, i + 1));
  if (!covers) return null;
  const pooled = b.call("window_max", [padded], attrs);
  b.ranges.set(pooled, b.range(x));
  return pooled;
};

/** A sum of squared differences, as in a loss. */
const squares: Draw = (b) => {
  const x = b.tame(b.of(isFloat), 30);
  const difference = b.call("sub", [x, b.tame(b.beside(x), 30)]);
  return b.call("reduce_sum", [b.call("mul", [difference, difference])], { axes: iota(x.type.shape.length) });
};

/** A sum or product of equal numbers, as a count is: its terms are not in memory. */
const equalTerms: Draw = (b) => {
  const n = b.r.between(2, 40);
  const shape = b.r.pick([[n], [b.r.between(1, 3), n], [n, b.r.between(1, 5)]]);
  const axes = b.r.pick([[shape.indexOf(n)], iota(shape.length)]);
  const [op, value] = b.r.pick([["reduce_sum", 3] as const, ["reduce_prod", 1.25] as const]);
  return b.call(op, [b.constant({ dtype: "f32", shape }, value)], { axes });
};

export const patternDraws: readonly (readonly [weight: number, Draw])[] = [
  [3, softmax],
  [3, norm],
  [7, layer],
  [2, residual],
  [1.5, attention],
  [2, sharedDots],
  [2, weightsOnly],
  [1.5, dropout],
  [1, oneHot],
  [1.5, embedding],
  [1, rowsOfTable],
  [1.5, maxPool],
  [1, squares],
  [0.5, equalTerms],
  [0.6, topOfOrder],
  [2, (b) => bias(b, filled(b, 1))],
  [3, (b) => (b.depth > 0 ? recurrent(b) : null)],
];
