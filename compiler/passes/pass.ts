import type { Graph } from "../graph/ir.ts";
import type { Machine } from "../support/machine.ts";

/** Facts that are notes on nodes. A new node has none, so they hold until the next pass that does not need them. */
export const noteFacts = ["staged", "fused", "planned"] as const;

/** What a pass may rely on; each fact has a checker (`facts.ts`) that tests run after every pass. No pass undoes those that are not notes. */
export type Fact = "differentiated" | "chosen" | "inlined" | (typeof noteFacts)[number];

/** The driver logs, times, verifies and dumps; a pass is only its `run`. Its file, its name for `--without` and its goldens share one name. */
export interface Pass<Name extends string = string> {
  readonly name: Name;
  readonly says: string;
  readonly needs: readonly Fact[];
  readonly gives: readonly Fact[];
  /** f32 results keep their bits. */
  readonly exact: boolean;
  readonly run: (graph: Graph, options: PassOptions) => Graph;
}

export interface PassOptions {
  /** The graph is a region of a control op. */
  readonly region?: boolean;
  /** Values of params and state, by path, when the weights are given at build time. */
  readonly frozen?: ReadonlyMap<string, Float64Array>;
  /** Bytes that plan-memory leaves free after each tensor; 0 by default. A multiple of 16. */
  readonly gap?: number;
  /** What choices of algorithms and fusion go by; `defaultMachine` unless another is given. */
  readonly machine?: Machine;
}

/** Keeps the name as a literal type, so that a misspelt name in an order constraint is a type error. */
export const definePass = <const Name extends string>(pass: Pass<Name>): Pass<Name> => pass;
