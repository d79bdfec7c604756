import { expect, test } from "vitest";
import type { Diagnostic, Label } from "../../dsl/diagnostic.ts";
import type { Source } from "../../dsl/span.ts";
import { errorCase, withDiagnostics, type ErrorCase } from "./inline-diagnostics.ts";

function label(source: Source, text: string, says = ""): Label {
  const start = source.text.indexOf(text);
  return { span: { source, start, end: start + text.length }, says };
}

/** The lines of the golden, which must read back as the same program. */
function written(of: ErrorCase, diagnostics: readonly Diagnostic[]): readonly string[] {
  const text = withDiagnostics(of, diagnostics);
  expect(errorCase(of.source.name, text)).toEqual(of);
  return text.split("\n");
}

test("a location, its message, a second location, help", () => {
  const of = errorCase("a.dl", "fn f(x: f32[3]) =\n  x @ w\n");
  const diagnostic: Diagnostic = {
    code: "E0305",
    says: "two\nlines",
    at: label(of.source, "x @ w", "f32[3] @ f32[4]"),
    also: [label(of.source, "f32[3]", "x is f32[3]")],
    help: "transpose",
  };
  expect(written(of, [diagnostic])).toEqual([
    "fn f(x: f32[3]) =",
    "//      ------ x is f32[3]",
    "  x @ w",
    "//^^^^^ E0305: two\\nlines",
    "//| f32[3] @ f32[4]",
    "//  = help: transpose",
    "",
  ]);
});

test("several diagnostics are numbered, with their secondary labels; one has no location", () => {
  const of = errorCase("a.dl", "f(x\ng(y");
  const open = (name: string): Diagnostic => ({
    code: "E0103",
    says: "not closed",
    at: label(of.source, name),
    also: [label(of.source, "f(", "here")],
  });
  expect(written(of, [open("x"), open("y"), { code: "E0209", says: "no entry" }])).toEqual([
    "f(x",
    "//^ #1 E0103: not closed",
    "//@1 -- #1 here",
    "//@1 -- #2 here",
    "g(y",
    "//^ #2 E0103: not closed",
    "//  = #3 E0209: no entry",
  ]);
});

test("columns under the slashes, tabs, an empty span at the end of a line, CRLF, several lines", () => {
  const of = errorCase("a.dl", "\tx\r\nab\r\n");
  const { source } = of;
  const at = (start: number, end: number): Label => ({ span: { source, start, end }, says: "" });
  const diagnosticAt = (start: number, end: number): Diagnostic => ({ code: "E1", says: "no", at: at(start, end) });
  expect(written(of, [diagnosticAt(1, 2)])).toContain("//@2 ^ E1: no");
  expect(written(of, [diagnosticAt(2, 2)])).toContain("//^ E1: no");
  expect(written(of, [diagnosticAt(0, 6)])).toContain("//@1 ^^^ (to column 3, 1 line below) E1: no");
  expect(written(of, [diagnosticAt(8, 8)]).at(-1)).toBe("//@1 ^ E1: no");
  const tabs = errorCase("a.dl", "a\t\tb");
  expect(written(tabs, [{ code: "E1", says: "no", at: label(tabs.source, "b") }])).toContain("//\t^ E1: no");
});

test("a label in a file of the case is under that file's line, a label in another file has its name, line and column", () => {
  const of = errorCase("a.dl", '//! file ./b.dl fn g() = y\nimport { g } from "./b.dl"\n');
  expect(of.files).toEqual({ "./b.dl": "fn g() = y" });
  const own: Source = { name: "./b.dl", text: of.files["./b.dl"] ?? "" };
  const std: Source = { name: "std/layers.dl", text: "\n  param weight_with_a_long_name: f32[K, units] = init\n" };
  const diagnostic: Diagnostic = {
    code: "E0201",
    says: "unknown",
    at: label(own, "y"),
    also: [label(std, std.text.trim(), "here")],
  };
  expect(written(of, [diagnostic]).slice(0, 3)).toEqual([
    "//! file ./b.dl fn g() = y",
    "//                       ^ E0201: unknown",
    "//  - std/layers.dl:2:3-54 `param weight_with_a_long_name: f32[K,...`: here",
  ]);
  expect(written(of, [{ code: "E0504", says: "no", at: label(std, "weight", "this") }]).slice(2)).toEqual([
    "//  ^ std/layers.dl:2:9-15 `weight`: E0504: no (this)",
    "",
  ]);
});

test("comments and directives of the program are kept", () => {
  const text = "// a comment, -- and more ^\n//! entries predict\n//-not ours\nentry f() { x }\n";
  const of = errorCase("a.dl", text);
  expect(of).toEqual({ source: { name: "a.dl", text }, files: {}, entries: ["predict"] });
});
