import type { Block, Callable, Constant, Entry, Expr, NamedChain, Setting } from "../../dsl/ast.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { Source, Span } from "../../dsl/span.ts";
import type { DType } from "../../runtime/model.ts";
import type { GraphBuilder, OpTable } from "../graph/build.ts";
import type { Node, Persistent, Value as GraphValue } from "../graph/ir.ts";
import type { Op } from "../graph/op.ts";
import type { Location } from "../graph/provenance.ts";
import type { Frame, Instance, Naming } from "./values/frames.ts";

/** The value of an expression during elaboration: static, or a tensor of the graph under construction. */
export type DlValue =
  /** `symbol` is the dim's name where it has one, for messages. */
  | { readonly kind: "int"; readonly value: number; readonly symbol?: string | null }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "string"; readonly value: string }
  | {
      readonly kind: "list" | "tuple";
      readonly items: readonly DlValue[];
      readonly members?: Members;
      /** Of the result of a function that names its items; null for an item without a name. */
      readonly names?: readonly (string | null)[];
    }
  | { readonly kind: "record"; readonly fields: ReadonlyMap<string, DlValue>; readonly members?: Members }
  | PackValue
  | Tensor
  | FunctionValue
  /**
   * A part of a model or layer by its path, such as `Net.backbone` or `Net.head.w`, or a named chain of an optimizer
   * with the path of its states.
   */
  | {
      readonly kind: "path";
      readonly path: string;
      readonly values?: ReadonlyMap<string, Tensor>;
      readonly chain?: ChainBinding;
    }
  /** The members of `op`: every op of the table by its own name, even where a library function has the same name. */
  | { readonly kind: "ops" }
  | { readonly kind: "unit" }
  /** The result of a mistake that has been reported; what depends on it reports nothing. */
  | { readonly kind: "error" };

/** The final carries of the loop that returned a value: `run.h` beside `run`. */
export type Members = ReadonlyMap<string, DlValue>;

export interface Tensor {
  readonly kind: "tensor";
  readonly members?: Members;
  readonly value: GraphValue;
  /** Names of the dims, for messages; null where a dim has none. */
  readonly symbols: readonly (string | null)[];
  /** The graph it belongs to: a value of one entry must not leak into another. */
  readonly graph: GraphBuilder;
  readonly from: Span;
  /** The first function whose result it is: a program's function that returns softmax(x) returns what softmax made. */
  readonly madeBy?: Callable;
  /** The same in another dtype, if only literals determine it: of `select(p, 1, 0)`. */
  readonly retyped?: (dtype: DType) => DlValue;
  /** The path of the param or state whose value it is, where it was named by its path. */
  readonly path?: string;
}

/** The dims matched by `..S`, and which axes of its tensor they were. */
export interface PackValue {
  readonly kind: "pack";
  readonly sizes: readonly number[];
  readonly symbols: readonly (string | null)[];
  readonly start: number;
}

export interface Arg {
  readonly name: string | null;
  readonly value: DlValue;
  readonly span: Span;
  /** The left side of a pipe, which is a tensor. */
  readonly piped?: true;
  /** The location of the name, for a named argument. */
  readonly nameSpan?: Span;
}

/** A callable with the arguments bound so far; it is applied when all its tensors are bound. */
export interface FunctionValue {
  readonly kind: "function";
  readonly target: Target;
  readonly args: readonly Arg[];
  /** The instance whose params it uses; null for a plain name, each use of which is a new instance. */
  readonly instance: Instance | null;
  /** Values of params and states in place of the current ones, by path. */
  readonly values?: ReadonlyMap<string, Tensor>;
}

export type Target =
  /** `entry` where an entry is called as a function, in a test. */
  | {
      readonly kind: "callable";
      readonly declaration: Callable;
      readonly scope: Scope;
      readonly entry?: Entry;
    }
  | { readonly kind: "op"; readonly op: Op }
  | { readonly kind: "builtin"; readonly name: string; readonly builtin: Builtin };

