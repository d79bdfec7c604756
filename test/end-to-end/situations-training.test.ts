// Conversions, integers, reductions, gradients and optimizers.
import { refusals, situations } from "./situations.ts";

const most = 2147483647;

situations([
  {
    source: "pytorch/pytorch#180159, numpy/numpy#6109",
    title: "NaN, infinities and large floats as integers have one value on every target",
    text: `
entry converted(x: f32[8]) {
  { i32: convert(x, dtype: "i32"), u8: convert(x, dtype: "u8"), i8: convert(x, dtype: "i8"), bool: convert(x, dtype: "bool") }
}`,
    inputs: { x: [NaN, Infinity, -Infinity, 3e9, -3e9, 2.9, -2.9, 0] },
    wanted: {
      i32: [0, most, -most - 1, most, -most - 1, 2, -2, 0],
      u8: [0, 255, 0, 255, 0, 2, 0, 0],
      i8: [0, 127, -128, 127, -128, 2, -2, 0],
      bool: [1, 1, 1, 1, 1, 1, 1, 0],
    },
  },
  {
    source: "pytorch/pytorch#2124, huggingface/candle#1944",
    title: "the count of 5000 equal elements does not wrap around at 256",
    text: `
entry equals(a: i32[5000]) {
  { i32: sum(convert(a == a, dtype: "i32")), f32: sum(convert(a == a, dtype: "f32")) }
}`,
    inputs: { a: new Int32Array(5000) },
    wanted: { i32: [5000], f32: [5000] },
  },
  {
    source: "openvinotoolkit/openvino#33164",
    title: "a difference of u8 is computed in i32, and clamped when it is converted to u8",
    text: `
entry bytes(a: u8[4], b: u8[4]) {
  let d = convert(a, dtype: "i32") - convert(b, dtype: "i32")
  { d, u8: convert(d, dtype: "u8"), wrapped: convert(op.and(d, 255), dtype: "u8") }
}`,
    inputs: { a: [5, 200, 250, 0], b: [10, 100, 10, 50] },
    wanted: { d: [-5, 100, 240, -50], u8: [0, 100, 240, 0], wrapped: [251, 100, 240, 206] },
  },
  {
    source: "pytorch/pytorch#43874, #44858",
    title: "division of ints truncates, and % has the sign of the dividend, as the documentation says",
    text: `
entry divided(a: i32[5], b: i32[5]) {
  let floored = a / b - convert(a % b != 0 and (a < 0) != (b < 0), dtype: "i32")
  { quotient: a / b, rest: a % b, floored, whole: a / b * b + a % b }
}`,
    inputs: { a: [-3, 3, -4, -1, 7], b: [2, -2, 3, 2, -7] },
    wanted: {
      quotient: [-1, -1, -1, 0, -1],
      rest: [-1, 1, -1, -1, 0],
      floored: [-2, -2, -2, -1, -1],
      whole: [-3, 3, -4, -1, 7],
    },
  },
  {
    source: "pytorch/pytorch#29137, #105798",
    title: "a reduction over no axes is x itself, as in NumPy",
    text: `
entry no_axes(x: f32[2, 3]) {
  { sum: sum(x, axis: []), max: max_over(x, axis: []), mean: mean(x, axis: [], keep: true), norm: norm(x, axis: []) }
}`,
    inputs: { x: [0, 1, 2, 3, 4, 5] },
    wanted: { sum: [0, 1, 2, 3, 4, 5], max: [0, 1, 2, 3, 4, 5], mean: [0, 1, 2, 3, 4, 5], norm: [0, 1, 2, 3, 4, 5] },
  },
  {
    source: "pytorch/pytorch#82644, tensorflow/tensorflow#3862",
    title: "the gradient of a product with no, one and two zeros",
    text: `entry zeros_in_product(x: f32[4, 3], y: f32[1]) { { rows: grad(sum(prod(x, axis: 1)), x), one: grad(prod(y), y) } }`,
    inputs: { x: [2, 3, 4, 2, 0, 3, 0, 2, 0, 0, 0, 0], y: [0] },
    wanted: { rows: [12, 8, 6, 0, 6, 0, 0, 0, 0, 0, 0, 0], one: [1] },
  },
  {
    source: "tensorflow/tensorflow#2540, jax-ml/jax#1538",
    title: "an operand that `select` drops may overflow in the value; for the gradient its argument is selected too",
    text: `
entry dropped_branch(x: f32[2]) {
  let y = select(x > 0, 0, exp(x))
  { y, naive: grad(sum(y), x), slope: grad(sum(select(x > 0, 0, exp(select(x > 0, 0, x)))), x) }
}`,
    inputs: { x: [1e10, 0] },
    wanted: { y: [0, 1], naive: [NaN, 1], slope: [0, 1] },
  },
  {
    source: "tensorflow/tensorflow#10845, keras-team/keras#5539",
    title: "dropout at rate 0 changes nothing, and at 1/2 kept elements are doubled",
    text: `
train entry drops(x: f32[64]) {
  let y = dropout(x, rate: 0.5)
  { none: dropout(x, rate: 0.0), odd: any((y != 0) and (y != 2)), some: any(y == 0) and any(y == 2) }
}`,
    inputs: { x: new Array(64).fill(1) },
    wanted: { none: new Array(64).fill(1), odd: [0], some: [1] },
  },
  {
    source: "tensorflow/tensorflow#36001",
    title: "clipping by the norm of each gradient, and by that of all",
    text: `
model Each() {
  param a: f32[2] = zeros
  param b: f32[2] = zeros
  (a, b)
}
model All() {
  param a: f32[2] = zeros
  param b: f32[2] = zeros
  (a, b)
}
train entry clipped(x: f32[2], y: f32[2]) {
  let (a, b) = Each()
  minimize sum(a * x) + sum(b * y) over Each with clip_by_norm(1.0) |> sgd(lr: 1)
  let (c, d) = All()
  minimize sum(c * x) + sum(d * y) over All with clip_by_global_norm(2.5) |> sgd(lr: 1)
  let (a1, b1) = Each()
  let (c1, d1) = All()
  { a1, b1, c1, d1 }
}`,
    inputs: { x: [3, 0], y: [0, 4] },
    wanted: { a1: [-1, 0], b1: [0, -1], c1: [-1.5, 0], d1: [0, -2] },
    within: 1e-6,
  },
  {
    source: "tensorflow/addons#2282, pytorch/pytorch#3740",
    title: "decoupled decay is times the rate and leaves Adam's step as it is; L2 decay is part of the gradient",
    text: `
model Apart() {
  param p: f32[2] = ones
  p
}
model Inside() {
  param p: f32[2] = ones
  p
}
train entry decays(g: f32[2]) {
  minimize sum(Apart() * g) over Apart with adamw(lr: 0.5, weight_decay: 0.125, eps: 0)
  minimize sum(Inside() * g) over Inside with adam(lr: 0.5, weight_decay: 0.125, eps: 0)
  { apart: Apart(), inside: Inside() }
}`,
    // The first step of Adam is lr times the sign of the gradient, which is -0.05 + 0.125 > 0 for the second element.
    state: { "Apart.p": [1, 1], "Inside.p": [1, 1] },
    inputs: { g: [3, -0.05] },
    wanted: { apart: [1 - 0.0625 - 0.5, 1 - 0.0625 + 0.5], inside: [0.5, 0.5] },
    within: 1e-6,
  },
  {
    source: "nntrainer/nntrainer#1844",
    title: "a clipped gradient does not contain the decay, which is added after it",
    text: `
model Decayed() {
  param p: f32[2] = zeros
  p
}
train entry clip_then_decay(g: f32[2]) {
  minimize sum(Decayed() * g) over Decayed with clip_by_norm(1.0) |> sgd(lr: 1, weight_decay: 0.5)
  { p: Decayed() }
}`,
    state: { "Decayed.p": [2, 0] },
    inputs: { g: [3, 4] },
    wanted: { p: [2 - (0.6 + 1), -0.8] },
    within: 1e-6,
  },
]);

