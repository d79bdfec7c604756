import { locationOf } from "../../dsl/span.ts";
import type { EntryPlan, IndexRange, InputSlot, NamedSlot, Plan, Step } from "../../runtime/plan.ts";
import type { GroupView } from "../graph/groups.ts";
import { nameOf, pathOf } from "../graph/facts.ts";
import type { Graph, Node, Program, ProgramEntry, Value } from "../graph/ir.ts";
import type { Kernel } from "../kernel/ir.ts";
import { spanOf } from "../graph/provenance.ts";
import { separateMadd } from "../kernel/separate-madd.ts";
import { printKernel } from "../kernel/print.ts";
import { layOut, type Layout } from "./layout.ts";
import { memoryOf } from "../passes/plan-memory/plan-memory.ts";
import type { LoweredGroup } from "../schedule/lower.ts";
import { Lowering } from "../schedule/lowering.ts";
import { checkedBuild, ordinaryBuild } from "./guard-notes.ts";
import { shareKernels } from "./share-kernels.ts";
import { addressOf, stepsOfEntry, type Callee, type Library } from "./steps.ts";
import { present } from "../support/invariant.ts";
import type { Machine } from "../support/machine.ts";

/** An exported function of the module. */
export interface EntryCode {
  readonly name: string;
  readonly steps: readonly Step[];
}

export interface Assembly {
  readonly kernels: readonly Kernel[];
  readonly entries: readonly EntryCode[];
  readonly plan: Plan;
  /** The nodes that each call of a kernel computes, beginning with the one whose result it stores. */
  readonly madeFrom: ReadonlyMap<Step, readonly Node[]>;
}

/** A planned graph, and the indices in the inputs of its entry by position. */
export interface Variant {
  readonly dims: Readonly<Record<string, number>>;
  readonly graph: Graph;
  readonly mode?: ProgramEntry["mode"];
  readonly structures?: ProgramEntry["structures"];
  readonly axes?: ProgramEntry["axes"];
  readonly indices?: ReadonlyMap<number, readonly IndexRange[]>;
}

export interface AssemblyOptions {
  readonly profile: boolean;
  readonly guards: boolean;
  readonly machine: Machine;
}

/**
 * Lowers the planned graphs and lays out one module for them. Equal kernels are shared: they may differ in their names,
 * origins and buffer addresses.
 */
export function assemble(
  program: Program,
  variants: readonly Variant[],
  { profile, guards, machine }: AssemblyOptions,
): Assembly {
  const graphs = variants.map(({ graph }) => graph);
  const notes = guards ? checkedBuild() : ordinaryBuild;
  const layout = layOut(program.persistent, graphs, notes.gap);
  const persistentAt = (path: string): number => present(layout.persistent.get(path), path);
  const library = new KernelLibrary(machine);
  const entries: EntryCode[] = [];
  const prepared = new Set(graphs.flatMap(readByWeightsStage));
  const counts = new Map<string, number>();
  for (const { name } of graphs) counts.set(name, (counts.get(name) ?? 0) + 1);
  const plans = variants.map(({ dims, graph, indices, mode, structures, axes = {} }): EntryPlan => {
    const name = exportName(graph.name, dims, counts.get(graph.name) === 1);
    const own = graph.name === "init" ? forInit(graph, layout, library) : library;
    const { weights: prepareSteps, call: callSteps } = stepsOfEntry(graph, layout, own, notes.steps);
    const prepare = prepareSteps.length > 0 ? `${name}_prepare` : null;
    entries.push({ name, steps: callSteps });
    if (prepare !== null) entries.push({ name: prepare, steps: prepareSteps });
    const memory = memoryOf(graph);
    const slot = (slotName: string, value: Value): NamedSlot => ({
      name: slotName,
      dtype: value.type.dtype,
      shape: value.type.shape,
      offset: addressOf(value, graph, layout),
    });
    return {
      name: graph.name,
      ...(mode && { kind: mode }),
      ...(structures && { structures }),
      dims,
      inputs: graph.inputs.map((value, i) => {
        const found = indices?.get(i);
        return { ...slot(nameOf(value), value), ...declaration(value, dims), ...(found && { indices: found }) };
      }),
      outputs: graph.outputs.map(({ name: output, value }) => ({
        ...slot(output, value),
        ...(axes[output] && { axes: axes[output] }),
      })),
      call: name,
      prepare,
      outdates: graph.writes.some(({ path }) => prepared.has(path)),
      steps: callSteps,
      prepareSteps,
      scratchBytes: memory.planned,
      liveBytes: memory.live,
    };
  });
  const planNotes = notes.plan(
    program.persistent,
    layout,
    graphs,
    entries.flatMap(({ steps }) => steps),
  );
  const plan: Plan = {
    format: "dlc-plan-1",
    model: program.name,
    arenaBytes: layout.arenaBytes + (planNotes?.spare.bytes ?? 0),
    persistent: program.persistent.map(({ kind, path, type, role }) => ({
      kind,
      path,
      ...type,
      offset: persistentAt(path),
      ...(role && { role }),
    })),
    constants: layout.constants.map(({ offset, base64 }) => ({ offset, base64 })),
    entries: plans,
    profiled: profile || guards ? library.kernels.map(({ name }) => name) : [],
    ...(program.settings !== undefined && program.settings.length > 0 && { settings: program.settings }),
    ...(planNotes && { guards: planNotes }),
  };
  return { kernels: library.kernels, entries, plan, madeFrom: library.madeFrom };
}

