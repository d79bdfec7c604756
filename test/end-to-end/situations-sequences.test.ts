// Recurrence and attention: masks, initial states, orders, lengths that differ.
import { refusals, situations } from "./situations.ts";

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Attention by its definition, in f64: rows of weights over the positions that `sees` shows. */
function attention(q: number[][], k: number[][], v: number[][], sees: (t: number, s: number) => boolean): number[] {
  return q.flatMap((row, t) => {
    const weights = k.map((key, s) =>
      sees(t, s) ? Math.exp(row.reduce((sum, x, i) => sum + x * (key[i] ?? NaN), 0) / Math.sqrt(row.length)) : 0,
    );
    const total = weights.reduce((a, b) => a + b, 0);
    return (v[0] ?? []).map((_, i) =>
      total === 0 ? 0 : weights.reduce((sum, w, s) => sum + (w === 0 ? 0 : w * (v[s]?.[i] ?? NaN)), 0) / total,
    );
  });
}

/** The pairs that are visible in a row-major mask of 0 and 1. */
const shown =
  (mask: readonly number[][]) =>
  (t: number, s: number): boolean =>
    mask[t]?.[s] === 1;

const two = [
  [0, 1, 2, 3],
  [4, 5, 6, 7],
];
const rows = (count: number): number[][] =>
  Array.from({ length: count }, (_, i) => [Math.sin(3 * i + 1), Math.cos(2 * i)]);

/** Two steps of a GRU of 2 units with weights and biases of 1 on zeros, as PyTorch and oneDNN define it. */
function gruOfOnes(resetAfter: boolean): number[] {
  let h = 0;
  const result = [];
  for (let t = 0; t < 2; t++) {
    const r = sigmoid(2 * h + 2);
    const z = sigmoid(2 * h + 2);
    const n = resetAfter ? Math.tanh(1 + r * (2 * h + 1)) : Math.tanh(1 + 2 * r * h);
    h = (1 - z) * n + z * h;
    result.push(h, h);
  }
  return result;
}

/** One step of an LSTM whose gates are all `a`, from the cell `c`. */
function lstmStep(a: number, c: number): { readonly h: number; readonly c: number } {
  const next = sigmoid(a) * c + sigmoid(a) * Math.tanh(a);
  return { h: sigmoid(a) * Math.tanh(next), c: next };
}
const firstCell = lstmStep(1, 0.1);
const secondCell = lstmStep(2.6, 0.1);

const [q, k, v] = [rows(2), rows(5), rows(5).map(([a = 0, b = 0]) => [b, -a])];

/** h = tanh(x / 2 + h / 4) over numbers. */
const state = (...x: number[]): number => x.reduce((h, at) => Math.tanh(at / 2 + h / 4), 0);

