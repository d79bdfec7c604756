import { expect, test } from "vitest";
import { summarize, type Summary } from "../../compiler/inspect/summary.ts";
import { library } from "./program.ts";

const resolve = (path: string) => (path.startsWith("std/") ? library(path) : null);
const summaryOf = (text: string): Summary => summarize({ name: "work.dl", text }, null, { resolve });

test("the work of a perceptron, by hand", () => {
  const { work, flops, memory, inputs, outputs } = summaryOf(`
model Net(x: f32[3, 4]) { x |> dense(8) |> relu |> dense(2) }
train entry step(x: f32[3, 4]) {
  let loss = sum(Net(x))
  minimize loss over Net with sgd
  { loss }
}`);
  const [product1, product2] = [2 * 3 * 4 * 8, 2 * 3 * 8 * 2];
  // Biases, relu and the sum of the loss: one for each element; and the count of calls.
  expect(work.forward).toBe(product1 + 24 + 24 + product2 + 6 + 6 + 1);
  // The gradients of the biases, both of the second product, relu (four ops), that of the first w; none of x.
  expect(work.backward).toBe(6 + 2 * product2 + 4 * 24 + 24 + product1);
  // w - lr * g
  expect(work.optimizer).toBe(2 * 58);
  expect(flops).toBe(work.forward + work.backward + work.optimizer);
  expect(memory).toMatchObject({ params: 4 * 58, states: 0, optimizer: 0 });
  // At least the input and the hidden values, which the backward pass reads.
  expect(memory.arena).toBeGreaterThan(4 * (58 + 12 + 24));
  expect(inputs).toEqual([{ name: "x", shape: "[3, 4]", dtype: "f32" }]);
  expect(outputs).toEqual([{ name: "loss", shape: "[]", dtype: "f32" }]);
});

test("memory has the slots of the optimizer and the states of layers", () => {
  const { memory } = summaryOf(`
model Net(x: f32[2, 4]) { x |> dense(3, bias: false) |> batch_norm }
train entry step(x: f32[2, 4]) {
  minimize mean(Net(x)) over Net with adam
}`);
  const params = 4 * 3 + 2 * 3;
  // Two slots for each param, and the count of steps.
  expect(memory).toMatchObject({ params: 4 * params, states: 4 * 2 * 3, optimizer: 4 * (2 * params + 1) });
});

test("the work of convolutions, by hand", () => {
  const gradient = (of: string, stride: number): Summary =>
    summaryOf(`
entry slope(x: f32[2, 9, 9, 3], w: f32[3, 3, 3, 5]) {
  let y = convolve(x, w, stride: ${stride}, padding: "same")
  grad(sum(y), ${of})
}`);
  for (const [stride, size] of [
    [1, 9],
    [2, 5],
  ] as const) {
    // As many multiply-adds as the convolution, in both gradients; the convolution itself is not needed.
    const products = 2 * (2 * size * size * 5) * (3 * 3 * 3);
    expect(gradient("x", stride).work).toEqual({ forward: 0, backward: products, optimizer: 0 });
    expect(gradient("w", stride).work).toEqual({ forward: 0, backward: products, optimizer: 0 });
  }
  const { work } = summaryOf(`entry run(x: f32[2, 9, 9, 4], w: f32[3, 3, 2, 6]) { convolve(x, w, groups: 2) }`);
  expect(work.forward).toBe(2 * (2 * 7 * 7 * 6) * (3 * 3 * 2));
});

test("the work of a scan, by hand", () => {
  const { work } = summaryOf(`
entry slope(x: f32[5, 4], w: f32[4, 4]) {
  let run = scan xt in x along 0 carry h = zeros([1, 4]) { next h = tanh(xt[_, :] + h @ w) }
  { h: run.h, g: grad(sum(run.h), w) }
}`);
  const product = 2 * 4 * 4;
  expect(work.forward).toBe(5 * (product + 4 + 4));
  // The sum and tanh again, d tanh (three ops), both gradients of the product, and the sum of those of w.
  expect(work.backward).toBe(5 * (2 * 4 + 3 * 4 + 2 * product + 16));
});
