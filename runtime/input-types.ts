import type { TensorData } from "./dtype.ts";

/** Numbers in order, or nested by axis; the rows may be typed arrays. */
export type Numbers = readonly (number | boolean)[] | readonly Numbers[] | readonly TensorData[];

/**
 * A typed array of the entry's dtype (Uint8Array also for bool), an array of numbers, nested or not, one number for a
 * scalar, or data with its shape.
 */
export type Input =
  | TensorData
  | Numbers
  | number
  | boolean
  | { readonly data: TensorData | Numbers; readonly shape: readonly number[] };

/**
 * The values for an input with the structure of a model: an object by path, `{ "dense1.w": w }` or `{ dense1: { w } }`,
 * or a map by the paths of the model, such as `state` of another instance.
 */
export type Structure = { readonly [path: string]: Input | Structure } | ReadonlyMap<string, Input>;

export type Inputs = Readonly<Record<string, Input | Structure>>;
