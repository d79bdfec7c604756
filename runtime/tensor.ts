import { dtypes } from "./dtype.ts";
import type { DType, TensorData } from "./model.ts";

/** Anything that is stored in an arena: an offset and a type. */
interface Typed {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
export const byteLength = (type: Typed): number => count(type.shape) * dtypes[type.dtype].bytes;
export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis]);

/** `f32[32,10]` */
export const showType = (type: { readonly dtype: string; readonly shape: readonly number[] }): string =>
  `${type.dtype}[${type.shape.join(",")}]`;

/** A typed view of a slot; `offset` in bytes. */
export function viewOf(buffer: ArrayBufferLike, slot: Typed & { readonly offset: number }): TensorData {
  const array = dtypes[slot.dtype].array as new (buffer: ArrayBufferLike, offset: number, length: number) => TensorData;
  return new array(buffer, slot.offset, count(slot.shape));
}
