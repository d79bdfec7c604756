// Repeated values: a moved splat is a splat, and arithmetic moves before broadcasts and views.
import type { GraphBuilder } from "../../graph/build.ts";
import { isRepeat, isView, movesElements, padding, splatValue } from "../../graph/facts.ts";
import type { Node, Value } from "../../graph/ir.ts";
import { elements, sameShape } from "../../types/tensor-type.ts";
import { at, iota } from "../../support/lists.ts";
import { broadcastTo, repeatedVector } from "../../analysis/broadcast-vector.ts";
import { localRule, type LocalRule } from "../../graph/rules/local.ts";

/** Moving a splat results in a splat; a pad must pad with the same number. */
function movedSplat(g: GraphBuilder, node: Node): Value | null {
  if (!movesElements(node)) return null;
  const numbers = node.operands.map(splatValue);
  const [first] = numbers;
  if (first === undefined || first === null || !numbers.every((n) => Object.is(n, first))) return null;
  const around = padding(node);
  if (around !== null && !Object.is(around, first)) return null;
  return g.constant(at(node.results, 0).type, first);
}

/**
 * f(broadcast(x), broadcast(y), 2) = broadcast(f(...)), on the union of their axes, if that is less work. For an exact
 * op of splats only, fold-constants does the same.
 */
function pointwiseOfRepeated(g: GraphBuilder, { op, operands, results, attrs }: Node): Value | null {
  const { type } = at(results, 0);
  if (op.form.kind !== "pointwise" || elements(type.shape) <= 1) return null;
  if (!operands.every((value) => splatValue(value) !== null || isRepeat(value.node))) return null;
  const vectors = operands.flatMap((value) => repeatedVector(g, value) ?? []);
  const axes = iota(type.shape.length).filter((axis) => vectors.some((vector) => vector.axes.includes(axis)));
  const shape = axes.map((axis) => at(type.shape, axis));
  if (elements(shape) >= elements(type.shape)) return null;
  const parts = vectors.map((vector) =>
    broadcastTo(g, { value: vector.value, axes: vector.axes.map((axis) => axes.indexOf(axis)) }, shape),
  );
  return broadcastTo(g, { value: g.apply(op, parts, attrs), axes }, type.shape);
}

/**
 * f(reshape(x), reshape(y), 2) = reshape(f(x, y, 2)), where x and y have one shape: the view moves after the
 * arithmetic, which is then adjacent to the node that computes x, and the view to the next view.
 */
function pointwiseOfReshaped(g: GraphBuilder, { op, operands, results, attrs }: Node): Value | null {
  const { type } = at(results, 0);
  if (op.form.kind !== "pointwise") return null;
  const sources = operands
    .filter((value) => splatValue(value) === null)
    .map(({ node }) => (isView(node) ? node.operands[0] : undefined));
  const [first] = sources;
  if (
    first === undefined ||
    !sources.every((source) => source !== undefined && sameShape(source.type.shape, first.type.shape))
  )
    return null;
  const { shape } = first.type;
  const parts = operands.map((value) => {
    const splat = splatValue(value);
    return splat === null ? at(value.node.operands, 0) : g.constant({ dtype: value.type.dtype, shape }, splat);
  });
  return g.reshape(g.apply(op, parts, attrs), type.shape);
}

export const repeatRules: readonly LocalRule[] = [
  localRule("moved-splat", movedSplat),
  localRule("pointwise-of-repeated", pointwiseOfRepeated),
  localRule("pointwise-of-reshaped", pointwiseOfReshaped),
];
