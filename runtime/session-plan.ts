import type { DType } from "./model.ts";

/** The location of a tensor in the arena. `offset` is in bytes, 16-byte aligned; `shape` is row-major. */
export interface Slot {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly offset: number;
}

/**
 * A tensor that lives as long as the model: a param (trained, saved) or a state (running statistics, optimizer slots,
 * rng).
 */
export interface Persistent extends Slot {
  readonly kind: "param" | "state";
  /** Stable name, such as `LeNet.conv1.w`. */
  readonly path: string;
  /**
   * Of a state that is not part of a model: of an optimizer, on which no result depends; a setting; the seed, and the
   * counters of calls. Absent otherwise.
   */
  readonly role?: "optimizer" | "setting" | "random";
}

export interface NamedSlot extends Slot {
  readonly name: string;
  /** Of an input: where the file declares it, `lenet.dl:7:16`. */
  readonly at?: string;
  /** The dim whose size each axis has, or null; absent if no axis is a dim. */
  readonly axes?: readonly (string | null)[];
}

/** Elements of an input that are indices: `counts` by `strides` of the row-major elements, from `start` on. */
export interface IndexRange {
  /** Closed intervals, ascending; none if every value would be out of the range of one use. */
  readonly allowed: readonly (readonly [number, number])[];
  readonly start: number;
  readonly counts: readonly number[];
  readonly strides: readonly number[];
}

export interface InputSlot extends NamedSlot {
  /** Absent if no element is an index. */
  readonly indices?: readonly IndexRange[];
}

/** One entry specialised to one set of dims: one function of the module. */
export interface SessionEntry {
  readonly name: string;
  /** Absent for a plain entry. */
  readonly kind?: "train" | "draw";
  readonly dims: Readonly<Record<string, number>>;
  /**
   * The paths of the models whose structure inputs have, by the name of the input: `w` stands for the inputs
   * `w.dense1.w`, `w.dense1.b`. Absent if there are none.
   */
  readonly structures?: Readonly<Record<string, string>>;
  readonly inputs: readonly InputSlot[];
  readonly outputs: readonly NamedSlot[];
  /** Exported function of the call stage: `() => void`. */
  readonly call: string;
  /**
   * Exported function of the weights stage, which must run before `call` whenever a persistent tensor has changed.
   * Absent if the stage is empty.
   */
  readonly prepare?: string | null;
  /** Whether a call writes a persistent tensor that the weights stage of an entry reads: it must run again. */
  readonly outdates?: boolean;
}

/** A number that can change between calls without recompilation: `path` is the state that holds it. */
export interface Setting {
  readonly name: string;
  readonly path: string;
  readonly default: number;
  /** The range that a search may try; null if unlimited. */
  readonly low: number | null;
  readonly high: number | null;
  readonly scale: "linear" | "log";
}

/** What a session needs to know about a compiled module. Plain JSON: part of `module.mjs` of a built model. */
export interface SessionPlan {
  /** Whole arena, in bytes; the module imports `env.memory` of at least this size. */
  readonly arenaBytes: number;
  readonly persistent: readonly Persistent[];
  /**
   * All variants of all entries. The entry `init` (no inputs, no outputs) writes every persistent tensor from the seed;
   * a build whose weights are given has none.
   */
  readonly entries: readonly SessionEntry[];
  /** Absent if there are none. */
  readonly settings?: readonly Setting[];
}

/**
 * The executable part: functions by export name over one memory. WebAssembly exports them directly; emitted JavaScript
 * returns them from its `instantiate(memory)`.
 */
export type Exports = Readonly<Record<string, (...args: readonly number[]) => void>>;

export type Code =
  | {
      readonly kind: "wasm";
      readonly bytes: Uint8Array<ArrayBuffer>;
      /** Used instead if the host has relaxed SIMD. */
      readonly relaxed?: Uint8Array<ArrayBuffer>;
    }
  | {
      readonly kind: "js";
      readonly instantiate: (memory: WebAssembly.Memory | { readonly buffer: ArrayBuffer }) => Exports;
    };
