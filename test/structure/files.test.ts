import { expect, test } from "vitest";
import { sourceFiles } from "./source-files.ts";

const files = sourceFiles();

/** Tables may be longer than other files. */
const tables: readonly string[] = [];

test("no file is longer than 500 lines", () => {
  const long = files.filter(({ path, text }) => !tables.includes(path) && text.split("\n").length > 500);
  expect(long.map((file) => file.path)).toEqual([]);
});

test("file names are kebab-case", () => {
  expect(files.map((file) => file.path).filter((path) => !/^[a-z0-9/.-]+$/.test(path))).toEqual([]);
});

test("nothing is left for later", () => {
  const marks = new RegExp(["TO", "DO|FIX", "ME|XX", "X\\b"].join(""));
  expect(files.filter((file) => marks.test(file.text)).map((file) => file.path)).toEqual([]);
});

test("errors for users are diagnostics: only the doors throw", () => {
  const doors = ["compiler/support/invariant.ts"];
  const wrong = files.filter(
    ({ path, text }) =>
      /^(dsl|compiler)\//.test(path) && !doors.includes(path) && /\bthrow (?!new DiagnosticError\b)/.test(text.replaceAll(/\/\/.*|\/\*[\s\S]*?\*\//g, "")),
  );
  expect(wrong.map((file) => file.path)).toEqual([]);
});
