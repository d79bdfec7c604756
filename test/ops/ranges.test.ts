// The interval rule of each entry: for operands within intervals, results are within the interval that `range` returns,
// which is not much wider in every use.
import fc from "fast-check";
import { expect, test } from "vitest";
import { hull, type Interval, interval, limits, within } from "../../compiler/types/interval.ts";
import { elements, isFloat, type TensorType } from "../../compiler/types/tensor-type.ts";
import type { Op, Sample } from "../../compiler/graph/op.ts";
import { uses } from "./draw.ts";
import { entryFile } from "./entry-files.ts";
import { caseOf, isLeaf, random, reference, sampled } from "./values.ts";

const ends = [-1000, -3, -1.5, -1, -0.5, 0, 0.25, 0.5, 1, 2, 7, 40, 300] as const;

/** A random interval within the limits of a dtype, sometimes of a single number. */
function drawInterval({ dtype }: TensorType, next: () => number): Interval {
  const pick = (): number => ends[Math.floor(next() * ends.length)] ?? 0;
  const [a, b] = [pick(), pick()].map((x) =>
    Math.min(Math.max(isFloat(dtype) ? x : Math.trunc(x), limits[dtype].lo), limits[dtype].hi),
  ) as [number, number];
  return interval(Math.min(a, b), Math.max(a, b));
}

/** Random values in the interval, including its ends. */
function valuesIn({ dtype, shape }: TensorType, { lo, hi }: Interval, next: () => number): number[] {
  return Array.from({ length: elements(shape) }, () => {
    const x = next();
    if (x < 0.2) return lo;
    if (x > 0.8) return hi;
    return isFloat(dtype) ? lo + (hi - lo) * next() : Math.floor(lo + (hi - lo + 1) * next());
  });
}

/** The interval, widened by the rounding error of f64. */
const widened = ({ lo, hi }: Interval): Interval =>
  interval(lo - 1e-9 * (1 + Math.abs(lo)), hi + 1e-9 * (1 + Math.abs(hi)));

/**
 * How many times wider than the results an interval is; infinite if an end is, or if all results are one number and the
 * interval is not.
 */
function slack(range: Interval, results: Interval): number {
  const [width, needed] = [range.hi - range.lo, results.hi - results.lo];
  return width === needed ? 1 : needed > 0 ? width / needed : Infinity;
}

/** How many times wider than the results an interval may be in the use where it is narrowest. */
const mostSlack = 4;

/** The slack of this use. */
function check(op: Op, sample: Sample, seed: number): number {
  const next = random(seed);
  const intervals = sample.operands.map((type) => drawInterval(type, next));
  const values = sample.operands.map((type, i) => valuesIn(type, intervals[i] ?? limits[type.dtype], next));
  const at = caseOf(op, { ...sample, values }, seed);
  const site = { operands: sample.operands, results: at.node.results.map(({ type }) => type), attrs: at.node.attrs };
  const range = op.range?.(intervals, site) ?? interval(0, 0);
  const results = reference(at, "f64").flatMap(({ data }) => Array.from(data).filter((x) => !Number.isNaN(x)));
  for (const x of results)
    if (!within(interval(x, x), widened(range)))
      expect.fail(
        `${op.name} (${entryFile(op)}): \`range\` returns [${range.lo}, ${range.hi}], but a result is ${x}; ${at.description} of ${JSON.stringify(intervals)}`,
      );
  return results.length === 0 ? Infinity : slack(range, hull(...results.map((x) => interval(x, x))));
}

for (const op of sampled) {
  if (isLeaf(op)) continue;
  test(`the results of ${op.name} are within its range, which is not much wider`, () => {
    expect(op.range, `${op.name} (${entryFile(op)}): the entry needs the field \`range\``).toBeDefined();
    let least = Infinity;
    fc.assert(
      fc.property(
        uses(op, () => true),
        fc.nat(),
        (sample, seed) => {
          least = Math.min(least, check(op, sample, seed));
        },
      ),
      { seed: 7, numRuns: 150 },
    );
    expect(
      least,
      `${op.name} (${entryFile(op)}): \`range\` is at least ${mostSlack} times as wide as the results in every use`,
    ).toBeLessThan(mostSlack);
  });
}
