/** Random choices of an oracle, deterministic in the seed. */
export interface Draw {
  /** An integer from 0 to `limit` - 1. */
  below(limit: number): number;
  pick<T>(items: readonly T[]): T;
  shuffle<T>(items: readonly T[]): T[];
}

/** mulberry32. */
export function createDraw(seed: number): Draw {
  let state = seed | 0;
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return Math.floor((((x ^ (x >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
  const pick = <T>(items: readonly T[]): T => {
    const index = below(items.length);
    if (index >= items.length) throw new Error("nothing to pick from");
    return items[index] as T;
  };
  const shuffle = <T>(items: readonly T[]): T[] => {
    const rest = [...items];
    return items.map(() => rest.splice(below(rest.length), 1)).flat();
  };
  return { below, pick, shuffle };
}
