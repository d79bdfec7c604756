import { InvalidArgumentError, type Command } from "commander";
import type { CompileOptions } from "../compiler/index.ts";
import { areAlike, variantOf, variantsOf, type Variant } from "./variant.ts";

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

function collectVariant(text: string, before: readonly Variant[]): readonly Variant[] {
  const variant = variantOf(text);
  if (variant === null) throw new InvalidArgumentError("Expected sizes such as N=1, N=1,T=64 or predict:N=1.");
  const variants = [...before, variant];
  if (!areAlike(variants))
    throw new InvalidArgumentError("Give every variant an entry, as in predict:N=1, or none of them.");
  return variants;
}
