// The interval rule of each entry: for operands within intervals, results are within the interval that `range` returns.
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Interval, interval, limits, within } from "../../compiler/types/interval.ts";
import { elements, isFloat, type TensorType } from "../../compiler/types/tensor-type.ts";
import type { Op, Sample } from "../../compiler/graph/op.ts";
import { uses } from "./draw.ts";
import { entryFile } from "./entry-files.ts";
import { caseOf, isLeaf, random, reference, sampled } from "./values.ts";

const ends = [-1000, -3, -1.5, -1, -0.5, 0, 0.25, 0.5, 1, 2, 7, 40, 300] as const;

/** A random interval within the limits of a dtype, sometimes of a single number. */
function drawInterval({ dtype }: TensorType, next: () => number): Interval {
  const pick = (): number => ends[Math.floor(next() * ends.length)] ?? 0;
  const [a, b] = [pick(), pick()].map((x) => Math.min(Math.max(isFloat(dtype) ? x : Math.trunc(x), limits[dtype].lo), limits[dtype].hi)) as [number, number];
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
const widened = ({ lo, hi }: Interval): Interval => interval(lo - 1e-9 * (1 + Math.abs(lo)), hi + 1e-9 * (1 + Math.abs(hi)));

function check(op: Op, sample: Sample, seed: number): void {
  const next = random(seed);
  const intervals = sample.operands.map((type) => drawInterval(type, next));
  const values = sample.operands.map((type, i) => valuesIn(type, intervals[i] ?? limits[type.dtype], next));
  const at = caseOf(op, { ...sample, values }, seed);
  const site = { operands: sample.operands, results: at.node.results.map(({ type }) => type), attrs: at.node.attrs };
  const range = op.range?.(intervals, site) ?? interval(0, 0);
  for (const { data } of reference(at, "f64"))
    for (const x of data)
      if (!Number.isNaN(x) && !within(interval(x, x), widened(range)))
        expect.fail(
          `${op.name} (${entryFile(op)}): \`range\` returns [${range.lo}, ${range.hi}], but a result is ${x}; ${at.description} of ${JSON.stringify(intervals)}`,
        );
}

for (const op of sampled) {
  if (isLeaf(op)) continue;
  test(`the results of ${op.name} are within its range`, () => {
    expect(op.range, `${op.name} (${entryFile(op)}): the entry needs the field \`range\``).toBeDefined();
    fc.assert(
      fc.property(
        uses(op, () => true),
        fc.nat(),
        (sample, seed) => check(op, sample, seed),
      ),
      { seed: 7, numRuns: 150 },
    );
  });
}
