import type { EntryType } from "./entry-types.ts";
import type { Guard } from "./guards.ts";
import type { Inputs } from "./input-types.ts";
import type { Mode } from "./instantiate.ts";
import type { LoadReport, WeightsOptions } from "./load-weights.ts";
import type { Exports, Plan } from "./plan.ts";
import type { Profile, profileSteps } from "./profile.ts";
import type { StateTensor } from "./state.ts";
import type { Tensor } from "./tensor.ts";
import type { SaveOptions } from "./weights.ts";

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
  /** `profileSteps` of `profile.ts`: for `profile`, in a build with `profile`. */
  readonly profiler?: typeof profileSteps;
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

export interface RestoreOptions {
  /** Restores only these params and states; `*` stands for any characters, as in `Net.head.*`. */
  readonly only?: string | readonly string[];
}

export interface ResetOptions extends RestoreOptions {
  /** By default the seed that the model has; the initial values are then those that it started with. */
  readonly seed?: number;
}

/** A compiled model with its memory. All errors are `DlcError`s. */
export interface Session {
  readonly plan: Plan;
  /** The entries by name, with the types of their inputs and outputs. */
  readonly entries: ReadonlyMap<string, EntryType>;
  /** Runs an entry. Throws E0803 for an unknown entry, E081x for invalid inputs. */
  run(entry: string, inputs?: Inputs, options?: RunOptions): Outputs;
  /** Makes the checks of `run` once; afterwards only the elements of the arrays may change. */
  bind(entry: string, inputs?: Inputs, options?: Pick<RunOptions, "dims">): BoundEntry;
  /** Params and state by path; `data` are views. What is written to one takes effect at the next call. */
  readonly state: ReadonlyMap<string, StateTensor>;
  /** Only for memory that was written to by other means than `state`. */
  touch(): void;
  /**
   * Changes a `setting` of the model, or several, effective from the next call. Throws E0815 for an unknown setting,
   * E0816 for a value out of range; then none is changed.
   */
  set(name: string, value: number): void;
  set(values: Readonly<Record<string, number>>): void;
  /** Initializes all params and state again, or some of them. */
  reset(seed: number | ResetOptions): void;
  /** Everything, with the settings and the random state. */
  snapshot(): Uint8Array<ArrayBuffer>;
  restore(snapshot: Uint8Array | ArrayBufferLike, options?: RestoreOptions): void;
  /**
   * safetensors; the same values produce the same bytes. Without settings and the random state, unless the options ask
   * for them.
   */
  save(options?: SaveOptions): Uint8Array<ArrayBuffer>;
  /**
   * Loads weights by name. The file must have everything that the results depend on: params, and the state of layers.
   * Options relax or tighten that. Settings and the random state stay, unless the options ask for them. Throws E0820
   * for an invalid file, E0821 for tensors that do not match; the model is unchanged then.
   */
  load(file: Uint8Array | ArrayBufferLike, options?: WeightsOptions): LoadReport;
  /** Time of each kernel of an entry, in a build with `profile`. The state is restored afterwards. */
  profile(entry: string, inputs?: Inputs, runs?: number): Profile;
}
