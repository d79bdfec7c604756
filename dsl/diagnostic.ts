import type { Span } from "./span.ts";

export interface Label {
  readonly span: Span;
  readonly says: string;
}

/** A user's mistake, as data. `code` is stable (`E0404`, or a condition of an op such as `dot-c2`). */
export interface Diagnostic {
  readonly code: string;
  readonly says: string;
  /** The location of the mistake; absent if there is no source text (a missing file, a bad flag). */
  readonly at?: Label;
  /** Other locations involved in the mistake. */
  readonly also?: readonly Label[];
  readonly help?: string;
}

/** Thrown by functions that return a value (compile, load); holds every diagnostic found. The only error for users. */
export class DiagnosticError extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((d) => `${d.code}: ${d.says}`).join("\n"));
    this.name = "DiagnosticError";
    this.diagnostics = diagnostics;
  }
}
