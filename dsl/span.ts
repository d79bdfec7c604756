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

const lineStarts = new WeakMap<Source, readonly number[]>();

/** The offset of each line; kept, since a report on a long file asks for many positions. */
function startsOf(source: Source): readonly number[] {
  const known = lineStarts.get(source);
  if (known) return known;
  const starts = [0];
  for (let end = source.text.indexOf("\n"); end >= 0; end = source.text.indexOf("\n", end + 1)) starts.push(end + 1);
  lineStarts.set(source, starts);
  return starts;
}

/** 1-based line and column of an offset. */
export function position(source: Source, offset: number): { line: number; column: number } {
  const starts = startsOf(source);
  let [from, to] = [0, starts.length];
  while (to - from > 1) {
    const middle = (from + to) >> 1;
    if ((starts[middle] ?? 0) <= offset) from = middle;
    else to = middle;
  }
  return { line: from + 1, column: offset - (starts[from] ?? 0) + 1 };
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

/** Whether a span is a part of another one. */
export const isWithin = (inner: Span, outer: Span): boolean =>
  inner.source === outer.source && inner.start >= outer.start && inner.end <= outer.end;
