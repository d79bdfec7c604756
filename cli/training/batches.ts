import { createRandom, firstIntegers, shuffled } from "../../runtime/random.ts";

/** Indices of each batch of an epoch; the last one may be smaller. */
export function* batches(order: Int32Array, size: number, from = 0): Generator<Int32Array> {
  for (let at = from * size; at < order.length; at += size) yield order.subarray(at, Math.min(at + size, order.length));
}

export const stepsPerEpoch = (count: number, batch: number): number => Math.ceil(count / batch);

/** The order of an epoch depends only on the seed and the epoch, so that a run can resume at any step. */
export const epochOrder = (count: number, seed: number, epoch: number): Int32Array =>
  shuffled(firstIntegers(count), createRandom(seed, epoch));

/** The batch sizes that a pass over these numbers of samples needs: the full size, and the remainder. */
export function batchSizes(counts: readonly number[], batch: number): number[] {
  return [...new Set(counts.flatMap((count) => [Math.min(batch, count), count % batch]))]
    .filter((size) => size > 0)
    .toSorted((a, b) => b - a);
}
