import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { Source } from "../../dsl/span.ts";
import type { CompileOptions } from "../compile.ts";
import { elaborate } from "../frontend/program.ts";
import { elaborateTests } from "../frontend/tests.ts";
import { withStandIns } from "./assumed-dims.ts";

/** Everything that is wrong with a file and its tests, without compiling it; empty if it is sound. A dim without a size stands for any. */
export function checkSource(source: Source, options: CompileOptions): readonly Diagnostic[] {
  const sets = options.variants ?? [{}];
  const variants = sets.map((set) => ({ ...options.dims, ...set }));
  const { resolve, entries } = options;
  const checked = withStandIns(variants, (standIn) => elaborate(source, { variants, resolve, ...(entries && { entries }), standIn }));
  if (checked.diagnostics.length > 0 || !checked.hasTests || entries !== undefined) return checked.diagnostics;
  return withStandIns(variants, (standIn) => elaborateTests(source, { variants, resolve, standIn })).diagnostics;
}
