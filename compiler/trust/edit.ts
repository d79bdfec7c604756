import type { Graph } from "../graph/ir.ts";

/** Finds the places of a graph where it can be done, and does it at those from `from` up to `to`; null where that makes no sense. */
export type Edit = (graph: Graph) => { readonly count: number; readonly apply: (from: number, to: number) => Graph | null };
