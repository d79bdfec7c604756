import type { Variants } from "../compiler/index.ts";

/** `predict:N=1,T=64`; the entry is null for sizes of all entries. */
export interface Variant {
  readonly entry: string | null;
  readonly dims: Readonly<Record<string, number>>;
}

/** Null for a text that is not a variant. */
export function variantOf(text: string): Variant | null {
  const [, entry = null, sizes = ""] = /^(?:([A-Za-z_]\w*):)?(.*)$/.exec(text) ?? [];
  const pairs = sizes.split(",").map((pair) => /^([A-Za-z_]\w*)=(\d{1,10})$/.exec(pair));
  if (pairs.includes(null)) return null;
  return { entry, dims: Object.fromEntries(pairs.map((pair) => [pair?.[1], Number(pair?.[2])])) };
}

/** Either all variants have an entry, or none. */
export const areAlike = (given: readonly Variant[]): boolean =>
  given.every(({ entry }) => (entry === null) === (given[0]?.entry === null));

/** The option `variants` of the compiler, from variants that are alike. */
export function variantsOf(given: readonly Variant[]): Variants {
  if (given.some(({ entry }) => entry === null)) return given.map(({ dims }) => dims);
  return Object.fromEntries(
    [...new Set(given.map(({ entry }) => entry ?? ""))].map((name) => [
      name,
      given.filter(({ entry }) => entry === name).map(({ dims }) => dims),
    ]),
  );
}
