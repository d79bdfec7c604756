// Random data for graphs, and whether two graphs compute the same.
import { expect } from "vitest";
import { evaluate, type Precision } from "../../compiler/graph/evaluate.ts";
import { isInput, pathOf, stringAttr } from "../../compiler/graph/facts.ts";
import type { Graph } from "../../compiler/graph/ir.ts";
import { elements, type TensorType } from "../../compiler/types/tensor-type.ts";

export interface Data {
  readonly inputs: ReadonlyMap<string, Float64Array>;
  readonly persistent: ReadonlyMap<string, Float64Array>;
}

/** Numbers in [0, 1) from a counter (the finalizer of MurmurHash3). */
function hash(seed: number, index: number): number {
  let x = Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
}

/** Paths of what is never negative: variances, and the slots and the step counter of an optimizer. */
const positivePath = /(\bvar|\.v|\.t)$/;

/** Floats in [-2, 2), with a zero here and there; whole numbers from 0 to 3. */
export function fill({ dtype, shape }: TensorType, seed: number, positive = false): Float64Array {
  return Float64Array.from({ length: elements(shape) }, (_, i) => {
    const x = hash(seed, i);
    if (dtype === "bool") return x < 0.5 ? 0 : 1;
    if (dtype !== "f32" && dtype !== "f64") return Math.floor(x * 4);
    if (positive) return Math.fround(0.25 + x);
    return x < 0.05 ? 0 : Math.fround(x * 4 - 2);
  });
}

export function randomData(graph: Graph, seed: number): Data {
  const inputs = new Map<string, Float64Array>();
  const persistent = new Map<string, Float64Array>();
  for (const [index, node] of graph.nodes.entries()) {
    const path = pathOf(node);
    for (const { type } of node.results) {
      if (isInput(node)) inputs.set(stringAttr(node.attrs, "name"), fill(type, seed * 1000 + index));
      else if (path !== null && !persistent.has(path)) persistent.set(path, fill(type, seed * 1000 + index, positivePath.test(path)));
    }
  }
  return { inputs, persistent };
}

/** How near two results are to be: bit-equal but for the sign of zero, or within a bound relative to the largest element. */
export type Nearness = "exact" | number;

/** Both graphs give the same outputs and writes for the same data. */
export function expectSameFunction(before: Graph, after: Graph, precision: Precision, nearness: Nearness, seeds: readonly number[] = [1, 2]): void {
  for (const seed of seeds) {
    const data = randomData(before, seed);
    const [a, b] = [evaluate(before, { ...data, precision }), evaluate(after, { ...data, precision })];
    for (const part of ["outputs", "writes"] as const) {
      expect([...b[part].keys()]).toEqual([...a[part].keys()]);
      for (const [name, { data: wanted }] of a[part]) expectNear(b[part].get(name)?.data ?? new Float64Array(), wanted, nearness, `${part} ${name}`);
    }
  }
}

function expectNear(got: Float64Array, wanted: Float64Array, nearness: Nearness, what: string): void {
  expect(got.length, what).toBe(wanted.length);
  const size = wanted.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 1);
  const bound = nearness === "exact" ? 0 : nearness * size;
  const near = (x: number, y: number): boolean => x === y || (Number.isNaN(x) && Number.isNaN(y)) || Math.abs(x - y) <= bound;
  const far = wanted.findIndex((x, i) => !near(got[i] ?? Number.NaN, x));
  expect(far === -1 ? "near" : `${what}[${far}]: ${got[far]} is not ${wanted[far]}`).toBe("near");
}
