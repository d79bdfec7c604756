/** A piece of source text: offsets in UTF-16 units, `end` exclusive. Lines and columns are computed when printing. */
export interface Source {
  /** File name as the user wrote it, or `std/layers.dl`, or `<input>`. */
  readonly name: string;
  readonly text: string;
}

export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

/** 1-based line and column of an offset. */
export function position(source: Source, offset: number): { line: number; column: number } {
  const before = source.text.slice(0, offset);
  const line = before.split("\n").length;
  return { line, column: offset - (before.lastIndexOf("\n") + 1) + 1 };
}

/** `lenet.dl:4:11` */
export function locationOf(span: Span): string {
  const { line, column } = position(span.source, span.start);
  return `${span.source.name}:${line}:${column}`;
}

/** The smallest span that covers both; they must be of one source. */
export function cover(a: Span, b: Span): Span {
  return { source: a.source, start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) };
}
