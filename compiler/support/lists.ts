import { present } from "./invariant.ts";

/** The item at a position that is known to exist. */
export const at = <T>(list: readonly T[], index: number): T => present(list[index], `a list of ${list.length} has no item ${index}`);

/** Unchecked: `elements` of `types/tensor-type.ts` is that of a shape, which has to be a safe integer. */
export const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);

export const iota = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
