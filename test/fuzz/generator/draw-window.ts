// Draws of window ops, and of the transposed ops in their gradients.
import type { Attrs, Value } from "../../../compiler/graph/ir.ts";
import type { Draw, Grower } from "./grower.ts";
import { isImage } from "./draw-contract.ts";
import { at, iota, product } from "./random.ts";
import { interval, within } from "../../../compiler/types/interval.ts";
import { list, windowed } from "./types.ts";

/** An image without empty axes. */
function image(b: Grower): Value {
  const { r } = b;
  const found = r.chance(0.75) ? b.find((value) => isImage(value) && value.type.shape.every((size) => size > 0)) : null;
  if (found !== null) return found;
  const rank = r.weighted([[35, 1], [55, 2], [10, 3]] as const); // prettier-ignore
  return b.value({
    dtype: "f32",
    shape: [r.between(1, 2), ...iota(rank).map(() => r.between(1, at([0, 12, 7, 4], rank))), r.pick([1, 2, 3, 4, 5])],
  });
}

/** Attributes of windows that fit into x. */
export function windows(b: Grower, x: Value): Attrs {
  const { r } = b;
  const spatial = x.type.shape.slice(1, -1);
  return {
    window: spatial.map((size) => r.between(1, Math.min(size, 3))),
    stride: spatial.map(() => (r.chance(0.4) ? 1 : r.between(2, 3))),
  };
}

/** Attributes of an image whose windows correspond to dy: it contains the last window, but not one more. */
function sizes(b: Grower, dy: Value): Attrs {
  const { r } = b;
  const spatial = dy.type.shape.slice(1, -1);
  const window = spatial.map(() => r.between(1, 3));
  const stride = spatial.map(() => r.between(1, 3));
  const size = spatial.map(
    (count, axis) => (count - 1) * at(stride, axis) + at(window, axis) + r.between(0, at(stride, axis) - 1),
  );
  return { window, stride, size };
}

const spread: Draw = (b) => {
  const dy = image(b);
  return b.call("window_spread", [dy], sizes(b, dy));
};

/** Indices of elements within windows. */
function offsets(b: Grower, shape: readonly number[], attrs: Attrs): Value {
  const count = product(list(attrs, "window"));
  const inside = interval(0, count - 1);
  const fits = (value: Value): boolean =>
    value.type.dtype === "i32" &&
    value.type.shape.length === shape.length &&
    shape.every((n, i) => n === value.type.shape[i]) &&
    within(b.range(value), inside);
  const found = b.find(fits);
  if (found !== null) return found;
  if (!b.inRegion && !b.special && b.r.chance(0.4)) {
    const any = b.input({ dtype: "i32", shape });
    return b.call("min", [b.call("max", [any, b.like(any, 0)]), b.like(any, count - 1)]);
  }
  return b.constant(
    { dtype: "i32", shape },
    iota(product(shape)).map(() => b.r.between(0, count - 1)),
  );
}

const scatter: Draw = (b) => {
  const dy = image(b);
  const attrs = sizes(b, dy);
  return b.call("window_scatter", [dy, offsets(b, dy.type.shape, attrs)], attrs);
};

const gather: Draw = (b) => {
  const x = image(b);
  const attrs = windows(b, x);
  const shape = [
    at(x.type.shape, 0),
    ...windowed(x.type.shape.slice(1, -1), attrs),
    at(x.type.shape, x.type.shape.length - 1),
  ];
  const argmax = b.r.chance(0.5)
    ? b.call("window_argmax", [b.r.chance(0.5) ? x : b.value(x.type)], attrs)
    : offsets(b, shape, attrs);
  return b.call("window_gather", [x, argmax], attrs);
};

export const windowDraws: readonly (readonly [string, Draw])[] = [
  ["window_spread", spread],
  ["window_scatter", scatter],
  ["window_gather", gather],
];
