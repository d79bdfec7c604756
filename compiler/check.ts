import type { Diagnostic } from "../dsl/diagnostic.ts";
import type { Source } from "../dsl/span.ts";
import type { CompileOptions } from "./compile.ts";
import { elaborate } from "./frontend/program.ts";

/** Sizes that stand in for dims that nobody has given; a mistake is one that all of them bring. */
const standIns = [32, 60] as const;

/** Everything that is wrong with a file, without compiling it; empty if it is sound. A dim without a size stands for any. */
export function checkSource(source: Source, options: CompileOptions): readonly Diagnostic[] {
  const sets = options.variants ?? [{}];
  const variants = sets.map((set) => ({ ...options.dims, ...set }));
  const entries = options.entries && { entries: options.entries };
  let first: readonly Diagnostic[] | null = null;
  for (const standIn of standIns) {
    const { diagnostics, dims } = elaborate(source, { variants, resolve: options.resolve, ...entries, standIn });
    if (diagnostics.length === 0) return [];
    first ??= diagnostics;
    if (dims.every((name) => variants.every((set) => set[name] !== undefined))) return first;
  }
  return first ?? [];
}
