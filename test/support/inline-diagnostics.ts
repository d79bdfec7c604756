// The format of error goldens: a program, and under each line the diagnostics that point at it.
//
//   let a = x |> dense(256
// //                      ^ E0103: `(` is never closed         the primary label: code and message
// //                      | `)` is missing                     the message of the primary label, if any
// //  = help: add a `)`
// //                  - this `(` is open                       a secondary label
//
// - A label in columns 1 or 2, which `//` covers, is written `//@1 ^^^`.
// - `^^^ (to column 4, 2 lines below)` ends on a later line.
// - `//  - std/layers.dl:11:9-10 `w`: here` is a label in another file; a label in a file that the case itself holds is
//   under that file's line. A diagnostic without a location ends the file: `//  = E0209: unknown entry `predikt``.
// - Where a file has several diagnostics, every label carries the number of its diagnostic: `^^^ #2 E0103: ...`,
//   `--- #2 ...`.
//
// A case may start with directives: `//! file PATH TEXT` is a file of one line that can be imported, `//! entries NAME`
// an entry that is asked for.
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { position, type Source, type Span } from "../../dsl/span.ts";

export interface ErrorCase {
  readonly source: Source;
  /** Files that the program may import, by path. */
  readonly files: Readonly<Record<string, string>>;
  readonly entries: readonly string[];
}

/** A line that the writer adds. A comment of a program must not look like one. */
const added = /^\/\/(?:@[12])?[ \t]*(?:\^+|-+|\||=) (?=.)/;
const directive = /^\/\/! (\w+) (\S+)(?: (.*))?$/;

export function errorCase(name: string, golden: string): ErrorCase {
  const text = golden
    .split("\n")
    .filter((line) => !added.test(line))
    .join("\n");
  const files: Record<string, string> = {};
  const entries: string[] = [];
  for (const line of text.split("\n")) {
    const [, kind, argument = "", rest = ""] = directive.exec(line) ?? [];
    if (kind === "file") files[argument] = rest;
    else if (kind === "entries") entries.push(argument);
  }
  return { source: { name, text }, files, entries };
}

/** The program with its diagnostics, which `errorCase` reads back. */
export function withDiagnostics(errorCase: ErrorCase, diagnostics: readonly Diagnostic[]): string {
  const lines = errorCase.source.text.split("\n");
  const below = new Map<number, string[]>();
  const last = lines.length - (lines.at(-1) === "" ? 2 : 1);
  for (const [i, d] of diagnostics.entries()) {
    const number = diagnostics.length > 1 ? `#${i + 1} ` : "";
    const primary = d.at === undefined ? null : locate(errorCase, lines, d.at.span);
    const group = [
      ...(d.at === undefined
        ? [`//  = ${number}${d.code}: ${oneLine(d.says)}`]
        : mark(primary, lines, d.at.span, "^", `${number}${d.code}: ${d.says}`, d.at.says)),
      ...(d.help === undefined ? [] : [`//  = help: ${oneLine(d.help)}`]),
    ];
    push(below, primary?.line ?? last, group);
    for (const label of d.also ?? []) {
      const at = locate(errorCase, lines, label.span);
      push(below, at?.line ?? primary?.line ?? last, mark(at, lines, label.span, "-", `${number}${label.says}`, ""));
    }
  }
  return lines.flatMap((line, i) => [line, ...(below.get(i) ?? [])]).join("\n");
}

interface Location {
  /** Of the golden's program, from 0. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/**
 * The start of a span in the case: in its program, or in the line that holds an imported file; null for any other file.
 */
function locate({ source, files }: ErrorCase, lines: readonly string[], span: Span): Location | null {
  const { line, column } = position(span.source, span.start);
  if (span.source.name === source.name) return { line: line - 1, column };
  if (files[span.source.name] === undefined) return null;
  const prefix = `//! file ${span.source.name} `;
  return { line: lines.findIndex((text) => text.startsWith(prefix)), column: prefix.length + column };
}

function mark(
  at: Location | null,
  lines: readonly string[],
  span: Span,
  sign: string,
  message: string,
  label: string,
): readonly string[] {
  const end = position(span.source, span.end);
  const start = position(span.source, span.start);
  if (at === null) {
    const to = end.line === start.line ? `${end.column}` : `${end.line}:${end.column}`;
    return [
      `//  ${sign} ${span.source.name}:${start.line}:${start.column}-${to} ${quoted(span)}: ${oneLine(label === "" ? message : `${message} (${label})`)}`,
    ];
  }
  const line = lines[at.line] ?? "";
  const [lead, gap] = leadOf(line, at.column);
  const length = Math.max(1, Math.min(span.end - span.start, line.length - at.column + 1));
  const to = end.line === start.line ? "" : ` (to column ${end.column}, ${linesText(end.line - start.line)} below)`;
  return [
    `${lead}${gap}${sign.repeat(length)}${to} ${oneLine(message)}`,
    ...(label === "" ? [] : [`${lead}${gap}| ${oneLine(label)}`]),
  ];
}

/** The text before a mark that starts in `column`. Tabs are kept: they are as wide in every line. */
function leadOf(line: string, column: number): readonly [string, string] {
  if (column <= 2) return [`//@${column}`, " "];
  return ["//", line.slice(2, column - 1).replace(/[^\t]/g, " ")];
}

function quoted({ source, start, end }: Span): string {
  const [first = ""] = source.text.slice(start, end).split("\n");
  return `\`${first.length > 40 ? `${first.slice(0, 37)}...` : first}\``;
}

const linesText = (count: number): string => (count === 1 ? "1 line" : `${count} lines`);
const oneLine = (text: string): string => text.replaceAll("\n", "\\n");

function push(below: Map<number, string[]>, line: number, added: readonly string[]): void {
  below.set(line, [...(below.get(line) ?? []), ...added]);
}
