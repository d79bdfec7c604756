/*
 * The interface of a model in a worker. `dlc build --worker` writes the text of this file, with the types of one model,
 * as `client.d.ts`.
 */
import type {
  BindOptions,
  Dims,
  EntryArguments,
  EntryType,
  LoadOptions,
  ModelOf,
  ModelTypes,
  Outputs,
  TensorData,
} from "./model.ts";

export interface CallOptions<D = Dims> extends BindOptions<D> {
  /** Moves the arrays of the inputs to the worker, without a copy; the caller's are empty afterwards. */
  readonly transfer?: boolean;
  /**
   * Ends the call, which then rejects with the signal's reason. A call that waits for others is not made; one that runs
   * in the worker runs to its end there, and its result is dropped.
   */
  readonly signal?: AbortSignal;
}

/** An entry bound to its input arrays, which stay with the caller: each run copies their current contents. */
export interface BoundInWorker<O = Outputs> {
  run(options?: Pick<CallOptions, "signal">): Promise<O>;
}

/** All rows of each input, one after another, as typed arrays of the entry's dtypes. */
export type Rows<I> = { readonly [K in keyof I]: TensorData };

export interface TrainProgress<O = Outputs> {
  /** The number of steps so far. */
  readonly step: number;
  /** The means of the outputs that are single numbers. */
  readonly outputs: {
    readonly [K in keyof O as O[K] extends { readonly shape: readonly [number, ...number[]] } ? never : K]: number;
  };
}

export interface TrainOptions<O = Outputs, D = Dims> extends CallOptions<D> {
  /** By default as many as there are batches: for arrays, one pass over all rows. */
  readonly steps?: number;
  /** The order of rows, which is new in each pass; default 0. */
  readonly seed?: number;
  /** Called with the means since the last call, many times a second. */
  readonly onProgress?: (progress: TrainProgress<O>) => void;
  /** Calls `onProgress` after each this many steps instead. */
  readonly every?: number;
}

/** Members of a model that have no own form in a worker. */
type Promised<M> = {
  readonly [K in keyof M]: M[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<R> : never;
};

/**
 * A model in a worker. Calls run there in the order in which they were made; inputs are copied when a call is made. All
 * errors are `DlcError`s, or the reason of a signal.
 */
export type WorkerModelOf<T extends ModelTypes, M = ModelOf<T>> = WorkerCalls<T> &
  Promised<Omit<M, keyof WorkerCalls<T> | "touch">>;

export interface WorkerCalls<T extends ModelTypes> {
  readonly entries: ReadonlyMap<keyof T["entries"] & string, EntryType>;
  run<E extends keyof T["entries"] & string>(
    entry: E,
    ...rest: EntryArguments<T["entries"][E]["inputs"], CallOptions<T["entries"][E]["dims"]>>
  ): Promise<T["entries"][E]["outputs"]>;
  bind<E extends keyof T["entries"] & string>(
    entry: E,
    ...rest: EntryArguments<T["entries"][E]["inputs"], BindOptions<T["entries"][E]["dims"]>>
  ): BoundInWorker<T["entries"][E]["outputs"]>;
  /** Params and states by path, as copies. */
  readonly state: {
    keys(): IterableIterator<keyof T["state"] & string>;
    get<P extends keyof T["state"] & string>(
      path: P,
    ): Promise<string extends keyof T["state"] ? T["state"][P] | undefined : T["state"][P]>;
  };
  /** Ends the worker, and all calls that have no result yet (E0819). */
  terminate(): void;
}

/** In builds with a train entry. */
export interface Training<T extends ModelTypes> {
  /**
   * Runs an entry once for each batch: of an iterable of inputs, or of arrays that go to the worker once, where batches
   * are chosen from their rows. Calls that are made meanwhile run between steps. Resolves to the means of all steps; a
   * signal ends the loop after the current step.
   */
  train<E extends keyof T["entries"] & string>(
    entry: E,
    batches:
      | Iterable<T["entries"][E]["inputs"]>
      | AsyncIterable<T["entries"][E]["inputs"]>
      | Rows<T["entries"][E]["inputs"]>,
    options?: TrainOptions<T["entries"][E]["outputs"], T["entries"][E]["dims"]>,
  ): Promise<TrainProgress<T["entries"][E]["outputs"]>>;
}

export type LoadInWorkerOptions = Omit<LoadOptions, "fetch">;
