import { asksForGradient, expandGradients } from "../graph/autodiff.ts";
import { moveRegion } from "../graph/inline.ts";
import type { Graph } from "../graph/ir.ts";
import { mapRegions, rebuild } from "../graph/rebuild.ts";
import { definePass } from "./pass.ts";
import { at } from "../support/lists.ts";
import { joinScans } from "./loops/join-scans.ts";
import { trim } from "./loops/dead-carries.ts";

/**
 * Replaces every `gradient` node by the backward graph, so that later passes see forward, backward and update as one computation.
 * The rules of the ops write plain code; tidying it up is left to simplify and merge-common. Only two scans that are one but for what is kept for the way back
 * are joined at once, while they still look alike. A custom gradient then is its forward region, and so is a checkpoint where nothing is differentiated.
 */
export const differentiate = definePass({
  name: "differentiate",
  says: "replaces every gradient by the nodes that compute it",
  needs: [],
  gives: ["differentiated"],
  exact: true,
  run: (graph, { region = false }) => {
    // The regions of an entry wait for it: a checkpoint inside matters to a gradient outside.
    if (region) return graph;
    const plain = !asksForGradient(graph);
    return trim(joinScans(opened(plain ? graph : expandGradients(graph), plain)));
  },
});

/** With the forward regions of custom gradients in their places, and with those of checkpoints where `all` go. */
function opened(graph: Graph, all: boolean): Graph {
  const inner = mapRegions(graph, (region) => opened(region, all));
  if (!inner.nodes.some(({ op }) => op.form.kind === "inline")) return inner;
  return rebuild(inner, (g, node, operands) => {
    const goes = node.op.form.kind === "inline" && (all || node.regions.length > 1);
    return goes ? moveRegion(g, at(node.regions, 0), operands).outputs : null;
  });
}
