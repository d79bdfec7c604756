/**
 * A random generator: mulberry32 (T. Ettinger), its state initialized with the seed's bits mixed by the finalizer of
 * MurmurHash3.
 */
export class Random {
  private state: number;

  constructor(seed: number) {
    let x = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.floor(seed / 2 ** 32);
    x = Math.imul(x ^ (x >>> 16), 0xc2b2ae35);
    this.state = x ^ (x >>> 13);
  }

  /** In [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let x = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** An integer from `least` to `most`, inclusive. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<T>(list: readonly T[]): T {
    return at(list, Math.floor(this.next() * list.length));
  }

  /** One of the items, with probability proportional to its weight. */
  weighted<T>(list: readonly (readonly [weight: number, item: T])[]): T {
    let rest = this.next() * list.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, item] of list) if ((rest -= weight) < 0) return item;
    return at(list, list.length - 1)[1];
  }

  /** The items in random order. */
  shuffled<T>(list: readonly T[]): T[] {
    const result = [...list];
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.between(0, i);
      [result[i], result[j]] = [at(result, j), at(result, i)];
    }
    return result;
  }

  /** A random subset of the items, in order. */
  some<T>(list: readonly T[], probability = 0.5): T[] {
    return list.filter(() => this.chance(probability));
  }
}

export function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error(`item ${index} of ${list.length} does not exist`);
  return item;
}

export const iota = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
export const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);
export const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
