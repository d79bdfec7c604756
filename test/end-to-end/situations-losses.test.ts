// Losses: extreme predictions, targets at the ends of their range, ignored rows, impossible labels.
import { refusals, situations, type Situation } from "./situations.ts";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** Four frames of three classes; the losses and gradients are sums over all 81 paths. */
const frames = [1, 2, 0, 0, 1, -1, 0.5, 0, 2, 1, -2, 0.25];

const ctc = `fn ctc(x: f32[4, 3], label: i32[3], length: i32[1]) -> f32[1] =
  ctc_loss(x[_, :, :], label[_, :], convert(full([1], 4), dtype: "i32"), length)

`;

/** Rows of two logits. */
const logits = [0.1735, 0.2191, -0.1377, 0.3467, -0.2162, 0.2021];

const rows: readonly Situation[] = [
  {
    source: "pytorch/pytorch#135359, #51906, #102894",
    title: "bce_logits of infinite and of huge logits",
    text: "entry bce_infinite(x: f32[4], y: f32[4]) { { loss: bce_logits(x, y), slope: grad(sum(bce_logits(x, y)), x) } }",
    inputs: { x: [-inf, -1e38, inf, 6.6e37], y: [0.9, 1, 1, 1] },
    wanted: { loss: [inf, 1e38, 0, 0], slope: [-0.9, -1, 0, 0] },
  },
  {
    source: "pytorch/pytorch#2298, #195677",
    title: "the slope of bce_logits at 0 and in both tails",
    text: "entry bce_slope(x: f32[4], y: f32[4]) { { slope: grad(sum(bce_logits(x, y)), x) } }",
    inputs: { x: [0, 0, 37.4, -37.4], y: [0, 1, 1, 0] },
    wanted: { slope: [0.5, -0.5, -Math.exp(-Math.fround(37.4)), Math.exp(-Math.fround(37.4))] },
  },
  {
    source: "keras-team/keras#9664, pytorch/pytorch#103316",
    title: "bce of probabilities that are 0 or 1 has no slope; bce_logits has",
    text: `entry bce_probs(x: f32[2], y: f32[2]) {
  { probs: grad(sum(bce(sigmoid(x), y)), x), logits: grad(sum(bce_logits(x, y)), x) }
}`,
    inputs: { x: [-50, 50], y: [1, 0] },
    wanted: { probs: [0, 0], logits: [-1, 1] },
  },
  {
    source: "google-deepmind/optax#1267",
    title: "the slope of focal loss for gamma 0 and below 1",
    text: `entry focal_gamma(x: f32[4], y: f32[4]) {
  let zero = focal(x, y, gamma: 0, alpha: -1)
  { zero: grad(sum(zero), x), half: grad(sum(focal(x, y, gamma: 0.5, alpha: -1)), x) }
}`,
    inputs: { x: [1000, -1000, 100, -100], y: [1, 0, 0, 1] },
    wanted: { zero: [0, 0, 1, -1], half: [0, 0, 1, -1] },
  },
  {
    source: "pytorch/pytorch#96813",
    title: "smooth L1 at equal points has no slope, and mae is its limit",
    text: `entry smooth(x: f32[3], y: f32[3]) {
  { smooth: grad(sum(huber(x, y, delta: 1e-6) / 1e-6), x), limit: grad(sum(mae(x, y)), x) }
}`,
    inputs: { x: [1, 2, 1], y: [1, 1, 3] },
    wanted: { smooth: [0, 1, -1], limit: [0, 1, -1] },
  },
  {
    source: "pytorch/pytorch#69230, #89558",
    title: "kl of a target of 0 is finite, with its slope; of a negative target it is NaN",
    text: "entry kl_zero(p: f32[2], t: f32[2], n: f32[2]) { { loss: kl(p, t), slope: grad(sum(kl(p, t)), t), none: kl(p, n) } }",
    inputs: { p: [-1, -2], t: [1, 0], n: [-1, 0.5] },
    wanted: { loss: [1], slope: [2, 2], none: [nan] },
  },
  {
    source: "pytorch/pytorch#73205, #69339, #72056",
    title: "label smoothing with an ignored row and class weights",
    text: `entry smoothing(x: f32[3, 2], label_id: i32[3], weights: f32[2]) {
  let loss = cross_entropy(x, label_id, ignore_index: -1, label_smoothing: 0.1)
  let weighed = cross_entropy(x, label_id, weights: weights, ignore_index: -1, label_smoothing: 0.1)
  { loss, slope: grad(sum(loss), x), weighed, weighed_slope: grad(sum(weighed), x) }
}`,
    inputs: { x: logits, label_id: [0, -1, 1], weights: [1, 16] },
    wanted: {
      loss: [0.7139270767, 0, 0.5266264223],
      slope: [-0.4613980243, 0.4613980243, 0, 0, 0.3469236196, -0.3469236196],
      weighed: [1.216882386, 0, 7.733014199],
      weighed_slope: [-0.09494654249, 0.09494654249, 0, 0, 6.003085199, -6.003085199],
    },
  },
  {
    source: "pytorch/pytorch#18215",
    title: "ctc of an empty label is that of blanks only",
    text: `${ctc}entry ctc_empty(x: f32[4, 3], label_id: i32[3], n_id: i32[1]) { { loss: ctc(x, label_id, n_id), slope: grad(sum(ctc(x, label_id, n_id)), x) } }`,
    inputs: { x: frames, label_id: [0, 0, 0], n_id: [0] },
    wanted: {
      loss: [5.041693829],
      slope: [
        -0.75527153, 0.66524096, 0.09003057, -0.75527153, 0.66524096, 0.09003057, -0.83574837, 0.09962365, 0.73612472,
        -0.34303609, 0.03270831, 0.31032778,
      ],
    },
  },
  {
    source: "tensorflow/tensorflow#33462",
    title: "ctc of repeated labels needs a blank between them",
    text: "entry ctc_repeated(x: f32[4, 3], label_id: i32[3], n_id: i32[1]) { { loss: ctc(x, label_id, n_id), slope: grad(sum(ctc(x, label_id, n_id)), x) } }",
    inputs: { x: frames, label_id: [1, 1, 0], n_id: [2] },
    wanted: {
      loss: [4.179075524],
      slope: [
        0.18760946, -0.27764003, 0.09003057, -0.54288695, 0.45285638, 0.09003057, -0.10525196, -0.63087277, 0.73612472,
        -0.03888807, -0.27143971, 0.31032778,
      ],
    },
  },
  {
    source: "tensorflow/tensorflow#33462",
    title: "ctc of a label that is too long is infinite, without a gradient",
    text: "entry ctc_long(x: f32[4, 3], label_id: i32[3], n_id: i32[1]) { { loss: ctc(x, label_id, n_id), slope: grad(sum(ctc(x, label_id, n_id)), x) } }",
    inputs: { x: frames, label_id: [1, 1, 1], n_id: [3] },
    wanted: { loss: [inf], slope: frames.map(() => 0) },
  },
  {
    source: "pytorch/pytorch#25057",
    title: "ctc of a batch has the bits of ctc of each row",
    text: `entry ctc_batch(x: f32[4, 3], label_id: i32[3], n_id: i32[3]) {
  let (rows, labels) = (stack([x, 2 * x, -x]), stack([label_id, label_id, label_id]))
  let frames = convert(full([3], 4), dtype: "i32")
  let all = ctc_loss(rows, labels, frames, n_id)
  let row = ctc_loss(rows[1:2], labels[1:2], frames[1:2], n_id[1:2])
  { loss: all[1] - row[0], slope: grad(sum(all), rows)[1] - grad(sum(row), rows)[1] }
}`,
    inputs: { x: frames, label_id: [2, 1, 1], n_id: [3, 2, 0] },
    wanted: { loss: [0], slope: frames.map(() => 0) },
  },
  {
    source: "tensorflow/tensorflow#30199",
    title: "a triplet whose points are equal has a finite gradient",
    text: `entry triplet_equal(a: f32[1, 2], p: f32[1, 2], n: f32[1, 2]) {
  let loss = triplet(a, p, n)
  { loss, anchor: grad(sum(loss), a), positive: grad(sum(loss), p) }
}`,
    inputs: { a: [1, 2], p: [1, 2], n: [1, 2] },
    wanted: { loss: [1], anchor: [0, 0], positive: [-Math.SQRT1_2, -Math.SQRT1_2] },
  },
  {
    source: "pytorch/pytorch#190058",
    title: "a variance below eps counts as eps, and has the gradient there",
    text: `entry gaussian_eps(m: f32[3], t: f32[3], v: f32[3]) {
  let loss = gaussian_nll(m, t, v, eps: 1)
  { loss, slope: grad(sum(loss), v) }
}`,
    inputs: { m: [0, 0, 0], t: [0, 0, 2], v: [4, 0.25, 0] },
    wanted: { loss: [Math.LN2, 0, 2], slope: [0.125, 0.5, -1.5] },
  },
];

situations(rows.map((row) => ({ within: 2e-6, each: true, ...row })));

refusals([
  {
    source: "pytorch/pytorch#96813, #68558",
    title: "a huber loss without a quadratic part, which is 0 everywhere,",
    text: "entry f(x: f32[2]) { huber(x, 0, delta: 0) }",
    says: /`delta` of huber must be positive/,
  },
]);
