import { isWarning, type Diagnostic, type Label } from "./diagnostic.ts";
import { position, type Source, type Span } from "./span.ts";

export interface RenderOptions {
  /** ANSI colours, for a terminal. */
  readonly color: boolean;
  /** Words the help for the command line: flags instead of options of the API. */
  readonly command?: boolean;
}

const helpOf = ({ help, commandHelp }: Diagnostic, command: boolean): string | undefined =>
  (command ? commandHelp : undefined) ?? help;

interface Mark extends Label {
  readonly primary: boolean;
}

/** Columns of source shown per line; a longer line is cut around its marks. */
const maxWidth = 120;
/** Characters of a message. */
const longest = 1000;
/** Characters read on each side of the first mark: a line of 10 MB costs no more than a short one. */
const reach = 10 * maxWidth;
const tab = "    ";

const plain = { error: "", warning: "", frame: "", help: "", bold: "", reset: "" } as const;
const colored = {
  error: "\x1b[1;31m",
  warning: "\x1b[1;33m",
  frame: "\x1b[1;34m",
  help: "\x1b[1;36m",
  bold: "\x1b[1m",
  reset: "\x1b[0m",
} as const;
type Paint = typeof plain | typeof colored;

/**
 * A diagnostic as a frame of source lines, `^^^` under the mistake and `---` under the marked that take part in it;
 * ends without a newline.
 *
 * @example
 * import { compile, renderDiagnostic } from "dlc";
 * const { warnings } = await compile("dl 1\nentry sample() { normal([8]) }\n");
 * const [text] = warnings.map((warning) => renderDiagnostic(warning, { color: false }));
 * text.startsWith("warning[W0641]: "); // => true
 */
export function renderDiagnostic(diagnostic: Diagnostic, options: RenderOptions): string {
  const paint = options.color ? colored : plain;
  const { code, at, also = [] } = diagnostic;
  const says = shortened(diagnostic.says);
  const help = shortened(helpOf(diagnostic, options.command ?? false));
  const severity = isWarning(diagnostic) ? "warning" : "error";
  const lines = [`${paint[severity]}${severity}[${code}]${paint.reset}${paint.bold}: ${says}${paint.reset}`];
  const marks: readonly Mark[] = [
    ...(at ? [{ ...at, primary: true }] : []),
    ...also.map((label) => ({ ...label, primary: false })),
  ];
  const gutter = Math.max(0, ...marks.map((m) => String(position(m.span.source, m.span.start).line).length));
  const bar = `${paint.frame}${" ".repeat(gutter)} |${paint.reset}`;
  for (const [i, source] of [...new Set(marks.map((m) => m.span.source))].entries()) {
    const own = marks.filter((m) => m.span.source === source);
    const first = own.find((m) => m.primary) ?? own[0];
    if (!first) continue;
    const { line, column } = position(source, first.span.start);
    lines.push(
      `${paint.frame}${" ".repeat(gutter)}${i === 0 ? "-->" : ":::"}${paint.reset} ${source.name}:${line}:${column}`,
      bar,
    );
    for (const [number, onLine] of byLine(own)) {
      lines.push(...frame(source, number, onLine, gutter, bar, paint), bar);
    }
  }
  const note = marks.length > 0 ? `${" ".repeat(gutter)} = ` : "  = ";
  if (help !== undefined) lines.push(`${paint.frame}${note}${paint.reset}${paint.help}help${paint.reset}: ${help}`);
  else if (marks.length > 0) lines.pop();
  return lines.join("\n");
}

/** A text that quotes a name or a number of a megabyte is cut in its middle. */
function shortened<T extends string | undefined>(text: T): T | string {
  return text === undefined || text.length <= longest
    ? text
    : `${text.slice(0, longest / 2)}…${text.slice(-longest / 4)}`;
}

function byLine(marks: readonly Mark[]): readonly (readonly [number, readonly Mark[]])[] {
  const lines = Map.groupBy(marks, (m) => position(m.span.source, m.span.start).line);
  return [...lines].sort(([a], [b]) => a - b);
}

