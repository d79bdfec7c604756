import { expect, test } from "vitest";
import { peakFlops, peakKernel } from "../../compiler/schedule/peak-kernel.ts";
import { runWasm } from "../codegen/wasm-run.ts";

test("the peak kernel does the multiply-adds that it counts", () => {
  const kernel = peakKernel(5);
  const data = new Float32Array(Number(kernel.buffers[0]?.size)).fill(1, 0, 8);
  runWasm(kernel, { data }, "fast");
  const sums = data.slice(8);
  expect(new Set(sums)).toEqual(new Set([20]));
  expect(peakFlops(5)).toBe(2 * sums.reduce((total, sum) => total + sum, 0));
});
