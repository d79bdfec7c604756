import type { Graph } from "../graph/ir.ts";
import type { RewriteLog } from "../graph/rules/log.ts";
import type { Machine } from "../support/machine.ts";

/** Facts that are notes on nodes. A new node has none, so they hold until the next pass that does not need them. */
export const noteFacts = ["staged", "fused", "planned"] as const;

/**
 * A property of the graph that a pass may rely on. Each has a check (`facts.ts`) that tests run after every pass. No
 * pass invalidates those that are not notes.
 */
export type Fact = "differentiated" | "chosen" | "inlined" | (typeof noteFacts)[number];

/**
 * The driver logs, times, verifies and dumps; a pass is only its `run`. Its file, its name for `--without` and its
 * goldens have the same name.
 */
export interface Pass<Name extends string = string> {
  readonly name: Name;
  /** One line in `docs/passes.md`. */
  readonly doc: string;
  readonly needs: readonly Fact[];
  /** Facts that hold after the pass. */
  readonly provides: readonly Fact[];
  /** f32 results keep their bits. */
  readonly exact: boolean;
  readonly run: (graph: Graph, options: PassOptions) => Graph;
}

export interface PassOptions {
  /** The graph is a region of a control op. */
  readonly region?: boolean;
  /** Values of params and state, by path, if the weights are given at build time. */
  readonly frozen?: ReadonlyMap<string, Float64Array>;
  /** Bytes that plan-memory leaves free after each tensor; 0 by default. A multiple of 16. */
  readonly gap?: number;
  /** The target of algorithm selection and fusion; `defaultMachine` if omitted. */
  readonly machine?: Machine;
  /** Receives the rewrites of a pass that consists of rules, and may limit their number. */
  readonly rewrites?: RewriteLog;
}

/** Keeps the name as a literal type, so that a misspelt name in an order constraint is a type error. */
export const definePass = <const Name extends string>(pass: Pass<Name>): Pass<Name> => pass;
