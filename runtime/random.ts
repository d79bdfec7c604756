/** A small random number generator for the order of samples: the same numbers on every machine. */
export interface Random {
  /** An integer from 0 to `below` - 1. */
  below(limit: number): number;
  /** A number from 0 up to 1. */
  unit(): number;
}

/**
 * SplitMix32 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", with 32-bit finalizer constants
 * of MurmurHash3).
 */
export function createRandom(...seeds: readonly number[]): Random {
  let state = seeds.reduce((hash, seed) => mix(mix((hash ^ seed) >>> 0) ^ Math.floor(seed / 2 ** 32)), 0x9e3779b9);
  const unit = (): number => {
    state = (state + 0x9e3779b9) | 0;
    return mix(state) / 2 ** 32;
  };
  return { unit, below: (limit) => Math.floor(unit() * limit) };
}

function mix(x: number): number {
  let h = x;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Fisher and Yates. */
export function shuffled(items: Int32Array, random: Random): Int32Array {
  const order = items.slice();
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const kept = order[i] ?? 0;
    order[i] = order[j] ?? 0;
    order[j] = kept;
  }
  return order;
}

export const firstIntegers = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i);
