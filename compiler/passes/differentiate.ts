import { asksForGradient, expandGradients } from "../graph/autodiff.ts";
import { moveRegion } from "../graph/inline.ts";
import type { Graph } from "../graph/ir.ts";
import { mapRegions, rebuild } from "../graph/rebuild.ts";
import { definePass } from "./pass.ts";
import { at } from "../support/lists.ts";
import { joinScans } from "./loops/join-scans.ts";
import { trim } from "./loops/dead-carries.ts";

/**
 * Replaces every `gradient` node by the backward graph, so that later passes see forward, backward and update as one
 * computation. The rules of the ops emit straightforward code, which simplify and merge-common optimize. Only two scans
 * that differ in nothing but the values stored for the backward pass are joined here, while they are still alike. A
 * custom gradient is replaced by its forward region, and so is a checkpoint if nothing is differentiated.
 */
export const differentiate = definePass({
  name: "differentiate",
  doc: "replaces every gradient by the nodes that compute it",
  needs: [],
  provides: ["differentiated"],
  exact: true,
  run: (graph, { region = false }) => {
    // Regions are differentiated with the whole graph: a checkpoint in a region may be on the path of a gradient
    // outside.
    if (region) return graph;
    const plain = !asksForGradient(graph);
    return trim(joinScans(opened(plain ? graph : expandGradients(graph), plain)));
  },
});

/** Inlines the forward regions of custom gradients, and checkpoints too if `all`. */
function opened(graph: Graph, all: boolean): Graph {
  const inner = mapRegions(graph, (region) => opened(region, all));
  if (!inner.nodes.some(({ op }) => op.form.kind === "inline")) return inner;
  return rebuild(inner, (g, node, operands) => {
    const goes = node.op.form.kind === "inline" && (all || node.regions.length > 1);
    return goes ? moveRegion(g, at(node.regions, 0), operands).outputs : null;
  });
}
