import { describe, expect, test } from "vitest";
import { sumOver, sumRoundings } from "../../compiler/support/sum-order.ts";

const orders = [
  { name: "the last axis", extents: (n: number) => [n], alongLast: true },
  { name: "another axis", extents: (n: number) => [n], alongLast: false },
  { name: "rows of 40 elements", extents: (n: number) => [Math.ceil(n / 40), 40], alongLast: true },
  { name: "inner axes of 3 and 5", extents: (n: number) => [Math.ceil(n / 15), 3, 5], alongLast: false },
];

/** The sum of the terms 0 to n - 1. */
function sumOf({ extents, alongLast }: (typeof orders)[number], n: number, of: (i: number) => number): number {
  const space = extents(n);
  return sumOver(Math.fround, space, alongLast, (index) => {
    const flat = index.reduce((position, i, axis) => position * (space[axis] ?? 1) + i, 0);
    return flat < n ? of(flat) : 0;
  });
}

/** Numbers of mixed sizes and signs. */
const term = (i: number): number => Math.fround(Math.sin(i * 1.7) * 2 ** ((i * 7) % 20));

describe.each(orders)("a sum over $name", (order) => {
  const f32 = (count: number, of = term): number => sumOf(order, count, of);

  test("is within the stated roundings of the exact sum", () => {
    for (const count of [1, 2, 15, 16, 17, 100, 128, 129, 1024, 1025, 5000, 100_000]) {
      let [exact, size] = [0, 0];
      for (let i = 0; i < count; i++) [exact, size] = [exact + term(i), size + Math.abs(term(i))];
      expect(Math.abs(f32(count) - exact)).toBeLessThanOrEqual(
        sumRoundings(order.extents(count), order.alongLast) * 2 ** -24 * size,
      );
    }
  });

  test("of a million equal numbers is exact to a few units in the last place", () => {
    const exact = 2 ** 20 * Math.fround(0.1);
    expect(Math.abs(f32(2 ** 20, () => Math.fround(0.1)) / exact - 1)).toBeLessThan(1e-6);
  });

  test("keeps its bits if terms of 0 follow", () => {
    for (const count of [1, 3, 17, 100, 129, 1030])
      for (const more of [1, 16, 200, 3000])
        expect(f32(count + more, (i) => (i < count ? term(i) : 0))).toBe(f32(count));
  });

  test("of infinities and of too large numbers is what their sum in order is", () => {
    const spike = (value: number) => (i: number) => (i === 2000 ? value : 1);
    for (const value of [Infinity, -Infinity, Number.NaN]) expect(f32(3000, spike(value))).toBe(value);
    expect(f32(3000, (i) => (i % 1500 === 0 ? Infinity : 0))).toBe(Infinity);
    expect(f32(3000, (i) => (i === 0 ? Infinity : i === 2999 ? -Infinity : 0))).toBeNaN();
    expect(f32(4000, () => 3e38)).toBe(Infinity);
  });
});
