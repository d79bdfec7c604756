import type { Span } from "../../dsl/span.ts";
import type { TensorType } from "../types/tensor-type.ts";
import type { Interval } from "../types/interval.ts";
import type { AttrKind, Attrs, Draw, Example, Form, Linearity, Movement, OpName, Operator, Reference, Sample, Site } from "./form.ts";

export type { Attr, Attrs } from "./form.ts";
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

// Ops -----------------------------------------------------------------------------------------------------------------------------------------------

/** What rules append nodes with: the `GraphBuilder`, which `build.ts` fills in, since it is made of the types of this file. */
export interface RuleBuilder {}

/** What an op requires of its operands, attributes and regions. */
export interface Condition {
  /** The error text and the docs line. */
  readonly message: string;
  /**
   * The operands, attributes or regions that do not meet the condition where it fails, by name; `operands` for those of a variadic op. A diagnostic points at
   * the argument if the call has exactly one of them.
   */
  readonly about: readonly string[];
  readonly holds: (operands: readonly TensorType[], attrs: Attrs, regions: readonly Graph[]) => boolean;
  /** Each example breaks this condition and none before it, as tests check. Only conditions about regions have none, since these would be graphs. */
  readonly breaks?: readonly Example[];
}

/**
 * An op is one entry: whoever must know it (language builtins, printer, parser, verifier, autodiff, fusion, code generation, tests, docs) reads this and
 * nothing else.
 */
export interface Op {
  readonly name: OpName;
  readonly doc: string;
  /** Names of the operands; `variadic` for any number (at least one). */
  readonly operands: readonly string[] | "variadic";
  readonly attrs: Readonly<Record<string, AttrKind>>;
  /** Values of attributes that may be left out. */
  readonly defaults: Attrs;
  /** Label (`c1`) to condition, checked in order before `type` is asked; the diagnostic's code is `<op>-<label>`. */
  readonly requires: Readonly<Record<string, Condition>>;
  /** Names of the graphs that a control op runs (`body`); absent for all others. */
  readonly regions?: readonly string[];
  readonly type: (operands: readonly TensorType[], attrs: Attrs, regions: readonly Graph[]) => readonly TensorType[];
  readonly gradient: Gradient;
  /** How it is computed: the closed set of forms that fusion and code generation understand. */
  readonly form: Form;
  /** The op on every item of a batch at once. */
  readonly batch: BatchRule;
  /** Null where it is linear in nothing. */
  readonly linear: Linearity | null;
  /** The sum over a batch of the op's results, where that is one op of the whole batch; all operands are batched. Null where these attributes have none. */
  readonly sumOverBatch?: (g: RuleBuilder, op: Op, operands: readonly Value[], attrs: Attrs) => Value | null;
  readonly reference: Reference;
  /** The arithmetic operator that it is, in rules and in chains of affine maps. */
  readonly operator?: Operator;
  /** Its two operands may change places without a change of any bit. Not so for max and min: of two zeros, or of a number and a NaN, they give the first. */
  readonly commutative?: true;
  /** Of a map whose result holds elements of its operand and nothing else. */
  readonly moves?: Movement;
  /** The same in terms of ops for which there are kernels; null where it is one already. */
  readonly lower?: Lowering;
  /** Uses that tests run: every op is sampled, with shapes that include size 1, odd and tail sizes. */
  readonly samples: readonly Sample[];
  /**
   * The interval that the results lie in, from those of the operands, up to rounding and NaN aside. Every op has it but leaves, of which nothing is known,
   * and those that run regions.
   */
  readonly range?: (operands: readonly Interval[], site: Site) => Interval;
  /** How tests draw a use. Every op has it but those that run regions, whose uses are graphs. */
  readonly draw?: Draw;
  /** Where the values of the operands of a drawn use lie, if the op is not smooth and finite on all of [-2, 2]. */
  readonly between?: readonly [least: number, most: number];
  /** Compiled f32 equals the f32 reference bit for bit. False where the order of a sum or a polynomial decides. */
  readonly exact: boolean;
  /** Of a pointwise op that jumps: a number for the step that the arguments are on; it is continuous as long as that is the same. Absent where it never jumps. */
  readonly steps?: (args: readonly number[]) => number;
}

export type Lowering = (g: RuleBuilder, op: Op, site: LoweringSite) => readonly Value[] | null;

export interface LoweringSite {
  readonly operands: readonly Value[];
  readonly results: readonly TensorType[];
  readonly attrs: Attrs;
}

export type OpTable = ReadonlyMap<OpName, Op>;

/** The op of a name that a text gives. */
export const opNamed = (table: ReadonlyMap<string, Op>, name: string): Op | undefined => table.get(name);

/** One gradient per operand, null where none flows. Made of ops, so it differentiates again. */
export type Gradient =
  | { readonly kind: "none"; readonly why: string }
  | { readonly kind: "rule"; readonly rule: (g: RuleBuilder, at: GradientSite) => readonly (Value | null)[] };

export interface GradientSite {
  readonly operands: readonly Value[];
  readonly results: readonly Value[];
  /** The gradient with respect to each result; null where none flows. */
  readonly grads: readonly (Value | null)[];
  /** Whether anybody asks for the gradient of each operand; a rule may leave out those that nobody does. */
  readonly wanted: readonly boolean[];
  readonly attrs: Attrs;
  readonly regions: readonly Graph[];
}

/** A value for a batch: with a new first axis, one item for each member of the batch, or the same for all of them. */
export interface BatchValue {
  readonly value: Value;
  readonly batched: boolean;
}

export interface BatchSite {
  /** One of them, at least, is batched, unless there are none. */
  readonly operands: readonly BatchValue[];
  readonly attrs: Attrs;
  readonly regions: readonly Graph[];
  /** The number of members, 1 or more. */
  readonly size: number;
}

/** Appends nodes that compute the results of the op for every member. */
export type BatchRule = (g: RuleBuilder, op: Op, site: BatchSite) => readonly BatchValue[];

// Programs ------------------------------------------------------------------------------------------------------------------------------------------

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
