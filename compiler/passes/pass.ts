import type { Graph } from "../graph/ir.ts";
import type { Machine } from "../support/machine.ts";

/** What a pass may rely on; each fact has a checker that tests run after every pass. */
export type Fact = "differentiated" | "simplified" | "frozen" | "chosen" | "inlined" | "staged" | "fused" | "planned";

/** The driver logs, times, verifies and dumps; a pass is only its `run`. The file, the flag and the goldens bear its name. */
export interface Pass {
  readonly name: string;
  readonly says: string;
  readonly needs: readonly Fact[];
  readonly gives: readonly Fact[];
  readonly breaks: readonly Fact[];
  /** f32 results keep their bits. */
  readonly exact: boolean;
  readonly run: (graph: Graph, options: PassOptions) => Graph;
}

export interface PassOptions {
  /** The graph is a region of a control op. */
  readonly region?: boolean;
  /** Values of params and state, by path, when the weights are given at build time. */
  readonly frozen?: ReadonlyMap<string, Float64Array>;
  /** Bytes that plan-memory leaves free behind each tensor; 0 by default. A multiple of 16. */
  readonly gap?: number;
  /** What choices of algorithms and fusion go by; `defaultMachine` unless another is given. */
  readonly machine?: Machine;
}
