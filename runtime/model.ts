/*
 * The interface of a compiled model. `dlc build` writes the text of this file, with the types of one model, as
 * `module.d.ts`; so it imports nothing.
 */

export type DType = "f32" | "f64" | "i32" | "u8" | "i8" | "bool";
export type TensorData = Float32Array | Float64Array | Int32Array | Uint8Array | Int8Array;

/** A dense row-major tensor; elements of dtype bool are bytes, 0 or 1. */
export interface Tensor<Data extends TensorData = TensorData, Shape extends readonly number[] = readonly number[]> {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly data: Data;
}

/** A param, or a state such as running statistics; `data` is a view. */
export interface StateTensor<
  Data extends TensorData = TensorData,
  Shape extends readonly number[] = readonly number[],
> extends Tensor<Data, Shape> {
  readonly kind: "param" | "state";
}

/** Numbers in order, or nested by axis; the rows may be typed arrays. */
export type Numbers = readonly (number | boolean)[] | readonly Numbers[] | readonly TensorData[];

/**
 * A typed array of the entry's dtype (Uint8Array also for bool), an array of numbers, nested or not, one number for a
 * scalar, or data with its shape.
 */
export type Input<Data extends TensorData = TensorData> =
  | Data
  | Numbers
  | number
  | boolean
  | { readonly data: Data | Numbers; readonly shape: readonly number[] };

/**
 * The values for an input with the structure of a model: an object by path, `{ "dense1.w": w }` or `{ dense1: { w } }`,
 * or a map by the paths of the model, such as `state` of another instance.
 */
export type Structure = { readonly [path: string]: Input | Structure } | ReadonlyMap<string, Input>;

export type Inputs = Readonly<Record<string, Input | Structure>>;
export type Outputs = Readonly<Record<string, Tensor>>;
export type Dims = Readonly<Record<string, number>>;

/** The types of one model: of its entries by name, of its settings by name, of its params and states by path. */
export interface ModelTypes {
  readonly entries: {
    readonly [entry: string]: { readonly inputs: object; readonly outputs: object; readonly dims: object };
  };
  readonly settings: { readonly [setting: string]: number };
  readonly state: { readonly [path: string]: StateTensor };
}

/** A model of which nothing is known at compile time. */
export interface AnyModel extends ModelTypes {
  readonly entries: {
    readonly [entry: string]: { readonly inputs: Inputs; readonly outputs: Outputs; readonly dims: Dims };
  };
}

/** The type of an input or output. */
export interface SlotType {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** The dim whose size each axis has, or null. */
  readonly dims: readonly (string | null)[];
}

/** What a caller can learn about an entry at run time. */
export interface EntryType {
  /** A plain entry computes, `train` trains, `draw` draws new numbers at each call. */
  readonly kind: "plain" | "train" | "draw";
  /** One for each set of dims for which the entry was compiled. */
  readonly variants: readonly {
    readonly dims: Dims;
    readonly inputs: Readonly<Record<string, SlotType>>;
    readonly outputs: Readonly<Record<string, SlotType>>;
  }[];
}

export interface BindOptions<D = Dims> {
  /** Selects the variant if the sizes of the inputs match several. */
  readonly dims?: D;
}

export interface RunOptions<D = Dims> extends BindOptions<D> {
  /** Returns views into the arena, valid until the next call, instead of copies. */
  readonly view?: boolean;
}

/** The arguments after the name of an entry; an entry without inputs needs none. */
export type EntryArguments<I, O> =
  Record<never, never> extends I ? [inputs?: I, options?: O] : [inputs: I, options?: O];

/** An entry bound to its input arrays. Repeated runs allocate nothing. */
export interface BoundEntry<O = Outputs> {
  /** Views into the arena, valid until the model runs an entry again. */
  readonly outputs: O;
  /**
   * Runs the entry on the current contents of the arrays, and returns `outputs`. Throws E0814 for numbers out of range
   * for the input's dtype, E0817 for indices out of range.
   */
  run(): O;
}

