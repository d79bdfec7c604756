// Indices that are known at compile time: constants, positions, and integers computed from them.
import { evaluateNode } from "../graph/evaluate.ts";
import { isConstant, movesElements, splatValue } from "../graph/facts.ts";
import type { Node, Value } from "../graph/ir.ts";
import { topological } from "../graph/rebuild.ts";
import type { NdArray } from "../graph/op.ts";
import { at } from "../support/lists.ts";
import { elements, isFloat } from "../types/tensor-type.ts";

/** Larger tables of indices, and longer computations, are left to run time. */
const mostElements = 2 ** 14;
const mostNodes = 50;

/** The first element that is not an index along an axis of that size; null if there is none, or nothing is known. */
export function staticIndexOutside(indices: Value, size: number): number | null {
  const splat = splatValue(indices);
  const data = splat === null ? staticElements(indices) : [splat];
  return data?.find((index) => index < 0 || index >= size) ?? null;
}

/** The elements of a value that depends on nothing but constants; null if it does, or is large. */
function staticElements(value: Value): Float64Array | null {
  if (!isSmall(value.node)) return null;
  const nodes = topological([value]);
  if (nodes.length > mostNodes || !nodes.every(isSmall)) return null;
  const arrays = new Map<Value, NdArray>();
  for (const node of nodes) {
    const operands = node.operands.flatMap((operand) => arrays.get(operand) ?? []);
    evaluateNode(node, operands, "f32").forEach((array, i) => arrays.set(at(node.results, i), array));
  }
  return arrays.get(value)?.data ?? null;
}

/** Whether the node computes a few integers, by an op that does not need others than constants. */
function isSmall(node: Node): boolean {
  const { op, operands, results } = node;
  const isStatic =
    isConstant(node) ||
    op.form.kind === "pointwise" ||
    movesElements(node) ||
    (operands.length === 0 && op.form.kind === "map");
  return isStatic && results.every(({ type }) => !isFloat(type.dtype) && elements(type.shape) <= mostElements);
}
