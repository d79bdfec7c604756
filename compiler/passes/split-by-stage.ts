import { isWorthStoring } from "../analysis/worth-storing.ts";
import { makeNode, type GraphBuilder } from "../graph/build.ts";
import { isLeaf } from "../graph/facts.ts";
import type { Graph, Node, Notes, Value } from "../graph/ir.ts";
import { dropDead, duplicateNode, kept, rebuild, users } from "../graph/rebuild.ts";
import { definePass } from "./pass.ts";
import { stageOf } from "../analysis/stage.ts";

/**
 * Marks with `@weights` what depends on params and state alone and need not be computed per call: folded norms, packed layouts, tables. It then runs only when
 * the weights have changed, and what crosses into the call stage is cached memory of the entry.
 *
 * A node is prepared if it depends on params or state that the entry does not write, on no input, does work, and something of the call stage needs it. Not
 * prepared: views and broadcasts, whose result costs more to read than to make again (one that a prepared node needs is made in both stages); what depends on
 * constants alone, likewise; slices, unless a product wants them whole; and what only leaves the graph, since outputs and writes lie in memory of the call.
 * What stands in a region belongs to the call: hoist has moved out what does not depend on the turn.
 */
export const splitByStage = definePass({
  name: "split-by-stage",
  says: "marks what depends on the weights alone, to be computed when they change",
  needs: ["chosen"],
  gives: ["staged"],
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
 * The node in the weights stage, where it moves, or a copy of it where the call stage may need it too; and with it all that it needs and that is in the call
 * stage.
 */
function prepare(builder: GraphBuilder, prepared: Map<Node, Node>, node: Node, operands: readonly Value[], moves: boolean): Node {
  const before = prepared.get(node);
  if (before !== undefined) return before;
  const inputs = operands.map((value) => {
    if (isLeaf(value.node) || value.node.notes.stage === "weights") return value;
    return prepare(builder, prepared, value.node, value.node.operands, false).results[value.index] ?? value;
  });
  const notes: Notes = { ...node.notes, stage: "weights" };
  const copy = moves ? makeNode(node.op, inputs, node.attrs, node.provenance, notes, node.regions) : duplicateNode(builder, node, inputs, notes);
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
      if (stage(node) !== "weights" || !wanted.has(node) || node.results.some((value) => leaves.has(value))) return false;
      return isWorthStoring(
        node,
        node.results.flatMap((value) => usersOf.get(value) ?? []),
      );
    }),
  );
}
