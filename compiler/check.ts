import { DiagnosticError, type Diagnostic } from "../dsl/diagnostic.ts";
import type { Source } from "../dsl/span.ts";
import { elaborateSource, type CompileOptions } from "./compile.ts";

/** Everything that is wrong with a file, without compiling it; empty if it is sound. */
export function checkSource(source: Source, options: CompileOptions): readonly Diagnostic[] {
  try {
    return elaborateSource(source, options).warnings;
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics;
    throw error;
  }
}
