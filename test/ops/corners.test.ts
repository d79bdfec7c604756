import { expect, test } from "vitest";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import { evaluate } from "../../compiler/graph/evaluate.ts";
import { verify } from "../../compiler/graph/verify.ts";
import type { Attrs } from "../../compiler/graph/ir.ts";
import { f32, f64 } from "../../compiler/ops/signature.ts";
import { ops } from "../../compiler/ops/table.ts";
import type { TensorType } from "../../compiler/types/tensor-type.ts";

/** The gradients of the sum of an op's result with respect to its operands. */
function gradients(op: string, operands: readonly (readonly [type: TensorType, values: readonly number[]])[], attrs: Attrs = {}): number[][] {
  const g = new GraphBuilder("corner", ops);
  const inputs = operands.map(([type], i) => g.input(`x${i}`, type));
  const out = g.call(op, inputs, attrs);
  const loss = g.sum(out, [...out.type.shape.keys()]);
  g.callAll("gradient", [loss, ...inputs]).forEach((dx, i) => g.output(`d${i}`, dx));
  const graph = g.build();
  verify(graph);
  const data = new Map(operands.map(([, values], i) => [`x${i}`, Float64Array.from(values)]));
  const { outputs } = evaluate(graph, { inputs: data, persistent: new Map(), precision: "f64" });
  return [...outputs.values()].map((array) => [...array.data].map((x) => x + 0));
}

test("at a tie of max and min all of the gradient goes to the second", () => {
  expect(
    gradients("max", [
      [f32(3), [0, 1, -1]],
      [f32(3), [0, 0, 0]],
    ]),
  ).toEqual([
    [0, 1, 0],
    [1, 0, 1],
  ]);
  expect(
    gradients("min", [
      [f32(3), [0, 1, -1]],
      [f32(3), [0, 0, 0]],
    ]),
  ).toEqual([
    [0, 0, 1],
    [1, 1, 0],
  ]);
});

test("ties of a reduction share the gradient", () => {
  expect(gradients("reduce_max", [[f32(2, 4), [5, 2, 5, 1, 3, 3, 3, 3]]], { axes: [1] })).toEqual([[0.5, 0, 0.5, 0, 0.25, 0.25, 0.25, 0.25]]);
});

test("ties under a window give it to the first", () => {
  expect(gradients("window_max", [[f32(1, 2, 2, 1), [1, 3, 3, 3]]], { window: [2, 2], stride: [1, 1] })).toEqual([[0, 1, 0, 0]]);
});

test("a product with zeros has the gradient of a product", () => {
  expect(gradients("reduce_prod", [[f32(3, 3), [0, 2, 3, 0, 0, 3, 4, 5, 6]]], { axes: [1] })).toEqual([[6, 0, 0, 0, 0, 0, 30, 24, 20]]);
});

test("the absolute value has no slope at 0", () => {
  expect(gradients("abs", [[f32(3), [-2, 0, 2]]])).toEqual([[-1, 0, 1]]);
});

test("pow at 0 and below", () => {
  const [dx, dy] = gradients("pow", [
    [f32(4), [0, 0, 0, -2]],
    [f32(4), [0, 1, 2, 3]],
  ]);
  expect(dx).toEqual([0, 1, 0, 12]);
  expect(dy).toEqual([0, 0, 0, 0]);
});

test("nothing flows through what is constant between its steps, nor past stop_gradient", () => {
  for (const op of ["sign", "floor", "ceil", "round", "trunc", "stop_gradient"]) expect(gradients(op, [[f32(2), [0.5, -1.5]]]), op).toEqual([[0, 0]]);
});

test("a gradient passes through a change of precision and comes back in the operand's", () => {
  expect(gradients("convert", [[f64(2), [1, 2]]], { dtype: "f32" })).toEqual([[1, 1]]);
});
