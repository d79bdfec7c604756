import type { Diagnostic } from "./diagnostic.ts";
import { renderDiagnostic } from "./render.ts";

/**
 * Thrown by functions that return a value (compile, load); holds every diagnostic found. The only error for users.
 * Its message is what `dlc check` prints, so that an uncaught one is as clear. `diagnostics` is not enumerable:
 * consoles print enumerable properties, and a diagnostic refers to the whole text of the program.
 */
export class DiagnosticError extends Error {
  declare readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((d) => renderDiagnostic(d, { color: false })).join("\n\n"));
    Object.defineProperty(this, "diagnostics", { value: diagnostics });
  }
}

Object.defineProperty(DiagnosticError.prototype, "name", { value: "DiagnosticError" });
