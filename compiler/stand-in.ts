import type { Diagnostic } from "../dsl/diagnostic.ts";

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
