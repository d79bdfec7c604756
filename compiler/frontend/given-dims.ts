import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { didYouMean } from "../../dsl/suggest.ts";
import type { Elaborated } from "./program.ts";

/** The result of elaboration, unless a caller gives the size of a dim that the program does not have. */
export function withKnownDims<T extends Pick<Elaborated, "diagnostics" | "known"> & { readonly program: unknown }>(
  found: T,
  variants: readonly Readonly<Record<string, number>>[],
): T {
  // A declaration that could not be read may have had the dim.
  const whole = !found.diagnostics.some(({ code }) => /^E01|^E020[3459]/.test(code));
  const unknown = whole ? unknownDims(found.known, variants) : [];
  return unknown.length === 0 ? found : { ...found, program: null, diagnostics: [...unknown, ...found.diagnostics] };
}

/** A mistake for every dim that a caller gives a size and the program does not have. */
function unknownDims(
  known: readonly string[],
  variants: readonly Readonly<Record<string, number>>[],
): readonly Diagnostic[] {
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
