// Draws of ops with indices.
import type { Value } from "../../../compiler/graph/ir.ts";
import { type Draw, type Grower, isFloat } from "./grower.ts";
import { at, iota, product } from "./random.ts";

/** An axis of nonzero size; null if none exists. */
function filledAxis(b: Grower, x: Value): number | null {
  const axes = iota(x.type.shape.length).filter((axis) => at(x.type.shape, axis) > 0);
  return axes.length === 0 ? null : b.r.pick(axes);
}

/** Indices of this shape: from the pool, an input, or constants that may be slightly out of range. */
export function indices(b: Grower, shape: readonly number[], size: number): Value {
  const type = { dtype: "i32", shape } as const;
  const found = b.find(
    ({ type: other }) =>
      other.dtype === "i32" && other.shape.length === shape.length && other.shape.every((n, i) => n === shape[i]),
  );
  if (found !== null) return found;
  if (!b.inRegion && b.r.chance(0.4)) return b.input(type);
  const outside = b.r.chance(0.3) ? 1 : 0;
  return b.constant(
    type,
    iota(product(shape)).map(() => b.r.between(-outside, size - 1 + outside)),
  );
}

const take: Draw = (b) => {
  const x = b.any(1);
  const axis = filledAxis(b, x);
  if (axis === null) return null;
  const known = b.r.chance(0.5) ? b.find(({ type }) => type.dtype === "i32" && type.shape.length <= 2) : null;
  return b.call("take", [x, known ?? indices(b, b.shape(0, 2), at(x.type.shape, axis))], { axis });
};

const takeAdd: Draw = (b) => {
  const y = b.float();
  const { shape } = y.type;
  const axis = b.r.between(0, shape.length);
  const count = b.r.between(0, Math.min(2, shape.length - axis));
  const size = b.r.between(1, 7);
  return b.call("take_add", [y, indices(b, shape.slice(axis, axis + count), size)], { axis, size });
};

const takeExtreme =
  (op: "take_max" | "take_min"): Draw =>
  (b) => {
    const y = b.r.chance(0.8) ? b.float() : b.of((type) => type.dtype === "i32", 0, "i32");
    const { shape } = y.type;
    const axis = b.r.between(0, shape.length);
    const count = b.r.between(0, Math.min(2, shape.length - axis));
    const size = b.r.between(1, 7);
    return b.call(op, [y, indices(b, shape.slice(axis, axis + count), size)], { axis, size });
  };

/** A value of this type: from the pool, or a leaf. */
const other = (b: Grower, type: Value["type"]): Value =>
  (b.r.chance(0.7)
    ? b.find(({ type: { dtype, shape } }) => dtype === type.dtype && String(shape) === String(type.shape))
    : null) ?? b.fresh(type);

const takePut: Draw = (b) => {
  const x = b.any(1);
  const axis = filledAxis(b, x);
  if (axis === null) return null;
  const place = indices(b, b.shape(0, 2), at(x.type.shape, axis));
  const items = other(b, { ...x.type, shape: x.type.shape.toSpliced(axis, 1, ...place.type.shape) });
  return b.call("take_put", [x, items, place], { axis });
};

/** An axis, a number of items along it, and where they start: once, or for each index of leading axes. */
function part(b: Grower, x: Value): { readonly axis: number; readonly size: number; readonly start: Value } | null {
  const axis = filledAxis(b, x);
  if (axis === null) return null;
  const n = at(x.type.shape, axis);
  const size = b.r.between(1, n);
  const leading = b.r.chance(0.6) ? 0 : b.r.between(0, axis);
  return { axis, size, start: indices(b, x.type.shape.slice(0, leading), n - size + 1) };
}

const dynamicSlice: Draw = (b) => {
  const x = b.any(1);
  const drawn = part(b, x);
  return drawn && b.call("dynamic_slice", [x, drawn.start], { axis: drawn.axis, size: drawn.size });
};

const dynamicUpdateSlice: Draw = (b) => {
  const x = b.any(1);
  const drawn = part(b, x);
  if (drawn === null) return null;
  const items = other(b, { ...x.type, shape: x.type.shape.with(drawn.axis, drawn.size) });
  return b.call("dynamic_update_slice", [x, items, drawn.start], { axis: drawn.axis });
};

const takeAlong: Draw = (b) => {
  const x = b.any(1);
  const axis = filledAxis(b, x);
  return axis === null
    ? null
    : b.call("take_along", [x, indices(b, x.type.shape.toSpliced(axis, 1), at(x.type.shape, axis))], { axis });
};

const gather: Draw = (b) => {
  const x = b.any(1);
  const axis = filledAxis(b, x);
  if (axis === null) return null;
  const shape = b.r.chance(0.4) ? x.type.shape : x.type.shape.with(axis, b.dim());
  return b.call("gather", [x, indices(b, shape, at(x.type.shape, axis))], { axis });
};

const scatterAdd: Draw = (b) => {
  const y = b.float(1);
  const size = b.r.between(1, 7);
  return b.call("scatter_add", [y, indices(b, y.type.shape, size)], { axis: b.axis(y), size });
};

/** A sort along an axis, as argsort and gather. */
export const topOfOrder: Draw = (b) => {
  const x = b.of(isFloat, 1);
  const axis = filledAxis(b, x);
  return axis === null ? null : b.call("gather", [x, b.call("argsort", [x], { axis, descending: true })], { axis });
};

export const reduceDraws: readonly (readonly [string, Draw])[] = [
  ["take", take],
  ["take_add", takeAdd],
  ["take_max", takeExtreme("take_max")],
  ["take_min", takeExtreme("take_min")],
  ["take_put", takePut],
  ["dynamic_slice", dynamicSlice],
  ["dynamic_update_slice", dynamicUpdateSlice],
  ["take_along", takeAlong],
  ["gather", gather],
  ["scatter_add", scatterAdd],
];
