import type { Plan } from "../../runtime/plan.ts";
import { emitJs, type JsOutput } from "../codegen/js/emit.ts";
import { emitWasm, type WasmOutput } from "../codegen/wasm/emit.ts";
import type { Program } from "../graph/ir.ts";
import { functions } from "../kernel/math.ts";
import { defaultMachine, jsMachine, type Machine } from "../support/machine.ts";
import { assemble, type Assembly, type Variant } from "./assemble.ts";

export interface ModuleCode {
  readonly plan: Plan;
  readonly assembly: Assembly;
  /** WebAssembly of a mode: bytes, with how many of them each function takes, and the text. */
  wasm(mode: "fast" | "strict"): WasmOutput;
  /** An ES module with the same functions. */
  js(): JsOutput;
}

export interface ModuleCodeOptions {
  readonly profile?: boolean;
  readonly guards?: boolean;
  readonly machine?: Machine;
  /** The target for whose machine the plan's kernels are chosen. */
  readonly target: "wasm" | "js" | "reference";
}

/** The code of planned graphs: one module for each target, with one plan. */
export function moduleCode(program: Program, variants: readonly Variant[], options: ModuleCodeOptions): ModuleCode {
  const { profile = false, guards = false, machine = defaultMachine, target } = options;
  const assemblyOf = (own: ModuleCodeOptions["target"]): Assembly =>
    assemble(program, variants, {
      profile,
      guards,
      machine: options.machine ?? (own === "js" ? jsMachine : defaultMachine),
    });
  const assembly = assemblyOf(target);
  const { kernels, entries, plan } = assembly;
  const emitted = (mode: "fast" | "strict") =>
    emitWasm({
      kernels,
      entries,
      functions,
      mode,
      exportKernels: plan.profiled.length > 0,
      memoryPages: Math.ceil(plan.arenaBytes / 65536),
      machine,
    });
  // A build asks for the same module several times. The text, which is rare, would keep all instructions.
  const binaries = new Map<string, Omit<WasmOutput, "wat">>();
  return {
    plan,
    assembly,
    wasm: (mode) => {
      const { bytes, functionBytes } = binaries.get(mode) ?? emitted(mode);
      binaries.set(mode, { bytes, functionBytes });
      return { bytes, functionBytes, wat: () => emitted(mode).wat() };
    },
    js: () => {
      // A profile and a checked run call the kernels by their names in the plan.
      const own = target === "js" || plan.profiled.length > 0 ? assembly : assemblyOf("js");
      return emitJs(own.kernels, own.entries, own.plan.profiled);
    },
  };
}
