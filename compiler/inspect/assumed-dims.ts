import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { DiagnosticError } from "../../dsl/diagnostic-error.ts";
import type { Source } from "../../dsl/span.ts";
import type { CompileOptions } from "../compile.ts";
import { allSets, variantsOf, withKnownDims } from "../frontend/given-dims.ts";
import { elaborate } from "../frontend/program.ts";
import type { Program } from "../graph/ir.ts";

/** Sizes for dims that the options leave open: a small one, one with many divisors, one for long sequences. */
const sizes = [32, 60, 960] as const;

interface Attempt {
  readonly diagnostics: readonly Diagnostic[];
  /** Dims that were used and have no size. */
  readonly openDims: readonly string[];
}

/**
 * Assumes a size for all dims without one, one candidate after another, until an attempt is free of
 * diagnostics: an error counts only if every size has one. If all fail, returns the first of those with the fewest
 * diagnostics: what only the others report may come from their sizes.
 */
export function withAssumedDims<T extends Attempt>(
  attempt: (assumedDim: number) => T,
  first: readonly number[] = [],
): T {
  const [smallest, ...others] = [...first, ...sizes];
  const found = attempt(smallest ?? 1);
  // If every used dim has a size, another assumed size changes nothing.
  if (found.diagnostics.length === 0 || found.openDims.length === 0) return found;
  let best = found;
  for (const size of others) {
    const next = attempt(size);
    if (next.diagnostics.length === 0) return next;
    if (next.diagnostics.length < best.diagnostics.length) best = next;
  }
  return best;
}

/**
 * Sizes for a run in the reference interpreter, which is slow; the larger ones for programs that a small size does not
 * fit.
 */
const smallSizes = [2, 3, 8, 16];

/**
 * Elaborates with the smallest valid size for dims without one; `assumed` holds these dims. Throws a `DiagnosticError`
 * with all diagnostics.
 */
export function elaborateSmall(
  source: Source,
  options: CompileOptions,
): { readonly program: Program; readonly assumed: Readonly<Record<string, number>> } {
  const given = variantsOf(options);
  const variants = allSets(given);
  const { resolve, entries } = options;
  const attempt = (assumedDim: number) => ({
    ...elaborate(source, { ...given, resolve, ...(entries && { entries }), assumedDim }),
    assumedDim,
  });
  const found = withAssumedDims(attempt, smallSizes);
  const { program, diagnostics, openDims, assumedDim } = withKnownDims(found, variants);
  if (program === null) throw new DiagnosticError(diagnostics);
  return { program, assumed: Object.fromEntries(openDims.map((name) => [name, assumedDim])) };
}
