import { InvalidArgumentError, type Command } from "commander";
import type { CompileOptions, Variants } from "../compiler/index.ts";

export interface VariantFlags {
  readonly variant: readonly Variant[];
}

/**
 * `--variant`: sets of dims, for all entries or by entry. `used` says what the command does with several sets for one
 * entry.
 */
export const withVariants = (command: Command, used: string): Command =>
  command.option(
    "--variant <dims>",
    `a set of dims, such as N=1 or N=1,T=64, for all entries or for one, as in predict:N=1; repeatable; ${used}`,
    collectVariant,
    [],
  );

/** What `--variant` adds to the options of the compiler. */
export const variantsIn = ({ variant }: VariantFlags): Pick<CompileOptions, "variants"> =>
  variant.length > 0 ? { variants: variantsOf(variant) } : {};

/** `predict:N=1,T=64`; the entry is null for sizes of all entries. */
interface Variant {
  readonly entry: string | null;
  readonly dims: Readonly<Record<string, number>>;
}

function collectVariant(text: string, before: readonly Variant[]): readonly Variant[] {
  const [, entry = null, sizes = ""] = /^(?:([A-Za-z_]\w*):)?(.*)$/.exec(text) ?? [];
  if (before.some((other) => (other.entry === null) !== (entry === null)))
    throw new InvalidArgumentError("Give every variant an entry, as in predict:N=1, or none of them.");
  const pairs = sizes.split(",").map((pair) => /^([A-Za-z_]\w*)=(\d{1,10})$/.exec(pair));
  const dims = Object.fromEntries(
    pairs.map((match) => (match === null ? misspelt() : ([match[1], Number(match[2])] as const))),
  );
  return [...before, { entry, dims }];
}

/** The option `variants` of the compiler. */
function variantsOf(given: readonly Variant[]): Variants {
  if (given.some(({ entry }) => entry === null)) return given.map(({ dims }) => dims);
  return Object.fromEntries(
    [...new Set(given.map(({ entry }) => entry ?? ""))].map((name) => [
      name,
      given.filter(({ entry }) => entry === name).map(({ dims }) => dims),
    ]),
  );
}

function misspelt(): never {
  throw new InvalidArgumentError("Expected sizes such as N=1, N=1,T=64 or predict:N=1.");
}
