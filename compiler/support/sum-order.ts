import { at, iota, product } from "./lists.ts";

/**
 * The order of every f32 sum: part of the meaning of a model, so it is here and not in `machine.ts`. The reference
 * interpreter, the kernels and the error bound follow it; `docs/trust.md` states it for users.
 *
 * A sum has two levels. A *block* of a fixed number of terms is summed in order, from +0. The blocks are added in order
 * to a *compensated total*, which keeps the rounding error of each addition for the next. The place of a term
 * follows from its index alone, never from the number of terms, so further terms of 0 change no bit, and the error
 * grows with the length of a block instead of the number of terms.
 */
export const sumOrder = {
  /**
   * A sum over the last axis (and others) has this many partial sums: term i of the last axis belongs to partial i mod
   * 16. In the end they are joined by halving: p with p + 8, then p + 4, p + 2, p + 1. Any other sum has one.
   */
  partials: 16,
  /** The most terms of a block of a partial sum, of any other sum over axes, and of a cumulative sum. */
  block: 64,
  /** The most terms of a block of a product's sum. */
  productBlock: 512,
} as const;

/** Rounds to the precision of the sum: `Math.fround`, or the identity for f64. */
export type Round = (x: number) => number;

/** A sum of blocks: `hi + lo`, where `lo` is what the last addition has rounded off. */
export interface Total {
  readonly hi: number;
  readonly lo: number;
}

export const nothing: Total = { hi: 0, lo: 0 };

/**
 * Adds a block and what the addition before it has rounded off (Kahan, "Further remarks on reducing truncation errors",
 * 1965). Two numbers that were only joined in the end would be faster, but their error grows with the square of the
 * number of blocks. Where the sum leaves the range of f32, nothing is kept: an infinite sum stays infinite.
 */
export function withBlock(round: Round, { hi, lo }: Total, block: number): Total {
  const term = round(block + lo);
  const sum = round(hi + term);
  const rest = round(term - round(sum - hi));
  return { hi: sum, lo: Number.isFinite(rest) ? rest : 0 };
}

/** The sum of all blocks. */
export const valueOf = (round: Round, { hi, lo }: Total): number => round(hi + lo);

/** Whether a sum of up to `count` terms in the order of the data, which has no blocks, adds each to a total. */
export const needsTotals = (count: number): boolean => count > sumOrder.block;

/** Sums of terms that `visit` adds in any order of targets: each in order, or in order to a compensated total. */
export function scatteredSums(
  round: Round,
  { targets, mostTerms }: { readonly targets: number; readonly mostTerms: number },
  visit: (add: (target: number, term: number) => void) => void,
): Float64Array {
  const [hi, lo] = [new Float64Array(targets), new Float64Array(targets)];
  const total = (target: number): Total => ({ hi: hi[target] ?? 0, lo: lo[target] ?? 0 });
  visit((target, term) => {
    if (needsTotals(mostTerms)) ({ hi: hi[target], lo: lo[target] } = withBlock(round, total(target), term));
    else hi[target] = round(total(target).hi + term);
  });
  return hi.map((_, target) => valueOf(round, total(target)));
}

/** Where an index space is cut into blocks: every `size` indices of `axis`, with all indices of the axes after it. */
export interface BlockOf {
  readonly axis: number;
  readonly size: number;
}

/**
 * The innermost axes with at most `limit` terms, and as many indices of the next axis as fit: so a block does not
 * depend on the size of the outermost axis, the batch. Null if all terms are one block.
 */
export function blockOf(extents: readonly number[], limit: number = sumOrder.block): BlockOf | null {
  let terms = 1;
  for (let axis = extents.length - 1; axis >= 0; axis--) {
    if (terms * at(extents, axis) > limit) return { axis, size: Math.floor(limit / terms) };
    terms *= at(extents, axis);
  }
  return null;
}

/** The number of terms of one partial sum, by axis. */
export const termsOf = (extents: readonly number[], alongLast: boolean): readonly number[] =>
  alongLast ? extents.with(-1, Math.ceil(at(extents, extents.length - 1) / sumOrder.partials)) : extents;

/** The term at an index, whose array is reused. */
type Term = (index: readonly number[]) => number;