situations([
  {
    source: "keras-team/keras#3367",
    title: "a bidirectional recurrence over padding on the left",
    // h = x + h, so that the states are running sums.
    text: `
fn unchanged(x: f32[..S]) -> f32[..S] = x
model Sums(x: f32[1, 7, 1]) = x |> bidirectional(rnn(activation: unchanged), 1, mask: squeeze(x, -1) != 0)
entry left_padding(x: f32[1, 7, 1]) { Sums(x) }`,
    state: Object.fromEntries(
      ["forward.w", "forward.u", "backward.w", "backward.u"].map((name) => [`Sums.bidirectional1.${name}`, [1]]),
    ),
    inputs: { x: [0, 0, 0, 1, 2, 3, 4] },
    wanted: { result: [0, 0, 0, 0, 0, 0, 1, 10, 3, 9, 6, 7, 10, 4] },
  },
  {
    source: "keras-team/keras#4192",
    title: "the last states do not depend on the place of the padding: left, inside, right",
    text: `
model Ends(x: f32[3, 4, 1], mask: bool[3, 4]) {
  let there = rnn(1, mask: mask, return_sequence: false, return_state: true)
  let back = rnn(1, mask: mask, reverse: true, return_sequence: false, return_state: true)
  (there(x), back(x))
}
entry places(x: f32[3, 4, 1], mask: bool[3, 4]) {
  let (there, back) = Ends(x, mask)
  { there, back }
}`,
    state: { "Ends.there.w": [0.5], "Ends.there.u": [0.25], "Ends.back.w": [0.5], "Ends.back.u": [0.25] },
    inputs: { x: [9, 1, 2, 3, 1, 2, 9, 3, 1, 2, 3, 9], mask: [0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0] },
    wanted: { there: new Array(3).fill(state(1, 2, 3)), back: new Array(3).fill(state(3, 2, 1)) },
    within: 1e-6,
  },
  {
    source: "tensorflow/tensorflow#43103",
    title: "a sequence that is all padding: the result is 0 and the state stays",
    text: `
model Padding(x: f32[2, 3, 1], mask: bool[2, 3], h: f32[2, 2], c: f32[2, 2]) =
  x |> lstm(2, mask: mask, start: [h, c], return_state: true)
entry all_padding(x: f32[2, 3, 1], h: f32[2, 2], c: f32[2, 2]) {
  let (y, h1, c1) = Padding(x, zeros([2, 3]) != 0, h, c)
  { y, h1, c1, slope: grad(sum(y) + sum(c1), x) }
}`,
    inputs: { x: [1, 2, 3, NaN, Infinity, 0], h: [1, 2, 3, 4], c: [5, 6, 7, 8] },
    wanted: { y: new Array(12).fill(0), h1: [1, 2, 3, 4], c1: [5, 6, 7, 8], slope: new Array(6).fill(0) },
  },
  {
    source: "microsoft/onnxruntime#4187",
    title: "a reversed recurrence returns its results in the order of the input",
    text: `
model Backwards(x: f32[1, 3, 1]) = x |> rnn(1, activation: unchanged, reverse: true, return_state: true)
entry backwards(x: f32[1, 3, 1]) {
  let (y, h) = Backwards(x)
  { y, h }
}`,
    state: { "Backwards.rnn1.w": [1], "Backwards.rnn1.u": [1] },
    inputs: { x: [1, 2, 3] },
    wanted: { y: [6, 5, 3], h: [6] },
  },
  {
    source: "onnx/onnx-tensorflow#409",
    title: "an LSTM with initial states, in both directions",
    text: `
model Started(x: f32[2, 1, 4], h: f32[2, 3], c: f32[2, 3]) {
  let there = lstm(3, start: [h, c], return_state: true)
  let back = lstm(3, start: [h, c], reverse: true, return_state: true)
  (there(x), back(x))
}
entry started(x: f32[2, 1, 4]) {
  let ((y, h, c), (y1, h1, c1)) = Started(x, zeros([2, 3]), full([2, 3], 0.1))
  { y, h, c, y1, h1, c1 }
}`,
    state: Object.fromEntries(
      ["there", "back"].flatMap((name) => [
        [`Started.${name}.w`, new Array(48).fill(0.1)],
        [`Started.${name}.u`, new Array(36).fill(0.1)],
        [`Started.${name}.b`, new Array(12).fill(0)],
      ]),
    ),
    inputs: { x: [1, 2, 3, 4, 5, 6, 7, 8] },
    wanted: Object.fromEntries(
      ["y", "h", "c", "y1", "h1", "c1"].map((name) => [
        name,
        [firstCell, secondCell].flatMap((cell) => new Array<number>(3).fill(name.startsWith("c") ? cell.c : cell.h)),
      ]),
    ),
    within: 1e-6,
  },
  {
    source: "uxlfoundation/oneDNN#617, keras-team/keras#15915",
    title: "a GRU of zeros, whose biases differ by the form of the reset gate",
    text: `
model After(x: f32[1, 2, 1]) = x |> gru(2)
model Before(x: f32[1, 2, 1]) = x |> gru(2, reset_after: false)
entry biases(x: f32[1, 2, 1]) { { after: After(x), before: Before(x) } }`,
    state: {
      "After.gru1.w": new Array(6).fill(1),
      "After.gru1.u": new Array(12).fill(1),
      "After.gru1.b": [2, 2, 2, 2, 1, 1],
      "After.gru1.bu": [1, 1],
      "Before.gru1.w": new Array(6).fill(1),
      "Before.gru1.u": new Array(12).fill(1),
      "Before.gru1.b": [2, 2, 2, 2, 1, 1],
    },
    inputs: { x: [0, 0] },
    wanted: { after: gruOfOnes(true), before: gruOfOnes(false) },
    within: 1e-6,
  },
  {
    source: "pytorch/pytorch#103963",
    title: "attention of a query that sees nothing is 0, and all gradients are finite",
    text: `
entry nothing(q: f32[2, 2], k: f32[5, 2], v: f32[5, 2], mask: bool[2, 5]) {
  let y = dot_product_attention(q, k, v, mask: mask)
  let loss = sum(y * y)
  { y, finite: abs(grad(loss, q)) < inf and abs(grad(loss, k)[:2]) < inf, none: grad(loss, q)[1] }
}`,
    inputs: { q: q.flat(), k: k.flat(), v: v.flat(), mask: [1, 1, 0, 0, 1, 0, 0, 0, 0, 0] },
    wanted: {
      y: attention(q, k, v, shown([[1, 1, 0, 0, 1], []])),
      finite: [1, 1, 1, 1],
      none: [0, 0],
    },
    within: 1e-6,
  },
  {
    source: "pytorch/pytorch#101967",
    title: "attention does not depend on keys that are masked, even if they are NaN",
    text: `
entry hidden_nan(q: f32[1, 2, 4], k: f32[1, 2, 4], v: f32[1, 2, 4], mask: bool[1, 2, 2]) {
  dot_product_attention(q, k, v, mask: mask)
}`,
    inputs: { q: two.flat(), k: [0, 1, 2, 3, NaN, 5, 6, 7], v: [0, 1, 2, 3, NaN, Infinity, 6, 7], mask: [1, 0, 1, 0] },
    wanted: { result: attention(two, two, two, (_, s) => s === 0) },
  },
  {
    source: "pytorch/pytorch#108108, #103082",
    title: "a causal mask of 2 queries and 5 keys, or 5 and 2, is aligned at the end",
    text: `
entry lengths(q: f32[2, 2], k: f32[5, 2], v: f32[5, 2]) {
  {
    few: dot_product_attention(q, k, v, causal: true),
    many: dot_product_attention(k, q, v[:2], causal: true),
    one: dot_product_attention(q[:1], k, v, causal: true),
  }
}`,
    inputs: { q: q.flat(), k: k.flat(), v: v.flat() },
    wanted: {
      few: attention(q, k, v, (t, s) => s <= t + 3),
      many: attention(k, q, v.slice(0, 2), (t, s) => s <= t - 3),
      one: attention(q.slice(0, 1), k, v, () => true),
    },
    within: 1e-6,
  },
  {
    source: "pytorch/pytorch#109517",
    title: "scores that are all hidden by the least f32, so that they are equal",
    text: `entry least(x: f32[2, 4]) { softmax(x - 3.4028234e38) }`,
    inputs: { x: [1, 2, 3, 4, -5, 0, 5, 9] },
    wanted: { result: new Array(8).fill(0.25) },
  },
]);

refusals([
  {
    source: "tensorflow/tensorflow#45035",
    title: "a mask of 5 positions for a sequence of 6",
    text: "entry f(x: f32[4, 6, 4], mask: bool[4, 5]) { x |> lstm(4, mask: mask) }",
    says: /`mask` must be bool\[N, T\].*found bool\[4, 5\]/s,
  },
  {
    source: "tensorflow/tensorflow#45854",
    title: "a mask of attention that does not end with an axis of the keys",
    text: `
model M(x: f32[2, 3, 4], mask: bool[2, 5]) {
  let attention = multi_head_attention(2, mask: mask)
  attention(x, x)
}
entry f(x: f32[2, 3, 4], mask: bool[2, 5]) { M(x, mask) }`,
    says: /the last axis of `mask` must have one element for each key.*found bool\[2, 5\]/s,
  },
  {
    source: "pytorch/pytorch#21518",
    title: "a mask of f32, which may be meant as a factor or be added to the scores,",
    text: "entry f(x: f32[1, 2, 2], mask: f32[2, 2]) { dot_product_attention(x, x, x, mask: mask) }",
    says: /`mask` must be bool.*pass `mask == 0`.*found f32\[2, 2\]/s,
  },
]);
