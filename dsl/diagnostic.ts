import type { Span } from "./span.ts";

export interface Label {
  readonly span: Span;
  readonly says: string;
}

/** A user's mistake, as data. `code` is stable (`E0412`, or an op's condition such as `dot-c2`). */
export interface Diagnostic {
  readonly code: string;
  readonly says: string;
  /** The place of the mistake; absent where there is no source text (a missing file, a bad flag). */
  readonly at?: Label;
  /** Other places that take part in the mistake. */
  readonly also?: readonly Label[];
  readonly help?: string;
}

/** Thrown by doors that promise a value (compile, load); carries every mistake found. The only error for users. */
export class DiagnosticError extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((d) => `${d.code}: ${d.says}`).join("\n"));
    this.name = "DiagnosticError";
    this.diagnostics = diagnostics;
  }
}