/** The sum over some axes of an operand. `alongLast`: the last of them is its last axis. */
export function sumOver(round: Round, extents: readonly number[], alongLast: boolean, term: Term): number {
  const add = (a: number, b: number): number => round(a + b);
  if (!alongLast) return valueOf(round, totalOf(round, extents, term));
  const totals = iota(sumOrder.partials).map((p) =>
    totalOf(round, termsOf(extents, true), partial(p, extents, term, 0)),
  );
  return valueOf(round, {
    hi: halved(
      add,
      totals.map(({ hi }) => hi),
    ),
    lo: halved(
      add,
      totals.map(({ lo }) => lo),
    ),
  });
}

/** Products have the order of sums, in one block. */
export function productOver(round: Round, extents: readonly number[], alongLast: boolean, term: Term): number {
  const multiply = (a: number, b: number): number => round(a * b);
  const over = (space: readonly number[], of: Term): number => {
    let acc = 1;
    each(space, (index) => (acc = multiply(acc, of(index))));
    return acc;
  };
  if (!alongLast) return over(extents, term);
  const factors = termsOf(extents, true);
  return halved(
    multiply,
    iota(sumOrder.partials).map((p) => over(factors, partial(p, extents, term, 1))),
  );
}

/** The terms of partial sum `p`, and `none` past the end of the last axis. */
function partial(p: number, extents: readonly number[], term: Term, none: number): Term {
  const last = extents.length - 1;
  const own = [...extents];
  return (index) => {
    index.forEach((i, axis) => (own[axis] = axis === last ? i * sumOrder.partials + p : i));
    return at(own, last) < at(extents, last) ? term(own) : none;
  };
}

function totalOf(round: Round, extents: readonly number[], term: Term): Total {
  const { axis: cut, size } = blockOf(extents) ?? { axis: -1, size: 0 };
  const outside = extents.slice(0, cut + 1).map((extent, axis) => (axis === cut ? Math.ceil(extent / size) : extent));
  let total = nothing;
  each(outside, (block) => {
    const start = (block[cut] ?? 0) * size;
    const inside = cut < 0 ? extents : [Math.min(size, at(extents, cut) - start), ...extents.slice(cut + 1)];
    const index = [...block.slice(0, Math.max(0, cut)), ...inside];
    let acc = 0;
    each(inside, (within) => {
      within.forEach((i, axis) => (index[Math.max(0, cut) + axis] = axis === 0 ? start + i : i));
      acc = round(acc + term(index));
    });
    total = withBlock(round, total, acc);
  });
  return total;
}

/** Every index in order; the array is reused. */
function each(extents: readonly number[], visit: (index: readonly number[]) => void): void {
  const index = extents.map(() => 0);
  const along = (axis: number): void => {
    if (axis === extents.length) return visit(index);
    for (let i = 0; i < (extents[axis] ?? 0); i++) {
      index[axis] = i;
      along(axis + 1);
    }
  };
  along(0);
}

/** Joins the second half of a list to the first, until one number is left. */
function halved(join: (a: number, b: number) => number, list: readonly number[]): number {
  if (list.length <= 1) return at(list, 0);
  const half = list.length / 2;
  return halved(
    join,
    list.slice(0, half).map((x, i) => join(x, at(list, i + half))),
  );
}

/**
 * The most roundings that a term of a sum passes through: those of its block, then two for the compensated total, whose
 * own error is of second order, and allowed for by one more.
 */
const roundingsOfBlocks = (count: number, block: number): number => (count <= block ? count : block + 3);

/** For a sum over some axes. */
export const sumRoundings = (extents: readonly number[], alongLast: boolean): number =>
  roundingsOfBlocks(product(termsOf(extents, alongLast)), sumOrder.block) +
  (alongLast ? Math.log2(sumOrder.partials) : 0);

/** For a sum of up to `most` terms in the order of the data that has `count` terms. */
export const scatterRoundings = (count: number, most: number): number =>
  roundingsOfBlocks(count, needsTotals(most) ? 1 : sumOrder.block);

/** For an element of a cumulative sum of `count` terms: one more, for the sum of the blocks before. */
export const scanRoundings = (count: number): number => roundingsOfBlocks(count, sumOrder.block) + 1;

/** For the sum of a product, whose terms are products: one more. */
export const productRoundings = (count: number): number => 1 + roundingsOfBlocks(count, sumOrder.productBlock);
