import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { printGraph } from "../../compiler/graph/print.ts";
import { parseFile } from "../../compiler/kernel/parse.ts";
import { printKernels } from "../../compiler/kernel/print.ts";
import { ops } from "../../compiler/ops/table.ts";
import { wrapLines } from "../../compiler/support/columns.ts";

const golden = (path: string): string => readFileSync(new URL(`../golden/${path}`, import.meta.url), "utf8");
const widths = [40, 80, 120] as const;
const longest = (text: string): number => Math.max(...text.split("\n").map((line) => line.length));

test.each(widths)("a graph wrapped at %i columns parses back to the same graph", (width) => {
  const [before = ""] = golden("passes/simplify-movement.ir").split("----");
  const plain = printGraph(parseGraph(before, ops));
  const narrow = printGraph(parseGraph(before, ops), { width });
  expect(printGraph(parseGraph(narrow, ops))).toBe(plain);
  if (width > 40) expect(longest(narrow)).toBeLessThanOrEqual(width);
});

test.each(widths)("kernels wrapped at %i columns parse back to the same kernels", (width) => {
  const [, kernels = ""] = golden("kernels/adam.kir").split("---- kernels\n");
  const plain = printKernels(parseFile({ name: "plain", text: kernels }).kernels);
  const narrow = wrapLines(plain, width);
  if (width === 40) expect(narrow).toContain(" \\\n");
  expect(printKernels(parseFile({ name: "narrow", text: narrow }).kernels)).toBe(plain);
});

test("a comment on a continuation belongs to its line", () => {
  const text = "kernel copy(in a: f32[4], out out: f32[4]) \\\n  # model.dl:3:5\n  out[0] = \\\n    a[0]\n";
  expect(printKernels(parseFile({ name: "k", text }).kernels)).toMatch(
    /^kernel copy\(in a: f32\[4\], out out: f32\[4\]\) +# model\.dl:3:5\n {2}out\[0\] = a\[0\]\n$/,
  );
});

test("a long line is broken after a space outside of strings and comments", () => {
  expect(wrapLines('  %a  = param "a b c d e f"  : f32[2]  # a comment with spaces', 30)).toBe(
    '  %a = param "a b c d e f" : \\\n        f32[2] \\\n        # a comment with spaces',
  );
  expect(wrapLines("short", 30)).toBe("short");
});