/** One source line, and below it one line per mark. */
function frame(
  source: Source,
  number: number,
  marks: readonly Mark[],
  gutter: number,
  bar: string,
  paint: Paint,
): readonly string[] {
  const first = Math.min(...marks.map((m) => m.span.start));
  const lineStart = first - (position(source, first).column - 1);
  const end = source.text.indexOf("\n", first);
  const lineEnd = end < 0 ? source.text.length : end;
  const from = Math.max(lineStart, first - reach);
  const text = source.text.slice(from, Math.min(lineEnd, first + reach)).replace(/\r$/, "");
  const marked = marks.map((m) => ({ mark: m, ...columns(text, m.span, m.span.start - from) }));
  const shown = expand(text);
  const firstColumn = Math.min(...marked.map((p) => p.from));
  const lastColumn = Math.max(...marked.map((p) => p.to));
  const cut = window(widthOf(shown), firstColumn, lastColumn);
  const head = cut.from > 0 ? "..." : "";
  const tail = cut.to < widthOf(shown) ? "..." : "";
  const lines = [
    `${paint.frame}${String(number).padStart(gutter)} |${paint.reset} ${head}${sliceColumns(shown, cut.from, cut.to)}${tail}`,
  ];
  const order = marked.toSorted((a, b) => Number(b.mark.primary) - Number(a.mark.primary) || b.from - a.from);
  for (const { mark, from, to } of order) {
    // A mark beyond the cut is under the "...".
    const start = Math.min(Math.max(from, cut.from), cut.to);
    const indent = " ".repeat(head.length + start - cut.from);
    const color = mark.primary ? paint.error : paint.frame;
    const under = (mark.primary ? "^" : "-").repeat(Math.max(1, Math.min(to, cut.to) - start));
    lines.push(`${bar} ${indent}${color}${under}${mark.says === "" ? "" : ` ${shortened(mark.says)}`}${paint.reset}`);
  }
  return lines;
}

/** The columns of a span on its first line, in terminal cells. */
function columns(line: string, span: Span, offset: number): { readonly from: number; readonly to: number } {
  const last = Math.min(line.length, offset + span.end - span.start);
  const from = widthOf(expand(line.slice(0, offset)));
  return { from, to: Math.max(from + 1, widthOf(expand(line.slice(0, last)))) };
}

function window(width: number, from: number, to: number): { readonly from: number; readonly to: number } {
  if (width <= maxWidth) return { from: 0, to: width };
  const middle = Math.floor((from + Math.min(to, from + maxWidth)) / 2);
  const start = Math.max(0, Math.min(middle - maxWidth / 2, width - maxWidth, from));
  return { from: start, to: Math.min(width, start + maxWidth) };
}

/**
 * Replaces tabs by spaces and control characters by a mark, so that columns align and the terminal is not controlled by
 * the source.
 */
function expand(text: string): string {
  return text.replaceAll("\t", tab).replace(/\p{Cc}/gu, "\u{fffd}");
}

/** East Asian wide letters and emoji have two columns, combining marks none. */
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const weightless = /[\p{Mn}\p{Me}\p{Cf}]/u;

function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

function characterWidth(character: string): number {
  if (weightless.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

function sliceColumns(text: string, from: number, to: number): string {
  let column = 0;
  let slice = "";
  for (const character of text) {
    if (column >= from && column < to) slice += character;
    column += characterWidth(character);
  }
  return slice;
}

interface JsonLabel {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly says: string;
}

/**
 * A diagnostic as the command line prints it for machines: plain JSON, lines and columns from 1, ends exclusive,
 * columns in UTF-16 units.
 */
export interface JsonDiagnostic {
  readonly severity: "error" | "warning";
  readonly code: string;
  readonly says: string;
  readonly at: JsonLabel | null;
  readonly also: readonly JsonLabel[];
  readonly help: string | null;
}

export function diagnosticJson(diagnostic: Diagnostic): JsonDiagnostic {
  const { code, says, at, also = [] } = diagnostic;
  return {
    severity: isWarning(diagnostic) ? "warning" : "error",
    code,
    says: shortened(says),
    at: at ? jsonLabel(at) : null,
    also: also.map(jsonLabel),
    help: shortened(helpOf(diagnostic, true)) ?? null,
  };
}

function jsonLabel({ span, says }: Label): JsonLabel {
  const start = position(span.source, span.start);
  const end = position(span.source, span.end);
  return {
    file: span.source.name,
    line: start.line,
    column: start.column,
    endLine: end.line,
    endColumn: end.column,
    says,
  };
}
