/** Where the elements of a value lie, coarsely: what keeps logarithms of negative numbers, divisions by zero and overflow out of the graphs. */
import type { Attrs } from "../../../compiler/graph/ir.ts";
import type { TensorType } from "../../../compiler/types/tensor-type.ts";
import type { DType } from "../../../runtime/dtype.ts";
import { at, product } from "./random.ts";
import { int, list, pairs } from "./types.ts";

export interface Range {
  readonly lo: number;
  readonly hi: number;
}

/** From the ranges and types of the operands and the type of the result. */
export type RangeRule = (x: readonly Range[], types: readonly TensorType[], attrs: Attrs, result: TensorType) => Range;

export const range = (lo: number, hi: number): Range => ({ lo, hi });
export const everything = range(-Infinity, Infinity);
const unit = range(0, 1);

export const limits: Readonly<Record<DType, Range>> = {
  f32: everything,
  f64: everything,
  i32: range(-(2 ** 31), 2 ** 31 - 1),
  u8: range(0, 255),
  i8: range(-128, 127),
  bool: unit,
};

export const within = (x: Range, outer: Range): boolean => x.lo >= outer.lo && x.hi <= outer.hi;
export const sizeOf = ({ lo, hi }: Range): number => Math.max(Math.abs(lo), Math.abs(hi));
export const hull = (...ranges: readonly Range[]): Range =>
  ranges.reduce((a, b) => range(Math.min(a.lo, b.lo), Math.max(a.hi, b.hi)), range(Infinity, -Infinity));

/** What a dtype makes of a range that may not fit: integers wrap around. */
export function fitted(x: Range, dtype: DType): Range {
  const most = limits[dtype];
  return Number.isNaN(x.lo) || Number.isNaN(x.hi) || !within(x, most) ? most : x;
}

const times = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : a * b);
function multiplied(a: Range, b: Range): Range {
  const ends = [times(a.lo, b.lo), times(a.lo, b.hi), times(a.hi, b.lo), times(a.hi, b.hi)];
  return range(Math.min(...ends), Math.max(...ends));
}
const repeated = (x: Range, count: number): Range => range(Math.min(0, x.lo * count), Math.max(0, x.hi * count));
const magnitude = (x: Range): Range => range(x.lo > 0 ? x.lo : x.hi < 0 ? -x.hi : 0, sizeOf(x));

/** Fractions are cut off towards zero, which NaN becomes too. */
const saturated = (x: Range, most: Range): Range => range(Math.min(0, Math.max(x.lo, most.lo)), Math.max(0, Math.min(x.hi, most.hi)));

const first: RangeRule = (x) => at(x, 0);
const rising =
  (f: (x: number) => number): RangeRule =>
  ([x = everything]) =>
    range(f(x.lo), f(x.hi));
const fixed =
  (lo: number, hi: number): RangeRule =>
  () =>
    range(lo, hi);
const two =
  (f: (a: Range, b: Range, result: TensorType) => Range): RangeRule =>
  ([a = everything, b = a], _, __, result) =>
    f(a, b, result);

const power = (x: Range, y: Range): Range => {
  if (x.lo <= 0) return everything;
  const ends = [x.lo ** y.lo, x.lo ** y.hi, x.hi ** y.lo, x.hi ** y.hi];
  return range(Math.min(...ends), Math.max(...ends));
};

const divided = (x: Range, y: Range, { dtype }: TensorType): Range => {
  if (dtype === "i32") return range(-sizeOf(x), sizeOf(x));
  return y.lo > 0 || y.hi < 0 ? multiplied(x, range(1 / y.hi, 1 / y.lo)) : everything;
};

/** How many elements meet in one sum. */
const ratio = (types: readonly TensorType[], result: TensorType): number => product(at(types, 0).shape) / Math.max(1, product(result.shape));
const axisOf = (types: readonly TensorType[], attrs: Attrs): number => at(at(types, 0).shape, int(attrs, "axis"));

const each = (names: string, rule: RangeRule): [string, RangeRule][] => names.split(" ").map((name) => [name, rule]);
/** Results of control flow and leaves are told by who draws them. */
const told: RangeRule = (_, __, ___, { dtype }) => limits[dtype];

