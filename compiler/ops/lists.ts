// Helpers for lists of axes and sizes.

/** The integers from `from` to `to - 1`. */
export const range = (to: number, from = 0): number[] =>
  Array.from({ length: Math.max(to - from, 0) }, (_, i) => from + i);

/** The item at a position that is known to exist; 0 past the end. */
export const nth = (list: readonly number[], i: number): number => list[i] ?? 0;

/** The list without the items at those positions. */
export const without = <T>(list: readonly T[], positions: readonly number[]): T[] =>
  list.filter((_, i) => !positions.includes(i));

export const pick = (list: readonly number[], positions: readonly number[]): number[] =>
  positions.map((i) => nth(list, i));

export const distinct = (list: readonly number[]): boolean => new Set(list).size === list.length;

export const integers = (list: readonly number[], least: number): boolean =>
  list.every((n) => Number.isSafeInteger(n) && n >= least);

export const isAxis = (axis: number, rank: number): boolean => Number.isInteger(axis) && axis >= 0 && axis < rank;

/** Whether the list has distinct axes of a tensor of that rank. */
export const areAxes = (axes: readonly number[], rank: number): boolean =>
  distinct(axes) && axes.every((a) => isAxis(a, rank));

/** The inverse permutation: item `perm[i]` of the result is i. */
export const inverse = (perm: readonly number[]): number[] => perm.map((_, i) => perm.indexOf(i));

export const isIdentity = (perm: readonly number[]): boolean => perm.every((p, i) => p === i);

/** The exclusive prefix sums. */
export function prefixSums(list: readonly number[]): number[] {
  let sum = 0;
  return list.map((n) => (sum += n) - n);
}
