// Resizing, pooling and convolutions: where pixels are, what padding counts, sizes of results, groups.
import { refusals, situations } from "./situations.ts";

const count = (n: number, from = 1): number[] => Array.from({ length: n }, (_, i) => from + i);

/** The transposed convolution of a square image of one channel by its definition: each pixel adds a scaled kernel. */
function scattered(x: readonly number[], w: readonly number[], stride: number, from: number, size: number): number[] {
  const [side, window] = [Math.sqrt(x.length), Math.sqrt(w.length)];
  const result = new Array<number>(size * size).fill(0);
  for (let i = 0; i < side * side; i++)
    for (let j = 0; j < window * window; j++) {
      const row = Math.floor(i / side) * stride + Math.floor(j / window) - from;
      const column = (i % side) * stride + (j % window) - from;
      const inside = row >= 0 && row < size && column >= 0 && column < size;
      if (inside) result[row * size + column] = (result[row * size + column] ?? 0) + (x[i] ?? NaN) * (w[j] ?? NaN);
    }
  return result;
}

situations([
  {
    source: "opencv/opencv#9096, pytorch/pytorch#64501",
    title: "nearest from 5 to 3 takes pixel floor(i * 5 / 3), as PyTorch's `nearest`, not the one at the centre",
    text: `entry nearest_down(x: f32[1, 5, 1]) { resize(x, 3, mode: "nearest") }`,
    inputs: { x: count(5, 0) },
    wanted: { result: [0, 1, 3] },
  },
  {
    source: "microsoft/onnxruntime#28310",
    title: "nearest from 26 to 64, where a rounded scale misses a pixel",
    text: `entry nearest_up(x: f32[1, 26, 1]) { resize(x, 64, mode: "nearest") }`,
    inputs: { x: count(26, 0) },
    wanted: { result: count(64, 0).map((i) => Math.floor((i * 26) / 64)) },
  },
  {
    source: "opencv/opencv#29825",
    title: "nearest from 3 to 200,000 and from 10 to 1920, where a step in fixed point is 0 or drifts",
    text: `
entry nearest_far(x: f32[1, 3, 1], y: f32[1, 10, 1]) {
  { far: resize(x, 200000, mode: "nearest")[0, 66600:66700, 0], blocks: resize(y, 1920, mode: "nearest") }
}`,
    inputs: { x: count(3), y: count(10) },
    wanted: {
      far: count(100, 66600).map((i) => 1 + Math.floor((i * 3) / 200000)),
      blocks: count(1920, 0).map((i) => 1 + Math.floor(i / 192)),
    },
  },
  {
    source: "tensorflow/tensorflow#26278, #6720",
    title: "linear from 2 x 2 to 4 x 4 between centres of pixels",
    text: `entry centres(x: f32[1, 2, 2, 1]) { resize(x, [4, 4]) }`,
    inputs: { x: [6, 7, 11, 12] },
    wanted: { result: [6, 6.25, 6.75, 7, 7.25, 7.5, 8, 8.25, 9.75, 10, 10.5, 10.75, 11, 11.25, 11.75, 12] },
  },
  {
    source: "pytorch/pytorch#30565",
    title: "linear scaling by 2 does not depend on what is far away",
    text: `entry doubled(x: f32[1, 2, 1], y: f32[1, 3, 1]) { { two: resize(x, 4), three: resize(y, 6) } }`,
    inputs: { x: [0, 1], y: [0, 1, 0] },
    wanted: { two: [0, 0.25, 0.75, 1], three: [0, 0.25, 0.75, 0.75, 0.25, 0] },
  },
  {
    source: "tinygrad/tinygrad#17790, ml-explore/mlx#3769",
    title: "linear to and from a size of 1 divides by nothing that is 0",
    text: `entry ones(x: f32[1, 4, 1], y: f32[1, 1, 1]) { { one: resize(x, 1), three: resize(y, 3) } }`,
    inputs: { x: [1, 2, 4, 8], y: [5] },
    wanted: { one: [3], three: [5, 5, 5] },
  },
  {
    source: "pytorch/vision#2950",
    title: "linear from 8 to 2 mixes the two pixels next to the place, and does not smooth",
    text: `entry shrunk(x: f32[1, 8, 1]) { resize(x, 2) }`,
    inputs: { x: [1, 2, 4, 8, 16, 32, 64, 128] },
    wanted: { result: [3, 48] },
  },
  {
    source: "microsoft/onnxruntime#16203, onnx/onnx#5276",
    title: "a window of average pooling that reaches over the end: only elements of the image count",
    text: `entry averaged(x: f32[1, 9, 1], y: f32[1, 5, 1]) {
  { wide: avg_pool(x, 7, stride: 3, padding: [[3, 4]]), end: avg_pool(y, 2, padding: [[0, 1]]) }
}`,
    inputs: { x: count(9), y: count(5) },
    wanted: { wide: [2.5, 4, 6.5, 8], end: [1.5, 3.5, 5] },
    within: 1e-7,
  },
  {
    source: "tensorflow/tensorflow#4886",
    title: "the gradient of equal elements: shared by a reduction, to the first by pooling",
    text: `
entry equal(x: f32[4]) {
  let pooled = max_pool(reshape(x, [1, 2, 2, 1]), 2)
  { reduced: grad(max(x, axis: 0), x), pooled: grad(sum(pooled), x) }
}`,
    inputs: { x: [1, 2, 2, 2] },
    wanted: { reduced: [0, Math.fround(1 / 3), Math.fround(1 / 3), Math.fround(1 / 3)], pooled: [0, 1, 0, 0] },
  },
  {
    source: "FluxML/Flux.jl#1197, ahrefs/ocannl#512",
    title: "the gradient of windows that overlap: an element gets one share for each window that it wins",
    text: `
entry overlap(x: f32[1, 5, 1], y: f32[1, 8, 1]) {
  { two: grad(sum(max_pool(x, 2, stride: 1)), x), four: grad(sum(max_pool(y, 4, stride: 2)), y) }
}`,
    inputs: { x: [5, 3, 1, 2, 5], y: [0, 0, 9, 0, 0, 0, 1, 0] },
    wanted: { two: [1, 1, 0, 1, 1], four: [0, 0, 2, 0, 0, 0, 1, 0] },
  },
  {
    source: "pytorch/pytorch#3867, #67551",
    title: "`same` with stride 2: zeros at the end first, and an even kernel",
    text: `
entry same(x: f32[1, 6, 1], w: f32[3, 1, 1], y: f32[1, 5, 1], v: f32[4, 1, 1]) {
  { odd: convolve(x, w, stride: 2, padding: "same"), even: convolve(y, v, stride: 2, padding: "same") }
}`,
    inputs: { x: count(6), w: [1, 10, 100], y: count(5), v: [1, 10, 100, 1000] },
    wanted: { odd: [321, 543, 65], even: [3210, 5432, 54] },
  },
  {
    source: "pytorch/pytorch#19912",
    title: "two groups of a convolution of 1 x 1: one element reaches the second half of the channels",
    text: `entry grouped(x: f32[1, 1, 1, 4], w: f32[1, 1, 2, 16]) { convolve(x, w, groups: 2) }`,
    inputs: { x: [0, 0, 0, 1], w: new Array(32).fill(1) },
    wanted: { result: count(16, 0).map((channel) => (channel < 8 ? 0 : 1)) },
  },
  {
    source: "uxlfoundation/oneDNN#352, tensorflow/tensorflow#45216",
    title: "groups of a transposed convolution: channels of a group are neighbours in the result",
    text: `entry back_grouped(x: f32[1, 1, 1, 4], w: f32[1, 1, 4, 3]) { convolve_transpose(x, w, groups: 2) }`,
    inputs: { x: [1, 10, 100, 1000], w: [1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3] },
    wanted: { result: [41, 52, 63, 1700, 2800, 3900] },
  },
  {
    source: "onnx/onnx#2788, #4299",
    title: "a transposed convolution with `same`: as large as the image times the stride",
    text: `
entry back_same(x: f32[1, 2, 2, 1], y: f32[1, 3, 3, 1], w: f32[3, 3, 1, 1]) {
  {
    one: convolve_transpose(x, w, padding: "same"),
    two: convolve_transpose(y, w, stride: 2, padding: "same"),
  }
}`,
    inputs: { x: count(4, 2), y: count(9), w: count(9, 2) },
    wanted: { one: scattered(count(4, 2), count(9, 2), 1, 1, 2), two: scattered(count(9), count(9, 2), 2, 0, 6) },
  },
  {
    source: "keras-team/keras#14158",
    title: "`output_padding` chooses the size that the encoder had: 25, 13, 7 and back",
    text: `
entry there_and_back(x: f32[1, 25, 1], w: f32[3, 1, 1]) {
  let small = convolve(convolve(x, w, stride: 2, padding: 1), w, stride: 2, padding: 1)
  let back = convolve_transpose(small, w, stride: 2, padding: 1)
  { large: convolve_transpose(back, w, stride: 2, padding: 1), even: convolve_transpose(back, w, stride: 2, padding: 1, output_padding: 1) }
}`,
    inputs: { x: new Array(25).fill(1), w: [0, 1, 0] },
    wanted: {
      large: count(25, 0).map((i) => (i % 4 === 0 ? 1 : 0)),
      even: count(26, 0).map((i) => (i % 4 === 0 ? 1 : 0)),
    },
  },
  {
    source: "keras-team/keras#6649",
    title: "a kernel that reaches over the image on both sides with `same`: the centre counts",
    text: `entry reach(x: f32[1, 2, 2, 1], w: f32[3, 3, 1, 1]) { convolve(x, w, dilation: 4, padding: "same") }`,
    inputs: { x: [1, 2, 3, 4], w: [9, 9, 9, 9, 10, 9, 9, 9, 9] },
    wanted: { result: [10, 20, 30, 40] },
  },
]);

refusals([
  {
    source: "pytorch/pytorch#15446, keras-team/keras#6649",
    title: "a dilated kernel that is larger than the image",
    text: "entry f(x: f32[1, 4, 4, 1]) { x |> conv(4, kernel: 3, dilation: 2) }",
    says: /the kernel is not larger than the padded x.*f32\[N=1, 4, 4, C=1\].*dilation: \[2,2\]/s,
  },
]);
