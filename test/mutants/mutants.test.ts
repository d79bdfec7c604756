// The bugs can be planted: each still has its place in the source, and what stands there with it is a program.
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { expect, test } from "vitest";
import { mutants, mutated } from "./mutants.ts";

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");

test("there are enough, each under a name of its own", () => {
  expect(mutants.length).toBeGreaterThanOrEqual(45);
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
});

test.each(mutants)("$name has its place, once, and parses", (mutant) => {
  const source = read(mutant.file);
  expect(source.split(mutant.from).length - 1, `how often the text stands in ${mutant.file}`).toBe(1);
  expect(mutant.to).not.toBe(mutant.from);
  expect(() => stripTypeScriptTypes(mutated(mutant, source))).not.toThrow();
});
