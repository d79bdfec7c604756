import type { Span } from "../../dsl/span.ts";
import type { TensorType } from "../types/tensor-type.ts";
import type { Interval } from "../types/interval.ts";
import type {
  AttrKind,
  Attrs,
  Draw,
  Example,
  Form,
  Indices,
  Linearity,
  Movement,
  OpName,
  Operator,
  Reference,
  Sample,
  Site,
} from "./form.ts";

export type { Attr, Attrs } from "./form.ts";
import type { Lineage, Provenance } from "./provenance.ts";

/**
 * Graph IR: a static computation graph in SSA form. A graph is a pure function
 * `(params, state, inputs) -> (outputs, new params and state)`; its nodes are in topological order, operands first.
 */
export interface Value {
  readonly node: Node;
  /** Which result of the node. */
  readonly index: number;
  readonly type: TensorType;
}

export interface Node {
  readonly op: Op;
  readonly operands: readonly Value[];
  readonly attrs: Attrs;
  readonly results: readonly Value[];
  /** The graphs that a control op runs, in the order of `op.regions`; empty for other ops. */
  readonly regions: readonly Graph[];
  /** Its id, and where it comes from; a node that is only rebuilt on other operands keeps it. */
  readonly provenance: Provenance;
  /** Decisions of later passes; they print and parse back. */
  readonly notes: Notes;
}

export interface Notes {
  /** Runs only when params or state have changed since the last call (set by split-by-stage). */
  readonly stage?: "weights";
  /**
   * Nodes of one group become one kernel (set by fuse). Dense, in order of execution; a node without a group makes no
   * kernel (leaves, views).
   */
  readonly group?: number;
  /** The memory location of each result (set by plan-memory); null for a value that never reaches memory. */
  readonly locations?: readonly (MemoryLocation | null)[];
  /**
   * Of a control op: the offset of its regions' scratch area in that of the enclosing graph, in bytes (set by
   * plan-memory; prints as `@frame=64`).
   */
  readonly frame?: number;
}

/**
 * A memory location. `scratch`: shared by all entries, valid during a call; inputs and outputs are here too. `cache`:
 * owned by the entry, valid from the weights stage until the weights change. `persistent`: the tensor of that path, so
 * a write happens in place. `constant`: read-only data. Offsets are in bytes from the start of the area.
 */
export type MemoryLocation =
  | { readonly area: "scratch" | "cache" | "constant"; readonly offset: number }
  | { readonly area: "persistent"; readonly path: string }
  /**
   * Inside a region: an input, output or carry, by its position. For a sequence or a stacked result, the item of the
   * current iteration.
   */
  | { readonly area: "operand" | "result" | "carry"; readonly index: number };

export interface Graph {
  readonly name: string;
  /** The ops; passes make new nodes with it. */
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
  /**
   * For a region of `scan` or `while`, in the order of the node's operands; kept even if unused. Empty for all other
   * graphs.
   */
  readonly carries: readonly Carry[];
}

/**
 * A value that a loop passes from one iteration to the next. As with params and state, all reads see the value from
 * before the iteration, and updates happen in place where that is safe. A region that does not change the carry has
 * `next` equal to `value`.
 */
export interface Carry {
  /** The result of a `carry` leaf, which has the name. */
  readonly value: Value;
  readonly next: Value;
}

/*
 * A region is a graph with its own leaves: inputs (values from outside, through the operands of its node), carries and
 * constants. It has neither params nor state.
 */

// Ops
// ---------------------------------------------------------------------------------------------------------------------

/**
 * The `GraphBuilder` with which rules append nodes. `build.ts`, which depends on this file, augments this interface
 * with it.
 */
export interface RuleBuilder {}