/** A function of the language that can be written neither as an op nor in `.dl`. */
export interface Builtin {
  readonly doc: string;
  readonly statics: readonly string[];
  /** Static parameters that may be left out. */
  readonly optional: readonly string[];
  readonly tensors: readonly string[];
  /** Takes any number of tensors, as one list under the name `parts`. */
  readonly variadic?: true;
  /** Makes a record with the structure of the model that is its argument: that of all paths, not one tensor of it. */
  readonly structured?: true;
  readonly apply: (env: Env, args: BuiltinArgs, span: Span) => DlValue;
}

export type BuiltinArgs = ReadonlyMap<string, Arg>;

/** The meaning of a name. A param or state is read at each use, after the writes before it. */
export type Binding =
  | {
      readonly kind: "value";
      readonly value: DlValue;
      readonly span: Span | null;
      /** why a dim has its size */ readonly because?: string;
      readonly dim?: true;
    }
  | { readonly kind: "variable"; readonly declared: Declared; readonly span: Span }
  /** A dim of the file; its size is given from outside. */
  | { readonly kind: "dim"; readonly span: Span }
  /** A `let` of the file. */
  | { readonly kind: "constant"; readonly item: Constant; readonly scope: Scope; readonly span: Span }
  | { readonly kind: "setting"; readonly item: Setting; readonly scope: Scope; readonly span: Span }
  | ChainBinding;

/** `optimizer opt = ...`, which is evaluated at each use. */
export interface ChainBinding {
  readonly kind: "chain";
  readonly item: NamedChain;
  readonly scope: Scope;
  readonly span: Span;
}

/** An expression at the top of a file, with the names of the file. */
export interface InFile {
  readonly value: Expr;
  readonly scope: Scope;
}

/** Visible names, innermost scope first. */
export interface Scope {
  readonly parent: Scope | null;
  own(name: string): Binding | undefined;
  find(name: string): Binding | undefined;
  bind(name: string, binding: Binding): void;
  bindValue(name: string, value: DlValue, span?: Span | null): void;
  /** The names visible now; later bindings do not change it. */
  snapshot(): Scope;
  /** All visible names, for suggestions. */
  all(): string[];
}

/** A param or state of the program, with its initializer. */
export interface Declared extends Persistent {
  /** The declaration; inside the library, the user's call that led there. */
  readonly span: Span;
  /** The declaration itself, with the calls that led there. */
  readonly location: Location;
  /** Of an optimizer's state: the path of the param that it belongs to, if it is not shared. */
  readonly param?: string;
  /** Elaborates the initializer in the graph of `init`. */
  readonly init: (context: Context) => DlValue;
}

/** What all entries of a program share. */
export interface ProgramState {
  readonly table: OpTable;
  /** The ops as functions of the language. */
  readonly ops: ReadonlyMap<string, DlValue>;
  /** Sources of the standard library: diagnostics and nodes inside are shown at the user's call that led there. */
  readonly library: ReadonlySet<Source>;
  readonly diagnostics: Diagnostic[];
  readonly warnings: Diagnostic[];
  /** What has been reported, by code and location. */
  readonly reported: Set<string>;
  readonly exploration: Exploration;
  readonly declared: Map<string, Declared>;
  readonly entries: ReadonlyMap<string, Entry>;
  /** Paths of the params and states of each model and layer by its own path, in all entries so far. */
  readonly members: Map<string, Set<string>>;
  readonly settings: Map<string, SettingInfo>;
  readonly naming: Naming;
  /** The models that are copies of others, with the names of those. */
  readonly copies: ReadonlyMap<string, string>;
  /** Sizes of dims that are not given. */
  readonly defaultSizes: ReadonlyMap<string, InFile>;
  /** The constants and default sizes whose evaluation is in progress. */
  readonly evaluating: Set<Expr>;
  /** Assumed size of dims without a given size; null if such a dim is an error. */
  readonly assumedDim: number | null;
  /** Collects shapes and applications for `check --shapes` and `summary`; null if not requested. */
  readonly trace: Trace | null;
  /** An entry has reached a limit; the others are not elaborated. */
  stopped: boolean;
  /** What the entries so far have cost. */
  readonly spent: { nodes: number; steps: number; regions: number };
}

/** How far the search for further mistakes has come, see `exploration.ts`. */
export interface Exploration {
  /** Declarations whose bodies have been evaluated without arguments. */
  readonly explored: Set<Callable>;
  /** True while code is evaluated for its mistakes alone. */
  active: boolean;
  /** True while only unknown names are reported. */
  namesOnly: boolean;
}

