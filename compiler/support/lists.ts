import { present } from "./invariant.ts";

/** The item at an index that must exist. */
export const at = <T>(list: readonly T[], index: number): T =>
  present(list[index], `index ${index} of a list of ${list.length}`);

/** The product, unchecked: for shapes use `elements` of `types/tensor-type.ts`, which requires a safe integer. */
export const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);

export const iota = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
