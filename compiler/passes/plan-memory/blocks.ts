import type { Value } from "../../graph/ir.ts";
import { present } from "../../support/invariant.ts";

/** Memory that is live from one step to another, both included. */
export interface Block {
  readonly bytes: number;
  readonly from: number;
  to: number;
  readonly values: Value[];
}

/**
 * Offsets such that blocks that live at the same time do not overlap. Offline dynamic storage allocation is NP-hard;
 * greedy placement at the lowest free offset, largest block first (Pisarchyk and Lee, 2020, "greedy by size"), is close
 * to the largest live set. The best of a few orders is taken.
 */
export function placeBlocks(blocks: readonly Block[]): ReadonlyMap<Block, number> {
  const orders: ((a: Block, b: Block) => number)[] = [
    (a, b) => b.bytes - a.bytes || a.from - b.from,
    (a, b) => a.from - b.from || b.bytes - a.bytes,
    (a, b) => b.bytes * (b.to - b.from + 1) - a.bytes * (a.to - a.from + 1) || a.from - b.from,
    (a, b) => b.to - b.from - (a.to - a.from) || b.bytes - a.bytes,
  ];
  const plans = orders.map((order) => assignOffsets([...blocks].sort(order)));
  return present(
    plans.reduce((best, next) => (next.height < best.height ? next : best)),
    "there is a plan",
  ).offsets;
}

function assignOffsets(order: readonly Block[]): { offsets: ReadonlyMap<Block, number>; height: number } {
  const offsets = new Map<Block, number>();
  /** Sorted by offset. */
  const placed: { readonly block: Block; readonly at: number }[] = [];
  let height = 0;
  for (const block of order) {
    let offset = 0;
    for (const { block: other, at } of placed) {
      if (other.from > block.to || block.from > other.to) continue;
      if (at - offset >= block.bytes) break;
      offset = Math.max(offset, at + other.bytes);
    }
    offsets.set(block, offset);
    placed.splice(firstAfter(placed, offset), 0, { block, at: offset });
    height = Math.max(height, offset + block.bytes);
  }
  return { offsets, height };
}

/** The number of placed blocks at or before the offset. */
function firstAfter(placed: readonly { readonly at: number }[], offset: number): number {
  let [low, high] = [0, placed.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((placed[middle]?.at ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
