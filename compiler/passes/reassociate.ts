import type { GraphBuilder } from "../graph/build.ts";
import { summedAxes } from "../graph/facts.ts";
import type { Node, Value } from "../graph/ir.ts";
import { elements, isFloat } from "../types/tensor-type.ts";
import { definePass } from "./pass.ts";
import { at, iota } from "../support/lists.ts";
import { broadcastTo, repeatedVector } from "../analysis/broadcast-vector.ts";
import { applyLocalRules, localRule } from "../graph/rules/local.ts";

/**
 * Sums that may be written shorter if they may round differently, for which simplify has no rule: n times the same value is n times that value. The gradient of
 * a mean, of a bias or of anything that was repeated asks for such sums.
 */
export const reassociate = definePass({
  name: "reassociate",
  says: "makes a sum of what repeats a multiple",
  needs: ["differentiated"],
  gives: [],
  exact: false,
  run: (graph) => applyLocalRules(graph, reassociateRules),
});

/** A sum over axes that only repeat is a multiple. */
function sumOfRepeated(g: GraphBuilder, node: Node): Value | null {
  const [x] = node.operands;
  const axes = summedAxes(node);
  if (axes === null || x === undefined || !isFloat(x.type.dtype)) return null;
  const vector = axes.length === 0 ? null : repeatedVector(g, x);
  if (vector === null || axes.some((axis) => vector.axes.includes(axis))) return null;
  const left = iota(x.type.shape.length).filter((axis) => !axes.includes(axis));
  const count = elements(axes.map((axis) => at(x.type.shape, axis)));
  // The sum of nothing is 0, whatever it would repeat.
  if (count === 0) return null;
  return g.mul(broadcastTo(g, { value: vector.value, axes: vector.axes.map((axis) => left.indexOf(axis)) }, at(node.results, 0).type.shape), count);
}

export const reassociateRules = [localRule("sum-of-repeated", sumOfRepeated)];
