import fc from "fast-check";
import { expect, test } from "vitest";
import { format, parse, renderDiagnostic } from "../../dsl/index.ts";
import { programs } from "./programs.ts";

/** Parses the text, checks that every span is within it, renders every diagnostic, and returns their number. */
function read(text: string): number {
  const started = performance.now();
  const { file, diagnostics } = parse({ name: "t.dl", text });
  expect(performance.now() - started).toBeLessThan(1000);
  for (const d of diagnostics) {
    for (const { span } of [...(d.at ? [d.at] : []), ...(d.also ?? [])]) {
      expect(span.start).toBeGreaterThanOrEqual(0);
      expect(span.end).toBeGreaterThanOrEqual(span.start);
      expect(span.end).toBeLessThanOrEqual(text.length);
    }
    expect(renderDiagnostic(d, { color: false })).toContain(`error[${d.code}]`);
  }
  expect(file !== null || diagnostics.length > 0).toBe(true);
  return diagnostics.length;
}

const pieces = [
  ..."()[]{}=:,.-+*/%^@<>|&!\"'\\;#_0 1\n\t",
  "..",
  "|>",
  "->",
  "<-",
  "==",
  "//",
  "1e",
  "x",
  "f32",
  "\r\n",
  "漢",
  "\ud83d",
  "é",
];
const words = [
  "dl",
  "import",
  "dim",
  "model",
  "layer",
  "fn",
  "optimizer",
  "train",
  "draw",
  "entry",
  "param",
  "state",
  "let",
  "minimize",
  "over",
  "with",
  "if",
  "else",
  "repeat",
  "in",
  "and",
  "or",
  "not",
  "true",
  "scan",
  "while",
  "cond",
  "for",
  "checkpoint",
  "eval",
  "update",
  "only",
  "every",
  "when",
  "next",
  "yield",
  "along",
  "reversed",
  "carry",
  "until",
  "freeze",
  "assert",
  "setting",
  'test "t"',
  "where",
  "gradient",
];

test("any text parses or has diagnostics", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => read(text) >= 0));
});

test("any sequence of tokens parses or has diagnostics", () => {
  const token = fc.oneof(
    fc.constantFrom(...pieces),
    fc.constantFrom(...words).map((w) => ` ${w} `),
  );
  fc.assert(
    fc.property(fc.array(token, { maxLength: 80 }), fc.boolean(), (tokens, within) => {
      const text = tokens.join("");
      read(within ? `fn f(x: f32) {\n${text}\n}\nfn g() = x` : text);
    }),
    { numRuns: 500 },
  );
});

test("programs with pieces deleted or replaced parse, or have diagnostics and are not formatted", () => {
  const texts = Object.values(programs);
  const change = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat(12),
    by: fc.oneof(fc.constant(""), fc.constantFrom(...pieces, ...words)),
  });
  fc.assert(
    fc.property(fc.constantFrom(...texts), fc.array(change, { minLength: 1, maxLength: 4 }), (text, changes) => {
      let changed = text;
      for (const { at, length, by } of changes) {
        const start = Math.floor(at * changed.length);
        changed = changed.slice(0, start) + by + changed.slice(start + length);
      }
      const errors = read(changed);
      // A text without diagnostics can be formatted; any other is rejected.
      expect(format({ name: "t.dl", text: changed }).text === null).toBe(errors > 0);
    }),
    { numRuns: 500 },
  );
});

test.each([
  ["brackets", `fn f() = ${"(".repeat(1000)}x${")".repeat(1000)}`, "E0109"],
  ["open brackets", `fn f() = ${"[\n".repeat(1000)}`, "E0109"],
  ["blocks", `fn f() = ${"if a { ".repeat(300)}x${" }".repeat(300)}`, "E0109"],
  ["a chain of pipes", `fn f() = x${" |> g".repeat(5000)}`, "E0109"],
  ["a tower of powers", `fn f() = x${" ^ x".repeat(5000)}`, "E0109"],
  ["minuses", `fn f() = ${"- ".repeat(5000)}x`, "E0109"],
  ["calls of calls", `fn f() = x${"()".repeat(5000)}`, "E0109"],
  ["else after else", `fn f() = if a { b }${" else if a { b }".repeat(2000)}`, "E0109"],
  ["cond after cond", `fn f() {\n${"cond - ".repeat(20_000)}x\n}`, "E0109"],
  ["branch after branch", `fn f() = cond a { b }${" else cond a { b }".repeat(2000)} else { c }`, "E0109"],
  ["a huge file", `// ${"x".repeat(1 << 20)}`, "E0110"],
])("%s have a limit", (_, text, code) => {
  const { file, diagnostics } = parse({ name: "t.dl", text });
  expect(file).toBeNull();
  expect(diagnostics.map((d) => d.code)).toEqual([code]);
});

test("text within the limits is parsed and formatted without a stack overflow", () => {
  for (const text of [
    `fn f() = ${"(a, ".repeat(199)}x${")".repeat(199)}`,
    `fn f() = ${"g([".repeat(90)}x${"])".repeat(90)}`,
    `fn f() {\n${"if a { let b = c\n".repeat(150)}x${" }".repeat(150)}\n}`,
    `fn f() = x${" |> g".repeat(900)}`,
    `fn f() = x${" ^ x".repeat(900)}`,
  ]) {
    expect(format({ name: "t.dl", text }).text).not.toBeNull();
  }
});
