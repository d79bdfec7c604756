// A second, independent set of type rules: where they differ from those of the op table, one of the two is wrong. Ops
// of a class share a rule; others have one by name.
import type { Op } from "../../../compiler/graph/op.ts";
import type { Attrs, Graph } from "../../../compiler/graph/ir.ts";
import type { DType } from "../../../runtime/model.ts";
import type { TensorType } from "../../../compiler/types/tensor-type.ts";
import { at, iota, product } from "./random.ts";

/** The types of a node's results, from valid operands and attributes. */
export type TypeRule = (
  operands: readonly TensorType[],
  attrs: Attrs,
  regions: readonly Graph[],
) => readonly TensorType[];

export const list = (attrs: Attrs, name: string): readonly number[] => attrs[name] as readonly number[];
export const pairs = (attrs: Attrs, name: string): readonly (readonly number[])[] =>
  attrs[name] as readonly (readonly number[])[];
export const int = (attrs: Attrs, name: string): number => attrs[name] as number;

type One = (x: TensorType, attrs: Attrs, y: TensorType) => TensorType;

/** A single result, in terms of the first two operands. */
const one =
  (rule: One): TypeRule =>
  (operands, attrs) => [rule(at(operands, 0), attrs, at(operands, Math.min(1, operands.length - 1)))];

const same = one((x) => x);
const shaped = (x: TensorType, shape: readonly number[]): TensorType => ({ dtype: x.dtype, shape });
const given: TypeRule = (_, attrs) => [{ dtype: attrs["dtype"] as DType, shape: list(attrs, "shape") }];
const truth = one((x) => ({ dtype: "bool", shape: x.shape }));
/** Items along `axis` in place of the axes of the indices. */
const scattered: One = (y, attrs, indices) => {
  const axis = int(attrs, "axis");
  return shaped(y, [...y.shape.slice(0, axis), int(attrs, "size"), ...y.shape.slice(axis + indices.shape.length)]);
};
const reduced = one((x, attrs) =>
  shaped(
    x,
    x.shape.filter((_, axis) => !("axes" in attrs ? list(attrs, "axes").includes(axis) : int(attrs, "axis") === axis)),
  ),
);
const indexAlong = one((x, attrs) => ({
  dtype: "i32",
  shape: x.shape.filter((_, axis) => axis !== int(attrs, "axis")),
}));

/** The number of values from, from + step, ... below `to`. */
function countBetween(from: number, to: number, step: number): number {
  let count = 0;
  for (let i = from; i < to; i += step) count++;
  return count;
}

/** The number of positions of a window. */
const windowSteps = (size: number, window: number, stride: number): number =>
  countBetween(0, size - window + 1, stride);

/** The sizes of a convolution's result along the spatial axes. */
export function convolved(size: readonly number[], kernel: readonly number[], attrs: Attrs): number[] {
  return size.map((n, axis) => {
    const [lo, hi] = [at(at(pairs(attrs, "padding"), axis), 0), at(at(pairs(attrs, "padding"), axis), 1)];
    const reach = at(list(attrs, "dilation"), axis) * (at(kernel, axis) - 1) + 1;
    return windowSteps(n + lo + hi, reach, at(list(attrs, "stride"), axis));
  });
}

/** The spatial sizes of the result of windows over an image. */
export const windowed = (size: readonly number[], attrs: Attrs): number[] =>
  size.map((n, axis) => windowSteps(n, at(list(attrs, "window"), axis), at(list(attrs, "stride"), axis)));

const inner = (shape: readonly number[]): readonly number[] => shape.slice(1, shape.length - 1);
const lastOf = (shape: readonly number[]): number => at(shape, shape.length - 1);
const image = (x: TensorType, size: readonly number[], channels: number): TensorType =>
  shaped(x, [at(x.shape, 0), ...size, channels]);

const overWindows = one((x, attrs) => image(x, windowed(inner(x.shape), attrs), lastOf(x.shape)));
const underWindows = one((dy, attrs) => image(dy, list(attrs, "size"), lastOf(dy.shape)));

const dot = one((x, attrs, y) => {
  const [batch, contract] = [pairs(attrs, "batch"), pairs(attrs, "contract")];
  const free = (t: TensorType, side: 0 | 1): number[] =>
    t.shape.filter((_, axis) => !at(batch, side).includes(axis) && !at(contract, side).includes(axis));
  return shaped(x, [...at(batch, 0).map((axis) => at(x.shape, axis)), ...free(x, 0), ...free(y, 1)]);
});

/** Sizes of the dims of a packed contraction that move in the rhs (b, n, k) or not (m). */
export function packedShape(attrs: Attrs): number[] {
  const [sizes, lhs, rhs, out] = [list(attrs, "sizes"), list(attrs, "lhs"), list(attrs, "rhs"), list(attrs, "out")];
  const moves = (steps: readonly number[], i: number): boolean => at(steps, i) !== 0;
  const sizeOf = (inLhs: boolean, inOut: boolean): number =>
    product(sizes.filter((_, i) => moves(rhs, i) && moves(lhs, i) === inLhs && moves(out, i) === inOut));
  const width = int(attrs, "width");
  return [sizeOf(true, true), Math.floor((sizeOf(false, true) + width - 1) / width), sizeOf(true, false), width];
}

const outputsOf = (regions: readonly Graph[]): readonly TensorType[] =>
  at(regions, 0).outputs.map(({ value }) => value.type);

const each = (names: string, rule: TypeRule): [string, TypeRule][] => names.split(" ").map((name) => [name, rule]);

