import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { pageTexts } from "../../cli/build/page-texts.ts";
import { inlinePage, pageFiles } from "../../cli/build/page.ts";
import {
  batchDimOf,
  imageSize,
  inputKinds,
  sampleOf,
  viewKinds,
  type InputKind,
  type ViewKind,
} from "../../cli/build/page/kinds.ts";
import { classMap, coveredPart, pixelsOfValues, shownRange, valuesOfPixels } from "../../cli/build/page/pixels.ts";
import { positionOf, valueAt } from "../../cli/build/page/settings.ts";
import {
  barsOf,
  fitted,
  idsOf,
  isProbability,
  medianOf,
  pastedNumbers,
  showNumber,
  textOf,
} from "../../cli/build/page/text.ts";
import type { SlotType } from "../../runtime/model.ts";
import { tinyPlan } from "../runtime/tiny-plan.ts";
import { dlc } from "./dlc.ts";
import { createWorkspace } from "./workspace.ts";

const folder = createWorkspace();
afterAll(() => rmSync(folder, { recursive: true }));

const slot = (dtype: SlotType["dtype"], shape: readonly number[], ...dims: readonly string[]): SlotType => ({
  dtype,
  shape,
  dims: shape.map((_, axis) => dims[axis] ?? null),
});

test.each<[string, SlotType, InputKind, ViewKind]>([
  ["image", slot("f32", [1, 28, 28, 1], "N"), "image", "image"],
  ["image", slot("u8", [64, 32, 32, 3], "N"), "image", "image"],
  ["image", slot("f32", [4, 784], "N"), "image", "image"],
  ["x", slot("f32", [4, 784], "N"), "paste", "bars"],
  ["x", slot("f32", [4, 20], "N"), "numbers", "bars"],
  ["attention", slot("f32", [1, 12, 12], "N"), "paste", "table"],
  ["logits", slot("f32", [1, 64, 64, 2], "N"), "paste", "classes"],
  ["label", slot("i32", [1, 64, 64], "N"), "paste", "classes"],
  ["token", slot("i32", [1, 128], "N", "T"), "ids", "ids"],
  ["label", slot("i32", [64], "N"), "numbers", "number"],
  ["loss", slot("f32", []), "numbers", "number"],
  ["film", slot("f32", [1, 8, 32, 32, 3], "N", "T"), "paste", "table"],
])("%s %j is entered and shown by its type", (name, type, input, view) => {
  expect([inputKinds(name, type, "N")[0], viewKinds(name, type, "N")[0]]).toEqual([input, view]);
});

test("any input can be pasted, and any tensor of several numbers is a table", () => {
  for (const shape of [[1, 28, 28, 1], [20], [2, 3, 4, 5]]) {
    expect(inputKinds("x", slot("f32", shape), null)).toContain("paste");
    expect(viewKinds("x", slot("f32", shape), null)).toContain("table");
  }
});

test("the batch is a dim of the usual name that a tensor of rank 2 has, or an axis of size 1", () => {
  const [x, label] = [slot("f32", [8, 3], "N"), slot("i32", [8], "N")];
  expect(batchDimOf([label, x])).toBe("N");
  expect(batchDimOf([label])).toBe(null);
  expect(batchDimOf([slot("f32", [8, 3], "T")])).toBe(null);
  expect(sampleOf(label, "N")).toEqual({ shape: [], batch: 8 });
  expect(sampleOf(label, null)).toEqual({ shape: [8], batch: 1 });
  expect(sampleOf(slot("f32", [1, 3]), null)).toEqual({ shape: [3], batch: 1 });
  expect(sampleOf(slot("f32", [1]), null)).toEqual({ shape: [1], batch: 1 });
});

test("the size of an image follows from its shape, or from the number of its pixels", () => {
  expect(imageSize([28, 20, 1])).toEqual({ height: 28, width: 20, channels: 1 });
  expect(imageSize([3072])).toEqual({ height: 32, width: 32, channels: 3 });
  expect([[28, 28, 4], [785], [2, 2, 1], [], [2, 8, 8, 3]].map(imageSize)).toEqual([null, null, null, null, null]);
});

