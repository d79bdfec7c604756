import { dtypes } from "../../runtime/dtype.ts";
import type { DType } from "../../runtime/model.ts";
import { invariant } from "../support/invariant.ts";
import { product } from "../support/lists.ts";

export type Shape = readonly number[];

/** The type of every value of a graph: all sizes known. Row-major, dense. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

export const tensor = (dtype: DType, shape: Shape): TensorType => ({ dtype, shape });
export const scalar = (dtype: DType): TensorType => ({ dtype, shape: [] });

/** The number of elements; an invariant requires a safe integer (below 2^53). */
export function elements(shape: Shape): number {
  const size = product(shape);
  invariant(Number.isSafeInteger(size), `the size of [${shape.join(",")}] is not a safe integer`);
  return size;
}

export const bytes = (type: TensorType): number => elements(type.shape) * dtypes[type.dtype].bytes;

export function strides(shape: Shape): number[] {
  const result = new Array<number>(shape.length);
  let run = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    result[axis] = run;
    run *= shape[axis] ?? 1;
  }
  return result;
}

/**
 * The axis of a tensor of that shape along which `size` steps of `stride` elements stay in bounds, without carrying
 * into the next axis, and the step along it; null if no axis fits. `room` is the remaining extent of each axis if
 * several strides share one (groups and channels).
 */
export function axisOfStride(
  shape: Shape,
  size: number,
  stride: number,
  room: readonly number[] = shape,
): { readonly axis: number; readonly step: number } | null {
  const steps = strides(shape).map((unit) => stride / unit);
  const axis = steps.findIndex((step, i) => Number.isInteger(step) && (size - 1) * step < (room[i] ?? 0));
  return axis === -1 ? null : { axis, step: steps[axis] ?? 1 };
}

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((d, i) => d === b[i]);
export const sameType = (a: TensorType, b: TensorType): boolean => a.dtype === b.dtype && sameShape(a.shape, b.shape);

/** `f32[32,10]`, `i32[]` */
export const showType = (type: TensorType): string => `${type.dtype}[${type.shape.join(",")}]`;

export const isFloat = (dtype: DType): boolean => dtype === "f32" || dtype === "f64";

/** Whether two shapes differ in a last axis of size 1 only. */
export function differInLastAxis(a: Shape, b: Shape): boolean {
  const [shorter, longer] = a.length > b.length ? [b, a] : [a, b];
  return sameShape([...shorter, 1], longer);
}
