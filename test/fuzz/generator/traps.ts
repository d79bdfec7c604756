// Draws of near misses: patterns that resemble those of rewrites and passes, but violate one of their conditions.
import type { Value } from "../../../compiler/graph/ir.ts";
import { loopOf } from "./draw-control.ts";
import { convertTo, condition } from "./draw-pointwise.ts";
import { type Draw, type Grower, isFloat } from "./grower.ts";
import { at, iota, product } from "./random.ts";

const zeros = (shape: readonly number[]): number[] => shape.map(() => 0);

/** A value with axes large enough for nontrivial slices. */
function roomy(b: Grower): Value {
  const found = b.r.chance(0.5)
    ? b.find(({ type }) => type.shape.some((size) => size >= 5) && !type.shape.includes(0))
    : null;
  return found ?? b.fresh({ dtype: "f32", shape: b.r.pick([[7], [9, 2], [2, 8], [6, 5]]) });
}

/** A slice of a slice, both with strides and starts. */
const sliceOfSlice: Draw = (b) => {
  const { r } = b;
  const cut = (x: Value): Value => {
    const { shape } = x.type;
    const start = shape.map((size) => (size > 2 && r.chance(0.7) ? 1 : 0));
    return b.call("slice", [x], { start, limit: shape, stride: shape.map((size) => (size > 3 ? r.between(1, 2) : 1)) });
  };
  return cut(cut(roomy(b)));
};

/** A slice of a concat, in one part, rarely the first, or across two. */
const sliceOfConcat: Draw = (b) => {
  const { r } = b;
  const x = b.any(1);
  const { shape } = x.type;
  if (shape.includes(0)) return null;
  const axis = b.axis(x);
  const size = at(shape, axis);
  const count = r.between(2, 3);
  const parts = r.shuffled([x, ...iota(count - 1).map(() => b.beside(x))]);
  const joined = b.call("concat", parts, { axis });
  const from = r.chance(0.7) ? size * r.between(0, count - 1) : r.between(0, size * count - 1);
  const start = zeros(shape).with(axis, from);
  const limit = shape.with(axis, Math.min(size * count, from + r.between(1, size)));
  return b.call("slice", [joined], { start, limit, stride: shape.map(() => 1) });
};

/** A splat padded with another number. */
const paddedSplat: Draw = (b) => {
  const { r } = b;
  const x = b.any(1);
  const { dtype, shape } = x.type;
  if (shape.includes(0)) return null;
  const around = (): number[] => shape.map(() => r.between(0, 2));
  const framed = b.call("pad", [b.like(x, b.number(dtype))], {
    lo: around(),
    hi: around(),
    interior: zeros(shape),
    value: b.number(dtype),
  });
  return r.chance(0.5)
    ? framed
    : b.call(
        isFloat(x.type) ? "add" : "select",
        isFloat(x.type) ? [framed, b.beside(framed)] : [condition(b, framed.type.shape), framed, b.beside(framed)],
      );
};

/** Conversions through a narrower dtype, which lose fractions, signs or range. */
const lossy: Draw = (b) => {
  const { r } = b;
  const x = b.of(({ dtype }) => dtype === "f32" || dtype === "i32" || dtype === "i8");
  const narrow = isFloat(x.type) ? r.pick(["i32", "i8", "u8", "bool"] as const) : r.pick(["i8", "u8", "bool"] as const);
  const large = x.type.dtype === "f32" && r.chance(0.4) && !b.special ? b.call("mul", [x, b.like(x, 100)]) : x;
  return convertTo(b, convertTo(b, large, narrow), r.pick([x.type.dtype, "f32", "i32"] as const));
};

/** Two transposes whose permutations do not commute. */
const transposedTwice: Draw = (b) => {
  const { r } = b;
  const x = b.any(3);
  const axes = iota(x.type.shape.length);
  const one = b.call("transpose", [x], { perm: [...axes.slice(1), 0] });
  return b.call("transpose", [one], { perm: r.chance(0.5) ? r.shuffled(axes) : [1, 0, ...axes.slice(2)] });
};

const negatedSelect: Draw = (b) => {
  const x = b.any();
  return b.call("select", [b.call("not", [condition(b, x.type.shape)]), x, b.beside(x)]);
};