const byName: ReadonlyMap<string, TypeRule> = new Map<string, TypeRule>([
  ...each("input param state carry constant iota", given),
  ...each("and or xor not shl shrs shru threefry", same),
  ["reverse", same],
  ...each("eq ne lt le gt ge", truth),
  ...each("argmax argmin", indexAlong),
  ...each("window_max window_sum", overWindows),
  ...each("window_spread window_scatter", underWindows),
  ...each(
    "reshape broadcast",
    one((x, attrs) => shaped(x, list(attrs, "shape"))),
  ),
  ["gradient", (operands) => operands.slice(1)],
  ["select", one((_, __, a) => a)],
  ["convert", one((x, attrs) => ({ dtype: attrs["dtype"] as DType, shape: x.shape }))],
  ["argsort", one((x) => ({ dtype: "i32", shape: x.shape }))],
  [
    "transpose",
    one((x, attrs) =>
      shaped(
        x,
        list(attrs, "perm").map((axis) => at(x.shape, axis)),
      ),
    ),
  ],
  [
    "slice",
    one((x, attrs) =>
      shaped(
        x,
        x.shape.map((_, axis) =>
          countBetween(at(list(attrs, "start"), axis), at(list(attrs, "limit"), axis), at(list(attrs, "stride"), axis)),
        ),
      ),
    ),
  ],
  [
    "pad",
    one((x, attrs) =>
      shaped(
        x,
        x.shape.map(
          (n, axis) =>
            at(list(attrs, "lo"), axis) + n + (n - 1) * at(list(attrs, "interior"), axis) + at(list(attrs, "hi"), axis),
        ),
      ),
    ),
  ],
  [
    "concat",
    (parts, attrs) => {
      const axis = int(attrs, "axis");
      const first = at(parts, 0);
      return [
        shaped(
          first,
          first.shape.map((n, i) => (i === axis ? parts.reduce((total, part) => total + at(part.shape, axis), 0) : n)),
        ),
      ];
    },
  ],
  [
    "take",
    one((x, attrs, indices) =>
      shaped(x, [...x.shape.slice(0, int(attrs, "axis")), ...indices.shape, ...x.shape.slice(int(attrs, "axis") + 1)]),
    ),
  ],
  ["take_add", one(scattered)],
  ["take_max", one(scattered)],
  ["take_min", one(scattered)],
  ["take_put", one((x) => x)],
  ["dynamic_slice", one((x, attrs) => shaped(x, x.shape.with(int(attrs, "axis"), int(attrs, "size"))))],
  ["dynamic_update_slice", one((x) => x)],
  ["take_along", one((x, _, indices) => shaped(x, indices.shape))],
  ["gather", one((x, _, indices) => shaped(x, indices.shape))],
  [
    "scatter_add",
    one((y, attrs) =>
      shaped(
        y,
        y.shape.map((n, axis) => (axis === int(attrs, "axis") ? int(attrs, "size") : n)),
      ),
    ),
  ],
  ["dot", dot],
  ["conv", one((x, attrs, w) => image(x, convolved(inner(x.shape), w.shape.slice(0, -2), attrs), lastOf(w.shape)))],
  [
    "conv_input_gradient",
    one((dy, attrs, w) => image(dy, list(attrs, "size"), at(w.shape, w.shape.length - 2) * int(attrs, "groups"))),
  ],
  [
    "conv_kernel_gradient",
    one((x, attrs, dy) =>
      shaped(x, [...list(attrs, "size"), lastOf(x.shape) / int(attrs, "groups"), lastOf(dy.shape)]),
    ),
  ],
  [
    "window_argmax",
    (operands, attrs) => overWindows(operands, attrs, []).map(({ shape }) => ({ dtype: "i32", shape })),
  ],
  ["window_gather", one((x, _, argmax) => shaped(x, argmax.shape))],
  ["pack", (_, attrs) => [{ dtype: "f32", shape: packedShape(attrs) }]],
  ["contraction", (_, attrs) => [{ dtype: "f32", shape: list(attrs, "shape") }]],
  [
    "scan",
    (operands, attrs, regions) => [
      ...iota(int(attrs, "carries")).map((index) => at(operands, index)),
      ...outputsOf(regions).map(({ dtype, shape }) => ({ dtype, shape: [int(attrs, "length"), ...shape] })),
    ],
  ],
  ["while", (operands, attrs) => iota(int(attrs, "carries")).map((index) => at(operands, index))],
  ...each("cond checkpoint custom_gradient", (_, __, regions) => outputsOf(regions)),
]);

/** The rule of an op's class, except for the dtype. */
function byClass({ form, attrs }: Op): TypeRule | null {
  if (form.kind === "pointwise" || form.kind === "lines") return same;
  return form.kind === "reduce" && ("axes" in attrs || "axis" in attrs) ? reduced : null;
}

/**
 * The alternatives for the types of a node's results; null if the op has no rule. Within a class, an op with a gradient
 * has the dtype of its operands; an op without one may also return indices (i32) or bools.
 */
export function typesOf(op: Op): ((...use: Parameters<TypeRule>) => readonly (readonly TensorType[])[]) | null {
  const named = byName.get(op.name);
  if (named !== undefined) return (...use) => [named(...use)];
  const rule = byClass(op);
  if (rule === null) return null;
  const dtypes: readonly DType[] = op.gradient.kind === "rule" ? [] : ["i32", "bool"];
  return (...use) => [rule(...use), ...dtypes.map((dtype) => rule(...use).map(({ shape }) => ({ dtype, shape })))];
}
