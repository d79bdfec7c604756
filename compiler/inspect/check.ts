import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { Source } from "../../dsl/span.ts";
import type { CompileOptions } from "../compile.ts";
import { allSets, firstDims, variantsOf, withKnownDims } from "../frontend/given-dims.ts";
import { elaborate } from "../frontend/program.ts";
import { elaborateTests } from "../frontend/tests.ts";
import { withAssumedDims } from "./assumed-dims.ts";

/**
 * All diagnostics of a file and its tests, and warnings, without compiling it. Assumes a size for dims without one.
 *
 * @example
 * import { checkSource } from "dlc/compiler";
 * checkSource(source, options); // => []
 * const wrong = { name: "wrong.dl", text: source.text.replace("relu", "rely") };
 * checkSource(wrong, options).map(({ code, help }) => `${code}: ${help}`); // => ["E0201: did you mean `relu`?"]
 */
export function checkSource(source: Source, options: CompileOptions): readonly Diagnostic[] {
  const given = variantsOf(options);
  const variants = allSets(given);
  const { resolve, entries } = options;
  const attempt = (assumedDim: number) =>
    elaborate(source, { ...given, resolve, ...(entries && { entries }), assumedDim });
  const checked = withKnownDims(withAssumedDims(attempt), variants);
  const { diagnostics, warnings } = checked;
  if (diagnostics.length > 0 || !checked.hasTests || entries !== undefined) return [...diagnostics, ...warnings];
  const dims = firstDims(given);
  const tests = withAssumedDims((assumedDim) => elaborateTests(source, { variants: [dims], resolve, assumedDim }));
  return [...tests.diagnostics, ...warnings];
}
