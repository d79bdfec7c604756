/**
 * Rows of cells as lines with aligned columns and without trailing spaces. A cell longer than `limit` (one for all
 * columns, or one for each) does not widen its column: it shifts only its own line. Columns that are empty in every row
 * are left out.
 */
export function alignColumns(rows: readonly (readonly string[])[], limit: number | readonly number[]): string[] {
  const limitOf = (column: number): number => (typeof limit === "number" ? limit : (limit[column] ?? Infinity));
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, { length }] of row.entries())
      if (length <= limitOf(column)) widths[column] = Math.max(widths[column] ?? 0, length);
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .filter((cell) => cell !== "")
      .join(" ")
      .trimEnd(),
  );
}

/**
 * Breaks lines that are longer than `width` after a space outside of strings and comments, with a backslash at each
 * break, so that the text parses back. Spaces of alignment are dropped first. A word that is longer than the width
 * stays whole.
 */
export function wrapLines(text: string, width: number): string {
  return text
    .split("\n")
    .flatMap((line) => (line.length <= width ? [line] : wrapped(line, width)))
    .join("\n");
}

function wrapped(line: string, width: number): readonly string[] {
  const indent = /^ */.exec(line)?.[0] ?? "";
  const lines: string[] = [];
  let current = indent;
  for (const word of wordsOf(line.trimStart())) {
    const empty = current.trim() === "";
    if (empty) current += word;
    else if (current.length + 1 + word.length + 2 <= width) current += ` ${word}`;
    else {
      lines.push(`${current} \\`);
      current = `${indent}      ${word}`;
    }
  }
  return [...lines, current];
}

/** The words of a line: a string with spaces belongs to one word, and a comment is one. */
const wordsOf = (line: string): readonly string[] => line.match(/#.*|(?:"(?:[^"\\]|\\.)*"|[^\s"])+/g) ?? [];
