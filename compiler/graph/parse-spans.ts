import type { Source, Span } from "../../dsl/span.ts";
import { present } from "../support/invariant.ts";

const comments = /#[^\n]*/g;
const place = /^#\s*(\S.*):(\d{1,5}):(\d{1,5})\s*$/;

/** Characters of blanks that all files together may have: a line of text names any place in a file as large as it likes. */
const mostBlanks = 2 ** 22;

interface Spot {
  readonly name: string;
  readonly line: number;
  readonly column: number;
}

/**
 * Spans for the comments of a graph's text, `# lenet.dl:4:11`, by where the comments start. They lie in sources made of blanks, one per file name, just long
 * enough that each span prints the same again. Other comments have none; nor have any where the blanks would be out of proportion.
 */
export function spansOf(text: string): ReadonlyMap<number, Span> {
  const spots = new Map<number, Spot>();
  for (const { 0: comment, index } of text.matchAll(comments)) {
    const [, name, line, column] = place.exec(comment) ?? [];
    if (name !== undefined && Number(line) > 0 && Number(column) > 0) spots.set(index, { name, line: Number(line), column: Number(column) });
  }
  const files = Map.groupBy(spots.values(), (spot) => spot.name);
  let room = mostBlanks;
  const sources = new Map<string, BlankSource>();
  for (const [name, list] of files) {
    const file = blankSource(name, list, room);
    if (file === null) return new Map();
    room -= file.source.text.length;
    sources.set(name, file);
  }
  const spans = new Map<number, Span>();
  for (const [at, spot] of spots) {
    const { source, starts } = present(sources.get(spot.name), "every spot is of a file");
    const start = present(starts[spot.line - 1], "a file has the lines of its spots") + spot.column - 1;
    spans.set(at, { source, start, end: start });
  }
  return spans;
}

interface BlankSource {
  readonly source: Source;
  /** Where its lines start. */
  readonly starts: readonly number[];
}

/** A text of blanks that has every spot; null where it would be longer than `most`. */
function blankSource(name: string, spots: readonly Spot[], most: number): BlankSource | null {
  const lines = spots.reduce((last, { line }) => Math.max(last, line), 0);
  if (lines > most) return null;
  const lengths = new Array<number>(lines).fill(0);
  for (const { line, column } of spots) lengths[line - 1] = Math.max(lengths[line - 1] ?? 0, column);
  const starts: number[] = [];
  let start = 0;
  for (const length of lengths) {
    starts.push(start);
    start += length + 1;
  }
  return start > most ? null : { source: { name, text: lengths.map((length) => " ".repeat(length)).join("\n") }, starts };
}
