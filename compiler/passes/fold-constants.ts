import type { GraphBuilder } from "../graph/build.ts";
import { evaluateNode, ndarray } from "../graph/evaluate.ts";
import { constantData, isConstant, isLeaf, splatValue } from "../graph/facts.ts";
import type { Node, Value } from "../graph/ir.ts";
import type { NdArray } from "../graph/op.ts";
import { dropDead, rebuild } from "../graph/rebuild.ts";
import { defaultMachine, type SizeLimits } from "../support/machine.ts";
import { elements, type TensorType } from "../types/tensor-type.ts";
import { definePass } from "./pass.ts";

/**
 * Evaluates nodes whose operands are all constants, by the op's reference, rounded to the dtype: the constant has the
 * bits that the kernel would have computed. So it folds only ops that are `exact`: the kernels compute exp or tanh with
 * their own polynomials, and long sums in their own order. Those ops stay; simplify has made them scalars where all
 * elements are equal. Folding does not add data: the result is at most as large as the dense constants among the
 * operands.
 */
export const foldConstants = definePass({
  name: "fold-constants",
  doc: "evaluates nodes whose operands are all constants",
  needs: ["differentiated"],
  provides: [],
  exact: true,
  run: (graph, { machine = defaultMachine }) => {
    const known = new Map<Value, NdArray>();
    return dropDead(
      rebuild(graph, (builder, node, operands) => {
        if (isLeaf(node)) return null;
        return foldedSplat(builder, node, operands) ?? foldedDense(builder, node, operands, known, machine.limits);
      }),
    );
  },
});

/** A pointwise op of splats is a splat, however large. */
function foldedSplat(
  builder: GraphBuilder,
  { op, attrs, results }: Node,
  operands: readonly Value[],
): readonly Value[] | null {
  if (!op.exact || op.form.kind !== "pointwise" || op.reference.kind !== "scalar") return null;
  const numbers = operands.map(storedSplat);
  if (!numbers.every((n) => n !== null)) return null;
  const number = op.reference.apply(
    numbers,
    attrs,
    operands.map((value) => value.type),
  );
  return results.map(({ type }) => builder.constant(type, stored(type, number)));
}

/** A number, rounded to the dtype. */
const stored = ({ dtype }: TensorType, number: number): number =>
  ndarray({ dtype, shape: [] }, Float64Array.of(number), "f32").data[0] ?? number;

function storedSplat(value: Value): number | null {
  const number = splatValue(value);
  return number === null ? null : stored(value.type, number);
}

function foldedDense(
  builder: GraphBuilder,
  node: Node,
  operands: readonly Value[],
  known: Map<Value, NdArray>,
  limits: SizeLimits,
): readonly Value[] | null {
  if (!node.op.exact) return null;
  if (!operands.every((value) => known.has(value) || isConstant(value.node))) return null;
  const size = node.results.reduce((sum, { type }) => sum + elements(type.shape), 0);
  const dense = operands.reduce((sum, value) => sum + (splatValue(value) === null ? elements(value.type.shape) : 0), 0);
  if (size > Math.min(limits.folded, Math.max(dense, operands.length === 0 ? limits.table : 0))) return null;
  const data = operands.map((value) => known.get(value) ?? dataOf(value, limits));
  if (!data.every((array) => array !== null)) return null;
  const arrays = evaluateNode(node, data, "f32");
  if (operands.length > 0) return arrays.map((array) => constantOf(builder, array));
  // A table (iota) stays an op, since it costs nothing; its users can be folded.
  const table = builder.addNode(node.op, [], node.attrs).results;
  table.forEach((value, index) => remember(known, value, arrays[index]));
  return table;
}

function remember(known: Map<Value, NdArray>, value: Value, array: NdArray | undefined): void {
  if (array !== undefined) known.set(value, array);
}

function dataOf(value: Value, limits: SizeLimits): NdArray | null {
  if (!isConstant(value.node) || elements(value.type.shape) > limits.folded) return null;
  const data = constantData(value);
  return data === null ? null : ndarray(value.type, data, "f32");
}

function constantOf(builder: GraphBuilder, { type, data }: NdArray): Value {
  const first = data[0];
  const splat = first !== undefined && data.every((x) => Object.is(x, first));
  return builder.constant(type, splat ? first : [...data]);
}
