import type { TensorData } from "../../runtime/model.ts";
import { dtypes } from "../../runtime/dtype.ts";
import { emitWasm } from "../../compiler/codegen/wasm/emit.ts";
import { bufferSize } from "../../compiler/kernel/evaluate.ts";
import type { Kernel } from "../../compiler/kernel/ir.ts";
import { functions } from "../../compiler/kernel/math.ts";

/** Calls an exported function by name. */
export function call(instance: WebAssembly.Instance, name: string, ...args: readonly number[]): void {
  const found = instance.exports[name];
  if (typeof found !== "function") throw new TypeError(`${name} is not exported`);
  found(...args);
}

/**
 * Runs a kernel as WebAssembly on arrays by buffer name, and updates them. The first buffer is at address 0 and the
 * last at the end of the last page.
 */
export function runWasm(
  kernel: Kernel,
  data: Readonly<Record<string, TensorData>>,
  mode: "strict" | "fast" = "strict",
  scalars: readonly number[] = [],
): void {
  const layout = layOut(kernel, scalars);
  const { bytes } = emitWasm({
    kernels: [kernel],
    entries: [],
    functions,
    mode,
    exportKernels: true,
    memoryPages: layout.pages,
  });
  const memory = new WebAssembly.Memory({ initial: layout.pages });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  const views = kernel.buffers.map(
    (buffer, index) =>
      new dtypes[buffer.element].array(memory.buffer, layout.offsets[index], bufferSize(kernel, buffer, scalars)),
  );
  kernel.buffers.forEach((buffer, index) => views[index]?.set(data[buffer.name] ?? []));
  call(instance, kernel.name, ...layout.offsets, ...scalars);
  kernel.buffers.forEach((buffer, index) => data[buffer.name]?.set(views[index] ?? []));
}

/** The offsets of the buffers, in order; the last buffer ends at the end of the memory. */
function layOut(
  kernel: Kernel,
  scalars: readonly number[],
): { readonly offsets: readonly number[]; readonly pages: number } {
  const sizes = kernel.buffers.map((buffer) => bufferSize(kernel, buffer, scalars) * dtypes[buffer.element].bytes);
  const offsets: number[] = [];
  let end = 0;
  for (const size of sizes) {
    offsets.push(end);
    end = Math.ceil((end + size) / 16) * 16;
  }
  const pages = Math.max(1, Math.ceil(end / 65536));
  const last = sizes.at(-1) ?? 0;
  if (offsets.length > 1) offsets[offsets.length - 1] = Math.floor((pages * 65536 - last) / 4) * 4;
  return { offsets, pages };
}
