import type { Span } from "../../dsl/span.ts";
import type { TensorType } from "../types/tensor-type.ts";
import type { Op, OpTable } from "./op.ts";

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
  /** Where in the `.dl` text it came from; rewrites keep the span of what they replace. */
  readonly span: Span | null;
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
  /** Inside a region: what the region's node reads or gives, `offset` being its position in the region's inputs or outputs; of what is scanned, this turn's part. */
  | { readonly area: "operand" | "result"; readonly offset: number };

export interface Graph {
  readonly name: string;
  /** The table that the nodes' ops are from; passes make new nodes with it. */
  readonly table: OpTable;
  /** The values of `input` nodes, in the order of the signature; kept even if unused. */
  readonly inputs: readonly Value[];
  /** All nodes, leaves (`input`, `param`, `state`, `constant`) included. */
  readonly nodes: readonly Node[];
  readonly outputs: readonly { readonly name: string; readonly value: Value }[];
  /** New values of params and state, by path; all reads in `nodes` see the values from before the call. */
  readonly writes: readonly { readonly path: string; readonly value: Value }[];
}

/*
 * A region is a graph with its own leaves: what it reads from outside comes through the operands of its node, as `input` nodes in order. A carry (of `scan` and
 * `while`) is a `state` leaf with the path `carry0`, `carry1`, ..., and its next value is a write to that path, so that whatever holds for params and state
 * (reads see the old value, updates in place) holds for carries too.
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
