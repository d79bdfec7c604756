import fc from "fast-check";
import { expect, test } from "vitest";
import { dtypes } from "../../runtime/dtype.ts";
import type { TensorData } from "../../runtime/model.ts";
import { KernelBuilder } from "../../compiler/kernel/build.ts";
import { bufferSize, evaluateKernel } from "../../compiler/kernel/evaluate.ts";
import type { Kernel } from "../../compiler/kernel/ir.ts";
import { contents, kernels } from "../kernel/random-kernels.ts";
import { addressKernel, splatKernel } from "./wasm-samples.ts";
import { addressing } from "./wasm-random.ts";
import { runWasm } from "./wasm-run.ts";

function dataFor(kernel: Kernel): Record<string, TensorData> {
  const data: Record<string, TensorData> = {};
  for (const [index, buffer] of kernel.buffers.entries()) {
    const { name, element } = buffer;
    const size = bufferSize(kernel, buffer);
    const array = new dtypes[element].array(size);
    for (let n = 0; n < size; n++)
      array[n] =
        element === "bool"
          ? ((n * 7 + index) % 3) % 2
          : ((n * 37 + index * 11) % 64) - (element === "u8" ? 0 : 32) + (element === "f32" ? 0.25 : 0);
    data[name] = array;
  }
  return data;
}

function expectSame(kernel: Kernel): void {
  const [wanted, found] = [dataFor(kernel), dataFor(kernel)];
  evaluateKernel(kernel, wanted);
  runWasm(kernel, found);
  for (const { name } of kernel.buffers) expect(found[name], name).toEqual(wanted[name]);
}

test("a kernel with many kinds of addresses agrees with the interpreter", () => expectSame(addressKernel()));

test("pointers that move between unrolled iterations agree with the interpreter", () => expectSame(splatKernel()));

test("a loop inside unrolled iterations has separate pointers, and its splats are not counted with those of the iteration", () => {
  const k = new KernelBuilder();
  const [indices, values, out] = [
    k.buffer("indices", "u8", 200, "in"),
    k.buffer("values", "i32", 200, "in"),
    k.buffer("out", "f32", 200, "inout"),
  ];
  k.loop("i", 3, 7, 2, (i) =>
    k.loop(
      "u",
      0,
      9,
      1,
      (u) =>
        k.loop("j", i, 6, 1, (j) => {
          const at = k.rem(k.load(indices, k.add(u, j)), 50);
          k.store(
            out,
            k.mul(at, 3),
            k.toF32(k.splat(k.load(values, k.add(k.add(k.mul(i, -3), k.mul(j, 7)), k.add(at, 45))))),
          );
        }),
      { unroll: true },
    ),
  );
  expectSame(k.build("nested", ""));
});

test("random kernels full of addresses agree with the interpreter bit for bit", () => {
  fc.assert(fc.property(addressing, expectSame), { numRuns: 300 });
});

test("random kernels of every statement, operator and function agree with the interpreter bit for bit", () => {
  fc.assert(
    fc.property(kernels, (kernel) => {
      const [wanted, found] = [contents(kernel), contents(kernel)];
      evaluateKernel(kernel, wanted);
      runWasm(kernel, found);
      expect(found).toStrictEqual(wanted);
    }),
    { numRuns: 300 },
  );
});

test("fast mode computes the same sums", () => {
  const kernel = splatKernel();
  const strict = dataFor(kernel);
  runWasm(kernel, strict);
  const fast = dataFor(kernel);
  runWasm(kernel, fast, "fast");
  const [exact, relaxed] = [strict["out"] ?? [], fast["out"] ?? []];
  for (const [lane, sum] of exact.entries())
    expect(Math.abs((relaxed[lane] ?? Number.NaN) - sum)).toBeLessThan(1e-5 * Math.abs(sum));
});
