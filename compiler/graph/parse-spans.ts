import type { Source, Span } from "../../dsl/span.ts";
import { isRecord, locationsIn } from "./parse-provenance.ts";
import { present } from "../support/invariant.ts";
import { at } from "../support/lists.ts";

const comments = /#[^\n]*/g;
const place = /^#?\s*(\S.*):(\d{1,5}):(\d{1,5})\s*$/;

/**
 * Limits the total size of all blank files, in bytes or so: a file costs 256, a line 16, a character 1. Without a
 * limit, one short comment could name a location in a file of any size.
 */
const costs = { name: 256, line: 16, most: 2 ** 22 } as const;

interface Spot {
  readonly name: string;
  readonly line: number;
  readonly column: number;
}

function spotOf(comment: string): Spot | null {
  const [, name = "", line, column] = place.exec(comment) ?? [];
  const spot = { name, line: Number(line), column: Number(column) };
  return spot.line > 0 && spot.column > 0 ? spot : null;
}

/**
 * Spans for the comments of a graph's text, `# lenet.dl:4:11`, and for locations in records of provenance. The spans
 * refer to sources made of blanks, one per file name, just long enough that each span prints the same again. Returns
 * null for other comments, and for all if the blank files would exceed the limit.
 */
export function spansOf(text: string): (comment: string) => Span | null {
  const files = blankFiles(text);
  return (comment) => {
    const spot = spotOf(comment);
    if (spot === null || files === null) return null;
    const file = present(files.get(spot.name), `the file ${spot.name} has no blanks`);
    const start = at(file.starts, spot.line - 1) + spot.column - 1;
    return { source: file.source, start, end: start };
  };
}

interface BlankFile {
  readonly source: Source;
  /** The offsets of its lines. */
  readonly starts: readonly number[];
}

/** A text of blanks per file that contains every location; null if they would exceed the limit. */
function blankFiles(text: string): ReadonlyMap<string, BlankFile> | null {
  const lengths = new Map<string, number[]>();
  let cost = 0;
  const spots = Array.from(text.matchAll(comments), ([comment]) =>
    isRecord(comment) ? locationsIn(comment) : [comment],
  ).flat();
  for (const { name, line, column } of spots.flatMap((spot) => spotOf(spot) ?? [])) {
    const lines = lengths.get(name) ?? [];
    if (lines.length === 0) lengths.set(name, lines);
    cost +=
      (lines.length === 0 ? costs.name : 0) +
      Math.max(0, line - lines.length) * costs.line +
      Math.max(0, column - (lines[line - 1] ?? 0));
    if (cost > costs.most) return null;
    while (lines.length < line) lines.push(0);
    lines[line - 1] = Math.max(at(lines, line - 1), column);
  }
  return new Map(Array.from(lengths, ([name, lines]) => [name, blankFile(name, lines)]));
}

function blankFile(name: string, lengths: readonly number[]): BlankFile {
  const starts: number[] = [];
  let start = 0;
  for (const length of lengths) {
    starts.push(start);
    start += length + 1;
  }
  return { source: { name, text: lengths.map((length) => " ".repeat(length)).join("\n") }, starts };
}