test("values of an image are means of the canvas, in the range that the model expects", () => {
  const gray = (...levels: readonly number[]): number[] => levels.flatMap((level) => [level, level, level, 255]);
  const canvas = gray(255, 0, 0, 0, /**/ 255, 0, 0, 255);
  const size = { height: 1, width: 2, channels: 1 };
  const read = (range: "0 to 1" | "0 to 255" | "-1 to 1", invert = false) =>
    [...valuesOfPixels(canvas, size, 2, { range, invert })].map((value) => Math.round(100 * value) / 100);
  expect([read("0 to 1"), read("0 to 255"), read("-1 to 1"), read("0 to 1", true)]).toEqual([
    [0.5, 0.25],
    [127.5, 63.75],
    [0, -0.5],
    [0.5, 0.75],
  ]);
  const red = valuesOfPixels([255, 0, 51, 255], { height: 1, width: 1, channels: 3 }, 1, {
    range: "0 to 1",
    invert: false,
  });
  expect([...red]).toEqual([1, 0, Math.fround(0.2)]);
});

test("an image of values is read back as it was drawn", () => {
  const values = [0, 0.2, 0.4, 0.6, 0.8, 1];
  for (const channels of [1, 3]) {
    const size = { height: 1, width: 6 / channels, channels };
    const rgba = pixelsOfValues(values, size, shownRange(values));
    const back = valuesOfPixels(rgba, size, 1, { range: "0 to 1", invert: false });
    expect([...back].map((value) => Math.round(1000 * value) / 1000)).toEqual(values);
  }
});

test("black and white are the ends of a usual range, or the extremes", () => {
  expect(
    [
      [0, 0.4],
      [0, 200],
      [-0.9, 0.3],
      [-4, 9],
      [7, 7],
    ].map(shownRange),
  ).toEqual([
    [0, 1],
    [0, 255],
    [-1, 1],
    [-4, 9],
    [7, 8],
  ]);
});

test("a picture covers the canvas with its middle", () => {
  expect(coveredPart([200, 100], [50, 50])).toEqual([50, 0, 100, 100]);
  expect(coveredPart([100, 200], [100, 50])).toEqual([0, 75, 100, 50]);
  expect(classMap([0.1, 0.9, 3, 2], 2)).toEqual(new Uint8Array([1, 0]));
});

test("a text is numbers, labels or bytes", () => {
  expect(idsOf("3, 14\n15", ["a"])).toEqual({ ids: [3, 14, 15], as: "numbers", unknown: 0 });
  expect(idsOf("abé", [])).toEqual({ ids: [97, 98, 0xc3, 0xa9], as: "bytes", unknown: 0 });
  // The longest label; a space without a label separates.
  expect(idsOf("ab a?b", ["a", "b", "ab"])).toEqual({ ids: [2, 0, 1], as: "labels", unknown: 1 });
  expect(fitted([1, 2, 3], 2, "before")).toEqual([2, 3]);
  expect(fitted([1, 2], 4, "before")).toEqual([0, 0, 1, 2]);
  expect(fitted([1, 2], 4, "after")).toEqual([1, 2, 0, 0]);
  expect([textOf([1, 0, 9], ["a", "b"]), textOf([1, 0], ["cat", "dog"]), textOf([1], [])]).toEqual([
    "ba<9>",
    "dog cat",
    null,
  ]);
});

test("pasted numbers are JSON or a list, of the right count", () => {
  const values = (...numbers: readonly number[]) => ({ kind: "values", values: numbers });
  const wrong = (says: string) => ({ kind: "wrong", says: expect.stringContaining(says) as unknown });
  expect(pastedNumbers("[[1, 2], [3.5, true]]", 4)).toEqual(values(1, 2, 3.5, 1));
  expect(pastedNumbers(" 1 2,\n-3e2 ", 3)).toEqual(values(1, 2, -300));
  expect(pastedNumbers("1 2", 3)).toEqual(wrong("expected 3 numbers, found 2"));
  for (const text of ["1 x", '[1, "x"]', "[1, null]"])
    expect(pastedNumbers(text, 2)).toEqual(wrong("expected numbers only"));
  expect(pastedNumbers("[1, 2", 2)).toEqual(wrong("this is not JSON"));
});

