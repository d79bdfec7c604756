import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { emitWasm } from "../../compiler/codegen/wasm/emit.ts";
import type { Kernel } from "../../compiler/kernel/ir.ts";
import { functions } from "../../compiler/kernel/math.ts";
import { contractionKernel } from "../../compiler/schedule/contraction.ts";
import { dot } from "../schedule/contraction-problems.ts";
import { addressKernel } from "./wasm-samples.ts";

const textOf = (kernel: Kernel, mode: "fast" | "strict"): string =>
  emitWasm({
    kernels: [kernel],
    entries: [{ name: "run", steps: [] }],
    functions,
    mode,
    exportKernels: false,
    memoryPages: 1,
  }).wat();

const { name, dims, lhsSize, outSize } = dot(1, 4, 4, 12);
const product = contractionKernel({ name: "product_f32_4x4", origin: name, dims, lhsSize, outSize });

test.each([
  ["addresses", textOf(addressKernel(), "strict")],
  ["product", textOf(product, "fast")],
])("the text of %s equals the golden file", (file, text) => {
  const path = new URL(`../golden/wasm/${file}.wat`, import.meta.url);
  if (process.env["BLESS"] === "1") writeFileSync(path, text);
  expect(text).toBe(readFileSync(path, "utf8"));
});

test("only fast mode has relaxed instructions", () => {
  expect(textOf(product, "fast")).toContain("f32x4.relaxed_madd");
  expect(textOf(product, "fast")).not.toMatch(/f32x4\.(mul|add)\b/);
  expect(textOf(product, "strict")).not.toContain("relaxed");
});
