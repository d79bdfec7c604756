import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { catalogue } from "../../cli/host/codes.ts";
import { ops } from "../../compiler/ops/table.ts";
import { renderDiagnostic } from "../../dsl/render.ts";
import { check } from "../docs/fences.ts";

/** Mistakes that people make, and what they are told: `NAME.dl` and beside it `NAME.txt`. A line `//! file PATH TEXT` gives a file that is imported. */
const folder = new URL("../golden/diagnostics/", import.meta.url);
const names = readdirSync(folder)
  .filter((name) => name.endsWith(".dl"))
  .map((name) => name.slice(0, -".dl".length));

const conditions = new Set([...ops.values()].flatMap((op) => Object.keys(op.requires).map((label) => `${op.name}-${label}`)));

function diagnose(name: string) {
  const text = readFileSync(new URL(`${name}.dl`, folder), "utf8");
  const files = Object.fromEntries([...text.matchAll(/^\/\/! file (\S+) (.*)$/gm)].map(([, path = "", line = ""]) => [path, line]));
  return check(`${name}.dl`, text, files);
}

test.each(names)("%s", (name) => {
  const diagnostics = diagnose(name);
  const actual = `${diagnostics.map((d) => renderDiagnostic(d, { color: false })).join("\n\n")}\n`;
  const file = new URL(`${name}.txt`, folder);
  if (process.env["BLESS"]) writeFileSync(file, actual);
  expect(diagnostics.length).toBeGreaterThan(0);
  for (const { code } of diagnostics) expect(catalogue.has(code) || conditions.has(code), `${code} is explained`).toBe(true);
  expect(existsSync(file)).toBe(true);
  expect(actual).toBe(readFileSync(file, "utf8"));
});

test("the corpus is large", () => {
  expect(names.length).toBeGreaterThanOrEqual(120);
});

test.each(names.filter((name) => name.startsWith("three-")))("%s: at least three mistakes in one run, at different places", (name) => {
  expect(new Set(diagnose(name).map((d) => d.at?.span.start)).size).toBeGreaterThanOrEqual(3);
});

test.each(names.filter((name) => name.startsWith("name-") && !["name-before-let", "name-import-file"].includes(name)))(
  "%s: the name that was meant is proposed",
  (name) => {
    expect(diagnose(name).some((d) => /did you mean|in this language|there is|it has/.test(d.help ?? ""))).toBe(true);
  },
);

test.each(names.filter((name) => name.startsWith("library-")))("%s: the place is the user's, not the library's", (name) => {
  for (const d of diagnose(name)) expect(d.at?.span.source.name).toBe(`${name}.dl`);
});
