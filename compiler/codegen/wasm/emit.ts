import type { Step } from "../../../runtime/plan.ts";
import type { Kernel, MathFunction } from "../../kernel/ir.ts";
import { invariant, present } from "../../support/invariant.ts";
import { at } from "../../support/lists.ts";
import { defaultMachine, type Machine } from "../../support/machine.ts";
import { emitKernel } from "./emit-kernel.ts";
import { emitSteps } from "./emit-steps.ts";
import { FunctionWriter, type WasmFunction } from "./function.ts";
import { numberLocals } from "./number-locals.ts";
import { encodeModule, type WasmModule } from "./module.ts";
import { printModule } from "./wat.ts";

/** An exported function without parameters: calls of kernels, in order, and control around them. */
export interface WasmEntry {
  readonly name: string;
  readonly steps: readonly Step[];
}

export interface WasmInput {
  readonly kernels: readonly Kernel[];
  readonly entries: readonly WasmEntry[];
  /** The math functions. */
  readonly functions: ReadonlyMap<string, MathFunction>;
  /** `fast` needs relaxed SIMD; `strict` computes the same bits on every engine. */
  readonly mode: "fast" | "strict";
  /** Exports each kernel by its name, and names all functions: a twentieth of the compressed size. */
  readonly exportKernels: boolean;
  /** The minimum size of the imported `env.memory`, in pages of 64 KiB. */
  readonly memoryPages: number;
  readonly machine?: Machine;
}

export interface WasmOutput {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The size of the body of each kernel and entry, by name. */
  readonly functionBytes: ReadonlyMap<string, number>;
  wat(): string;
}

/**
 * A module of all kernels and entries, deterministic to the byte. Kernels of similar size are neighbours, since they
 * are often alike: that saves 4 % of the compressed size.
 */
export function emitWasm(input: WasmInput): WasmOutput {
  const kernels = input.kernels
    .map((kernel) =>
      emitKernel(input.mode === "strict" ? strictKernel(kernel) : kernel, {
        relaxed: input.mode === "fast",
        functions: input.functions,
        machine: input.machine ?? defaultMachine,
      }),
    )
    .map(numberLocals)
    .toSorted((a, b) => a.body.length - b.body.length);
  const indices = new Map(kernels.map((f, index) => [f.name, index]));
  invariant(indices.size === kernels.length, "two kernels have the same name");
  const entries = input.entries.map((entry) => numberLocals(emitEntry(entry, kernels, indices)));
  const module: WasmModule = {
    memoryPages: input.memoryPages,
    names: input.exportKernels,
    functions: [...kernels, ...entries],
    exports: [
      ...entries.map((entry, index) => ({ name: entry.name, function: kernels.length + index })),
      ...(input.exportKernels ? kernels.map((kernel, index) => ({ name: kernel.name, function: index })) : []),
    ],
  };
  const { bytes, bodyBytes } = encodeModule(module);
  const functionBytes = new Map(module.functions.map(({ name }, i) => [name, at(bodyBytes, i)]));
  return { bytes, functionBytes, wat: () => printModule(module) };
}

const strictKernel = (kernel: Kernel): Kernel => (kernel.strict ? { ...kernel, body: kernel.strict } : kernel);

function emitEntry(
  entry: WasmEntry,
  kernels: readonly WasmFunction[],
  indices: ReadonlyMap<string, number>,
): WasmFunction {
  const to = new FunctionWriter(entry.name, "", []);
  emitSteps(entry.steps, [], to, (kernel) => {
    const index = present(indices.get(kernel), `${entry.name} calls the unknown kernel ${kernel}`);
    return { index, params: at(kernels, index).params };
  });
  return to.finish();
}
