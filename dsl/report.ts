import type { SyntaxCode } from "./codes.ts";
import type { Diagnostic, Label } from "./diagnostic.ts";
import type { Source, Span } from "./span.ts";

export interface Complaint {
  readonly code: SyntaxCode;
  readonly says: string;
  readonly at: Label;
  readonly also?: readonly Label[];
  readonly help?: string;
}

/** More than these nobody reads. */
const maxDiagnostics = 100;

/** Collects the mistakes of one file, each place and code once, in the order of the text. */
export class Report {
  readonly source: Source;
  private readonly found = new Map<string, Complaint>();

  constructor(source: Source) {
    this.source = source;
  }

  get full(): boolean {
    return this.found.size >= maxDiagnostics;
  }

  add(complaint: Complaint): void {
    if (this.full) return;
    const key = `${complaint.code} ${complaint.at.span.start}`;
    if (!this.found.has(key)) this.found.set(key, complaint);
  }

  span(start: number, end: number): Span {
    return { source: this.source, start, end };
  }

  get diagnostics(): readonly Diagnostic[] {
    return [...this.found.values()].sort((a, b) => a.at.span.start - b.at.span.start);
  }
}
