// Draws of data movement: views, permutations, slices, pads, broadcasts.
import type { Value } from "../../../compiler/graph/ir.ts";
import { type Draw, type Grower } from "./grower.ts";
import { at, iota, product, type Random } from "./random.ts";

/** A random shape of `rank` axes with `count` elements. */
export function factors(r: Random, count: number, rank: number): number[] {
  if (count === 0) return r.shuffled([0, ...iota(Math.max(0, rank - 1)).map(() => r.between(1, 3))]);
  const shape: number[] = [];
  let rest = count;
  for (let i = 1; i < rank; i++) {
    const divisors = iota(rest).flatMap((n) => (rest % (n + 1) === 0 ? [n + 1] : []));
    const size = r.pick(divisors);
    shape.push(size);
    rest /= size;
  }
  return r.shuffled([...shape, rest]);
}

/** Another shape for the same elements: an axis of size 1 added or removed, adjacent axes merged, or any. */
export function otherShape(b: Grower, shape: readonly number[]): readonly number[] {
  const { r } = b;
  const ones = iota(shape.length).filter((axis) => shape[axis] === 1);
  switch (r.between(0, 3)) {
    case 0:
      return shape.toSpliced(r.between(0, shape.length), 0, 1);
    case 1:
      if (ones.length > 0) return shape.toSpliced(r.pick(ones), 1);
      return [product(shape)];
    case 2: {
      if (shape.length < 2) return [...shape, 1];
      const axis = r.between(0, shape.length - 2);
      return shape.toSpliced(axis, 2, at(shape, axis) * at(shape, axis + 1));
    }
    default: {
      const count = product(shape);
      return count === 1 && r.chance(0.3) ? [] : factors(r, count, r.between(1, 4));
    }
  }
}

export const reshape = (b: Grower, x: Value): Value => b.call("reshape", [x], { shape: otherShape(b, x.type.shape) });

export function transpose(b: Grower, x: Value): Value {
  return b.call("transpose", [x], { perm: b.r.shuffled(iota(x.type.shape.length)) });
}

export function broadcast(b: Grower, x: Value): Value {
  const { r } = b;
  const shape: number[] = [];
  const dims: number[] = [];
  for (const size of x.type.shape) {
    if (r.chance(0.3)) shape.push(b.dim());
    dims.push(shape.length);
    shape.push(size);
  }
  if (r.chance(0.5) || (dims.length === shape.length && r.chance(0.8))) shape.push(b.dim());
  return b.call("broadcast", [x], { shape, dims });
}

export const reverse = (b: Grower, x: Value): Value => b.call("reverse", [x], { axes: b.axes(x) });

/** A slice of x with at least one element along every axis; null if x is empty. */
export function slice(b: Grower, x: Value): Value | null {
  const { r } = b;
  const { shape } = x.type;
  if (shape.some((size) => size === 0)) return null;
  const start = shape.map((size) => (r.chance(0.4) ? 0 : r.between(0, size - 1)));
  const limit = shape.map((size, axis) => (r.chance(0.5) ? size : r.between(at(start, axis) + 1, size)));
  const stride = shape.map(() => (r.chance(0.75) ? 1 : r.between(2, 3)));
  return b.call("slice", [x], { start, limit, stride });
}

export function pad(b: Grower, x: Value, value = padding(b, x)): Value | null {
  const { r } = b;
  const { shape } = x.type;
  if (shape.some((size) => size === 0)) return null;
  const some = (most: number, often: number): number[] => shape.map(() => (r.chance(often) ? r.between(1, most) : 0));
  return b.call("pad", [x], { lo: some(3, 0.4), hi: some(3, 0.4), interior: some(2, 0.12), value });
}

function padding(b: Grower, x: Value): number {
  return b.r.chance(0.6) ? 0 : b.number(x.type.dtype);
}

/** A concat of x and other values that differ in size along one axis. */
export function concat(b: Grower, x: Value, parts = b.r.between(1, 3)): Value | null {
  const { r } = b;
  const { dtype, shape } = x.type;
  if (shape.length === 0) return null;
  const axis = b.axis(x);
  const fits = (other: Value): boolean =>
    other.type.dtype === dtype &&
    other.type.shape.length === shape.length &&
    shape.every((size, i) => i === axis || size === other.type.shape[i]);
  const part = (): Value =>
    (r.chance(0.7) ? b.find(fits) : null) ?? b.fresh({ dtype, shape: shape.with(axis, b.dim()) });
  return b.call("concat", r.shuffled([x, ...iota(parts).map(part)]), { axis });
}

const iotaDraw: Draw = (b) => {
  const shape = b.shape(1);
  const dtype = b.r.pick(["f32", "i32", "i32", ...(b.plan.wide ? (["f64"] as const) : [])]);
  return b.call("iota", [], { shape, axis: b.r.between(0, shape.length - 1), dtype });
};

export const movementDraws: readonly (readonly [string, Draw])[] = [
  ["reshape", (b) => reshape(b, b.any())],
  ["transpose", (b) => transpose(b, b.any(1))],
  ["broadcast", (b) => broadcast(b, b.any())],
  ["reverse", (b) => reverse(b, b.any(1))],
  ["iota", iotaDraw],
  ["slice", (b) => slice(b, b.any(1))],
  ["pad", (b) => pad(b, b.any(1))],
  ["concat", (b) => concat(b, b.any(1))],
];
