import { isCut, isRepeat, isView } from "../graph/facts.ts";
import type { Node } from "../graph/ir.ts";

/**
 * Whether the result of a node is worth keeping in memory where it could be computed again: it is the result of some work. Views and repetitions are as quickly
 * made where they are read, and a part that is cut out is worth it for a contraction alone, which wants it whole.
 */
export function isWorthStoring(node: Node, readers: readonly Node[]): boolean {
  if (node.op.form.kind === "leaf" || isView(node) || isRepeat(node)) return false;
  return !isCut(node) || readers.some((reader) => reader.op.form.kind === "contract");
}