export const rangeRules: ReadonlyMap<string, RangeRule> = new Map<string, RangeRule>([
  ...each("input param state gradient scan while cond checkpoint custom_gradient threefry", told),
  [
    "constant",
    (_, __, { value, values }) => (Array.isArray(values) ? hull(...(values as number[]).map((n) => range(n, n))) : range(Number(value), Number(value))),
  ],
  ["iota", (_, __, attrs, { shape }) => range(0, Math.max(0, at(shape, int(attrs, "axis")) - 1))],
  ...each("reshape transpose broadcast reverse slice take take_along gather window_gather window_max copy stop_gradient", first),
  ...each("reduce_max reduce_min", (x, types, _, result) => (product(at(types, 0).shape) < product(result.shape) ? everything : at(x, 0))),
  ["pad", ([x = everything], _, { value }) => hull(x, range(Number(value), Number(value)))],
  ["concat", (x) => hull(...x)],
  ["select", (x) => hull(at(x, 1), at(x, 2))],
  ["add", two((a, b) => range(a.lo + b.lo, a.hi + b.hi))],
  ["sub", two((a, b) => range(a.lo - b.hi, a.hi - b.lo))],
  ["mul", two(multiplied)],
  ["div", two(divided)],
  ["rem", two((a, b) => (sizeOf(a) <= sizeOf(b) ? range(-sizeOf(a), sizeOf(a)) : range(-sizeOf(b), sizeOf(b))))],
  ["max", two((a, b) => range(Math.max(a.lo, b.lo), Math.max(a.hi, b.hi)))],
  ["min", two((a, b) => range(Math.min(a.lo, b.lo), Math.min(a.hi, b.hi)))],
  ["pow", two(power)],
  ["neg", ([x = everything]) => range(-x.hi, -x.lo)],
  ["abs", ([x = everything]) => magnitude(x)],
  ["sign", rising(Math.sign)],
  ["floor", rising(Math.floor)],
  ["ceil", rising(Math.ceil)],
  ["round", rising(Math.round)],
  ["trunc", rising(Math.trunc)],
  ["sqrt", rising(Math.sqrt)],
  ["rsqrt", ([x = everything]) => (x.lo > 0 ? range(1 / Math.sqrt(x.hi), 1 / Math.sqrt(x.lo)) : everything)],
  ["exp", rising(Math.exp)],
  ["expm1", rising(Math.expm1)],
  ["log", rising(Math.log)],
  ["log1p", rising(Math.log1p)],
  ["tanh", rising(Math.tanh)],
  ["sigmoid", rising((x) => 1 / (1 + Math.exp(-x)))],
  ...each("sin cos", fixed(-1, 1)),
  ["erf", rising((x) => Math.sign(x) * Math.min(1, 1.2 * Math.abs(x)))],
  ...each("eq ne lt le gt ge", fixed(0, 1)),
  ...each("and or xor not shl shrs shru", told),
  ["convert", ([x = everything], _, __, { dtype }) => (dtype === "f32" || dtype === "f64" ? x : saturated(x, limits[dtype]))],
  ["reduce_sum", ([x = everything], types, _, result) => repeated(x, ratio(types, result))],
  ["reduce_prod", ([x = everything], types, _, result) => repeated(range(-1, 1), Math.max(1, sizeOf(x)) ** ratio(types, result))],
  ...each("argmax argmin argsort", (_, types, attrs) => range(0, Math.max(0, axisOf(types, attrs) - 1))),
  ["cumsum", ([x = everything], types, attrs) => repeated(x, axisOf(types, attrs))],
  ...each("take_add scatter_add", ([y = everything], types) => repeated(y, product(at(types, 1).shape))),
  [
    "dot",
    ([x = everything, y = everything], types, attrs) =>
      repeated(multiplied(x, y), product(at(pairs(attrs, "contract"), 0).map((axis) => at(at(types, 0).shape, axis)))),
  ],
  ["conv", ([x = everything, w = everything], types) => repeated(multiplied(x, w), product(at(types, 1).shape.slice(0, -1)))],
  [
    "conv_input_gradient",
    ([dy = everything, w = everything], types) =>
      repeated(multiplied(dy, w), product(at(types, 1).shape) / at(at(types, 1).shape, at(types, 1).shape.length - 2)),
  ],
  ["conv_kernel_gradient", ([x = everything, dy = everything], types) => repeated(multiplied(x, dy), product(at(types, 1).shape.slice(0, -1)))],
  ...each("window_sum window_spread window_scatter", ([x = everything], _, attrs) => repeated(x, product(list(attrs, "window")))),
  ["window_argmax", (_, __, attrs) => range(0, product(list(attrs, "window")) - 1)],
  ["pack", ([x = everything]) => hull(x, range(0, 0))],
  ["contraction", ([x = everything, y = everything], types) => repeated(multiplied(x, y), at(at(types, 1).shape, 2))],
]);
