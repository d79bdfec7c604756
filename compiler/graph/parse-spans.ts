import type { Source, Span } from "../../dsl/span.ts";
import type { Token } from "./tokens.ts";

const comment = /^#\s*(.+):(\d{1,5}):(\d{1,5})\s*$/;

interface Spot {
  readonly name: string;
  readonly line: number;
  readonly column: number;
}

/**
 * Spans for the comments of a graph's text, `# lenet.dl:4:11`, by token. They lie in sources made of blanks, one per file name, just long enough that
 * each span prints the same again. Other comments have none; nor do those of a file whose blanks would be out of proportion.
 */
export function spansOf(tokens: readonly Token[]): ReadonlyMap<Token, Span> {
  const spots = new Map<Token, Spot>();
  for (const token of tokens) {
    const [, name, line, column] = (token.kind === "comment" ? comment.exec(token.text) : null) ?? [];
    if (name !== undefined && Number(line) > 0 && Number(column) > 0) spots.set(token, { name, line: Number(line), column: Number(column) });
  }
  const files = Map.groupBy(spots.values(), (spot) => spot.name);
  const sources = new Map(Array.from(files, ([name, list]) => [name, blankSource(name, list)]));
  const spans = new Map<Token, Span>();
  for (const [token, spot] of spots) {
    const file = sources.get(spot.name) ?? null;
    if (file === null) continue;
    const start = (file.starts[spot.line - 1] ?? 0) + spot.column - 1;
    spans.set(token, { source: file.source, start, end: start });
  }
  return spans;
}

/** A text of blanks that has every spot, and where its lines start. */
function blankSource(name: string, spots: readonly Spot[]): { source: Source; starts: readonly number[] } | null {
  const lengths = new Array<number>(spots.reduce((most, { line }) => Math.max(most, line), 0)).fill(0);
  for (const { line, column } of spots) lengths[line - 1] = Math.max(lengths[line - 1] ?? 0, column);
  if (lengths.reduce((a, b) => a + b, 0) > 2 ** 24) return null;
  const starts: number[] = [];
  let start = 0;
  for (const length of lengths) {
    starts.push(start);
    start += length + 1;
  }
  return { source: { name, text: lengths.map((length) => " ".repeat(length)).join("\n") }, starts };
}
