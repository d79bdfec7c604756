import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { didYouMean } from "../../dsl/suggest.ts";
import { DiagnosticError } from "../../dsl/diagnostic-error.ts";
import type { Elaborated } from "./program.ts";

/** Sizes of dims by name. */
export type Dims = Readonly<Record<string, number>>;

/** Several sets of dims: for all entries, or by entry; an entry that is not named then has only `dims`. */
export type Variants = readonly Dims[] | Readonly<Record<string, readonly Dims[]>>;

/** The sets of dims that are compiled, each complete. */
export interface GivenDims {
  /** For entries that are not in `entryVariants`. */
  readonly variants: readonly Dims[];
  readonly entryVariants: Readonly<Record<string, readonly Dims[]>>;
}

const isList = (variants: Variants): variants is readonly Dims[] => Array.isArray(variants);

/** All sets of dims in the option, whichever entries they are for. */
export const setsOf = (variants: Variants): readonly Dims[] =>
  isList(variants) ? variants : Object.values(variants).flat();

/** Every set of dims that is compiled for some entry. */
export const allSets = ({ variants, entryVariants }: GivenDims): readonly Dims[] =>
  Object.keys(entryVariants).length === 0 ? variants : setsOf(entryVariants);

interface DimOptions {
  readonly dims?: Dims;
  readonly variants?: Variants;
}

/** The sets of dims that the options ask for. Throws a `DiagnosticError` for a dim in both options. */
export function variantsOf({ dims = {}, variants = [{}] }: DimOptions): GivenDims {
  const twice = Object.keys(dims).filter((name) => setsOf(variants).some((set) => Object.hasOwn(set, name)));
  if (twice.length > 0)
    throw new DiagnosticError(
      twice.map((name) => ({
        code: "E0903",
        says: `the size of dim \`${name}\` is given twice`,
        help: "`dims` holds sizes that all `variants` share; give it in one of the two",
        commandHelp: "--dim holds sizes that all variants share; give it with --dim or with --variant",
      })),
    );
  const complete = (sets: readonly Dims[]): readonly Dims[] => sets.map((set) => ({ ...dims, ...set }));
  if (isList(variants)) return { variants: complete(variants), entryVariants: {} };
  const entryVariants = Object.entries(variants).map(([entry, sets]) => [entry, complete(sets)] as const);
  return { variants: [dims], entryVariants: Object.fromEntries(entryVariants) };
}

/** One size for each dim that has any, for an inspection of the program with one set of dims. */
export const firstDims = (given: GivenDims): Dims =>
  allSets(given).reduceRight<Dims>((all, set) => ({ ...all, ...set }), given.variants[0] ?? {});

/** The first set of dims of each entry, for an inspection of one graph. */
export const firstSets = ({ variants, entryVariants }: GivenDims): GivenDims => ({
  variants: variants.slice(0, 1),
  entryVariants: Object.fromEntries(Object.entries(entryVariants).map(([entry, sets]) => [entry, sets.slice(0, 1)])),
});

/** Those of one entry. */
export const setsOfEntry = ({ variants, entryVariants }: GivenDims, entry: string): readonly Dims[] =>
  (Object.hasOwn(entryVariants, entry) ? entryVariants[entry] : undefined) ?? variants;

/** The result of elaboration, unless a caller gives the size of a dim that the program does not have. */
export function withKnownDims<T extends Pick<Elaborated, "diagnostics" | "known"> & { readonly program: unknown }>(
  found: T,
  variants: readonly Dims[],
): T {
  // A declaration that could not be read may have had the dim.
  const whole = !found.diagnostics.some(({ code }) => /^E01|^E020[3459]/.test(code));
  const unknown = whole ? unknownDims(found.known, variants) : [];
  return unknown.length === 0 ? found : { ...found, program: null, diagnostics: [...unknown, ...found.diagnostics] };
}

/** A mistake for every dim that a caller gives a size and the program does not have. */
function unknownDims(known: readonly string[], variants: readonly Dims[]): readonly Diagnostic[] {
  const given = new Set(variants.flatMap((dims) => Object.keys(dims)));
  return [...given]
    .filter((name) => !known.includes(name))
    .map((name) => {
      const near = didYouMean(name, known);
      return {
        code: "E0903",
        says: `unknown dim \`${name}\``,
        help:
          near !== null
            ? `did you mean \`${near}\`?`
            : known.length > 0
              ? `the dims are ${known.join(", ")}`
              : "the program has no dims",
      };
    });
}
