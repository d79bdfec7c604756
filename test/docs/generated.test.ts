import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { generatedPages } from "../../tools/docs/pages.ts";

const docs = new URL("../../docs/", import.meta.url);

test.each([...generatedPages()])("docs/%s matches its sources (`npm run docs` writes it)", (name, text) => {
  const path = new URL(name, docs);
  expect(existsSync(path)).toBe(true);
  expect(readFileSync(path, "utf8")).toBe(text);
});

test("the generated pages contain the library, ops, passes and codes", () => {
  const pages = generatedPages();
  expect(pages.get("library.md")).toContain("\n### dense\n");
  expect(pages.get("library.md")).toContain("layer dense(units: int, bias: bool = true");
  expect(pages.get("library.md")).toMatch(
    /\nlayer dense.*\n {2}param w: f32\[K, units\]\n {2}param b: f32\[units\] if bias\n```/,
  );
  expect(pages.get("library.md")).toMatch(/\n {2}state v: f32\[..S\] if not \(known\(momentum\) and momentum == 0\)\n/);
  expect(pages.get("ops.md")).toContain("\n- `dot-c2`: ");
  expect(pages.get("passes.md")).toMatch(/\n\| `simplify\.2` \| /);
  expect(pages.get("diagnostics.md")).toContain("| [E0201](diagnostics/E0201.md) | ");
});
