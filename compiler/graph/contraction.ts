import { invariant } from "../support/invariant.ts";
import { product } from "../support/lists.ts";
import type { ContractionDim } from "./op.ts";

/**
 * What a dim is to a contraction, by the buffers that move with it: `batch` in all three, `row` (M) in lhs and out, `column` (N) in rhs and out, `reduced` (K)
 * in lhs and rhs.
 */
export type ContractionRole = "batch" | "row" | "column" | "reduced";

type Strides = Pick<ContractionDim, "lhs" | "rhs" | "out">;

/** Whether a dim is summed over: the result does not move with it. Also of operands that are empty, with which no dim moves. */
export const isSummed = ({ out }: Strides): boolean => out === 0;

/** Null for a dim that moves in one buffer alone, or in none. */
export function roleOrNull({ lhs, rhs, out }: Strides): ContractionRole | null {
  if (isSummed({ lhs, rhs, out })) return lhs !== 0 && rhs !== 0 ? "reduced" : null;
  if (lhs === 0) return rhs === 0 ? null : "column";
  return rhs === 0 ? "row" : "batch";
}

export function roleOf(dim: ContractionDim): ContractionRole {
  const role = roleOrNull(dim);
  invariant(role !== null, `${dim.name} moves in two operands or in all three`);
  return role;
}

export const withRole = (dims: readonly ContractionDim[], role: ContractionRole): ContractionDim[] => dims.filter((dim) => roleOrNull(dim) === role);

/** How many indices the dims have together. */
export const sizeOf = (dims: readonly ContractionDim[]): number => product(dims.map(({ size }) => size));
