import { moveRegion } from "../graph/inline.ts";
import type { Graph } from "../graph/ir.ts";
import { rebuild } from "../graph/rebuild.ts";
import { definePass } from "./pass.ts";
import { at } from "../support/lists.ts";

/**
 * Replaces every checkpoint by its body. From then on nothing keeps what the gradient computes again apart from the first computation.
 */
export const inline = definePass({
  name: "inline",
  says: "puts the bodies of checkpoints in their places",
  needs: ["differentiated"],
  gives: ["inlined"],
  exact: true,
  run: (graph) => inlined(graph),
});

/** Without ops that are one for differentiation alone. */
export const inlined = (graph: Graph): Graph =>
  graph.nodes.some(({ op }) => op.form.kind === "inline")
    ? rebuild(graph, (g, node, operands) => (node.op.form.kind === "inline" ? moveRegion(g, at(node.regions, 0), operands).outputs : null))
    : graph;
