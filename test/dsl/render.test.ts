import { expect, test } from "vitest";
import { diagnosticJson, renderDiagnostic, type Diagnostic, type Source, type Span } from "../../dsl/index.ts";

function at(source: Source, text: string): Span {
  const start = source.text.indexOf(text);
  return { source, start, end: start + text.length };
}

const mlp: Source = {
  name: "examples/mlp.dl",
  text: "model mlp(image: f32[N, 784]) -> f32[N, 10] {\n  param w: f32[256, 10]\n  let hidden = image |> dense(512)\n  hidden @ w\n}\n",
};

const mismatch: Diagnostic = {
  code: "dot-c2",
  says: "the inner sizes differ: 512 is not 256",
  at: { span: at(mlp, "hidden @ w"), says: "f32[N,512] @ f32[256,10]" },
  also: [
    { span: at(mlp, "param w: f32[256, 10]"), says: "w is f32[256,10]" },
    { span: at(mlp, "let hidden"), says: "hidden is f32[N,512]" },
  ],
  help: "give w 512 rows",
};

function plain(diagnostic: Diagnostic): string {
  return renderDiagnostic(diagnostic, { color: false });
}

test("the labels of a diagnostic are in the order of the text", () => {
  expect(plain(mismatch)).toBe(
    [
      "error[dot-c2]: the inner sizes differ: 512 is not 256",
      " --> examples/mlp.dl:4:3",
      "  |",
      "2 |   param w: f32[256, 10]",
      "  |   --------------------- w is f32[256,10]",
      "  |",
      "3 |   let hidden = image |> dense(512)",
      "  |   ---------- hidden is f32[N,512]",
      "  |",
      "4 |   hidden @ w",
      "  |   ^^^^^^^^^^ f32[N,512] @ f32[256,10]",
      "  |",
      "  = help: give w 512 rows",
    ].join("\n"),
  );
});

test("several files; line numbers of one width; no help, no empty last line", () => {
  const std: Source = { name: "std/layers.dl", text: `${"\n".repeat(11)}layer dense(units: int)(x: f32) = x` };
  const shown = plain({
    code: "E1",
    says: "no",
    at: { span: at(mlp, "dense(512)"), says: "here" },
    also: [{ span: at(std, "units: int"), says: "declared here" }],
  });
  expect(shown).toBe(
    [
      "error[E1]: no",
      "  --> examples/mlp.dl:3:25",
      "   |",
      " 3 |   let hidden = image |> dense(512)",
      "   |                         ^^^^^^^^^^ here",
      "   |",
      "  ::: std/layers.dl:12:13",
      "   |",
      "12 | layer dense(units: int)(x: f32) = x",
      "   |             ---------- declared here",
    ].join("\n"),
  );
});

test("two marks on one line, an empty span, a span over several lines", () => {
  const source: Source = { name: "a", text: "f(x) = (\n  y\n" };
  const shown = plain({
    code: "E1",
    says: "no",
    at: { span: { source, start: 8, end: 8 }, says: "missing" },
    also: [{ span: { source, start: 7, end: 11 }, says: "open" }],
  });
  expect(shown.split("\n").slice(2)).toEqual(["  |", "1 | f(x) = (", "  |         ^ missing", "  |        - open"]);
});

test("marks are aligned after tabs, wide characters and control characters", () => {
  const source: Source = { name: "a", text: '\tlet s = "漢字\u0007" + bad\r\n' };
  const shown = plain({ code: "E1", says: "no", at: { span: at(source, "bad"), says: "here" } });
  expect(shown.split("\n").slice(3)).toEqual([
    '1 |     let s = "漢字\u{fffd}" + bad',
    "  |                       ^^^ here",
  ]);
});

test("a long line is cut around the mark", () => {
  const source: Source = { name: "a", text: `${"x + ".repeat(100)}bad${" + y".repeat(100)}` };
  const [line = "", mark = ""] = plain({ code: "E1", says: "no", at: { span: at(source, "bad"), says: "here" } })
    .split("\n")
    .slice(3);
  expect(line.length).toBeLessThan(140);
  expect(line).toMatch(/^1 \| \.\.\.x \+|^1 \| \.\.\./);
  expect(line.indexOf("bad")).toBe(mark.indexOf("^^^"));
});

test("a diagnostic without a location is only its message", () => {
  expect(plain({ code: "E1", says: "no such file" })).toBe("error[E1]: no such file");
  expect(plain({ code: "E1", says: "no such file", help: "look again" })).toBe(
    "error[E1]: no such file\n  = help: look again",
  );
});

test("colours add escapes and nothing else", () => {
  const colored = renderDiagnostic(mismatch, { color: true });
  expect(colored).toContain("\x1b[1;31m^^^^^^^^^^ f32[N,512] @ f32[256,10]\x1b[0m");
  const escapes = [0, "1", "1;31", "1;34", "1;36"].map((style) => `\x1b[${style}m`);
  expect(escapes.reduce((text, escape) => text.replaceAll(escape, ""), colored)).toBe(plain(mismatch));
});

test("a warning is one by its code", () => {
  expect(plain({ code: "W1", says: "no" })).toBe("warning[W1]: no");
  expect(diagnosticJson({ code: "W1", says: "no" }).severity).toBe("warning");
  expect(renderDiagnostic({ code: "W1", says: "no" }, { color: true })).toContain("\x1b[1;33mwarning[W1]");
});

test("the command line has its own words where flags and options differ", () => {
  const missing = { code: "E1", says: "no", help: "give it: dims: { N: 32 }", commandHelp: "give it with --dim N=32" };
  expect(plain(missing)).toContain("dims: { N: 32 }");
  expect(renderDiagnostic(missing, { color: false, command: true })).toBe(
    "error[E1]: no\n  = help: give it with --dim N=32",
  );
  expect(diagnosticJson(missing).help).toBe("give it with --dim N=32");
});

test("the JSON form has lines and columns", () => {
  expect(diagnosticJson({ ...mismatch, also: [] })).toEqual({
    severity: "error",
    code: "dot-c2",
    says: "the inner sizes differ: 512 is not 256",
    at: { file: "examples/mlp.dl", line: 4, column: 3, endLine: 4, endColumn: 13, says: "f32[N,512] @ f32[256,10]" },
    also: [],
    help: "give w 512 rows",
  });
  expect(diagnosticJson({ code: "E1", says: "no" })).toEqual({
    severity: "error",
    code: "E1",
    says: "no",
    at: null,
    also: [],
    help: null,
  });
});

test("a line of 10 MB is shown around its first mark, whatever else is marked on it", () => {
  const long: Source = { name: "long.dl", text: `${"a".repeat(5e6)}first${"b".repeat(5e6)}second` };
  const shown = plain({
    code: "E1",
    says: "no",
    at: { span: at(long, "first"), says: "here" },
    also: [{ span: at(long, "second"), says: "and here" }],
  });
  expect(shown.split("\n").map((line) => line.length <= 160)).toEqual(shown.split("\n").map(() => true));
  expect(shown).toMatch(/\.\.\.firstb+\.\.\./);
  expect(shown).toMatch(/\^{5} here\n +\| +- and here/);
});

test("a message that quotes a megabyte is short", () => {
  const name = "a".repeat(1e6);
  const shown = plain({ code: "E1", says: `unknown name \`${name}\``, help: `did you mean \`${name}\`?` });
  expect(shown.length).toBeLessThan(2000);
  expect(shown).toMatch(/unknown name `a+…a+`\n.*did you mean `a+…a+`\?$/);
});