/** The params and states on which the weights stage of an entry depends. */
function readByWeightsStage(graph: Graph): readonly string[] {
  const read = new Set(graph.nodes.filter(({ notes }) => notes.stage === "weights"));
  // The set grows while it is visited.
  for (const { operands } of read) for (const { node } of operands) read.add(node);
  return [...read].flatMap((node) => pathOf(node) ?? []);
}

/** How the file declares an input, such as `x: f32[N, 28]`: where, and which of its axes are dims. */
function declaration({ node, type }: Value, dims: Variant["dims"]): Pick<InputSlot, "at" | "axes"> {
  const span = spanOf(node);
  if (span === null) return {};
  const [, sizes = ""] = /\[(.*)\]/s.exec(span.source.text.slice(span.start, span.end)) ?? [];
  const names = sizes.split(",").map((size) => size.trim());
  const axes = names.map((name) => (Object.hasOwn(dims, name) ? name : null));
  const known = axes.length === type.shape.length && axes.some((name) => name !== null);
  return { at: locationOf(span), ...(known && { axes }) };
}

/** `predict`, or `step_N64` if the module has the entry for several sets of dims. */
function exportName(name: string, dims: Readonly<Record<string, number>>, alone: boolean): string {
  return alone ? name : [name, ...Object.entries(dims).map(([dim, size]) => `${dim}${size}`)].join("_");
}

/**
 * The library for `init`: a seed makes the same params in every mode, at no cost for the other entries; and one kernel
 * draws all params of a distribution, since `init` runs once, but a model has hundreds of params.
 */
function forInit(graph: Graph, layout: Layout, library: Library): Library {
  const own = (kernel: Kernel): Kernel => separateMadd(kernel);
  const found = new Map<string, Kernel>();
  stepsOfEntry(graph, layout, {
    lower: (group) => library.lower(group),
    recordOrigin: () => {},
    add: (kernel) => {
      found.set(textOf(kernel), own(kernel));
      return { kernel: "" };
    },
  });
  const shared = shareKernels([...found.values()]);
  const callees = new Map(
    [...found].map(([text, kernel]): [string, Callee] => {
      const { kernel: one, scalars } = shared.get(kernel) ?? { kernel, scalars: [] };
      return [text, { ...library.add(one), ...(scalars.length > 0 && { scalars }) }];
    }),
  );
  return {
    lower: (group) => library.lower(group),
    recordOrigin: (call, nodes) => library.recordOrigin(call, nodes),
    add: (kernel) => present(callees.get(textOf(kernel)), kernel.name),
  };
}

/** Equal for kernels that differ only in name and origin. */
const textOf = (kernel: Kernel): string => printKernel({ ...kernel, name: "kernel", origin: "" });

/** The distinct kernels of a module: kernels that differ only in name or origin are one. */
class KernelLibrary implements Library {
  readonly kernels: Kernel[] = [];
  readonly madeFrom = new Map<Step, readonly Node[]>();
  readonly #lowering: Lowering;
  readonly #known = new Map<Kernel, string>();
  readonly #byText = new Map<string, string>();
  readonly #names = new Map<string, number>();

  constructor(machine: Machine) {
    this.#lowering = new Lowering(machine);
  }

  add(kernel: Kernel): Callee {
    const known = this.#known.get(kernel) ?? this.#named(kernel);
    this.#known.set(kernel, known);
    return { kernel: known };
  }

  recordOrigin(call: Step, nodes: readonly Node[]): void {
    this.madeFrom.set(call, nodes);
  }

  lower(group: GroupView): LoweredGroup {
    return this.#lowering.of(group);
  }

  #named(kernel: Kernel): string {
    const text = textOf(kernel);
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
