import { DiagnosticError, type Diagnostic } from "../../dsl/diagnostic.ts";
import type { Source } from "../../dsl/span.ts";
import type { CompileOptions } from "../compile.ts";
import { elaborate } from "../frontend/program.ts";
import type { Program } from "../graph/ir.ts";

/** Sizes for dims that nobody has given: small ones, one with many divisors, one for long sequences. */
const sizes = [32, 60, 960] as const;

interface Attempt {
  readonly diagnostics: readonly Diagnostic[];
  /** Dims that were asked for. */
  readonly dims: readonly string[];
}

/**
 * Looks at a file with sizes that stand in for the dims that are not `given`, until one brings no mistake: a mistake is what all of them bring. The first
 * attempt is that with the smallest size, and is the answer where all fail.
 */
export function withStandIns<T extends Attempt>(
  given: readonly Readonly<Record<string, number>>[],
  attempt: (standIn: number) => T,
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

/** Elaborates for the smallest sizes that fit where dims have none; `assumed` are those. Throws a `DiagnosticError` with everything that is wrong. */
export function elaborateSmall(source: Source, options: CompileOptions): { readonly program: Program; readonly assumed: Readonly<Record<string, number>> } {
  const variants = (options.variants ?? [{}]).map((set) => ({ ...options.dims, ...set }));
  const { resolve, entries } = options;
  const attempt = (standIn: number) => ({ ...elaborate(source, { variants, resolve, ...(entries && { entries }), standIn }), standIn });
  const { program, diagnostics, dims, standIn } = withStandIns(variants, attempt, smallSizes);
  if (program === null) throw new DiagnosticError(diagnostics);
  const missing = dims.filter((name) => variants.some((set) => !Object.hasOwn(set, name)));
  return { program, assumed: Object.fromEntries(missing.map((name) => [name, standIn])) };
}
