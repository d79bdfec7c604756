import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { codes } from "../../compiler/frontend/errors.ts";
import { elaborateText, rendered, type Files } from "./program.ts";

const folder = new URL("../golden/frontend/errors/", import.meta.url);
const names = readdirSync(folder)
  .filter((name) => name.endsWith(".dl"))
  .map((name) => name.slice(0, -3));

/** `//! file PATH TEXT` gives an imported file of one line, `//! entries NAME` the entries that are asked for. */
function complaints(text: string): string {
  const files: Record<string, string> = {};
  const entries: string[] = [];
  for (const [, kind, name = "", rest = ""] of text.matchAll(/^\/\/! (\w+) (\S+)(?: (.*))?$/gm)) {
    if (kind === "file") files[name] = rest;
    else entries.push(name);
  }
  // A file of a circle is found again by its own name.
  const all: Files = { ...files, "test.dl": text };
  return `${rendered(elaborateText(text, [{ N: 32 }], all, entries.length > 0 ? entries : undefined))}\n`;
}

for (const name of names) {
  test(`complaint: ${name}`, () => {
    const actual = complaints(readFileSync(new URL(`${name}.dl`, folder), "utf8"));
    const file = new URL(`${name}.txt`, folder);
    if (process.env["BLESS"]) writeFileSync(file, actual);
    expect(existsSync(file)).toBe(true);
    expect(actual).toBe(readFileSync(file, "utf8"));
    expect(actual).toMatch(/^error/);
  });
}

// A limit that no small file reaches, and a guard: today every op of floats that a model can call has a gradient.
const unreachable = new Set(["E0407", "E0608"]);
// Failed tests are data of their own: test/frontend/tests.test.ts.
unreachable.add("E0513");

test("every code has a golden that breaks it", () => {
  const seen = names.map((name) => readFileSync(new URL(`${name}.txt`, folder), "utf8")).join("\n");
  expect(Object.keys(codes).filter((code) => !seen.includes(`error[${code}]`) && !unreachable.has(code))).toEqual([]);
});