test("bars show shares of probabilities, and sizes of other numbers", () => {
  expect(barsOf([0.25, 0.75], ["cat", "dog"])).toMatchObject([
    { name: "cat", text: "25.0 %", share: 0.25 },
    { name: "dog", text: "75.0 %", share: 0.75 },
  ]);
  expect(barsOf([-2, 4], ["only one"])).toMatchObject([
    { name: "0", text: "-2", share: 0.5, negative: true },
    { name: "1", text: "4", share: 1, negative: false },
  ]);
  const many = barsOf(
    Array.from({ length: 100 }, (_, i) => i),
    [],
  );
  expect([many.length, many[0]?.index, many[9]?.index]).toEqual([10, 99, 90]);
  expect([isProbability([1]), isProbability([0.5, 0.5]), isProbability([0.5, 0.2])]).toEqual([false, true, false]);
});

test("numbers have four digits that matter", () => {
  expect([0, 12, 3.14159, -0.5, 0.00012345, 1234.567, 1e-7, 1.5e9, NaN].map(showNumber)).toEqual([
    "0",
    "12",
    "3.142",
    "-0.5",
    "0.0001234",
    "1235",
    "1.00e-7",
    "1.50e+9",
    "NaN",
  ]);
  expect([medianOf([3, 1, 2]), medianOf([4, 1]), medianOf([])]).toEqual([2, 1, 0]);
});

test("a slider covers the range of a setting, evenly or by factors", () => {
  const setting = { name: "lr", path: "lr", default: 1, low: 0.1, high: 10, scale: "log" } as const;
  expect([0, 500, 1000].map((at) => Number(valueAt(setting, at).toFixed(6)))).toEqual([0.1, 1, 10]);
  expect([0.1, 1, 10, 99].map((value) => positionOf(setting, value))).toEqual([0, 500, 1000, 1000]);
  expect(valueAt({ ...setting, scale: "linear" }, 500)).toBeCloseTo(5.05);
});

test("a page keeps to script-src 'self': no script, handler or style is in the text", async () => {
  const files = await pageFiles(tinyPlan, ["<b>", "dog"]);
  const html = files.get("index.html") ?? "";
  expect([...files.keys()]).toEqual(["index.html", "page.css", "page.mjs"]);
  expect(html.match(/<script[^>]*>/g)).toEqual([
    '<script type="application/json" id="config">',
    '<script type="module" src="./page.mjs">',
  ]);
  expect(html).not.toMatch(/\son\w+=|<style|\sstyle=|\{\{/);
  expect(html).toContain('"labels":["\\u003cb>","dog"]');
  expect(html).toContain("<title>tiny</title>");
});

test("an inline page holds a model whose text has the ends of elements in it", async () => {
  const html = await inlinePage(tinyPlan, [], 'export const x = "</script><!-- $& </SCRIPT>";');
  expect(html.match(/<\/script>/gi)).toHaveLength(3);
  expect(html).toContain('"\\x3C/script>\\x3C!-- $& \\x3C/SCRIPT>"');
  expect(html).not.toMatch(/(?:src|href)="\.\//);
});

test("the script of the page runs without eval, and is small", async () => {
  const { script } = await pageTexts();
  expect(script).not.toMatch(/\beval\(|new Function|innerHTML/);
  expect(script.length).toBeLessThan(40_000);
});

test("build --page writes the page beside the model; labels imply it", async () => {
  writeFileSync(join(folder, "classes.txt"), "zero\none\n");
  const { code, stdout } = await dlc(
    folder,
    ...["build", "net.dl", "--dim", "N=1", "--entry", "predict", "-o", "page", "--labels", "classes.txt"],
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(/index\.html[^]*page\.css[^]*page\.mjs/);
  expect(readFileSync(join(folder, "page", "index.html"), "utf8")).toContain('"labels":["zero","one"]');
  expect(readFileSync(join(folder, "page", "report.txt"), "utf8")).not.toContain("page.mjs");
});
