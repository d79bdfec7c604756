import type { Graph } from "../graph/ir.ts";

/**
 * Lists the sites of a graph that it can change; `apply` changes those from `from` up to `to`, excluded. Null if that
 * range cannot be changed together.
 */
export type Edit = (graph: Graph) => {
  readonly count: number;
  readonly apply: (from: number, to: number) => Graph | null;
};
