import { isArgument, isLeaf, pathOf } from "../graph/facts.ts";
import type { Graph, Node } from "../graph/ir.ts";

/**
 * When a value is known. `compile`: it is made of splat constants and iotas. `weights`: it depends on params or state that the entry leaves alone, or on dense
 * constants (such as frozen weights), and on no input, so it changes only when somebody else writes the weights. `call`: it depends on an input, or on
 * something that the entry itself writes, and so may differ with every call.
 */
export type Stability = "compile" | "weights" | "call";

/** Answers for the nodes of a graph, and for nodes that a pass has built on them. */
export function stabilityOf(graph: Graph): (node: Node) => Stability {
  const written = new Set(graph.writes.map(({ path }) => path));
  const known = new Map<Node, Stability>();
  const ask = (node: Node): Stability => {
    const before = known.get(node);
    if (before !== undefined) return before;
    const answer = isLeaf(node) ? ofLeaf(node, written) : latest(node.operands.map((value) => ask(value.node)));
    known.set(node, answer);
    return answer;
  };
  // In order, so that the recursion of a later question is never deep.
  graph.nodes.forEach(ask);
  return ask;
}

function ofLeaf(node: Node, written: ReadonlySet<string>): Stability {
  if (isArgument(node)) return "call";
  const path = pathOf(node);
  if (path === null) return "values" in node.attrs ? "weights" : "compile";
  return written.has(path) ? "call" : "weights";
}

function latest(operands: readonly Stability[]): Stability {
  if (operands.includes("call")) return "call";
  return operands.includes("weights") ? "weights" : "compile";
}
