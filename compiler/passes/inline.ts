import { inlineRegion } from "../graph/inline.ts";
import type { Graph } from "../graph/ir.ts";
import { rebuild } from "../graph/rebuild.ts";
import { definePass } from "./pass.ts";
import { at } from "../support/lists.ts";

/**
 * Puts the body of every checkpoint in its place. After the last merge-common, so that what the gradient computes again stays a second computation, whose values
 * need no memory in between; before split-by-stage and fuse, which are to see all of the work.
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
    ? rebuild(graph, (g, node, operands) => (node.op.form.kind === "inline" ? inlineRegion(g, at(node.regions, 0), operands).outputs : null))
    : graph;
