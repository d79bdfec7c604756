import { expect, test } from "vitest";
import { sourceFiles } from "./source-files.ts";

const files = sourceFiles();

/** Tables that may be longer than other files. */
const tables: readonly string[] = [];

test("no file is longer than 500 lines", () => {
  const long = files.filter(({ path, text }) => !tables.includes(path) && text.split("\n").length > 500);
  expect(long.map((file) => file.path)).toEqual([]);
});

/** Code is formatted to this width; what is longer is a string that cannot be broken. */
const columns = 120;

test(`no comment is wider than ${columns} columns`, () => {
  const wide = files.flatMap(({ path, text }) =>
    text
      .split("\n")
      .flatMap((line, i) => (line.length > columns && /^ *(\/\/|\/?\*)/.test(line) ? [`${path}:${i + 1}`] : [])),
  );
  expect(wide).toEqual([]);
});

test("file names are kebab-case", () => {
  expect(files.map((file) => file.path).filter((path) => !/^[a-z0-9/.-]+$/.test(path))).toEqual([]);
});

test("no file has a to-do mark", () => {
  const marks = new RegExp(["TO", "DO|FIX", "ME|XX", "X\\b"].join(""));
  expect(files.filter((file) => marks.test(file.text)).map((file) => file.path)).toEqual([]);
});

test("code throws diagnostics, usage errors and invariant errors, never bare errors", () => {
  // A `LimitReached` follows a diagnostic, and ends the elaboration of an entry. A `Waiting` ends an attempt to
  // elaborate an entry, which is made again after the others.
  const bare =
    /\bthrow\s+(?:new (?!DiagnosticError\b|InvariantError\b|DlcError\b|InvalidArgumentError\b|LimitReached\b|Waiting\b)|["'`]|Error\b)/;
  const exempt = ["dsl/invariant.ts"];
  const code = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
  const wrong = files.filter(
    ({ path, text }) => /^(dsl|compiler|runtime|cli|plugins)\//.test(path) && !exempt.includes(path) && bare.test(code(text)),
  );
  expect(wrong.map((file) => file.path)).toEqual([]);
  expect(bare.test('throw new Error("x")')).toBe(true);
});
