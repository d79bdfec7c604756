import type { Diagnostic } from "./diagnostic.ts";
import { renderDiagnostic } from "./render.ts";

/**
 * Thrown by functions that compile; holds every diagnostic found. The only error for users.
 * Its message is what `dlc check` prints, so that an uncaught one is as clear. `diagnostics` is not enumerable:
 * consoles print enumerable properties, and a diagnostic refers to the whole text of the program.
 *
 * @example
 * import { compile, DiagnosticError } from "dlc";
 * const error = await compile("dl 1\nentry f(x: f32[2, 3]) { y }\n").catch((thrown) => thrown);
 * error instanceof DiagnosticError; // => true
 * error.diagnostics.map(({ code }) => code); // => ["E0201"]
 */
export class DiagnosticError extends Error {
  declare readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((d) => renderDiagnostic(d, { color: false })).join("\n\n"));
    Object.defineProperty(this, "diagnostics", { value: diagnostics });
  }
}

Object.defineProperty(DiagnosticError.prototype, "name", { value: "DiagnosticError" });
