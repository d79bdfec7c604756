/**
 * The order of every f32 sum: part of the meaning of a model, so it is here and not in `machine.ts`. The reference
 * interpreter, the kernels and the error bound follow it; `docs/trust.md` states it for users.
 *
 * A sum has two levels. A *block* of a fixed number of terms is summed in order, from +0. The blocks are added in order
 * to a *compensated total*, which keeps the rounding errors of its additions in a second number. The place of a term
 * follows from its index alone, never from the number of terms, so further terms of 0 change no bit, and the error
 * grows with the length of a block instead of the number of terms.
 */
export const sumOrder = {
  /** A sum over the last axis has this many partial sums: term i belongs to partial i mod 16. */
  partials: 16,
  /** Terms of a block of each of these partial sums, of a sum over any other axis, and of a cumulative sum. */
  block: 64,
  /** The most terms of a block of a product's sum. */
  productBlock: 512,
} as const;

/** Rounds to the precision of the sum: `Math.fround`, or the identity for f64. */
export type Round = (x: number) => number;

/** A sum of blocks: `hi + lo`, where `lo` is what the additions to `hi` have rounded off. */
export interface Total {
  readonly hi: number;
  readonly lo: number;
}

export const nothing: Total = { hi: 0, lo: 0 };

/**
 * Adds a block: Dekker's FastTwoSum (1971) without its comparison of magnitudes, as in the cascaded summation of
 * Neumaier (1974) and of Ogita, Rump and Oishi ("Accurate sum and dot product", 2005).
 */
export function withBlock(round: Round, { hi, lo }: Total, block: number): Total {
  const sum = round(hi + block);
  return { hi: sum, lo: round(lo + round(block - round(sum - hi))) };
}

/** The sum of all blocks; an infinite sum has no rounding error, and its `lo` is NaN or infinite. */
export function valueOf(round: Round, { hi, lo }: Total): number {
  const sum = round(hi + lo);
  return Number.isNaN(sum) ? hi : sum;
}

/** The sum of the terms of an axis other than the last: blocks in order. */
export function axisSum(round: Round, count: number, term: (i: number) => number): number {
  let total = nothing;
  for (let start = 0; start < count; start += sumOrder.block) {
    let block = 0;
    for (let i = start; i < Math.min(count, start + sumOrder.block); i++) block = round(block + term(i));
    total = withBlock(round, total, block);
  }
  return valueOf(round, total);
}

/** The sum of the terms of the last axis: partial sums of blocks, joined by halving. */
export function lastAxisSum(round: Round, count: number, term: (i: number) => number): number {
  const { partials, block: terms } = sumOrder;
  const totals = Array.from({ length: partials }, (_, p) => {
    let total = nothing;
    for (let start = p; start < count; start += partials * terms) {
      let block = 0;
      const end = Math.min(count, start + partials * terms);
      for (let i = start; i < end; i += partials) block = round(block + term(i));
      total = withBlock(round, total, block);
    }
    return total;
  });
  const [hi, lo] = [
    halved(
      round,
      totals.map((total) => total.hi),
    ),
    halved(
      round,
      totals.map((total) => total.lo),
    ),
  ];
  return valueOf(round, { hi, lo });
}

/** Adds the second half of a list to the first, until one number is left. */
function halved(round: Round, list: readonly number[]): number {
  if (list.length <= 1) return list[0] ?? 0;
  const half = list.length / 2;
  return halved(
    round,
    list.slice(0, half).map((x, i) => round(x + (list[i + half] ?? 0))),
  );
}

/**
 * The most roundings that a term of a sum passes through: those of its block, then two for the compensated total, whose
 * own error is of second order and allowed for by one more.
 */
const roundingsOfBlocks = (count: number, block: number): number => (count <= block ? count : block + 3);

/** For an axis other than the last. */
export const axisRoundings = (count: number): number => roundingsOfBlocks(count, sumOrder.block);

/** For the last axis. */
export const lastAxisRoundings = (count: number): number =>
  roundingsOfBlocks(Math.ceil(count / sumOrder.partials), sumOrder.block) + Math.log2(sumOrder.partials);

/** For the sum of a product, whose terms are products: one more. */
export const productRoundings = (count: number): number => 1 + roundingsOfBlocks(count, sumOrder.productBlock);
