import type { Span } from "../../dsl/span.ts";
import type { TensorType } from "../types/tensor-type.ts";
import type { Op, OpTable } from "./op.ts";
import type { Lineage, Provenance } from "./provenance.ts";

/**
 * Graph IR: a static computation graph in SSA form. A graph is a pure function
 * `(params, state, inputs) -> (outputs, new params and state)`; nodes stand in an order in which operands come first.
 */
export interface Value {
  readonly node: Node;
  /** Which result of the node. */
  readonly index: number;
  readonly type: TensorType;
}

/** `data` is for dense constants. */
export type Attr = number | boolean | string | readonly number[] | readonly (readonly number[])[];
export type Attrs = Readonly<Record<string, Attr>>;

export interface Node {
  readonly op: Op;
  readonly operands: readonly Value[];
  readonly attrs: Attrs;
  readonly results: readonly Value[];
  /** Graphs of its own that a control op runs, in the order of `op.regions`; empty for all others. */
  readonly regions: readonly Graph[];
  /** Its id, and where it comes from; a node that is only rebuilt on other operands keeps it. */
  readonly provenance: Provenance;
  /** What later passes say of the node; all of it prints and parses back. */
  readonly notes: Notes;
}

export interface Notes {
  /** Runs when params or state have changed since, not per call (set by split-by-stage). */
  readonly stage?: "weights";
  /** Nodes of one group become one kernel (set by fuse). Dense, in order of execution; a node without a group makes no kernel (leaves, views). */
  readonly group?: number;
  /** Where each result lies (set by plan-memory); null for a value that never reaches memory. */
  readonly places?: readonly (Place | null)[];
  /** Of a control op: where the scratch area of its regions begins in that of the graph around it, in bytes (set by plan-memory; prints as `@frame=64`). */
  readonly frame?: number;
}

/**
 * `scratch`: shared by all entries, valid during a call; inputs and outputs lie here too. `cache`: this entry's own, from the weights stage
 * until the weights change. `persistent`: the tensor of that path itself, so that a write happens in place. `constant`: read-only data.
 * Offsets in bytes from the start of the area.
 */
export type Place =
  | { readonly area: "scratch" | "cache" | "constant"; readonly offset: number }
  | { readonly area: "persistent"; readonly path: string }
  /** Inside a region: one of its inputs, outputs or carries, by its position among them. Of a sequence or a stacked result, the item of this iteration. */
  | { readonly area: "operand" | "result" | "carry"; readonly index: number };

export interface Graph {
  readonly name: string;
  /** The table that the nodes' ops are from; passes make new nodes with it. */
  readonly table: OpTable;
  /** Numbers the nodes; shared with the regions, and with the graphs that passes make of this one. */
  readonly lineage: Lineage;
  /** The values of `input` nodes, in the order of the signature; kept even if unused. */
  readonly inputs: readonly Value[];
  /** All nodes, leaves (`input`, `param`, `state`, `constant`) included. */
  readonly nodes: readonly Node[];
  readonly outputs: readonly { readonly name: string; readonly value: Value }[];
  /** New values of params and state, by path; all reads in `nodes` see the values from before the call. */
  readonly writes: readonly { readonly path: string; readonly value: Value }[];
  /** Of a region of `scan` or `while`, in the order of the node's operands; kept even if unused. Empty for all other graphs. */
  readonly carries: readonly Carry[];
}

/**
 * What a loop passes from one iteration to the next. As with params and state, all reads see the value from before the iteration, and updates happen in place
 * where that is safe. A region that leaves the carry as it is has `next` equal to `value`.
 */
export interface Carry {
  /** The result of a `carry` leaf, which bears the name. */
  readonly value: Value;
  readonly next: Value;
}

/*
 * A region is a graph with its own leaves: inputs (what it reads from outside, through the operands of its node), carries and constants. It has neither params nor
 * state.
 */

/** A param or state of the program. */
export interface Persistent {
  readonly kind: "param" | "state";
  readonly path: string;
  readonly type: TensorType;
  readonly span: Span | null;
}

/** What elaboration gives: one graph per entry and set of dims, and `init`, which writes every persistent tensor from the seed. */
export interface Program {
  readonly name: string;
  readonly persistent: readonly Persistent[];
  readonly entries: readonly { readonly dims: Readonly<Record<string, number>>; readonly graph: Graph }[];
  /** States that are set from outside between calls; absent where there are none. */
  readonly settings?: readonly ProgramSetting[];
}

/** A number that changes between calls without compiling again. `path` is that of its state. */
export interface ProgramSetting {
  readonly name: string;
  readonly path: string;
  readonly default: number;
  /** What a search may try; null where anything goes. */
  readonly low: number | null;
  readonly high: number | null;
  readonly scale: "linear" | "log";
}
