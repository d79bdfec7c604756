import { intAttr, siteOf } from "../graph/facts.ts";
import type { Node } from "../graph/ir.ts";
import { regionOf } from "../graph/regions.ts";
import { elements } from "../types/tensor-type.ts";

/**
 * Floating-point operations of a node; a multiply-add counts as two. A `cond` counts its more expensive branch, a
 * `while` one iteration.
 */
export function nodeFlops(node: Node): number {
  const { op, results, attrs } = node;
  const { form } = op;
  const regionFlops = (index: number): number => flopsOf(regionOf(node, index).nodes);
  const site = siteOf(node);
  const out = results.reduce((sum, { type }) => sum + elements(type.shape), 0);
  switch (form.kind) {
    case "pointwise":
      return out;
    case "reduce":
      return out * elements(form.extents(site));
    case "scatter":
      return form.combine === "put" ? 0 : elements(form.domain(site));
    case "contract": {
      const dims = form.contraction(site)?.dims;
      const [, kernel] = site.operands;
      // A convolution whose padding is not explicit yet: each output element uses one filter, [...window, in], of the
      // kernel.
      const filter = kernel === undefined ? 0 : elements(kernel.shape) / (kernel.shape.at(-1) ?? 1);
      return 2 * (dims === undefined ? out * filter : elements(dims.map((dim) => dim.size)));
    }
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

export const flopsOf = (nodes: readonly Node[]): number => nodes.reduce((sum, node) => sum + nodeFlops(node), 0);