/** Records of elaboration, in order of evaluation. */
export interface Trace {
  /** Values of `let`s and of pipe steps, with the location that produced them. */
  readonly shapes: { readonly span: Span; readonly says: string }[];
  /** Applications of models and layers, and of functions in the user's own text. */
  readonly applications: Application[];
  /** The number of applications in progress. */
  depth: number;
}

export interface Application {
  readonly kind: Callable["kind"];
  readonly name: string;
  /** The path of its params; empty for a function. */
  readonly path: string;
  /** The number of enclosing applications. */
  readonly depth: number;
  readonly entry: string;
  readonly result: DlValue;
  readonly nodes: readonly Node[];
  /** How often its nodes run in one call of the entry. */
  readonly iterations: number;
}

export interface Call {
  readonly name: string;
  readonly span: Span;
  /** Its arguments by parameter. */
  readonly args: ReadonlyMap<string, Arg>;
  /** The same, with the calls that led there. */
  readonly location: Location;
}

/**
 * When an entry that needs members of models which it does not apply itself gives up, to be elaborated again after the
 * others: at once, if none are known, or never.
 */
export type Waits = "always" | "unknown" | "never";

/** Frozen parts: a path or a pattern of paths; of it only those that match another pattern, or all if that is null. */
export interface Frozen {
  readonly part: string;
  readonly only: string | null;
  readonly span: Span;
}

/** One entry under elaboration. */
export interface Context {
  readonly program: ProgramState;
  readonly builder: GraphBuilder;
  readonly entry: string;
  readonly train: boolean;
  /** The number of calls of the entry; null in an entry that does not count them. */
  readonly counter: Declared | null;
  /** Sizes of dims given from outside. */
  readonly dims: ReadonlyMap<string, number>;
  /** The dims that were used, with their given or default size; null if they have none. */
  readonly usedDims: Map<string, number | null>;
  /** The enclosing loop or branch body, which has its own graph; null in the entry itself. */
  readonly region: Region | null;
  /** What `freeze` names. */
  readonly frozen: Frozen[];
  /** Where each layer and model was first applied as in training. */
  readonly applied: Map<string, Span>;
  /** In a test; null elsewhere. */
  readonly assertions: Assertion[] | null;
  readonly calls: Call[];
  /** Values of each param and state in order of writing; the first is the leaf if it was read before any write. */
  readonly versions: Map<string, GraphValue[]>;
  /** When this entry waits for members of models that others apply. */
  readonly waits: Waits;
  /** Paths that were evaluated, and are neither params nor states that are known so far, with their last name. */
  readonly unknownPaths: Map<string, Span>;
  /** Params used during the application of a frame, by the frame's path. */
  readonly paramsUnder: Map<string, Set<string>>;
  /** The last results of models and layers, and the values named by `let` inside of them, by path. */
  readonly results: Map<string, DlValue>;
  readonly random: RandomState;
  readonly budget: Budget;
  readonly evaluate: (env: Env, expr: Expr) => DlValue;
  readonly block: (env: Env, block: Block) => DlValue;
  /** Calls `fn` with more arguments; returns a function while arguments are missing. */
  readonly call: (env: Env, fn: FunctionValue, args: readonly Arg[], span: Span) => DlValue;
}

/** A graph inside another one. Outer values that it reads become its inputs, created on first use. */
export interface Region {
  readonly parent: Context;
  /** Keyed by the value of the parent's graph. */
  readonly imports: Map<GraphValue, GraphValue>;
  /** The carries of a loop; null in a branch. */
  readonly carries: Carries | null;
  /** Names of its inputs and carries. */
  readonly names: Set<string>;
  /** Leaves of the carries, made when they are first used. */
  readonly leaves: Map<number, GraphValue>;
  /** The iteration number, created on first use. */
  iteration: GraphValue | null;
}

/**
 * The values that a loop carries from one iteration to the next: the user's carries first, then the states that the
 * body reads or writes. Shared by all graphs of one loop.
 */
