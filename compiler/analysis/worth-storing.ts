import { isCut, isRepeat, isView } from "../graph/facts.ts";
import type { Node } from "../graph/ir.ts";

/**
 * Whether it pays to keep the result of a node in memory rather than compute it again at each use. It does not for
 * leaves, views and broadcasts, which cost nothing where they are read, nor for slices, unless a contraction reads
 * them: it needs its operands in memory.
 */
export function isWorthStoring(node: Node, readers: readonly Node[]): boolean {
  if (node.op.form.kind === "leaf" || isView(node) || isRepeat(node)) return false;
  return !isCut(node) || readers.some((reader) => reader.op.form.kind === "contract");
}
