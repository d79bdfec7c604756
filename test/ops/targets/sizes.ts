// The classes of shapes that every op is tested on.
import type { Shape } from "../../../compiler/types/tensor-type.ts";

/**
 * Shapes by name. Above multiples of 4 (a vector), 8 and 32 (panels and unrolled iterations) a kernel has a tail; below
 * 4 only a tail.
 */
export const sizes = {
  "rank 0": [],
  nothing: [3, 0],
  one: [1, 1],
  three: [2, 3],
  five: [5],
  seven: [7, 2],
  thirteen: [3, 13],
  "thirty-three": [33],
} satisfies Readonly<Record<string, Shape>>;

export type Size = keyof typeof sizes;
