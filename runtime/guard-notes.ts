import type { Address } from "./address.ts";

/*
 * What a checked run (`guards.ts`) has to know beside the steps: which value lies where at every moment. Values are numbered through the whole module. A module
 * compiled without `guards` has none of this.
 */

/** A stretch of the arena, in bytes. */
export interface Range {
  readonly offset: number;
  readonly bytes: number;
}

/** One buffer of a call: the value in it, or the one that the kernel leaves there. */
export interface Operand {
  readonly value: number;
  readonly bytes: number;
  /** Bytes of an element. */
  readonly width: number;
  readonly stores: boolean;
}

/** Memory that holds one value, and from now on counts as another: the next value of a carry, the new value of a param. */
export interface Handover {
  readonly at: Address;
  readonly bytes: number;
  readonly from: number;
  readonly to: number;
}

/** Of a loop or branch: the scratch of its regions, which holds nothing when a turn begins, and what a turn hands to the next. */
export interface TurnNotes {
  readonly frame: Range;
  readonly carries: readonly Handover[];
  /** The value of the flag that it tests; null for a loop of so many turns. */
  readonly flag: number | null;
}

/** Values of an entry's inputs and outputs, in the order of its slots, and of what it writes to params and state. */
export interface EntryNotes {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly writes: readonly Handover[];
}

export interface GuardNotes {
  /** What each value is, for people: `add f32[2,3] at lenet.dl:7:9`. */
  readonly values: readonly string[];
  /** In the order of the plan's entries. */
  readonly entries: readonly EntryNotes[];
  /** Of each param and state, in the order of the plan: its value between calls. */
  readonly persistent: readonly number[];
  readonly constants: readonly (Range & { readonly value: number })[];
  /** Shared by all entries; nobody's between calls. */
  readonly scratch: Range;
  /** Room for the results of any one kernel, at the end of the arena. */
  readonly spare: Range;
}
