import { isArgument, isLeaf, pathOf } from "../graph/facts.ts";
import type { Graph, Node } from "../graph/ir.ts";

/**
 * When a value is known. `compile`: it depends on splat constants and iotas only. `weights`: it depends on params or
 * states that the entry does not write, or on dense constants (such as frozen weights), and not on inputs, so it
 * changes only when another entry or the host writes the weights. `call`: it depends on an input, or on a tensor that
 * the entry itself writes, so it may differ between calls.
 */
export type ValueStage = "compile" | "weights" | "call";

/** The stage of each node of a graph; the returned function also accepts nodes that a pass has built from them. */
export function stageOf(graph: Graph): (node: Node) => ValueStage {
  const written = new Set(graph.writes.map(({ path }) => path));
  const known = new Map<Node, ValueStage>();
  const ask = (node: Node): ValueStage => {
    const before = known.get(node);
    if (before !== undefined) return before;
    const answer = isLeaf(node) ? ofLeaf(node, written) : latest(node.operands.map((value) => ask(value.node)));
    known.set(node, answer);
    return answer;
  };
  // Operands first, which bounds the depth of the recursion.
  graph.nodes.forEach(ask);
  return ask;
}

function ofLeaf(node: Node, written: ReadonlySet<string>): ValueStage {
  if (isArgument(node)) return "call";
  const path = pathOf(node);
  if (path === null) return "values" in node.attrs ? "weights" : "compile";
  return written.has(path) ? "call" : "weights";
}

function latest(operands: readonly ValueStage[]): ValueStage {
  if (operands.includes("call")) return "call";
  return operands.includes("weights") ? "weights" : "compile";
}
