import { copyConstants, createArena } from "./arena.ts";
import type { TensorData } from "./dtype.ts";
import { reject, list } from "./error.ts";
import type { Guard } from "./guards.ts";
import {
  checkValues,
  copyInput,
  elementsOf,
  matchingVariant,
  type Elements,
  type Input,
  type Inputs,
} from "./input.ts";
import { invalidIndex } from "./index-range.ts";
import { exported, instantiate, type Mode } from "./instantiate.ts";
import type { Code, EntryPlan, Exports, InputSlot, Persistent, Plan } from "./plan.ts";
import { profileSteps, type Profile } from "./profile.ts";
import { viewOf, type Tensor } from "./tensor.ts";
import { setSetting } from "./settings.ts";
import { loadWeights, putSnapshot, saveWeights, takeSnapshot } from "./weights.ts";

export interface SessionOptions {
  /** Seed of the initial params, dropout and all other random numbers. A safe integer, default 0. */
  readonly seed?: number;
  readonly mode?: Mode;
  /**
   * False runs entries without the check of indices in inputs (E0817): an index out of range then counts as the nearest
   * one in range.
   */
  readonly checks?: boolean;
  /** `memoryGuards` of `guards.ts`: checks every access of memory, in a build with `guards`. */
  readonly guards?: (plan: Plan, exports: Exports, buffer: ArrayBufferLike) => Guard;
}

export interface RunOptions {
  /** Returns views into the arena, valid until the next call, instead of copies. */
  readonly view?: boolean;
  /** Selects the variant if the sizes of the inputs match several. */
  readonly dims?: Readonly<Record<string, number>>;
}

export type Outputs = Readonly<Record<string, Tensor>>;

/** An entry bound to its input arrays. Repeated runs allocate nothing. */
export interface BoundEntry {
  /** Views into the arena, valid until the session runs an entry again. */
  readonly outputs: Outputs;
  /**
   * Runs the entry on the current contents of the arrays, and returns `outputs`. Throws E0814 for numbers out of range
   * for the input's dtype, E0817 for indices out of range.
   */
  run(): Outputs;
}

export interface StateTensor extends Tensor {
  readonly kind: "param" | "state";
}

