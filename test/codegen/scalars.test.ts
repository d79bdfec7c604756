import { expect, test } from "vitest";
import { evaluateKernel } from "../../compiler/kernel/evaluate.ts";
import { parseKernel } from "../../compiler/kernel/parse.ts";
import { verifyKernel } from "../../compiler/kernel/verify.ts";
import { shareKernels } from "../../compiler/link/share-kernels.ts";
import { present } from "../../compiler/support/invariant.ts";
import { runWasm } from "./wasm-run.ts";

const scaled = (size: number, factor: string): string =>
  `kernel scaled_${size}(in x: f32[${size}], out y: f32[${size}])
  for i in 0..${size} step 4
    y[i]:f32x4 = x[i]:f32x4 * ${factor}
`;

test("kernels that differ in constants share one, which computes the same bits in the interpreter and WebAssembly", () => {
  const kernels = [scaled(8, "0.1"), scaled(16, "-inf"), scaled(400, "3")].map(parseKernel);
  const shared = shareKernels(kernels);
  expect(new Set([...shared.values()].map(({ kernel }) => kernel)).size).toBe(1);
  for (const kernel of kernels) {
    const one = present(shared.get(kernel), kernel.name);
    verifyKernel(one.kernel);
    const x = Float32Array.from({ length: kernel.buffers[0]?.size as number }, (_, i) => i / 3 - 1);
    const [wanted, interpreted, compiled] = [0, 1, 2].map(() => ({ x, y: new Float32Array(x.length) }));
    evaluateKernel(kernel, wanted ?? {});
    evaluateKernel(one.kernel, interpreted ?? {}, one.scalars);
    runWasm(one.kernel, compiled ?? {}, "strict", one.scalars);
    expect(interpreted).toEqual(wanted);
    expect(compiled).toEqual(wanted);
  }
});

test("kernels that differ in an address or an unrolled loop share none", () => {
  const reading = (at: number): string => `kernel k(in x: f32[8], out y: f32[1])\n  y[0] = x[${at}]\n`;
  const unrolled = (n: number): string => `kernel k(out y: f32[8])\n  unroll i in 0..${n}\n    y[i] = 0\n`;
  expect(shareKernels([reading(1), reading(2), unrolled(2), unrolled(4)].map(parseKernel)).size).toBe(0);
});
