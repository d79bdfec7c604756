// The lines and branches of a file, and which of them are covered.
import { expect, test } from "vitest";
import { codeOf, coverageOf } from "../../tools/covered/measure.ts";

const text = [
  'import type { A } from "./a.ts";',
  "",
  "/** Says yes. */",
  "interface Yes {",
  "  readonly yes: boolean;",
  "}",
  "export function yes(x: number): boolean {",
  "  if (x > 0) return true; // mostly",
  "  switch (x) {",
  "    case 0:",
  "      return false;",
  "    default:",
  "      return never(x);",
  "  }",
  "}",
  "",
].join("\n");

/** The coverage of the file if these pieces of its text ran; `stretches` are its branches. */
function after(run: readonly string[], stretches: readonly string[]): ReturnType<typeof coverageOf> {
  const ran = new Uint8Array(text.length);
  const span = (piece: string): [number, number] => [text.indexOf(piece), text.indexOf(piece) + piece.length];
  for (const piece of run) ran.fill(1, ...span(piece));
  return coverageOf("yes.ts", text, { ran, stretches: new Set(stretches.map((piece) => span(piece).join(" "))) });
}

test("types, comments and unreachable branches do not count as code", () => {
  expect(
    codeOf(text)
      .match(/[\w"]+/g)
      ?.join(" "),
  ).toBe("export function yes x if x 0 return true switch x case 0 return false");
  expect(codeOf(text).length).toBe(text.length);
});

test("lines and branches that never ran are listed", () => {
  const body = text.slice(text.indexOf("export"));
  const tail = body.slice(body.indexOf("switch"));
  expect(after([body], [body, "return true;", tail])).toEqual({
    path: "yes.ts",
    lines: 5,
    stretches: 3,
    missedLines: [],
    missedStretches: [],
  });
  expect(after([body.slice(0, body.indexOf("switch"))], [body, "return true;", tail])).toMatchObject({
    missedLines: [9, 10, 11],
    missedStretches: [9],
  });
  expect(
    after(["export function yes(x: number): boolean {\n  if (x > 0)", tail], [body, "return true;", tail]),
  ).toMatchObject({
    missedLines: [],
    missedStretches: [8],
  });
});

test("no line of a file that was never loaded is covered", () => {
  expect(after([], [])).toMatchObject({ lines: 5, stretches: 1, missedLines: [7, 8, 9, 10, 11], missedStretches: [1] });
});
