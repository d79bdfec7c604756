import type { WriteStream } from "node:tty";

export const hasColor = (stream: WriteStream): boolean => stream.isTTY && (process.env["NO_COLOR"] ?? "") === "";

/** One line that is overwritten in place; shows nothing if the stream is not a terminal. */
export interface LiveLine {
  show(text: string): void;
  clear(): void;
}

const everyMs = 100;

export function liveLine(stream: WriteStream, on: boolean): LiveLine {
  if (!on || !stream.isTTY) return { show: () => undefined, clear: () => undefined };
  let shownAt = -Infinity;
  return {
    show(text) {
      const now = performance.now();
      if (now - shownAt < everyMs) return;
      shownAt = now;
      stream.write(`\r\x1b[K${text.slice(0, (stream.columns || 80) - 1)}`);
    },
    clear() {
      if (shownAt > -Infinity) stream.write("\r\x1b[K");
      shownAt = -Infinity;
    },
  };
}

/** `1 h 02 min`, `3 min 07 s`, `12 s` */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (n: number): string => String(n).padStart(2, "0");
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
  return whole >= 60 ? `${Math.floor(whole / 60)} min ${two(whole % 60)} s` : `${whole} s`;
}

export const percent = (part: number): string => `${(100 * part).toFixed(2)} %`;
export const thousands = (n: number): string => Math.round(n).toLocaleString("en-US");

/** Columns of text, the first left-aligned and the others right-aligned. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
