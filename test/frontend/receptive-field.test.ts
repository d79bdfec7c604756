// The elements that `--receptive-field` names are those whose change moves the output.
import { expect, test } from "vitest";
import { receptiveField } from "../../compiler/inspect/receptive-field.ts";
import { nameOf } from "../../compiler/graph/facts.ts";
import { iota, product } from "../../compiler/support/lists.ts";
import { present } from "../../compiler/support/invariant.ts";
import { type Shape, strides } from "../../compiler/types/tensor-type.ts";
import { graphOf, library, programOf, Runner } from "./program.ts";

const resolve = (path: string) => (path.startsWith("std/") ? library(path) : null);

const fieldOf = (text: string, output = "y", input = "x") =>
  receptiveField({ name: "test.dl", text }, { entry: null, output, input }, { resolve });

/** Smooth models, so that a change of an element on which the output depends is never hidden. */
const models: Readonly<Record<string, readonly [type: string, body: string]>> = {
  convolutions: [
    "f32[2, 9, 8, 1]",
    'x |> conv(3, kernel: [3, 3], padding: "same", stride: 2) |> tanh |> conv(2, kernel: [3, 1], padding: "same", dilation: 2)',
  ],
  "a depthwise convolution and a pool": ["f32[1, 7, 7, 2]", "x |> depthwise_conv(kernel: 3) |> avg_pool(2)"],
  groups: ["f32[1, 5, 5, 4]", "x |> conv(6, kernel: 3, groups: 2)"],
  "a transposed convolution": ["f32[1, 7, 3]", "x |> conv_transpose(2, kernel: 3, stride: 2)"],
  "a dilated kernel leaves gaps": ["f32[1, 11, 2]", "x |> conv(1, kernel: 3, dilation: 3)"],
  attention: ["f32[2, 5, 4]", "dot_product_attention(x, x, x)"],
  "a dense layer of flattened images": ["f32[3, 3, 3, 2]", "x |> flatten |> dense(2)"],
  "a recurrence sees what came before": ["f32[2, 6, 3]", "x |> gru(4)"],
  "a reversed recurrence": ["f32[2, 6, 3]", "reverse(reverse(x, axes: [1]) |> gru(2), axes: [1])"],
  "a norm over the batch": ["f32[5, 3]", "x - mean(x, axis: 0, keep: true)"],
  "slices, joins and transposes": ["f32[4, 6]", "transpose(concat(x[:, 1:3], 2 * x[:, ::2], axis: 1), perm: [1, 0])"],
  "padding and an image of few pixels": ["f32[1, 5, 5, 1]", 'x |> conv(1, kernel: 5, padding: "same")'],
  "a checkpoint": ["f32[2, 4]", "checkpoint { x |> tanh |> dense(3) }"],
};

test.each(Object.entries(models))("%s: a change of those elements, and only of those, moves the output", (_, model) => {
  const [type, body] = model;
  const text = `model Net(x: ${type}) = ${body}\nentry f(x: ${type}) {\n  { y: Net(x) }\n}\n`;
  const field = fieldOf(text);
  const program = programOf(text);
  const runner = new Runner(program);
  const graph = graphOf(program, "f");
  const { shape } = present(
    graph.inputs.find((value) => nameOf(value) === "x"),
    "x",
  ).type;
  const x = iota(product(shape)).map((i) => Math.sin(7 * i + 1));
  const position = strides(field.shape).reduce((sum, step, axis) => sum + step * (field.element[axis] ?? NaN), 0);
  const output = (input: readonly number[]): number | undefined => runner.call("f", { x: input }).y?.[position];
  const before = output(x);
  const moving = x.flatMap((value, i) => (output(x.with(i, value + 0.5)) === before ? [] : [indexOf(i, shape)]));
  const wanted = shape.map((__, axis) =>
    [...new Set(moving.map((index) => index[axis] ?? NaN))].toSorted((a, b) => a - b),
  );
  expect(field.axes?.map(({ size, first, last }) => [size, first, last])).toEqual(
    wanted.map((indices) => [indices.length, indices[0], indices.at(-1)]),
  );
});

const indexOf = (position: number, shape: Shape): number[] =>
  strides(shape).map((step, axis) => Math.floor(position / step) % (shape[axis] ?? 1));

test("how far the field moves with the output, and gaps", () => {
  const text = `model Net(x: f32[N, 40, 2]) = x |> conv(1, kernel: 3, dilation: 3)
entry f(x: f32[N, 40, 2]) {
  let w = Net(x)
  { w, y: w |> avg_pool(2, stride: 4) }
}`;
  const alongTime = (output: string) => fieldOf(text, output).axes?.[1];
  expect(alongTime("w")).toEqual({ of: 40, size: 3, first: 17, last: 23, step: 3, stride: { axis: 1, by: 1 } });
  expect(alongTime("y")).toEqual({ of: 40, size: 6, first: 16, last: 23, step: null, stride: { axis: 1, by: 4 } });
});

test("an index that is computed may be any", () => {
  const text = "entry f(x: f32[6, 2], i: i32[3]) {\n  { y: take(x, i, axis: 0) }\n}";
  expect(fieldOf(text).axes?.map(({ size }) => size)).toEqual([6, 1]);
  expect(fieldOf(text, "y", "i").axes?.map(({ size }) => size)).toEqual([1]);
});

test("an unknown name, and an input on which nothing depends", () => {
  const text = "entry f(x: f32[N, 4], z: f32[N, 4]) {\n  { y: 2 * x }\n}";
  expect(fieldOf(text, "y", "z").axes).toBeNull();
  expect(() => fieldOf(text, "logits")).toThrow("has no output `logits`");
  expect(() => fieldOf(text, "y", "image")).toThrow("has no input `image`");
});
