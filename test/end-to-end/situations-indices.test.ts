// Indices: negative ones and those out of range, duplicates and their gradients, ties, orders.
import { refusals, situations } from "./situations.ts";

const zeros = (n: number): number[] => new Array<number>(n).fill(0);

/** -NaN: its sign bit is set. */
const negativeNaN = new Float32Array(Uint32Array.of(0xffc00000).buffer)[0] ?? 0;

situations([
  {
    source: "pytorch/pytorch#1631",
    title: "the gradient of gather adds what repeated indices send to one element",
    text: `
entry repeated(x: f32[1], i: i32[2], dy: f32[2]) {
  let whole = concat(x, x, axis: 0)
  { gathered: grad(sum(gather(whole, i, axis: 0) * dy), x), taken: grad(sum(take(x, i, axis: 0) * dy), x) }
}`,
    inputs: { x: [0.125], i: [0, 0], dy: [0.25, 0.5] },
    wanted: { gathered: [0.75], taken: [0.75] },
  },
  {
    source: "pytorch/pytorch#39227, tensorflow/tensorflow#56961",
    title: "a scatter adds all values of one index, and each value has its gradient",
    text: `
entry scattered(y: f32[4], i: i32[4]) {
  let x = scatter_add(y, i, axis: 0, size: 3)
  { x, slope: grad(sum(x * x), y) }
}`,
    inputs: { y: [1, 2, 4, 8], i: [0, 2, 0, 2] },
    wanted: { x: [5, 0, 10], slope: [10, 20, 10, 20] },
  },
  {
    source: "pytorch/pytorch#26302, #3711",
    title: "the row of an embedding for padding: no gradient, and it stays 0",
    text: `
model Words(id: i32[2, 3]) {
  param table: f32[4, 2] = ones
  select((id == 0)[:, :, _], 0, table[id])
}
train entry padded_words(id: i32[2, 3]) {
  let y = Words(id)
  let loss = sum(y * y) / 2
  let slope = grad(loss, params(Words)[0])
  minimize loss over Words with sgd(lr: 1, weight_decay: 0.5)
  { y, slope, table: params(Words)[0] }
}`,
    state: { "Words.table": [0, 0, 1, 2, 3, 4, 5, 6] },
    inputs: { id: [1, 0, 1, 0, 0, 3] },
    wanted: {
      y: [1, 2, 0, 0, 1, 2, 0, 0, 0, 0, 5, 6],
      slope: [0, 0, 2, 4, 0, 0, 5, 6],
      table: [0, 0, -1.5, -3, 1.5, 2, -2.5, -3],
    },
  },
  {
    source: "microsoft/onnxruntime#1533, #7752",
    title: "a negative index in an input is an error; written in the program it counts from the end",
    text: `entry from_end(x: f32[3], i: i32[2]) { { last: x[-1], taken: x[i] } }`,
    inputs: { x: [1, 2, 3], i: [0, -1] },
    wanted: /input `i` of `from_end` is -1 at \[1\], not 0 to 2/,
  },
  {
    source: "microsoft/onnxruntime#25251, #28311",
    title: "an index that is too large in an input is an error",
    text: `entry too_large(x: f32[5], i: i32[6]) { x[i] }`,
    inputs: { x: [10, 20, 30, 40, 50], i: [0, 1, 2, 3, 5, 4] },
    wanted: /input `i` of `too_large` is 5 at \[4\], not 0 to 4/,
  },
  {
    source: "onnx/onnx#2179",
    title: "a computed index out of range is the nearest one in range, in the value and in the gradient",
    text: `
entry computed(x: f32[3], y: f32[4]) {
  let i = convert(y, dtype: "i32")
  { y: x[i], slope: grad(sum(x[i] * y), x) }
}`,
    inputs: { x: [1, 2, 3], y: [-5, 1, 3, 1e9] },
    wanted: { y: [1, 2, 3, 3], slope: [-5, 1, 1e9] },
  },
  {
    source: "tensorflow/tensorflow#11727, pytorch/pytorch#45352",
    title: "one_hot of a label that is no class is an error, not a row of zeros",
    text: `entry hot(label: i32[3]) { one_hot(label, classes: 4) }`,
    inputs: { label: [1, 2, -1] },
    wanted: /input `label` of `hot` is -1 at \[2\], not 0 to 3/,
  },
  {
    source: "pytorch/pytorch#22853, #41781, #17738",
    title: "argmax of equal elements is the first, for floats and ints, long and short",
    text: `
entry ties(x: f32[1, 2001], y: i32[2, 5]) {
  { long: argmax(x, axis: 1), first: argmax(y, axis: 1), least: argmin(y, axis: 1), column: argmax(y, axis: 0) }
}`,
    inputs: { x: zeros(2001), y: [2, 3, 0, 3, 3, 1, 3, 1, 3, 1] },
    wanted: { long: [0], first: [1, 1], least: [2, 0], column: [0, 0, 1, 0, 0] },
  },
  {
    source: "pytorch/pytorch#38922",
    title: "argmax along a last axis of size 1 is 0 in a large tensor",
    text: `entry single(x: f32[40, 900, 1]) { argmax(x, axis: 2) }`,
    inputs: { x: zeros(36000) },
    wanted: { result: zeros(36000) },
  },
  {
    source: "jax-ml/jax#2779, #2124",
    title: "argsort keeps the order of equal elements, -0 and 0 among them",
    text: `
entry stable(x: f32[12], y: f32[4]) {
  { up: argsort(x, axis: 0), down: argsort(x, axis: 0, descending: true), zero: argsort(y, axis: 0) }
}`,
    inputs: { x: [5, 1, 2, 6, 5, -2, 2, 0, 0, 1, 0, 4], y: [0, -0, 0, -0] },
    wanted: {
      up: [5, 7, 8, 10, 1, 9, 2, 6, 11, 0, 4, 3],
      down: [3, 0, 4, 11, 2, 6, 1, 9, 7, 8, 10, 5],
      zero: [0, 1, 2, 3],
    },
  },
  {
    source: "tenstorrent/tt-metal#31989, ekzhang/jax-js#78",
    title: "top_k of equal elements takes the first ones, in their order, with infinities and NaN in place",
    text: `
entry best(x: f32[6], y: f32[5]) {
  let (values, i) = top_k(x, 4)
  let (odd, j) = top_k(y, 4)
  { values, i, odd, j, slope: grad(sum(values), x) }
}`,
    inputs: { x: [3, 7, 3, 7, 3, 7], y: [1, -Infinity, NaN, Infinity, -1] },
    wanted: {
      values: [7, 7, 7, 3],
      i: [1, 3, 5, 0],
      odd: [NaN, Infinity, 1, -1],
      j: [2, 3, 0, 4],
      slope: [1, 1, 0, 1, 0, 1],
    },
  },
  {
    source: "jax-ml/jax#6443",
    title: "sort puts NaN last, whatever its sign bit",
    text: `entry signs(x: f32[6]) { { x: sort(x)[0], i: sort(x)[1] } }`,
    inputs: { x: Float32Array.of(negativeNaN, NaN, -Infinity, Infinity, -1, 1) },
    wanted: { x: [-Infinity, -1, 1, Infinity, NaN, NaN], i: [2, 4, 5, 3, 0, 1] },
  },
  {
    source: "tensorflow/tensorflow#4593",
    title: "a cumulative sum from the end is the reverse of that of the reverse",
    text: `
entry from_the_end(x: f32[5]) {
  { a: cumsum(x, axis: 0, reverse: true), b: reverse(cumsum(reverse(x, axes: [0]), axis: 0), axes: [0]), before: cumsum(x, axis: 0, reverse: true, exclusive: true) }
}`,
    inputs: { x: [1, 2, 3, 4, 5] },
    wanted: { a: [15, 14, 12, 9, 5], b: [15, 14, 12, 9, 5], before: [14, 12, 9, 5, 0] },
  },
  {
    source: "microsoft/onnxruntime#13174",
    title: "an exclusive cumulative sum of an axis of size 1 is 0, from both ends",
    text: `
entry one_item(x: f32[2, 1], y: i32[1]) {
  {
    a: cumsum(x, axis: 1, reverse: true, exclusive: true),
    b: cumsum(x, axis: 1, exclusive: true),
    c: cumsum(y, axis: 0, reverse: true, exclusive: true),
  }
}`,
    inputs: { x: [3, 4], y: [7] },
    wanted: { a: [0, 0], b: [0, 0], c: [0] },
  },
  {
    source: "pytorch/pytorch#9147",
    title: "reversing an axis of a matrix that is not square",
    text: `
entry flipped(x: f32[2, 3]) {
  { a: reverse(x, axes: [1]), b: reverse(x, axes: [0]), c: reverse(x, axes: [0, 1]), rolled: concat(x[:, -1:], x[:, :-1], axis: 1) }
}`,
    inputs: { x: [1, 1, 1, 1, 0, 2] },
    wanted: { a: [1, 1, 1, 2, 0, 1], b: [1, 0, 2, 1, 1, 1], c: [2, 0, 1, 1, 1, 1], rolled: [1, 1, 1, 2, 1, 0] },
  },
]);

refusals([
  {
    source: "microsoft/onnxruntime#28311",
    title: "an index out of range that is written in the program",
    text: "entry f(x: f32[3, 5]) { x[:, 5] }",
    says: /index 5 is out of range/,
  },
]);
