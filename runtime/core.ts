import type { Elements } from "./input.ts";
import type { Outputs, StateTensor, TensorData } from "./model.ts";
import type { Exports, NamedSlot, SessionEntry, SessionPlan } from "./session-plan.ts";
import { watchedState } from "./state.ts";
import { viewOf } from "./tensor.ts";

/** An entry for one set of dims, ready to be called. */
export interface Variant {
  readonly plan: SessionEntry;
  readonly inputs: readonly TensorData[];
  /** By name, in the order of the plan. */
  readonly outputs: Outputs;
  readonly call: () => void;
  readonly prepare: (() => void) | undefined;
  /** The version of the weights at the last run of the weights stage. */
  preparedAt: number;
}

/** A model in memory: what all features of a session share. */
export interface Core {
  readonly plan: SessionPlan;
  readonly exports: Exports;
  readonly buffer: ArrayBufferLike;
  readonly variants: ReadonlyMap<string, readonly Variant[]>;
  readonly state: ReadonlyMap<string, StateTensor>;
  /** Views of params and states by path that are not watched: `touch` must follow what is written to them. */
  readonly slots: ReadonlyMap<string, TensorData>;
  touch(): void;
  /** Runs the weights stage if params or states have changed. */
  prepare(variant: Variant): void;
  /** Runs both stages on inputs that were checked. */
  execute(variant: Variant, arrays: readonly Elements[]): Outputs;
}

/** A function of the core that is a part of the session, such as saving. A build has those that it needs. */
export type Feature<T> = (core: Core) => T;

export function startCore(
  plan: SessionPlan,
  exports: Exports,
  buffer: ArrayBufferLike,
  functionOf = (entry: SessionEntry, stage: "prepare" | "call"): (() => void) | undefined =>
    exports[entry[stage] as string],
): Core {
  const variants = new Map<string, Variant[]>();
  for (const entry of plan.entries) {
    const variant: Variant = {
      plan: entry,
      inputs: entry.inputs.map((slot) => viewOf(buffer, slot)),
      outputs: frozen(outputsOf(entry, (slot) => viewOf(buffer, slot))),
      call: functionOf(entry, "call") as () => void,
      prepare: functionOf(entry, "prepare"),
      preparedAt: -1,
    };
    variants.set(entry.name, [...(variants.get(entry.name) ?? []), variant]);
  }
  const { state, changed } = watchedState(plan.persistent, buffer);
  let version = 0;
  const core: Core = {
    plan,
    exports,
    buffer,
    variants,
    state,
    slots: new Map(plan.persistent.map((slot) => [slot.path, viewOf(buffer, slot)])),
    touch() {
      version++;
    },
    prepare(variant) {
      if (variant.prepare === undefined) return;
      if (changed()) version++;
      if (variant.preparedAt === version) return;
      variant.prepare();
      variant.preparedAt = version;
    },
    execute(variant, arrays) {
      // Before the inputs are written, because its scratch memory may overlap them.
      core.prepare(variant);
      fill(variant, arrays);
      variant.call();
      if (variant.plan.outdates) version++;
      return variant.outputs;
    },
  };
  return core;
}

export function fill({ inputs }: Variant, arrays: readonly Elements[]): void {
  for (let i = 0; i < arrays.length; i++) inputs[i]?.set(arrays[i] as ArrayLike<number>);
}

export const outputsOf = ({ outputs }: SessionEntry, data: (slot: NamedSlot) => TensorData): Outputs =>
  Object.fromEntries(outputs.map((slot) => [slot.name, { dtype: slot.dtype, shape: slot.shape, data: data(slot) }]));

function frozen(outputs: Outputs): Outputs {
  for (const tensor of Object.values(outputs)) Object.freeze(tensor);
  return Object.freeze(outputs);
}
