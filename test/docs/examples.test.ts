import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { renderDiagnostic } from "../../dsl/render.ts";
import { checkFence, programsOf } from "./fences.ts";

const pages = ["README.md", "docs/README.md", "docs/language.md", "docs/json.md", "docs/library.md", "docs/ops.md", "examples/README.md"];
const programs = pages.flatMap((name) => {
  const page = readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
  return programsOf(page).map((fence) => ({ place: `${name}:${fence.line}`, page, fence }));
});

test.each(programs)("$place is a program without mistakes, or with the one that it is marked with", ({ page, fence }) => {
  const found = checkFence(page, fence);
  const marked = fence.words.find((word) => /^E\d{4}$/.test(word));
  if (marked === undefined) expect(found.map((d) => renderDiagnostic(d, { color: false }))).toEqual([]);
  else expect([...new Set(found.map((d) => d.code))]).toEqual([marked]);
});

test("the pages of the language have programs", () => {
  expect(programs.filter(({ place }) => place.startsWith("docs/language.md")).length).toBeGreaterThan(10);
});
