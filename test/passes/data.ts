// Compares two graphs on random data.
import { expect } from "vitest";
import { evaluate, type Precision } from "../../compiler/graph/evaluate.ts";
import type { GraphData } from "../../compiler/trust/error-bound.ts";
import type { Graph } from "../../compiler/graph/ir.ts";
import { randomData } from "../../compiler/trust/sample-data.ts";

export { fill, randomData } from "../../compiler/trust/sample-data.ts";
export type Data = GraphData;

/** The required agreement: bit-equal except for the sign of zero, or within a bound relative to the largest element. */
export type Nearness = "exact" | number;

/** Expects the same outputs and writes of both graphs for the same data. */
export function expectSameFunction(
  before: Graph,
  after: Graph,
  precision: Precision,
  nearness: Nearness,
  seeds: readonly number[] = [1, 2],
): void {
  for (const seed of seeds) {
    const data = randomData(before, seed);
    const [a, b] = [evaluate(before, { ...data, precision }), evaluate(after, { ...data, precision })];
    for (const part of ["outputs", "writes"] as const) {
      expect([...b[part].keys()]).toEqual([...a[part].keys()]);
      for (const [name, { data: wanted }] of a[part])
        expectNear(b[part].get(name)?.data ?? new Float64Array(), wanted, nearness, `${part} ${name}`);
    }
  }
}

function expectNear(got: Float64Array, wanted: Float64Array, nearness: Nearness, what: string): void {
  expect(got.length, what).toBe(wanted.length);
  const size = wanted.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 1);
  const bound = nearness === "exact" ? 0 : nearness * size;
  const near = (x: number, y: number): boolean =>
    x === y || (Number.isNaN(x) && Number.isNaN(y)) || Math.abs(x - y) <= bound;
  const far = wanted.findIndex((x, i) => !near(got[i] ?? Number.NaN, x));
  expect(far === -1 ? "near" : `${what}[${far}]: ${got[far]} is not ${wanted[far]}`).toBe("near");
}
