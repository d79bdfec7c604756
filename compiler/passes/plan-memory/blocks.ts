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
  const least = liveBytes(blocks);
  let best: Placement | null = null;
  for (const order of orders) {
    const next = assignOffsets([...blocks].sort(order));
    if (best === null || next.height < best.height) best = next;
    // No other order can be better.
    if (best.height <= least) break;
  }
  return present(best, "there is a plan").offsets;
}

/** The most bytes that are live at one step. */
function liveBytes(blocks: readonly Block[]): number {
  const changes = blocks.flatMap(({ bytes, from, to }) => [
    { step: from, by: bytes },
    { step: to + 1, by: -bytes },
  ]);
  // At equal steps, what ends comes before what begins.
  changes.sort((a, b) => a.step - b.step || a.by - b.by);
  let live = 0;
  let most = 0;
  for (const { by } of changes) most = Math.max(most, (live += by));
  return most;
}

interface Placement {
  readonly offsets: ReadonlyMap<Block, number>;
  readonly height: number;
}

function assignOffsets(order: readonly Block[]): Placement {
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
