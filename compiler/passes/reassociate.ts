import type { GraphBuilder } from "../graph/build.ts";
import { resultOf, summedAxes } from "../graph/facts.ts";
import type { Node, Value } from "../graph/ir.ts";
import { elements, isFloat } from "../types/tensor-type.ts";
import { definePass } from "./pass.ts";
import { at, iota } from "../support/lists.ts";
import { broadcastTo, repeatedVector } from "../analysis/broadcast-vector.ts";
import { applyLocalRules, localRule } from "../graph/rules/local.ts";

/**
 * Shortens sums where the result may round differently, which simplify does not do: the sum of n equal values is n
 * times the value. Such sums occur in the gradients of means, biases and broadcasts.
 */
export const reassociate = definePass({
  name: "reassociate",
  doc: "replaces sums of equal values by products",
  needs: ["differentiated"],
  provides: [],
  exact: false,
  run: (graph, { rewrites }) => applyLocalRules(graph, reassociateRules, rewrites),
});

/** A sum over broadcast axes is a product with their size. */
function sumOfRepeated(g: GraphBuilder, node: Node): Value | null {
  const [x] = node.operands;
  const axes = summedAxes(node);
  if (axes === null || x === undefined || !isFloat(x.type.dtype)) return null;
  const vector = axes.length === 0 ? null : repeatedVector(g, x);
  if (vector === null || axes.some((axis) => vector.axes.includes(axis))) return null;
  const left = iota(x.type.shape.length).filter((axis) => !axes.includes(axis));
  const count = elements(axes.map((axis) => at(x.type.shape, axis)));
  // An empty sum is 0, even if the repeated value is not finite.
  if (count === 0) return null;
  return g.mul(
    broadcastTo(
      g,
      { value: vector.value, axes: vector.axes.map((axis) => left.indexOf(axis)) },
      resultOf(node).type.shape,
    ),
    count,
  );
}

export const reassociateRules = [localRule("sum-of-repeated", sumOfRepeated)];
