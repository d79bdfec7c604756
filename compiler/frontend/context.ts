import type { Block, Callable, Expr, Setting } from "../../dsl/ast.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { Source, Span } from "../../dsl/span.ts";
import type { GraphBuilder, OpTable } from "../graph/build.ts";
import type { Node, Persistent, Value as GraphValue } from "../graph/ir.ts";
import type { Op } from "../graph/op.ts";
import type { Frame, Instance, Naming } from "./values/frames.ts";

/** What an expression of the language stands for while it is elaborated: something static, or a tensor of the graph under construction. */
export type DlValue =
  /** `symbol` is the dim's name where it has one, for messages. */
  | { readonly kind: "int"; readonly value: number; readonly symbol?: string | null }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "list" | "tuple"; readonly items: readonly DlValue[]; readonly members?: Members }
  | { readonly kind: "record"; readonly fields: ReadonlyMap<string, DlValue>; readonly members?: Members }
  | PackValue
  | Tensor
  | FunctionValue
  /** A part of a model or layer by its path, such as `Net.backbone` or `Net.head.w`. */
  | { readonly kind: "place"; readonly path: string }
  /** The members of `op`: every op of the table under its own name, whatever else bears that name. */
  | { readonly kind: "ops" }
  | { readonly kind: "unit" }
  /** A mistake that has been reported; whatever meets it is silent. */
  | { readonly kind: "error" };

/** The last carries of the loop that gave a value: `run.h` beside `run`. */
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
}

/** The dims that `..S` stands for, and which axes of its tensor they were. */
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
  /** Where the name stands, of a named argument. */
  readonly nameSpan?: Span;
}

/** A callable with the arguments given so far; it is applied when its last tensor arrives. */
export interface FunctionValue {
  readonly kind: "function";
  readonly target: Target;
  readonly args: readonly Arg[];
  /** Whose params it uses; null for a plain name, of which each use is an instance of its own. */
  readonly instance: Instance | null;
}

export type Target =
  /** `entry` where an entry is called as a function, in a test; true if it trains. */
  | { readonly kind: "callable"; readonly declaration: Callable; readonly scope: Scope; readonly entry?: { readonly train: boolean } }
  | { readonly kind: "op"; readonly op: Op }
  | { readonly kind: "builtin"; readonly name: string; readonly builtin: Builtin };

/** A function of the language that is written here because no op and no `.dl` text can say it. */
export interface Builtin {
  readonly doc: string;
  readonly statics: readonly string[];
  /** Static parameters that may be left out. */
  readonly optional: readonly string[];
  readonly tensors: readonly string[];
  /** Takes any number of tensors, as one list under the name `parts`. */
  readonly variadic?: true;
  readonly apply: (env: Env, args: BuiltinArgs, span: Span) => DlValue;
}

export type BuiltinArgs = ReadonlyMap<string, Arg>;

/** What a name stands for. A param or state is read anew at each use: a write before it counts. */
export type Binding =
  | {
      readonly kind: "value";
      readonly value: DlValue;
      readonly span: Span | null;
      /** how a dim got its size */ readonly because?: string;
      readonly dim?: true;
    }
  | { readonly kind: "variable"; readonly declared: Declared; readonly span: Span }
  /** A dim of the file, sized from outside. */
  | { readonly kind: "dim"; readonly span: Span }
  | { readonly kind: "setting"; readonly item: Setting; readonly scope: Scope; readonly span: Span };

/** Names in reach, innermost first. */
export interface Scope {
  readonly parent: Scope | null;
  own(name: string): Binding | undefined;
  find(name: string): Binding | undefined;
  bind(name: string, binding: Binding): void;
  bindValue(name: string, value: DlValue, span?: Span | null): void;
  /** What is in reach now: later names do not change it. */
  snapshot(): Scope;
  /** All names in reach, for suggestions. */
  all(): string[];
}

/** A param or state of the program, with what gives its first value. */
export interface Declared extends Persistent {
  /** The declaration; for one of the library, the user's call that led there. */
  readonly span: Span;
  /** Elaborates the initializer in the graph of `init`. */
  readonly init: (context: Context) => DlValue;
}

/** What all entries of a program share. */
export interface ProgramState {
  readonly table: OpTable;
  /** The ops as functions of the language. */
  readonly ops: ReadonlyMap<string, DlValue>;
  /** Sources of the standard library: mistakes and nodes inside are shown at the call that led there. */
  readonly library: ReadonlySet<Source>;
  readonly diagnostics: Diagnostic[];
  /** What has been reported, by code and place. */
  readonly reported: Set<string>;
  readonly declared: Map<string, Declared>;
  readonly settings: Map<string, SettingInfo>;
  readonly naming: Naming;
  /** Size of dims that nobody has given; null where that is a mistake. */
  readonly standIn: number | null;
  /** What `check --shapes` and `summary` want to know; null where nobody asks. */
  readonly trace: Trace | null;
}

