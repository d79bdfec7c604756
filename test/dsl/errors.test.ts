import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse, position, syntaxCodes, type Diagnostic, type Label, type Source } from "../../dsl/index.ts";

const folder = new URL("../golden/dsl/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".dl"));

/** A complaint line: `//`, spaces, carets or dashes under the place, and the words. `//@3` gives a column that the slashes would hide. */
const complaint = /^\/\/(?:@\d)? *(?:\^+|-+|=) (?=.)/;

function withComplaints(source: Source, diagnostics: readonly Diagnostic[]): string {
  const lines = source.text.split("\n");
  const below = new Map<number, string[]>();
  const put = (label: Label, mark: string, says: string): number => {
    const { line, column } = position(source, label.span.start);
    const lineLength = lines[line - 1]?.length ?? 0;
    const marks = mark.repeat(Math.max(1, Math.min(label.span.end - label.span.start, lineLength - column + 1)));
    const lead = column > 2 ? `//${" ".repeat(column - 3)}` : `//@${column} `;
    below.set(line, [...(below.get(line) ?? []), `${lead}${marks} ${says}`]);
    return line;
  };
  for (const d of diagnostics) {
    if (!d.at) throw new Error("a syntax error has a place");
    const line = put(d.at, "^", `${d.code}: ${d.says} (${d.at.says})`);
    if (d.help !== undefined) below.get(line)?.push(`//  = help: ${d.help}`);
    for (const label of d.also ?? []) put(label, "-", `${d.code}: ${label.says}`);
  }
  return lines.flatMap((text, i) => [text, ...(below.get(i + 1) ?? [])]).join("\n");
}

const seen = new Set<string>();

test.each(files)("%s", (name) => {
  const path = new URL(name, folder);
  const golden = readFileSync(path, "utf8");
  const text = golden
    .split("\n")
    .filter((line) => !complaint.test(line))
    .join("\n");
  const source = { name, text };
  const { diagnostics } = parse(source);
  for (const d of diagnostics) seen.add(d.code);
  const now = withComplaints(source, diagnostics);
  if (process.env["BLESS"]) writeFileSync(path, now);
  else expect(now).toBe(golden);
  expect(diagnostics.length).toBeGreaterThan(0);
});

test("every code that a small file can break has a golden", () => {
  const limits = new Set(["E0109", "E0110"]);
  expect(Object.keys(syntaxCodes).filter((code) => !seen.has(code) && !limits.has(code))).toEqual([]);
});

test("nothing of the parser library's own words is heard", () => {
  for (const name of files)
    expect(readFileSync(new URL(name, folder), "utf8")).not.toMatch(/Expecting|token of type|Redundant input|EOF|-->|Keyword|undefined/);
});
