// Intervals of real numbers: bounds of the elements of a value.
import type { DType } from "../../runtime/model.ts";

/** A closed interval; an infinite end means that nothing is known on that side. */
export interface Interval {
  readonly lo: number;
  readonly hi: number;
}

export const anything: Interval = { lo: -Infinity, hi: Infinity };

/** If an end is NaN, nothing is known. */
export const interval = (lo: number, hi: number): Interval =>
  Number.isNaN(lo) || Number.isNaN(hi) ? anything : { lo, hi };

export const hull = (...parts: readonly Interval[]): Interval =>
  interval(Math.min(...parts.map(({ lo }) => lo)), Math.max(...parts.map(({ hi }) => hi)));

export const within = (x: Interval, outer: Interval): boolean => x.lo >= outer.lo && x.hi <= outer.hi;

/** The largest magnitude. */
export const sizeOf = ({ lo, hi }: Interval): number => Math.max(Math.abs(lo), Math.abs(hi));

export const symmetric = (size: number): Interval => interval(-size, size);

export const magnitude = (x: Interval): Interval => interval(x.lo > 0 ? x.lo : x.hi < 0 ? -x.hi : 0, sizeOf(x));

export const sum = (x: Interval, y: Interval): Interval => interval(x.lo + y.lo, x.hi + y.hi);
export const opposite = ({ lo, hi }: Interval): Interval => interval(-hi, -lo);

const times = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : a * b);

export function product(x: Interval, y: Interval): Interval {
  const ends = [times(x.lo, y.lo), times(x.lo, y.hi), times(x.hi, y.lo), times(x.hi, y.hi)];
  return interval(Math.min(...ends), Math.max(...ends));
}

export const quotient = (x: Interval, y: Interval): Interval =>
  y.lo > 0 || y.hi < 0 ? product(x, { lo: 1 / y.hi, hi: 1 / y.lo }) : anything;

export function power(x: Interval, y: Interval): Interval {
  if (x.lo <= 0) return anything;
  const ends = [x.lo ** y.lo, x.lo ** y.hi, x.hi ** y.lo, x.hi ** y.hi];
  return interval(Math.min(...ends), Math.max(...ends));
}

/** The interval of sums of at most `count` elements. */
export const sumOf = (x: Interval, count: number): Interval =>
  interval(Math.min(0, times(x.lo, count)), Math.max(0, times(x.hi, count)));

/** The interval of indices along an axis of that size. */
export const below = (size: number): Interval => interval(0, Math.max(0, size - 1));

export const limits: Readonly<Record<DType, Interval>> = {
  f32: anything,
  f64: anything,
  i32: interval(-(2 ** 31), 2 ** 31 - 1),
  u8: interval(0, 255),
  i8: interval(-128, 127),
  bool: interval(0, 1),
};

/** Whether a number is a value of the dtype, after rounding if that is a float: 1e39 is not an f32, infinity is. */
export const fits = (x: number, dtype: DType): boolean =>
  dtype === "f64" ||
  (dtype === "f32" ? !Number.isFinite(x) || Number.isFinite(Math.fround(x)) : isWholeIn(x, limits[dtype]));

const isWholeIn = (x: number, { lo, hi }: Interval): boolean => Number.isInteger(x) && x >= lo && x <= hi;

/** The interval after wrap-around of integers that `dtype` cannot represent. */
export function fitted(x: Interval, dtype: DType): Interval {
  const limit = limits[dtype];
  if (within(x, limit)) return x;
  // Integers that wrap equally often stay an interval.
  const turn = limit.hi - limit.lo + 1;
  const wraps = Math.floor((x.lo - limit.lo) / turn);
  return sizeOf(x) < 2 ** 53 && wraps === Math.floor((x.hi - limit.lo) / turn)
    ? interval(x.lo - wraps * turn, x.hi - wraps * turn)
    : limit;
}

/**
 * The interval after a conversion to an integer dtype, which truncates towards zero, maps NaN to 0 and saturates
 * numbers out of range.
 */
export function saturated(x: Interval, from: DType, to: DType): Interval {
  const limit = limits[to];
  const [lo, hi] = [x.lo, x.hi].map((end) => Math.min(Math.max(end, limit.lo), limit.hi)) as [number, number];
  return from === "f32" || from === "f64" ? interval(Math.min(0, lo), Math.max(0, hi)) : interval(lo, hi);
}
