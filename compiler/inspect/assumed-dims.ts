import { DiagnosticError, type Diagnostic } from "../../dsl/diagnostic.ts";
import type { Source } from "../../dsl/span.ts";
import type { CompileOptions } from "../compile.ts";
import { elaborate } from "../frontend/program.ts";
import type { Program } from "../graph/ir.ts";

/** Sizes for dims that nobody has given: small ones, one with many divisors, one for long sequences. */
const sizes = [32, 60, 960] as const;

interface Attempt {
  readonly diagnostics: readonly Diagnostic[];
  /** Dims that were used. */
  readonly dims: readonly string[];
}

/**
 * Assumes sizes for the dims that are not `given`, one size after another, until an attempt has no diagnostics: a mistake is one that every size has. The
 * first attempt, with the smallest size, is returned if all fail.
 */
export function withAssumedDims<T extends Attempt>(
  given: readonly Readonly<Record<string, number>>[],
  attempt: (assumedDim: number) => T,
  first: readonly number[] = [],
): T {
  const [smallest, ...others] = [...first, ...sizes];
  const found = attempt(smallest ?? 1);
  // Whatever was given decides it.
  if (found.diagnostics.length === 0 || found.dims.every((name) => given.every((dims) => dims[name] !== undefined))) return found;
  for (const size of others) {
    const next = attempt(size);
    if (next.diagnostics.length === 0) return next;
  }
  return found;
}

/** Sizes with which an entry is run in the reference interpreter, which is slow; the larger ones for what a small size does not fit. */
const smallSizes = [2, 3, 8, 16];

/** Elaborates with the smallest valid sizes for dims without one; `assumed` holds these. Throws a `DiagnosticError` with all diagnostics. */
export function elaborateSmall(source: Source, options: CompileOptions): { readonly program: Program; readonly assumed: Readonly<Record<string, number>> } {
  const variants = (options.variants ?? [{}]).map((set) => ({ ...options.dims, ...set }));
  const { resolve, entries } = options;
  const attempt = (assumedDim: number) => ({ ...elaborate(source, { variants, resolve, ...(entries && { entries }), assumedDim }), assumedDim });
  const { program, diagnostics, dims, assumedDim } = withAssumedDims(variants, attempt, smallSizes);
  if (program === null) throw new DiagnosticError(diagnostics);
  const missing = dims.filter((name) => variants.some((set) => !Object.hasOwn(set, name)));
  return { program, assumed: Object.fromEntries(missing.map((name) => [name, assumedDim])) };
}