/** A requirement of an op on its operands, attributes and regions. */
export interface Condition {
  /** The error text and the docs line. */
  readonly message: string;
  /**
   * Names of the operands, attributes or regions to which it refers; `operands` for those of a variadic op. A
   * diagnostic points at the argument if the call has exactly one of them.
   */
  readonly about: readonly string[];
  readonly holds: (operands: readonly TensorType[], attrs: Attrs, regions: readonly Graph[]) => boolean;
  /**
   * Each example breaks this condition and none before it; tests check that. Only conditions about regions have none,
   * since these would be graphs.
   */
  readonly breaks?: readonly Example[];
}

/**
 * An op is one entry: the single source for language builtins, printer, parser, verifier, autodiff, fusion, code
 * generation, tests and docs.
 */
export interface Op {
  readonly name: OpName;
  readonly doc: string;
  /** Names of the operands; `variadic` for any number (at least one). */
  readonly operands: readonly string[] | "variadic";
  readonly attrs: Readonly<Record<string, AttrKind>>;
  /** Values of attributes that may be left out. */
  readonly defaults: Attrs;
  /** Conditions by label (`c1`), checked in order before `type` is called; the diagnostic's code is `<op>-<label>`. */
  readonly requires: Readonly<Record<string, Condition>>;
  /** Names of the regions of a control op (`body`); absent for other ops. */
  readonly regions?: readonly string[];
  readonly type: (operands: readonly TensorType[], attrs: Attrs, regions: readonly Graph[]) => readonly TensorType[];
  readonly gradient: Gradient;
  /** How it is computed: the closed set of forms that fusion and code generation understand. */
  readonly form: Form;
  /** The op on every item of a batch at once. */
  readonly batch: BatchRule;
  /** Null if it is not linear in any operand. */
  readonly linear: Linearity | null;
  /**
   * The sum of the op's results over a batch, if one op of the whole batch computes it; all operands are batched. Null
   * if these attributes do not allow it.
   */
  readonly sumOverBatch?: (g: RuleBuilder, op: Op, operands: readonly Value[], attrs: Attrs) => Value | null;
  /** For an op that adds rows to a table of zeros at indices along its first axis. */
  readonly addsRows?: AddsRows;
  readonly reference: Reference;
  /** Its operator in rules and in chains of affine maps. */
  readonly operator?: Operator;
  /**
   * Swapping its two operands changes no bit. Not true of max and min: of -0 and 0 they return the first.
   */
  readonly commutative?: true;
  /** For a map whose result consists of elements of its operand. */
  readonly moves?: Movement;
  /** The operand whose elements are indices along an axis. Absent if there is none. */
  readonly indices?: (site: Site) => Indices;
  /** An equivalent in terms of ops that have kernels; null if this use has a kernel already. */
  readonly lower?: Lowering;
  /** Uses that tests run: every op has some, with shapes that include size 1, odd and tail sizes. */
  readonly samples: readonly Sample[];
  /**
   * An interval that contains the results, from those of the operands, up to rounding and apart from NaN. Required
   * except for leaves, whose values are unknown, and for ops with regions.
   */
  readonly range?: (operands: readonly Interval[], site: Site) => Interval;
  /** Draws a random use for tests. Required except for ops with regions, whose uses are graphs. */
  readonly draw?: Draw;
  /** Bounds for the operands of a drawn use, if the op is not smooth and finite on all of [-2, 2]. */
  readonly between?: readonly [least: number, most: number];
  /**
   * Compiled f32 equals the f32 reference bit for bit. False if the result depends on the order of a sum or on a
   * polynomial.
   */
  readonly exact: boolean;
  /**
   * For a discontinuous pointwise op: the number of the continuous piece that contains the arguments. Absent if the op
   * is continuous.
   */
  readonly steps?: (args: readonly number[]) => number;
}

export type Lowering = (g: RuleBuilder, op: Op, site: LoweringSite) => readonly Value[] | null;

export interface LoweringSite {
  readonly operands: readonly Value[];
  readonly results: readonly TensorType[];
  readonly attrs: Attrs;
}

