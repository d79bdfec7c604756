import { present } from "./invariant.ts";

/** The item at a position that is known to exist. */
export const at = <T>(list: readonly T[], index: number): T => present(list[index], `a list of ${list.length} has no item ${index}`);

export const iota = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