/** What elaboration notices on its way, in the order of its steps. */
export interface Trace {
  /** Values of `let`s and of steps of a pipe, at the place that made them. */
  readonly shapes: { readonly span: Span; readonly says: string }[];
  /** Applications of models and layers, and of functions in the user's own text. */
  readonly applications: Application[];
  /** How many applications are running. */
  depth: number;
}

export interface Application {
  readonly kind: Callable["kind"];
  readonly name: string;
  /** Of its params; empty for a function. */
  readonly path: string;
  /** How many applications it stands in. */
  readonly depth: number;
  readonly entry: string;
  readonly result: DlValue;
  readonly nodes: readonly Node[];
  /** How often its nodes run in one call of the entry. */
  readonly turns: number;
}

export interface Call {
  readonly name: string;
  readonly span: Span;
}

/** One entry under elaboration. */
export interface Context {
  readonly program: ProgramState;
  readonly builder: GraphBuilder;
  readonly entry: string;
  readonly train: boolean;
  /** Sizes of dims given from outside, and which of them were asked for. */
  readonly dims: ReadonlyMap<string, number>;
  readonly usedDims: Set<string>;
  /** The body of a loop or branch that is a graph of its own; null for the entry itself. */
  readonly region: Region | null;
  /** Paths that `freeze` has named. */
  readonly frozen: Map<string, Span>;
  /** Of a test; null elsewhere. */
  readonly assertions: Assertion[] | null;
  readonly calls: Call[];
  /** Values of each param and state in order of writing; the first is the leaf if it was read before any write. */
  readonly versions: Map<string, GraphValue[]>;
  /** Params that were used in the extent of a frame, by the frame's path. */
  readonly paramsUnder: Map<string, Set<string>>;
  readonly random: RandomState;
  readonly budget: Budget;
  readonly evaluate: (env: Env, expr: Expr) => DlValue;
  readonly block: (env: Env, block: Block) => DlValue;
  /** Calls `fn` with more arguments; what is still incomplete comes back as a function. */
  readonly call: (env: Env, fn: FunctionValue, args: readonly Arg[], span: Span) => DlValue;
}

/** A graph inside another one. What it reads from outside are its inputs, made when they are first used. */
export interface Region {
  readonly parent: Context;
  /** By the value of the parent's graph. */
  readonly imports: Map<GraphValue, GraphValue>;
  /** Of a loop; null in a branch. */
  readonly carries: Carries | null;
  /** Leaves of the carries, made when they are first used. */
  readonly leaves: Map<number, GraphValue>;
  /** The number of the turn, made when it is first asked for. */
  turn: GraphValue | null;
}

/** What a loop carries from turn to turn: the user's own carries first, then the states that the body touches. Shared by all graphs of one loop. */
export interface Carries {
  readonly kind: "scan" | "while";
  /** `path` is that of a state, or null; `init` is a value of the graph around. */
  readonly list: { readonly path: string | null; readonly init: GraphValue }[];
  /** The carry of a `while` that counts its turns, if anybody asked. */
  counter: number | null;
  /** How often the body runs; 1 where that is not known. */
  readonly turns: number;
}

/** A loop as its body sees it. */
export interface Loop {
  readonly kind: "scan" | "while";
  /** The carries by name as the turn finds them. */
  readonly carries: ReadonlyMap<string, { readonly value: DlValue; readonly span: Span }>;
  /** What they become. */
  readonly nexts: Map<string, { readonly value: DlValue; readonly span: Span }>;
  yielded: { readonly value: DlValue; readonly span: Span } | null;
}

/** `assert` of a test: decided already, or one or more outputs of the graph, all elements of which must be true. */
export interface Assertion {
  readonly span: Span;
  readonly says: string | null;
  readonly holds: boolean | { readonly output: string };
  /** Outputs with the two sides of a comparison, to be shown where it fails. */
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
  /** Scalars seed0, seed1 and step, read once. */
  key: readonly [GraphValue, GraphValue, GraphValue] | null;
}

/** Limits that keep a mistaken recursion from running away. */
export interface Budget {
  calls: number;
  exceeded: boolean;
}

/** Where an expression is evaluated: names in reach, and the frame whose params it declares. */
export interface Env {
  readonly context: Context;
  readonly scope: Scope;
  readonly frame: Frame;
  /** What kind of body this is: params live in some and not in others. */
  readonly body: Callable["kind"] | "entry";
  /** Set in the body of an optimizer. */
  readonly update: Update | null;
  /** Set in the body of a `scan` or `while`. */
  readonly loop: Loop | null;
}

/** The application of an optimizer to one param. */
export interface Update {
  /** States whose type does not mention the param's dims lie here and are written once. */
  readonly shared: Frame;
  /** By the place of the statement and how often it was passed: the values that the first param's update wrote. */
  readonly written: Map<string, GraphValue>;
  /** How often each place has been passed in this application. */
  readonly passed: Map<string, number>;
}
