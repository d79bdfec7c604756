import type { Address } from "./address.ts";
import type { DType } from "./dtype.ts";
import type { GuardNotes, Operand, TurnNotes } from "./guard-notes.ts";

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

/** The steps of a function of the module, in order: calls of kernels, and control flow around them. */
export type Step =
  /** One call of one kernel; the arguments are the addresses of its buffers. Multiply-adds count as two flops. */
  | {
      readonly kind: "call";
      readonly kernel: string;
      readonly args: readonly Address[];
      readonly flops: number;
      readonly bytes: number;
      readonly guard?: readonly Operand[];
    }
  | { readonly kind: "loop"; readonly turns: number; readonly body: readonly Step[]; readonly guard?: TurnNotes }
  /** `condition` writes the byte at `flag` before each iteration; the loop continues while it is not 0. */
  | {
      readonly kind: "while";
      readonly flag: Address;
      readonly condition: readonly Step[];
      readonly body: readonly Step[];
      readonly guard?: TurnNotes;
    }
  | {
      readonly kind: "branch";
      readonly flag: Address;
      readonly then: readonly Step[];
      readonly otherwise: readonly Step[];
      readonly guard?: TurnNotes;
    };

/** All calls among the steps, including those inside control flow, each as often as it occurs. */
export function callsOf(steps: readonly Step[]): readonly Extract<Step, { kind: "call" }>[] {
  return steps.flatMap((step) => {
    switch (step.kind) {
      case "call":
        return [step];
      case "loop":
        return callsOf(step.body);
      case "while":
        return [...callsOf(step.condition), ...callsOf(step.body)];
      case "branch":
        return [...callsOf(step.then), ...callsOf(step.otherwise)];
    }
  });
}

/** Floating-point operations of one run; counts one iteration of a `while`, and the larger side of a branch. */
export function flopsOf(steps: readonly Step[]): number {
  return steps.reduce((sum, step) => {
    switch (step.kind) {
      case "call":
        return sum + step.flops;
      case "loop":
        return sum + step.turns * flopsOf(step.body);
      case "while":
        return sum + flopsOf(step.condition) + flopsOf(step.body);
      case "branch":
        return sum + Math.max(flopsOf(step.then), flopsOf(step.otherwise));
    }
  }, 0);
}

/** One entry specialised to one set of dims: one function of the module. */
export interface EntryPlan {
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
   * Exported function of the weights stage, which must run before `call` whenever a persistent tensor has changed; null
   * if the stage is empty.
   */
  readonly prepare: string | null;
  /** Whether a call writes a persistent tensor that the weights stage of an entry reads: it must run again. */
  readonly outdates: boolean;
  readonly steps: readonly Step[];
  readonly prepareSteps: readonly Step[];
  /** Planned bytes of the scratch area, and the largest live set, which is a lower bound for it. */
  readonly scratchBytes: number;
  readonly liveBytes: number;
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

/**
 * Everything that the runtime needs to know about a compiled module. Plain JSON: part of `manifest.json` of a built
 * model.
 */
export interface Plan {
  readonly format: "dlc-plan-1";
  readonly model: string;
  /** Whole arena, in bytes; the module imports `env.memory` of at least this size. */
  readonly arenaBytes: number;
  readonly persistent: readonly Persistent[];
  /** Constant data that the loader copies into the arena: base64 bytes at offsets. */
  readonly constants: readonly { readonly offset: number; readonly base64: string }[];
  /**
   * All variants of all entries. The entry `init` (no inputs, no outputs) writes every persistent tensor from the seed.
   */
  readonly entries: readonly EntryPlan[];
  /** The names of the kernels that are exported for profiling; empty in an ordinary build. */
  readonly profiled: readonly string[];
  /** Absent if there are none. */
  readonly settings?: readonly Setting[];
  /** For checked runs; absent in an ordinary build. */
  readonly guards?: GuardNotes;
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

/** `manifest.json` of a built model. File names are relative to it. */
export interface Manifest {
  readonly format: "dlc-model-1";
  /** The same in all files of one build: a hash of their contents. */
  readonly build: string;
  readonly code:
    | { readonly kind: "wasm"; readonly relaxed: string | null; readonly strict: string }
    | { readonly kind: "js"; readonly module: string };
  readonly weights: string;
  readonly plan: Plan;
}
