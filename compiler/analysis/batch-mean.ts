/**
 * Which outputs may be averaged over batches. The mean over batches of a mean over samples is that over all samples.
 * The mean of quotients of two sums over samples (F1, a mean over a mask), or of other functions of such sums
 * (perplexity), is not the value for all samples.
 */
import { isInput } from "../graph/facts.ts";
import type { Graph, Node, Value } from "../graph/ir.ts";

/**
 * Whether a value without batch axis is a mean or sum over the samples, up to terms that do not depend on them. A batch
 * axis is one whose size is a multiple of `batch`, which must be a size that nothing else in the graph has. Loops are
 * not looked into: what they compute counts as a sum.
 */
export function isBatchMean(graph: Graph, output: Value, batch: number): boolean {
  const dependent = new Set<Node>();
  for (const node of graph.nodes)
    if (isInput(node) || node.operands.some((value) => dependent.has(value.node))) dependent.add(node);
  const hasBatch = ({ type }: Value): boolean => type.shape.some((size) => size > 0 && size % batch === 0);
  const known = new Map<Value, boolean>();
  const isLinear = (value: Value): boolean => {
    const before = known.get(value);
    if (before !== undefined) return before;
    const found = !dependent.has(value.node) || linearNode(value.node);
    known.set(value, found);
    return found;
  };
  const linearNode = (node: Node): boolean => {
    if (!computes.has(node.op.form.kind)) return true;
    const { linear } = node.op;
    const types = node.operands.map((value) => value.type);
    if (linear === null || linear.where?.(node.attrs, types) === false) return false;
    // The sum over the samples.
    if (node.operands.some((value) => dependent.has(value.node) && hasBatch(value))) return true;
    const varying = node.operands.flatMap((value, k) => (dependent.has(value.node) ? [k] : []));
    const jointly = linear.sets === "all" || linear.sets.some((set) => varying.every((k) => set.includes(k)));
    return jointly && node.operands.every(isLinear);
  };
  return isLinear(output);
}

/** The forms of ops that compute elements; of others nothing is known, or they have no operands. */
const computes: ReadonlySet<string> = new Set(["pointwise", "map", "pieces", "reduce", "contract", "view"]);
