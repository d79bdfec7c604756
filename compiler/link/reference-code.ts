import { dtypes } from "../../runtime/dtype.ts";
import type { Code, EntryPlan, Exports, Plan, Slot } from "../../runtime/plan.ts";
import { evaluate } from "../graph/evaluate.ts";
import type { Graph } from "../graph/ir.ts";
import { present } from "../support/invariant.ts";
import { elements } from "../types/tensor-type.ts";

/** Loads emitted JavaScript on an arena. */
export type Instantiate = Extract<Code, { kind: "js" }>["instantiate"];

interface ReferenceEntry {
  readonly plan: EntryPlan;
  /** Before any pass. */
  readonly graph: Graph;
}

/**
 * Code that runs the graphs in the reference interpreter, on the arena of the compiled module. Slow; compiled code is
 * compared with it. `init` runs compiled, since the interpreter rounds math functions from f64: a seed makes the same
 * params on every target, and a comparison begins with equal ones.
 */
export function referenceCode(plan: Plan, entries: readonly ReferenceEntry[], init: Instantiate): Code {
  return {
    kind: "js",
    instantiate: (arena): Exports => {
      const memory = arena.buffer as ArrayBuffer;
      const compiled = init(arena);
      const exports = entries.flatMap((entry) => {
        const { call, prepare } = entry.plan;
        return [
          [call, (): void => runEntry(plan, entry, memory)] as const,
          ...(prepare === null ? [] : [[prepare, (): void => {}] as const]),
        ];
      });
      return { ...Object.fromEntries(exports), ...compiled };
    },
  };
}

function runEntry(plan: Plan, { plan: entry, graph }: ReferenceEntry, memory: ArrayBuffer): void {
  const { outputs, writes } = evaluate(graph, {
    inputs: new Map(entry.inputs.map((slot) => [slot.name, read(memory, slot)])),
    persistent: new Map(plan.persistent.map((slot) => [slot.path, read(memory, slot)])),
    precision: "f32",
  });
  for (const slot of plan.persistent) {
    const value = writes.get(slot.path);
    if (value !== undefined) view(memory, slot).set(value.data);
  }
  for (const slot of entry.outputs)
    view(memory, slot).set(present(outputs.get(slot.name), `unknown output ${slot.name}`).data);
}

const view = (memory: ArrayBuffer, slot: Slot) =>
  new dtypes[slot.dtype].array(memory, slot.offset, elements(slot.shape));
const read = (memory: ArrayBuffer, slot: Slot): Float64Array => Float64Array.from(view(memory, slot));