refusals([
  {
    source: "pytorch/pytorch#2124",
    title: "a sum of bools",
    text: "entry f(a: i32[300], b: i32[300]) { sum(a == b) }",
    says: /`sum` requires that x is f32 or i32.*convert it: convert/s,
  },
  {
    source: "openvinotoolkit/openvino#35639",
    title: "a difference of u8, which could wrap around or saturate,",
    text: "entry f(a: u8[4], b: u8[4]) { a - b }",
    says: /`sub` requires that x and y have the same dtype, f32 or i32.*convert it: convert/s,
  },
  {
    source: "pytorch/pytorch#16045, #19699, tensorflow/tensorflow#37770",
    title: "a loss of [N, 1] and [N], which would compare all pairs,",
    text: "entry f(y: f32[100, 1], target: f32[100]) { mean(mse(y, target)) }",
    says: /cannot broadcast f32\[100, 1\] with f32\[100\].*squeeze\(x, -1\)/s,
  },
  {
    source: "pytorch/pytorch#16413",
    title: "a difference of [N] and [N, 1]",
    text: "entry f(a: f32[3], b: f32[3, 1]) { a - b }",
    says: /E0304/,
  },
  {
    source: "keras-team/keras#9141, google/flax#2055",
    title: "dropout at rate 1",
    text: "train entry f(x: f32[4]) { dropout(x, rate: 1.0) }",
    says: /`rate` of dropout must be at least 0 and less than 1/,
  },
]);
