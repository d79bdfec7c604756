// Every mutant applies: its text still occurs in the source, and the mutated source parses.
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { expect, test } from "vitest";
import { mutants, mutated, patternOf } from "./mutants.ts";

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");

test("there are at least 45 mutants, and their names are distinct", () => {
  expect(mutants.length).toBeGreaterThanOrEqual(45);
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
});

test.each(mutants)("the text of $name occurs once in its file, and the mutated file parses", (mutant) => {
  const source = read(mutant.file);
  expect([...source.matchAll(patternOf(mutant))].length, `occurrences of the text in ${mutant.file}`).toBe(1);
  expect(mutant.to).not.toBe(mutant.from);
  expect(() => stripTypeScriptTypes(mutated(mutant, source))).not.toThrow();
});