export interface Carries {
  readonly kind: "scan" | "while";
  /** `path` is the path of a state, or null; `init` is a value of the enclosing graph. Names may repeat. */
  readonly list: { readonly name: string; readonly path: string | null; readonly init: GraphValue }[];
  /** The index of the carry that counts the iterations of a `while`, if it is used. */
  counter: number | null;
  /** How often the body runs; 1 where that is not known. */
  readonly iterations: number;
  /** Whether the body may write params: then they are carried, else they are outer values. */
  readonly params: boolean;
}

/** A loop as seen from its body; `repeat` and `for` are loops at compile time. */
export interface Loop {
  readonly kind: "scan" | "while" | "repeat";
  /** The carries by name, at the start of the iteration. */
  readonly carries: ReadonlyMap<string, { readonly value: DlValue; readonly span: Span }>;
  /** Their next values. */
  readonly nexts: Map<string, { readonly value: DlValue; readonly span: Span }>;
  yielded: { readonly value: DlValue; readonly span: Span } | null;
  /** Around a `repeat`, the loop whose words its body can use too. */
  readonly outer: Loop | null;
  /** Of a `repeat` or `for` without carries: the text before the carries of such a `repeat`. */
  readonly bare?: string;
}

/** An `assert` of a test: known statically, or an output of the graph, all elements of which must be true. */
export interface Assertion {
  readonly span: Span;
  readonly says: string | null;
  readonly holds: boolean | { readonly output: string };
  /** Outputs with the two sides of a comparison, shown if it fails. */
  readonly sides: readonly [string, string] | null;
}

export interface SettingInfo {
  readonly name: string;
  readonly path: string;
  readonly default: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly scale: "linear" | "log";
}

export interface RandomState {
  /** Distinguishes the draws of entries from each other. */
  readonly entryIndex: number;
  /** Shared by an entry and its regions. */
  readonly sites: { next: number };
  /** The scalars seed0, seed1 and the number of the call, read once. */
  key: readonly [GraphValue, GraphValue, GraphValue] | null;
}

/** The cost of an entry so far; see `limits.ts`. */
export interface Budget {
  steps: number;
  /** Bodies of loops and branches. */
  regions: number;
  readonly unrolled: UnrolledLoop[];
}

/** What limits count. */
export interface Costs {
  readonly nodes: number;
  readonly steps: number;
  readonly regions: number;
}

/** A `repeat` or `for`, and what had been spent in its graph before and after it. */
export interface UnrolledLoop {
  /** From its word to what it iterates over. */
  readonly head: Span;
  readonly iterations: number;
  /** The same as a loop at run time; null if there is none. */
  readonly scan: string | null;
  /** The path of what its iterations declare. */
  readonly path: string;
  readonly builder: GraphBuilder;
  readonly before: Costs;
  /** Null while it is unrolled. */
  after: Costs | null;
}

/** Where an expression is evaluated: the visible names, and the frame whose params it declares. */
export interface Env {
  readonly context: Context;
  readonly scope: Scope;
  readonly frame: Frame;
  /** The kind of the enclosing body; it decides whether params and states may be declared. */
  readonly body: Callable["kind"] | "entry";
  /** Set in the body of an optimizer. */
  readonly update: Update | null;
  /** Set in the body of a `scan` or `while`, or of a `repeat` with carries. */
  readonly loop: Loop | null;
  /** In the value of a write to a model: what a name stands for there; null if for itself. */
  readonly standing?: (value: DlValue) => DlValue | null;
}

/** The application of an optimizer to one param. */
export interface Update {
  readonly group: StateGroup;
  /** The param, and the model or part of which the statement trains the params. */
  readonly param: { readonly path: string; readonly model: string };
  /** The patterns that the optimizer has asked about, each with whether it matches one of the params. */
  readonly patterns: Map<string, boolean>;
  /** How often each span has been evaluated in this application. */
  readonly evaluated: Map<string, number>;
}

/** The states of one optimizer, for all params that a statement updates with it. */
export interface StateGroup {
  readonly path: string;
  /** Holds the states whose type does not mention the param's dims; null where each param has its own of all states. */
  readonly shared: Frame | null;
  /**
   * Keyed by the statement's span and how often it was evaluated: the values that the first param's update wrote to
   * shared states.
   */
  readonly written: Map<string, GraphValue>;
  /** Of the optimizers that it calls, by path. */
  readonly inner: Map<string, StateGroup>;
}
