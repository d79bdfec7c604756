import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { renderDiagnostic } from "../../dsl/render.ts";
import { checkFence, programsOf } from "./fences.ts";

const pages = [
  "README.md",
  "docs/README.md",
  "docs/language.md",
  "docs/from-pytorch.md",
  "docs/json.md",
  "docs/library.md",
  "docs/ops.md",
  "examples/README.md",
];
const programs = pages.flatMap((name) => {
  const page = readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
  return programsOf(page).map((fence) => ({ location: `${name}:${fence.line}`, page, fence }));
});

test.each(programs)(
  "$location: the program has no errors, or only the code that it is marked with",
  ({ page, fence }) => {
    const found = checkFence(page, fence);
    const marked = fence.words.find((word) => /^E\d{4}$/.test(word));
    if (marked === undefined) expect(found.map((d) => renderDiagnostic(d, { color: false }))).toEqual([]);
    else expect([...new Set(found.map((d) => d.code))]).toEqual([marked]);
  },
);

test("the language page has programs", () => {
  expect(programs.filter(({ location }) => location.startsWith("docs/language.md")).length).toBeGreaterThan(10);
});
