import { invariant } from "../support/invariant.ts";
import { product } from "../support/lists.ts";
import type { ContractionDim } from "./op.ts";

/**
 * The role of a dim in a contraction, by the buffers in which it has a stride: `batch` in all three, `row` (M) in lhs
 * and out, `column` (N) in rhs and out, `reduced` (K) in lhs and rhs.
 */
export type ContractionRole = "batch" | "row" | "column" | "reduced";

type Strides = Pick<ContractionDim, "lhs" | "rhs" | "out">;

/**
 * Whether a dim is summed over: it has stride 0 in the result. Also true if the operands are empty, where every stride
 * is 0.
 */
export const isSummed = ({ out }: Strides): boolean => out === 0;

/** Null for a dim with a stride in at most one buffer. */
export function roleOrNull({ lhs, rhs, out }: Strides): ContractionRole | null {
  if (isSummed({ lhs, rhs, out })) return lhs !== 0 && rhs !== 0 ? "reduced" : null;
  if (lhs === 0) return rhs === 0 ? null : "column";
  return rhs === 0 ? "row" : "batch";
}

export function roleOf(dim: ContractionDim): ContractionRole {
  const role = roleOrNull(dim);
  invariant(role !== null, `${dim.name} has strides in fewer than two buffers`);
  return role;
}

export const withRole = (dims: readonly ContractionDim[], role: ContractionRole): ContractionDim[] =>
  dims.filter((dim) => roleOrNull(dim) === role);

/** The size of the index space of the dims. */
export const sizeOf = (dims: readonly ContractionDim[]): number => product(dims.map(({ size }) => size));
