import { invariant } from "../support/invariant.ts";
import { at, product } from "../support/lists.ts";
import { blockOf, sumOrder } from "../support/sum-order.ts";
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

/**
 * How the sum over the reduced dims is cut into blocks (`support/sum-order.ts`): a block has all of the inner dims that
 * fit, and as many whole indices of the next dim. It does not depend on the sizes of the dims outside of that one, nor
 * on that one's, so a longer batch keeps the blocks that it has.
 */
export interface SumBlocks {
  /** Each index of these dims begins a block. */
  readonly outer: readonly ContractionDim[];
  /** The dim that is cut, every `piece` indices; null if all terms are one block. */
  readonly cut: { readonly dim: ContractionDim; readonly piece: number } | null;
  /** The dims that are whole in each block. */
  readonly inner: readonly ContractionDim[];
}

/** The blocks of the reduced dims, which are outermost first. */
export function sumBlocks(reduced: readonly ContractionDim[]): SumBlocks {
  const sizes = reduced.map(({ size }) => size);
  const block = blockOf(sizes, sumOrder.productBlock);
  if (block === null) return { outer: [], cut: null, inner: reduced };
  const { axis, size } = block;
  return {
    outer: reduced.slice(0, axis),
    cut: { dim: at(reduced, axis), piece: size },
    inner: reduced.slice(axis + 1),
  };
}

const pieceOf = (inner: readonly ContractionDim[]): number => Math.floor(sumOrder.productBlock / sizeOf(inner));

/** Whether neighbouring reduced dims can be merged without a change of the blocks; `inside` are those inside them. */
export function keepsBlocks(outer: ContractionDim, inner: ContractionDim, inside: readonly ContractionDim[]): boolean {
  const piece = pieceOf(inside);
  return piece === 0 || piece >= outer.size * inner.size || piece % inner.size === 0 || inner.size % piece === 0;
}
