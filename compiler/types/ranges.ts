// Sets of integers as ascending lists of disjoint closed intervals with gaps between them.
import { type Interval, interval } from "./interval.ts";

export type Ranges = readonly Interval[];

/** The union; adjacent intervals are joined. */
export function union(...parts: readonly Interval[]): Ranges {
  const joined: Interval[] = [];
  for (const part of parts.toSorted((a, b) => a.lo - b.lo)) {
    const last = joined.at(-1);
    if (last !== undefined && part.lo <= last.hi + 1)
      joined[joined.length - 1] = interval(last.lo, Math.max(last.hi, part.hi));
    else joined.push(part);
  }
  return joined;
}

export const intersection = (a: Ranges, b: Ranges): Ranges =>
  a.flatMap((x) =>
    b.flatMap((y) => {
      const [lo, hi] = [Math.max(x.lo, y.lo), Math.min(x.hi, y.hi)];
      return lo <= hi ? [interval(lo, hi)] : [];
    }),
  );

/** Whether the set has all integers of the interval. */
export const includes = (set: Ranges, x: Interval): boolean => set.some(({ lo, hi }) => lo <= x.lo && x.hi <= hi);

/** Whether the set has none of the integers of the interval. */
export const excludes = (set: Ranges, x: Interval): boolean => set.every(({ lo, hi }) => x.hi < lo || hi < x.lo);

/** The integers of the interval that are not in the set. */
export function complement(set: Ranges, within: Interval): Ranges {
  const ends = [...set, interval(within.hi + 1, Infinity)];
  return ends.flatMap(({ lo }, i) => {
    const from = i === 0 ? within.lo : (ends[i - 1]?.hi ?? within.hi) + 1;
    return from <= lo - 1 ? [interval(from, lo - 1)] : [];
  });
}