/** Params and states by path; the paths of a model are known. */
export interface StateMap<S extends ModelTypes["state"]> extends Omit<
  ReadonlyMap<keyof S & string, StateTensor>,
  "get"
> {
  get<P extends keyof S & string>(path: P): string extends keyof S ? S[P] | undefined : S[P];
}

/** Names of tensors; `*` stands for any characters, as in `Net.head.*`. */
export type Only = string | readonly string[];

export interface RestoreOptions {
  /** Restores only these params and states. */
  readonly only?: Only;
}

export interface ResetOptions extends RestoreOptions {
  /** By default the seed that the model has; the initial values are then those that it started with. */
  readonly seed?: number;
}

export interface SaveOptions {
  /** Only params, without running statistics, optimizer slots and the random state. */
  readonly only?: "param";
  /** Also the settings; as in `load`, they stay out unless asked for. */
  readonly settings?: boolean;
  /** Also the random state, without which a run does not continue bit for bit: the seed and the counters of calls. */
  readonly random?: boolean;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface WeightsOptions {
  /**
   * What the file must have: `model` (the default) params and the state of layers, such as running statistics; `params`
   * only params; `all` also the state of optimizers, the settings and the random state, and nothing else.
   */
  readonly need?: "all" | "model" | "params";
  /** Also loads the settings, which the file must have; otherwise those of the model stay. */
  readonly settings?: boolean;
  /** Also loads the random state, which the file must have: the seed and the counters of calls. */
  readonly random?: boolean;
  /** Loads what fits: nothing must be in the file, and tensors of another dtype or shape are skipped. */
  readonly partial?: boolean;
  /** Loads only these tensors of the model. */
  readonly only?: Only;
  /**
   * The name in the model for a name in the file, as patterns such as `{ "old.*": "new.*" }` or as a function; names
   * for which it returns undefined stay.
   */
  readonly rename?: Readonly<Record<string, string>> | ((name: string) => string | undefined);
}

export interface LoadReport {
  /** Names in the model. */
  readonly loaded: readonly string[];
  /** Tensors of the model that keep their values, and tensors of the file that were not used. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

/** A compiled model with its memory. All errors are `DlcError`s. */
export interface ModelOf<T extends ModelTypes> {
  /**
   * The entries by name, with the types of their inputs and outputs.
   *
   * @example
   * model.entries.get("predict").variants[0].inputs.image.shape; // => [1, 28, 28, 1]
   */
  readonly entries: ReadonlyMap<keyof T["entries"] & string, EntryType>;
  /**
   * Runs an entry. Outputs are copies. Throws E0803 for an unknown entry, E081x for invalid inputs.
   *
   * @example
   * model.run("predict", { image }).probs.shape; // => [1, 10]
   * model.run("step", batch).loss.dtype; // => "f32"
   */
  run<E extends keyof T["entries"] & string>(
    entry: E,
    ...rest: EntryArguments<T["entries"][E]["inputs"], RunOptions<T["entries"][E]["dims"]>>
  ): T["entries"][E]["outputs"];
  /**
   * Makes the checks of `run` once; afterwards only the elements of the arrays may change. For loops.
   *
   * @example
   * const bound = model.bind("predict", { image });
   * image.fill(1); // the next run sees it
   * bound.run().probs === bound.outputs.probs; // => true
   */
  bind<E extends keyof T["entries"] & string>(
    entry: E,
    ...rest: EntryArguments<T["entries"][E]["inputs"], BindOptions<T["entries"][E]["dims"]>>
  ): BoundEntry<T["entries"][E]["outputs"]>;
  /**
   * Params and states by path; `data` are views. What is written to one takes effect at the next call.
   *
   * @example
   * model.state.get("MLP.dense1.w").shape; // => [784, 256]
   * model.state.get("MLP.dense2.w").data.fill(0);
   * model.run("predict", { image }).logits.data[0]; // => 0
   */
  readonly state: StateMap<T["state"]>;
  /**
   * Only for memory that was written to by other means than `state`.
   *
   * @example
   * const { buffer, byteOffset } = model.state.get("MLP.dense2.w").data;
   * new Float32Array(buffer, byteOffset, 2560).fill(0); // a view of one's own
   * model.touch();
   * model.run("predict", { image }).logits.data[0]; // => 0
   */
  touch(): void;
  /**
   * Changes a `setting` of the model, or several, effective from the next call. Throws E0815 for an unknown setting,
   * E0816 for a value out of range; then none is changed.
   *
   * @example
   * model.set({ lr: 1e-2 }); // or set("lr", 1e-2)
   * model.state.get("setting.lr").data[0] === Math.fround(1e-2); // => true
   */
  set(...change: [name: keyof T["settings"] & string, value: number] | [values: Partial<T["settings"]>]): void;
  /**
   * Initializes all params and states again, or some of them.
   *
   * @example
   * const before = model.save();
   * model.run("step", batch);
   * model.reset(0); // or some, with a new seed: { seed: 1, only: "MLP.dense2.*" }
   * model.save().every((byte, i) => byte === before[i]); // => true
   */
  reset(seed: number | ResetOptions): void;
  /**
   * Everything, with the settings and the random state.
   *
   * @example
   * model.snapshot() instanceof Uint8Array; // => true
   */
  snapshot(): Uint8Array<ArrayBuffer>;
  /**
   * Returns to a snapshot of this model, or some params and states of it.
   *
   * @example
   * const snapshot = model.snapshot();
   * const { loss } = model.run("step", batch);
   * model.restore(snapshot); // or some of it: { only: "MLP.dense1.*" }
   * model.run("step", batch).loss.data[0] === loss.data[0]; // => true
   */
  restore(snapshot: Uint8Array | ArrayBufferLike, options?: RestoreOptions): void;
  /**
   * safetensors; the same values produce the same bytes. Without settings and the random state, unless the options ask
   * for them.
   *
   * @example
   * model.save({ settings: true, random: true }).length > model.save().length; // => true
   */
  save(options?: SaveOptions): Uint8Array<ArrayBuffer>;
  /**
   * Loads weights by name. The file must have everything that the results depend on: params, and the state of layers.
   * Options relax or tighten that. Settings and the random state stay, unless the options ask for them. Throws E0820
   * for an invalid file, E0821 for tensors that do not match; the model is unchanged then.
   *
   * @example
   * const file = model.save();
   * model.load(file).skipped; // => []
   * model.load(file, { only: "MLP.dense1.*" }).loaded; // => ["MLP.dense1.w", "MLP.dense1.b"]
   */
  load(file: Uint8Array | ArrayBufferLike, options?: WeightsOptions): LoadReport;
}

export interface StartOptions {
  /** Seed of the initial params, dropout and all other random numbers. An integer from 0 to 2^53 - 1, default 0. */
  readonly seed?: number;
  /** `fast` may use relaxed SIMD (fused multiply-adds); `strict` produces the same bits on every machine. */
  readonly mode?: "fast" | "strict";
  /**
   * False runs entries without the check of indices in inputs (E0817): an index out of range then counts as the nearest
   * one in range.
   */
  readonly checks?: boolean;
}

export interface LoadOptions extends StartOptions {
  /** The code, where it cannot be fetched or compiled: a compiled module, or the bytes of `module.wasm`. */
  readonly module?: WebAssembly.Module | Uint8Array | ArrayBufferLike;
  /** Weights to use instead of those of the build (safetensors); null starts from the seed, in a build without. */
  readonly weights?: Uint8Array | ArrayBufferLike | null;
  /** Called as bytes arrive, with the bytes of all files so far and in total. */
  readonly onProgress?: (progress: { readonly loaded: number; readonly total: number }) => void;
  /** Ends the loading; `load` then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Used instead of the host's `fetch`, such as to add headers. */
  readonly fetch?: (url: URL, options: { readonly signal?: AbortSignal }) => Promise<Response>;
}
