import { intAttr, siteOf } from "../graph/facts.ts";
import type { Node } from "../graph/ir.ts";
import { isCopy } from "./element-cost.ts";
import { regionOf } from "../graph/regions.ts";
import { elements } from "../types/tensor-type.ts";

/** Which nodes count; one with regions runs whatever counts in them. */
export type Counted = (node: Node) => boolean;

const all: Counted = () => true;

/**
 * Floating-point operations of a node, by the form of its op: a contraction has one multiply-add, which counts as two,
 * for each index of its dims; a pointwise op has one for each element of its result, a reduction one for each element
 * of its operand; what only copies has none. A `cond` counts its more expensive branch, a `while` one iteration.
 */
export function nodeFlops(node: Node, counted: Counted = all): number {
  const { op, results, attrs } = node;
  const { form } = op;
  if (node.regions.length === 0 && !counted(node)) return 0;
  const regionFlops = (index: number): number => flopsOf(regionOf(node, index).nodes, counted);
  const site = siteOf(node);
  const out = results.reduce((sum, { type }) => sum + elements(type.shape), 0);
  switch (form.kind) {
    case "pointwise":
      return isCopy(node) ? 0 : out;
    case "reduce":
      return out * elements(form.extents(site));
    case "scatter":
      return form.combine === "put" ? 0 : elements(form.domain(site));
    case "contract":
      return 2 * form.products(site);
    case "scan":
      return intAttr(attrs, "length") * regionFlops(0);
    case "cond":
      return Math.max(regionFlops(0), regionFlops(1));
    case "while":
      return regionFlops(0) + regionFlops(1);
    case "inline":
      return regionFlops(0);
    default:
      return 0;
  }
}

export const flopsOf = (nodes: readonly Node[], counted: Counted = all): number =>
  nodes.reduce((sum, node) => sum + nodeFlops(node, counted), 0);