/** A per-channel shift before a padded convolution, with weights that nothing writes. */
const shiftIntoPadding: Draw = (b) => {
  const { r } = b;
  const [size, channels, out] = [r.between(2, 5), r.between(1, 3), r.between(1, 4)];
  const x = b.value({ dtype: "f32", shape: [1, size, channels] });
  const weight = (shape: readonly number[]): Value =>
    b.plan.trains || b.inRegion
      ? b.constant(
          { dtype: "f32", shape },
          iota(product(shape)).map(() => b.number("f32")),
        )
      : b.param({ dtype: "f32", shape });
  const shifted = b.call(r.pick(["add", "add", "sub", "mul"]), [
    x,
    b.call("broadcast", [weight([channels])], { shape: x.type.shape, dims: [2] }),
  ]);
  const padding = [r.pick([[0, 0], [1, 1], [1, 0], [0, 2]])]; // prettier-ignore
  return b.call("conv", [shifted, weight([r.between(1, Math.min(2, size)), channels, out])], {
    stride: [1],
    padding,
    dilation: [1],
    groups: 1,
  });
};

const scalarOrRow = (b: Grower): readonly number[] => b.r.pick([[], [3], [2, 3], [5]]);

/** A scan that sums items, or sums of them, from a nonzero start. */
const running: Draw = (b) => {
  const shape = scalarOrRow(b);
  const rows = b.r.chance(0.6) ? [b.r.between(1, 3)] : [];
  const start = b.value({ dtype: "f32", shape }, 0.4);
  const type = { dtype: "f32", shape: [...rows, ...shape] } as const;
  const sequence = b.value({ ...type, shape: [b.r.between(2, 4), ...type.shape] });
  const outer = b.r.chance(0.5) ? b.repeated(type) : b.value(type);
  return loopOf(
    b,
    { carries: [start], sequences: [sequence], invariants: [outer], shown: 1 },
    (inner, [sum], [item, other]) => {
      if (sum === undefined || item === undefined || other === undefined) return [];
      const each = inner.r.chance(0.5) ? item : inner.call("mul", [item, other]);
      const term = rows.length === 0 ? each : inner.call("reduce_sum", [each], { axes: [0] });
      return [inner.call("add", inner.r.chance(0.5) ? [sum, term] : [term, sum])];
    },
  );
};

/** Integer division by values that may be zero. */
const integerQuotient: Draw = (b) => {
  const type = { dtype: "i32", shape: b.shape() } as const;
  return b.call(b.r.pick(["div", "div", "rem"]), [b.value(type), b.fresh(type)]);
};

/**
 * A scan with carries that are swapped, used only by another carry, or unchanged, and with invariants that may be
 * splats.
 */
const exchange: Draw = (b) => {
  const { r } = b;
  const type = { dtype: "f32", shape: scalarOrRow(b) } as const;
  const some = (): Value => (r.chance(0.5) ? b.constant(type, b.number("f32")) : b.value(type));
  const sequence = b.value({ dtype: "f32", shape: [r.between(2, 4), ...type.shape] });
  const kind = r.between(0, 2);
  return loopOf(
    b,
    { carries: [some(), some()], sequences: [sequence], invariants: [some(), some()], shown: r.between(1, 2) },
    (inner, [x, y], [item, p, q]) => {
      if (x === undefined || y === undefined || item === undefined || p === undefined || q === undefined) return [];
      const half = (value: Value): Value => inner.call("mul", [value, inner.like(value, 0.5)]);
      const mixed = inner.call("add", [inner.call("mul", [half(item), p]), inner.call("sub", [half(x), q])]);
      if (kind === 0) return [y, x];
      if (kind === 1) return [inner.call("tanh", [inner.call("add", [mixed, y])]), half(y)];
      return [inner.call("tanh", [mixed]), r.chance(0.5) ? y : x];
    },
  );
};

/** A remainder whose quotient has more bits than any float. Its slope is as large. */
const largeQuotient: Draw = (b) => {
  const v = b.fresh({ dtype: "f32", shape: b.shape().map((size) => Math.max(1, size)) });
  const y = b.call("add", [b.call("mul", [v, v]), b.like(v, 0.5)]);
  const x = b.call("mul", [b.fresh(v.type), b.like(v, 2 ** b.r.between(30, 60))]);
  return b.call("stop_gradient", [b.call("rem", [x, y])]);
};

export const trapDraws: readonly (readonly [weight: number, Draw])[] = [
  [2, sliceOfSlice],
  [2, sliceOfConcat],
  [2, paddedSplat],
  [2, lossy],
  [1.5, transposedTwice],
  [1.5, negatedSelect],
  [2, shiftIntoPadding],
  [1.5, integerQuotient],
  [0.6, largeQuotient],
  [2, (b) => (b.depth > 0 ? running(b) : null)],
  [3, (b) => (b.depth > 0 ? exchange(b) : null)],
];
