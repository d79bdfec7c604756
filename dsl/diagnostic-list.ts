import type { SyntaxCode } from "./codes.ts";
import type { Diagnostic, Label } from "./diagnostic.ts";
import type { Source, Span } from "./span.ts";

export interface SyntaxDiagnostic {
  readonly code: SyntaxCode;
  readonly says: string;
  readonly at: Label;
  readonly also?: readonly Label[];
  readonly help?: string;
}

/** Further mistakes are not reported. */
const maxDiagnostics = 100;

/** Collects the diagnostics of one file, one per location and code, in the order of the text. */
export class DiagnosticList {
  readonly source: Source;
  private readonly found = new Map<string, SyntaxDiagnostic>();

  constructor(source: Source) {
    this.source = source;
  }

  get full(): boolean {
    return this.found.size >= maxDiagnostics;
  }

  add(diagnostic: SyntaxDiagnostic): void {
    if (this.full) return;
    const key = `${diagnostic.code} ${diagnostic.at.span.start}`;
    if (!this.found.has(key)) this.found.set(key, diagnostic);
  }

  /** Whether a mistake was found in this part of the text. */
  within({ start, end }: Span): boolean {
    return [...this.found.values()].some(({ at: { span } }) => span.start >= start && span.start <= end);
  }

  span(start: number, end: number): Span {
    return { source: this.source, start, end };
  }

  get sorted(): readonly Diagnostic[] {
    return [...this.found.values()].sort((a, b) => a.at.span.start - b.at.span.start);
  }
}