export interface SaveOptions {
  /** Only params, without running statistics, optimizer slots and the random state. */
  readonly only?: "param";
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A compiled model with its memory. All errors are `DlcError`s. */
export interface Session {
  readonly plan: Plan;
  /** Runs an entry. Throws E0803 for an unknown entry, E081x for invalid inputs. */
  run(entry: string, inputs?: Inputs, options?: RunOptions): Outputs;
  /** Makes the checks of `run` once; afterwards only the elements of the arrays may change. */
  bind(entry: string, inputs?: Inputs, options?: Pick<RunOptions, "dims">): BoundEntry;
  /** Params and state by path; `data` are views. Call `touch` after writing to one. */
  readonly state: ReadonlyMap<string, StateTensor>;
  touch(): void;
  /**
   * Changes a `setting` of the model, effective from the next call. Throws E0815 for an unknown setting, E0816 for a
   * value out of range.
   */
  set(name: string, value: number): void;
  /** Initializes all params and state again. */
  reset(seed: number): void;
  snapshot(): Uint8Array<ArrayBuffer>;
  restore(snapshot: Uint8Array): void;
  /** safetensors; the same values produce the same bytes. */
  save(options?: SaveOptions): Uint8Array<ArrayBuffer>;
  /** Throws E0820 for an invalid file, E0821 for tensors that do not match; the model is unchanged then. */
  load(file: Uint8Array, options?: { readonly partial?: boolean }): { readonly loaded: readonly string[] };
  /** Time of each kernel of an entry, in a build with `profile`. The state is restored afterwards. */
  profile(entry: string, inputs?: Inputs, runs?: number): Profile;
}

/** An entry for one set of dims, ready to be called. */
interface Variant {
  readonly plan: EntryPlan;
  readonly inputs: readonly TensorData[];
  /** By name, in the order of the plan. */
  readonly outputs: Outputs;
  readonly call: () => void;
  readonly prepare: (() => void) | null;
  /** The version of the weights at the last run of the weights stage. */
  preparedAt: number;
}

/** Allocates the arena, loads the code, and initializes params and state from the seed. */
export async function createSession(plan: Plan, code: Code, options: SessionOptions = {}): Promise<Session> {
  if (plan.format !== "dlc-plan-1")
    reject(
      "E0802",
      `this runtime reads the format dlc-plan-1, but the plan has ${String(plan.format)}`,
      "build the model again",
    );
  const arena = createArena(plan, code.kind);
  const { exports } = await instantiate(code, arena, options.mode ?? "fast");
  const { buffer } = arena;
  copyConstants(plan, buffer);
  const guard: Guard = options.guards?.(plan, exports, buffer) ?? ((_entry, _stage, run) => run);

  const variants = new Map<string, Variant[]>();
  for (const entry of plan.entries) {
    const variant: Variant = {
      plan: entry,
      inputs: entry.inputs.map((slot) => viewOf(buffer, slot)),
      outputs: Object.fromEntries(
        entry.outputs.map((slot) => [slot.name, { dtype: slot.dtype, shape: slot.shape, data: viewOf(buffer, slot) }]),
      ),
      call: guard(entry, "call", exported(exports, entry.call)),
      prepare: entry.prepare === null ? null : guard(entry, "prepare", exported(exports, entry.prepare)),
      preparedAt: -1,
    };
    variants.set(entry.name, [...(variants.get(entry.name) ?? []), variant]);
  }
  const state = new Map(plan.persistent.map((slot) => [slot.path, stateTensor(buffer, slot)]));
  let version = 0;

  function select(entry: string, inputs: Inputs, dims: RunOptions["dims"]): Variant {
    const known = variants.get(entry);
    if (known === undefined) {
      const names = [...variants.keys()].filter((name) => name !== "init");
      return reject("E0803", `unknown entry \`${entry}\``, `the model has ${list(names)}`);
    }
    const plans = known.map((variant) => variant.plan);
    return known[matchingVariant(plans, inputs, dims)] as Variant;
  }

  const arraysOf = (variant: Variant, inputs: Inputs): readonly Elements[] =>
    variant.plan.inputs.map(({ name }) => elementsOf(inputs[name] as Input));

  function check(variant: Variant, arrays: readonly Elements[]): void {
    for (let i = 0; i < arrays.length; i++) {
      const [slot, data] = [variant.plan.inputs[i] as InputSlot, arrays[i] as Elements];
      checkValues(slot, data);
      const invalid = options.checks === false ? null : invalidIndex(slot, data);
      if (invalid !== null)
        reject("E0817", `input \`${slot.name}\` of \`${variant.plan.name}\` ${invalid.says}`, invalid.help);
    }
  }

  /** Runs the weights stage before the inputs are written, because its scratch memory may overlap them. */
  function execute(variant: Variant, arrays: readonly Elements[]): void {
    prepare(variant);
    for (let i = 0; i < arrays.length; i++) copyInput(variant.inputs[i] as TensorData, arrays[i] as Elements);
    variant.call();
    if (variant.plan.writes) version++;
  }

  function prepare(variant: Variant): void {
    if (variant.prepare === null || variant.preparedAt === version) return;
    variant.prepare();
    variant.preparedAt = version;
  }

  const session: Session = {
    plan,
    state,
    run(entry, inputs = {}, { view = false, dims } = {}) {
      const variant = select(entry, inputs, dims);
      const arrays = arraysOf(variant, inputs);
      check(variant, arrays);
      execute(variant, arrays);
      if (view) return variant.outputs;
      return Object.fromEntries(
        Object.entries(variant.outputs).map(([name, { dtype, shape, data }]) => [
          name,
          { dtype, shape, data: data.slice() },
        ]),
      );
    },
    bind(entry, inputs = {}, { dims } = {}) {
      const variant = select(entry, inputs, dims);
      const arrays = arraysOf(variant, inputs);
      check(variant, arrays);
      const run = (): Outputs => {
        check(variant, arrays);
        execute(variant, arrays);
        return variant.outputs;
      };
      return { outputs: variant.outputs, run };
    },
    touch() {
      version++;
    },
    set(name, value) {
      setSetting(plan, state, name, value);
      version++;
    },
    reset(seed) {
      if (!Number.isSafeInteger(seed) || seed < 0)
        reject("E0804", `the seed must be an integer from 0 to 2^53 - 1, got ${seed}`);
      for (const { data } of state.values()) data.fill(0);
      state.get("rng.seed")?.data.set([seed | 0, Math.floor(seed / 2 ** 32) | 0]);
      for (const variant of variants.get("init") ?? []) variant.call();
      version++;
    },
    snapshot: () => takeSnapshot(plan.persistent, buffer),
    restore(snapshot) {
      putSnapshot(plan.persistent, buffer, snapshot);
      version++;
    },
    save: ({ only, metadata } = {}) =>
      saveWeights(
        only === undefined ? plan.persistent : plan.persistent.filter((slot) => slot.kind === only),
        buffer,
        metadata,
      ),
    load(file, { partial = false } = {}) {
      const result = loadWeights(plan.persistent, buffer, file, partial);
      version++;
      return result;
    },
    profile(entry, inputs = {}, runs = 10) {
      if (plan.profiled.length === 0)
        reject("E0805", "this module was not built for profiling", "compile with `profile`");
      const variant = select(entry, inputs, undefined);
      const arrays = arraysOf(variant, inputs);
      check(variant, arrays);
      const before = session.snapshot();
      prepare(variant);
      const fill = (): void => variant.inputs.forEach((to, i) => copyInput(to, arrays[i] as Elements));
      const profile = profileSteps(variant.plan.steps, exports, buffer, runs, fill);
      session.restore(before);
      return profile;
    },
  };
  session.reset(options.seed ?? 0);
  return session;
}

const stateTensor = (buffer: ArrayBufferLike, slot: Persistent): StateTensor => ({
  kind: slot.kind,
  dtype: slot.dtype,
  shape: slot.shape,
  data: viewOf(buffer, slot),
});
