import type { EntryPlan, NamedSlot, Plan, Step } from "../runtime/plan.ts";
import type { Program, Value } from "./graph/ir.ts";
import { base } from "./graph/groups.ts";
import type { Kernel } from "./kernel/ir.ts";
import { printKernel } from "./kernel/print.ts";
import { placeOf, layOut, type Layout } from "./layout.ts";
import { memoryOf } from "./passes/plan-memory.ts";
import { lowerGroups, type LoweredGroup } from "./schedule/lower.ts";

/** Calls of kernels with constant byte offsets: what an exported function of the module does. */
export interface EntryCode {
  readonly name: string;
  readonly calls: readonly { readonly kernel: string; readonly args: readonly number[] }[];
}

export interface Assembly {
  readonly kernels: readonly Kernel[];
  readonly entries: readonly EntryCode[];
  readonly plan: Plan;
}

export type Variants = Program["entries"];

/** Lowers the planned graphs and lays out one module of them: kernels that are the same but for their buffers' places are shared. */
export function assemble(program: Program, variants: Variants, { profile }: { profile: boolean }): Assembly {
  const graphs = variants.map(({ graph }) => graph);
  const layout = layOut(program.persistent, graphs);
  const library = new KernelLibrary();
  const entries: EntryCode[] = [];
  const plans = variants.map(({ dims, graph }, i): EntryPlan => {
    const name = exportName(graph.name, dims, variants);
    const steps = lowerGroups(graph).map((lowered) => ({ stage: lowered.group.stage, step: stepOf(lowered, library, layout, i) }));
    const of = (stage: "weights" | "call"): Step[] => steps.filter((s) => s.stage === stage).map((s) => s.step);
    const [prepareSteps, callSteps] = [of("weights"), of("call")];
    const prepare = prepareSteps.length > 0 ? `${name}_prepare` : null;
    entries.push({ name, calls: callSteps });
    if (prepare !== null) entries.push({ name: prepare, calls: prepareSteps });
    const memory = memoryOf(graph);
    const slot = (slotName: string, value: Value): NamedSlot => ({ name: slotName, dtype: value.type.dtype, shape: value.type.shape, offset: layout.address(i, placeOf(base(value))) });
    return {
      name: graph.name,
      dims,
      inputs: graph.inputs.map((value) => slot(String(value.node.attrs["name"]), value)),
      outputs: graph.outputs.map(({ name: output, value }) => slot(output, value)),
      call: name,
      prepare,
      writes: graph.writes.length > 0,
      steps: callSteps,
      prepareSteps,
      scratchBytes: memory.planned,
      liveBytes: memory.live,
    };
  });
  const plan: Plan = {
    format: "dlc-plan-1",
    model: program.name,
    arenaBytes: layout.arenaBytes,
    persistent: program.persistent.map(({ kind, path, type }) => ({ kind, path, ...type, offset: layout.address(0, { area: "persistent", path }) })),
    constants: layout.constants,
    entries: plans,
    profiled: profile ? library.kernels.map(({ name }) => name) : [],
  };
  return { kernels: library.kernels, entries, plan };
}

function stepOf({ kernel, args, flops, bytes }: LoweredGroup, library: KernelLibrary, layout: Layout, graph: number): Step {
  return { kernel: library.add(kernel), args: args.map((value) => layout.address(graph, placeOf(base(value)))), flops, bytes };
}

/** `predict`, or `step_N64` where a module holds the entry for several sets of dims. */
function exportName(name: string, dims: Readonly<Record<string, number>>, variants: Variants): string {
  const alone = variants.filter(({ graph }) => graph.name === name).length === 1;
  return alone ? name : [name, ...Object.entries(dims).map(([dim, size]) => `${dim}${size}`)].join("_");
}

/** Kernels by what they do; two that do the same under different names or origins are one. */
class KernelLibrary {
  readonly kernels: Kernel[] = [];
  readonly #byText = new Map<string, string>();
  readonly #names = new Map<string, number>();

  /** The name under which the kernel can be called. */
  add(kernel: Kernel): string {
    const text = printKernel({ ...kernel, name: "kernel", origin: "" });
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const count = (this.#names.get(kernel.name) ?? 0) + 1;
    this.#names.set(kernel.name, count);
    const name = count === 1 ? kernel.name : `${kernel.name}_v${count}`;
    this.kernels.push({ ...kernel, name });
    this.#byText.set(text, name);
    return name;
  }
}

