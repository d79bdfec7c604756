import type { NdArray } from "../graph/op.ts";
import { invariant } from "../support/invariant.ts";
import { elements, strides, type Shape } from "../types/tensor-type.ts";

/**
 * Calls `visit` with every multi-index of the shape in row-major order, and its flat index. The array of the
 * multi-index is reused.
 */
export function eachIndex(shape: Shape, visit: (index: readonly number[], flat: number) => void): void {
  const index = shape.map(() => 0);
  const total = elements(shape);
  for (let flat = 0; flat < total; flat++) {
    visit(index, flat);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (index[axis] ?? 0) + 1;
      index[axis] = next === shape[axis] ? 0 : next;
      if (next !== shape[axis]) break;
    }
  }
}

/** A new row-major array of that shape, from a function of the multi-index. */
export function fill(shape: Shape, element: (index: readonly number[]) => number): Float64Array {
  const data = new Float64Array(elements(shape));
  eachIndex(shape, (index, flat) => (data[flat] = element(index)));
  return data;
}

export const flatten = (index: readonly number[], steps: readonly number[]): number =>
  index.reduce((sum, i, axis) => sum + i * (steps[axis] ?? 0), 0);

/** The flat offsets of all multi-indices of the shape, in row-major order, for axes with those steps. */
export function positions(shape: Shape, steps: readonly number[]): number[] {
  const result: number[] = [];
  eachIndex(shape, (index) => result.push(flatten(index, steps)));
  return result;
}

/** Reads elements by multi-index. */
export function reader(array: NdArray): (index: readonly number[]) => number {
  const steps = strides(array.type.shape);
  return (index) => item(array.data, flatten(index, steps));
}

export function item(data: Float64Array, at: number): number {
  const value = data[at];
  invariant(value !== undefined, `element ${at} of an array of ${data.length}`);
  return value;
}

export const clamp = (i: number, size: number): number => Math.min(Math.max(i, 0), size - 1);
