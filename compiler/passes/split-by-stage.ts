import { isWorthStoring } from "../analysis/worth-storing.ts";
import { makeNode, type GraphBuilder } from "../graph/build.ts";
import { isLeaf } from "../graph/facts.ts";
import type { Graph, Node, Notes, Value } from "../graph/ir.ts";
import { dropDead, duplicateNode, kept, rebuild, users } from "../graph/rebuild.ts";
import { definePass } from "./pass.ts";
import { stageOf } from "../analysis/stage.ts";

/**
 * Marks nodes that depend only on params and state, and so need not run at every call, with `@weights`: folded norms,
 * packed layouts, tables. They run only when the weights have changed; values that the call stage reads from the
 * weights stage are cached in memory of the entry.
 *
 * A node is prepared if it depends on params or state that the entry does not write, depends on no input, does work,
 * and the call stage needs it. Not prepared are: views and broadcasts, whose result costs more to read than to
 * recompute (one that a prepared node needs is computed in both stages), and likewise nodes that depend on constants
 * only; slices, unless a product reads them whole; and values that are only outputs or writes, since these are in
 * memory of the call. Nodes in regions belong to the call: hoist has moved loop-invariant work out.
 */
export const splitByStage = definePass({
  name: "split-by-stage",
  doc: "marks nodes that depend only on weights, to run only when the weights change",
  needs: ["chosen"],
  provides: ["staged"],
  exact: true,
  run: (graph, { region = false }) => (region ? graph : dropDead(staged(graph))),
});

function staged(graph: Graph): Graph {
  const worth = worthPreparing(graph);
  const prepared = new Map<Node, Node>();
  return rebuild(graph, (builder, node, operands) => {
    if (!worth.has(node)) return null;
    return prepare(builder, prepared, node, operands, true).results;
  });
}

/**
 * The node in the weights stage if it moves there, otherwise a copy, since the call stage may need the original too.
 * Copies all operands that are in the call stage as well.
 */
function prepare(
  builder: GraphBuilder,
  prepared: Map<Node, Node>,
  node: Node,
  operands: readonly Value[],
  moves: boolean,
): Node {
  const before = prepared.get(node);
  if (before !== undefined) return before;
  const inputs = operands.map((value) => {
    if (isLeaf(value.node) || value.node.notes.stage === "weights") return value;
    return prepare(builder, prepared, value.node, value.node.operands, false).results[value.index] ?? value;
  });
  const notes: Notes = { ...node.notes, stage: "weights" };
  const copy = moves
    ? makeNode(node.op, inputs, node.attrs, node.provenance, notes, node.regions)
    : duplicateNode(builder, node, inputs, notes);
  builder.nodes.push(copy);
  prepared.set(node, copy);
  return copy;
}

function worthPreparing(graph: Graph): ReadonlySet<Node> {
  const stage = stageOf(graph);
  const usersOf = users(graph);
  const leaves = kept(graph);
  const wanted = new Set<Node>();
  for (const node of graph.nodes.toReversed()) {
    const readers = node.results.flatMap((value) => usersOf.get(value) ?? []);
    if (readers.some((user) => stage(user) === "call" || wanted.has(user))) wanted.add(node);
  }
  return new Set(
    graph.nodes.filter((node) => {
      if (stage(node) !== "weights" || !wanted.has(node) || node.results.some((value) => leaves.has(value)))
        return false;
      return isWorthStoring(
        node,
        node.results.flatMap((value) => usersOf.get(value) ?? []),
      );
    }),
  );
}