export interface AddsRows {
  /** The number of rows that a use adds; null if its attributes name another axis. */
  readonly count: (operands: readonly TensorType[], attrs: Attrs) => number | null;
  /** The rows at which some uses add to tables of one height. */
  readonly rows: (g: RuleBuilder, uses: readonly LoweringSite[]) => AddedRows;
}

export interface AddedRows {
  readonly count: number;
  /** The rows of the result of each use. A row that occurs several times is the same each time. */
  readonly sums: readonly Value[];
  /** The same, each row once, in any order, with rows of zeros. */
  readonly once: readonly Value[];
  /** The rows of another value of this height. */
  readonly take: (x: Value) => Value;
  /** The value with these rows in place of its own. */
  readonly put: (x: Value, rows: Value) => Value;
}

export type OpTable = ReadonlyMap<OpName, Op>;

/** The op of a name from a text, which need not be one. */
export const opNamed = (table: ReadonlyMap<string, Op>, name: string): Op | undefined => table.get(name);

/** One gradient per operand, null if none flows. Made of ops, so it can be differentiated again. */
export type Gradient =
  | { readonly kind: "none"; readonly why: string }
  | { readonly kind: "rule"; readonly rule: (g: RuleBuilder, at: GradientSite) => readonly (Value | null)[] };

export interface GradientSite {
  readonly operands: readonly Value[];
  readonly results: readonly Value[];
  /** The gradient with respect to each result; null if none flows. */
  readonly grads: readonly (Value | null)[];
  /** Whether the gradient of each operand is needed; a rule may leave out the others. */
  readonly wanted: readonly boolean[];
  readonly attrs: Attrs;
  readonly regions: readonly Graph[];
}

/** A value in a batch: batched, with a new first axis of one item per member, or shared by all members. */
export interface BatchValue {
  readonly value: Value;
  readonly batched: boolean;
}

export interface BatchSite {
  /** At least one is batched, unless the list is empty. */
  readonly operands: readonly BatchValue[];
  readonly attrs: Attrs;
  readonly regions: readonly Graph[];
  /** The number of members, 1 or more. */
  readonly size: number;
}

/** Appends nodes that compute the results of the op for every member. */
export type BatchRule = (g: RuleBuilder, op: Op, site: BatchSite) => readonly BatchValue[];

// Programs
// ---------------------------------------------------------------------------------------------------------------------

/** A param or state of the program. */
export interface Persistent {
  readonly kind: "param" | "state";
  readonly path: string;
  readonly type: TensorType;
  readonly span: Span | null;
  /** Absent for the params and states of models and layers. */
  readonly role?: StateRole;
}

/**
 * A state that is not part of a model: of an optimizer, on which no result depends; a setting, which only sessions
 * write; the random state: the seed and the counters of calls.
 */
export type StateRole = "optimizer" | "setting" | "random";

/**
 * The result of elaboration: one graph per entry and set of dims, and `init`, which writes every persistent tensor from
 * the seed.
 */
export interface Program {
  readonly name: string;
  readonly persistent: readonly Persistent[];
  readonly entries: readonly ProgramEntry[];
  /** States that the host may set between calls; absent if none. */
  readonly settings?: readonly ProgramSetting[];
}

/** An entry for one set of dims. */
export interface ProgramEntry {
  readonly dims: Readonly<Record<string, number>>;
  readonly graph: Graph;
  /** Absent for a plain entry. */
  readonly mode?: "train" | "draw";
  /** The paths of the models whose structure inputs have: `w` stands for `w.dense1.w`, `w.dense1.b`. */
  readonly structures?: Readonly<Record<string, string>>;
  /** The dim whose size each axis of an output has, or null, by the output's name. Absent if there are none. */
  readonly axes?: Readonly<Record<string, readonly (string | null)[]>>;
}

/** A number that can change between calls without recompilation. `path` is that of its state. */
export interface ProgramSetting {
  readonly name: string;
  readonly path: string;
  readonly default: number;
  /** The range that a search may try; null if unlimited. */
  readonly low: number | null;
  readonly high: number | null;
  readonly scale: "linear" | "log";
}
