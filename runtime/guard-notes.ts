import type { Address } from "./address.ts";

/*
 * What a checked run (`guards.ts`) needs besides the steps: the location of every value at every step. Values are
 * numbered across the whole module. A module compiled without `guards` does not contain this.
 */

/** A range of the arena, in bytes. */
export interface Range {
  readonly offset: number;
  readonly bytes: number;
}

/** One buffer of a call: the value that the kernel reads from it, or that it holds after the call. */
export interface Operand {
  readonly value: number;
  readonly bytes: number;
  /** Bytes per element. */
  readonly width: number;
  readonly stores: boolean;
  /** The value that it holds before the call, if the kernel changes only some of its elements. */
  readonly updates?: number;
}

/** Memory whose value is renamed: from here on it is the next value of a carry, or the new value of a param. */
export interface Handover {
  readonly at: Address;
  readonly bytes: number;
  readonly from: number;
  readonly to: number;
}

/**
 * For a loop or branch: the scratch of its regions, which is undefined when an iteration begins, and the values that an
 * iteration passes to the next.
 */
export interface TurnNotes {
  readonly frame: Range;
  readonly carries: readonly Handover[];
  /** The value of the flag that it tests; null for a counted loop. */
  readonly flag: number | null;
}

/** Values of an entry's inputs and outputs, in the order of its slots, and of the params and state that it writes. */
export interface EntryNotes {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly writes: readonly Handover[];
}

export interface GuardNotes {
  /** A description of each value: `add f32[2,3] at lenet.dl:7:9`. */
  readonly values: readonly string[];
  /** In the order of the plan's entries. */
  readonly entries: readonly EntryNotes[];
  /** The value of each param and state between calls, in the order of the plan. */
  readonly persistent: readonly number[];
  readonly constants: readonly (Range & { readonly value: number })[];
  /** Shared by all entries; undefined between calls. */
  readonly scratch: Range;
  /** Space for the results of any single kernel, at the end of the arena. */
  readonly spare: Range;
}
