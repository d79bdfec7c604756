import { emitWasm } from "../../compiler/codegen/wasm/emit.ts";
import { functions } from "../../compiler/kernel/math.ts";
import { peakFlops, peakKernel } from "../../compiler/schedule/peak-kernel.ts";
import { hasRelaxedSimd, type Mode } from "../../runtime/instantiate.ts";

const iterations = 100_000;

/**
 * Returns a function that measures the peak of one core in about a millisecond: multiply-adds on registers, in GFLOP/s.
 */
export async function peakMeter(mode: Mode): Promise<() => number> {
  const kernel = peakKernel(iterations);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const relaxed = mode === "fast" && hasRelaxedSimd();
  const { bytes } = emitWasm({
    kernels: [kernel],
    entries: [{ name: "peak", steps: [{ kind: "call", kernel: kernel.name, args: [0], flops: 0, bytes: 0 }] }],
    functions,
    mode: relaxed ? "fast" : "strict",
    exportKernels: false,
    memoryPages: 1,
  });
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } });
  const run = instance.exports["peak"] as () => void;
  return () => {
    const start = performance.now();
    run();
    return peakFlops(iterations) / (performance.now() - start) / 1e6;
  };
}
