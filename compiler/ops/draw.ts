// Random choices that the `draw` functions of entries make: sizes, axes, orders. Tests supply the source of numbers.
import type { Attrs } from "../graph/ir.ts";
import type { AttrKind, Choices, Draw } from "../graph/op.ts";
import type { Shape } from "../types/tensor-type.ts";
import { product } from "../support/lists.ts";
import { nth, range } from "./lists.ts";

export const flag = (c: Choices): boolean => c.int(0, 1) === 1;

export const oneOf = <T>(c: Choices, first: T, ...rest: readonly T[]): T => rest[c.int(0, rest.length) - 1] ?? first;

/** The size of an axis: 1, odd, with a tail past 4 lanes. */
export const size = (c: Choices): number => oneOf(c, 1, 2, 3, 4, 5, 7);

export const sizes = (c: Choices, least: number, most: number): number[] =>
  range(c.int(least, most)).map(() => size(c));

/** An axis of the shape; 0 for a scalar, which has none. */
export const anyAxis = (c: Choices, shape: Shape): number => c.int(0, Math.max(shape.length - 1, 0));

export function shuffled<T>(c: Choices, list: readonly T[]): T[] {
  const rest = [...list];
  return list.flatMap(() => rest.splice(c.int(0, rest.length - 1), 1));
}

/** Some axes in any order. */
const someAxes = (c: Choices, shape: Shape): number[] =>
  shuffled(c, range(shape.length)).slice(0, c.int(0, shape.length));

/** Another shape with the same number of elements. */
export const reshaped = (c: Choices, shape: Shape): Shape =>
  oneOf<Shape>(c, shuffled(c, shape), [1, ...shape, 1], [product(shape)]);

/**
 * The draw of an op whose operands all have the drawn shape; undefined if the name and kind of an attribute do not
 * determine how it is drawn.
 */
export function alikeDraw(operands: readonly string[], attrs: Readonly<Record<string, AttrKind>>): Draw | undefined {
  const drawn = Object.entries(attrs).filter(([, kind]) => kind !== "dtype");
  const known = drawn.every(
    ([name, kind]) => kind === "bool" || (name === "axis" && kind === "int") || (name === "axes" && kind === "ints"),
  );
  if (operands.length === 0 || !known) return undefined;
  const attr = (c: Choices, shape: Shape, name: string): Attrs[string] =>
    name === "axis" ? anyAxis(c, shape) : name === "axes" ? someAxes(c, shape) : flag(c);
  return (c, shape) => ({
    shapes: operands.map(() => shape),
    attrs: Object.fromEntries(drawn.map(([name]) => [name, attr(c, shape, name)])),
  });
}

/** Shapes of an image [N, ...spatial, C], of a kernel [...spatial, C / groups, O], and of their convolution. */
export interface DrawnConv {
  readonly x: Shape;
  readonly w: Shape;
  readonly attrs: {
    readonly stride: readonly number[];
    readonly padding: readonly (readonly number[])[];
    readonly dilation: readonly number[];
    readonly groups: number;
  };
}

/**
 * The drawn shape if it is that of an image, or a scalar; otherwise a random image shape that contains its last size.
 */
function imageOf(c: Choices, shape: Shape): Shape {
  if (shape.length === 0 || (shape.length >= 3 && shape.length <= 5)) return shape;
  const n = nth(shape, shape.length - 1);
  const spatial = range(c.int(1, 2)).map(() => c.int(1, 6));
  const image = [c.int(1, 2), ...spatial, c.int(1, 4)];
  const axis = c.int(0, image.length - 1);
  const isSpatial = axis > 0 && axis < image.length - 1;
  return image.with(axis, isSpatial ? Math.max(n, 1) : n);
}

const spatialOf = (image: Shape): Shape => image.slice(1, -1);

export function drawnConv(c: Choices, shape: Shape): DrawnConv {
  const x = imageOf(c, shape);
  const channels = nth(x, x.length - 1);
  const groups = channels % 2 === 0 && channels > 0 && flag(c) ? oneOf(c, 2, channels) : 1;
  const axes = spatialOf(x).map((n) => {
    const padding = flag(c) ? [c.int(0, 1), c.int(0, 2)] : [0, 0];
    const dilation = oneOf(c, 1, 1, 2);
    const room = n + nth(padding, 0) + nth(padding, 1);
    return {
      padding,
      dilation,
      stride: oneOf(c, 1, 1, 2, 3),
      kernel: c.int(1, Math.min(3, Math.floor((room - 1) / dilation) + 1)),
    };
  });
  const w = x.length === 0 ? [] : [...axes.map(({ kernel }) => kernel), channels / groups, groups * c.int(1, 5)];
  const attrs = {
    stride: axes.map((a) => a.stride),
    padding: axes.map((a) => a.padding),
    dilation: axes.map((a) => a.dilation),
    groups,
  };
  return { x, w, attrs };
}

export interface DrawnWindows {
  readonly x: Shape;
  readonly attrs: { readonly window: readonly number[]; readonly stride: readonly number[] };
}

/** Windows that fit into an image. */
export function drawnWindows(c: Choices, shape: Shape): DrawnWindows {
  const x = imageOf(c, shape);
  return {
    x,
    attrs: { window: spatialOf(x).map((n) => c.int(1, Math.min(n, 3))), stride: spatialOf(x).map(() => c.int(1, 3)) },
  };
}
