import { product } from "../support/lists.ts";
import { blockOf, sumOrder, valueOf, withBlock, type Round } from "../support/sum-order.ts";
import { item } from "./ndarray.ts";

/** The sums of products of a contraction, in the order of `support/sum-order.ts`. */
export class ProductSums {
  readonly #round: Round;
  readonly #blockOf: (term: number) => number;
  readonly #hi: Float64Array;
  readonly #lo: Float64Array;
  readonly #sum: Float64Array;
  /** The block that `#sum` is a part of. */
  readonly #block: Int32Array;

  /** `count` sums over an index space of `extents`. */
  constructor(round: Round, extents: readonly number[], count: number) {
    this.#round = round;
    this.#blockOf = blockNumber(extents);
    [this.#hi, this.#lo, this.#sum] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)];
    this.#block = new Int32Array(count);
  }

  /** Adds a product to a sum; `term` is its flat index in the index space. Each sum takes its terms in order. */
  add(to: number, term: number, a: number, b: number): void {
    const block = this.#blockOf(term);
    if (block !== this.#block[to]) this.#close(to, block);
    this.#sum[to] = this.#round(item(this.#sum, to) + this.#round(a * b));
  }

  values(): Float64Array {
    for (let to = 0; to < this.#sum.length; to++) this.#close(to, 0);
    return this.#hi.map((hi, to) => valueOf(this.#round, { hi, lo: item(this.#lo, to) }));
  }

  #close(to: number, next: number): void {
    const total = { hi: item(this.#hi, to), lo: item(this.#lo, to) };
    const { hi, lo } = withBlock(this.#round, total, item(this.#sum, to));
    [this.#hi[to], this.#lo[to], this.#sum[to], this.#block[to]] = [hi, lo, 0, next];
  }
}

/** The number of the block that a term belongs to, from its flat index. */
function blockNumber(extents: readonly number[]): (term: number) => number {
  const block = blockOf(extents, sumOrder.productBlock);
  if (block === null) return () => 0;
  const inside = product(extents.slice(block.axis + 1));
  const [length, size] = [product(extents.slice(block.axis)), block.size * inside];
  const blocks = Math.ceil(length / size);
  return (term) => Math.floor(term / length) * blocks + Math.floor((term % length) / size);
}
