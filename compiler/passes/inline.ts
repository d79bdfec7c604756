import { moveRegion } from "../graph/inline.ts";
import type { Graph } from "../graph/ir.ts";
import { rebuild } from "../graph/rebuild.ts";
import { definePass } from "./pass.ts";
import { at } from "../support/lists.ts";

/**
 * Replaces every checkpoint by its body. Afterwards nothing prevents the recomputation of a gradient from being merged
 * with the forward computation.
 */
export const inline = definePass({
  name: "inline",
  doc: "inlines the bodies of checkpoints",
  needs: ["differentiated"],
  provides: ["inlined"],
  exact: true,
  run: (graph) => inlined(graph),
});

/** The graph without ops that are only barriers for differentiation. */
export const inlined = (graph: Graph): Graph =>
  graph.nodes.some(({ op }) => op.form.kind === "inline")
    ? rebuild(graph, (g, node, operands) =>
        node.op.form.kind === "inline" ? moveRegion(g, at(node.regions, 0), operands).outputs : null,
      )
    : graph;
