import type { Item } from "./item.ts";

const ctc = { logits: "f32[A, 4, 3]", labels: "i32[A, 2]", frames: "i32[A]", lengths: "i32[A]" };

/** Recurrent layers, CTC, clustering, signals, and differentiable augmentation. */
export const sequences: readonly Item[] = [
  { name: "rnn", value: "M(x)", inputs: { x: "f32[1, 3, 2]" }, declare: "model M(x: f32[N, T, D]) = x |> rnn(2)" },
  { name: "lstm", value: "M(x)", inputs: { x: "f32[1, 3, 2]" }, declare: "model M(x: f32[N, T, D]) = x |> lstm(2)" },
  {
    name: "lstm, reversed",
    value: "M(x)",
    inputs: { x: "f32[1, 3, 2]" },
    declare: "model M(x: f32[N, T, D]) = x |> lstm(1, reverse: true)",
  },
  {
    name: "gru, padded",
    value: "M(x, length)",
    inputs: { x: "f32[2, 3, 2]", length: "i32[2]" },
    between: { length: [1, 3] },
    declare: "model M(x: f32[N, T, D], length: i32[N]) = x |> gru(2, mask: padding_mask(length, size: T))",
  },
  {
    name: "gru, reset before",
    value: "M(x)",
    inputs: { x: "f32[1, 3, 2]" },
    declare: "model M(x: f32[N, T, D]) = x |> gru(2, reset_after: false)",
  },
  {
    name: "bidirectional",
    value: "M(x)",
    inputs: { x: "f32[1, 3, 2]" },
    declare: 'model M(x: f32[N, T, D]) = x |> bidirectional(gru, 1, merge: "sum")',
  },
  {
    name: "layer_norm_lstm",
    value: "M(x)",
    inputs: { x: "f32[1, 2, 2]" },
    declare: "model M(x: f32[N, T, D]) = x |> layer_norm_lstm(4, last: true)",
  },
  {
    name: "conv_lstm",
    value: "M(x)",
    inputs: { x: "f32[1, 2, 2, 3, 1]" },
    declare: "model M(x: f32[N, T, ..S, C]) = x |> conv_lstm(1, peephole: true)",
  },
  {
    name: "stacked, bidirectional, padded",
    value: "M(x, length)",
    inputs: { x: "f32[2, 3, 1]", length: "i32[2]" },
    between: { length: [1, 3] },
    declare:
      "model M(x: f32[N, T, D], length: i32[N]) = x |> stacked(bidirectional(gru), 2, 1, mask: padding_mask(length, size: T), last: true)",
  },
  {
    name: "ctc_loss",
    value: "ctc_loss(logits, labels, frames, lengths)",
    inputs: ctc,
    between: { labels: [1, 2], frames: [4, 4], lengths: [0, 2] },
  },
  { name: "squared_distances", value: "squared_distances(x, y)", inputs: { x: "f32[A, C]", y: "f32[B, C]" } },
  { name: "pairwise_distances", value: "pairwise_distances(x, y)", inputs: { x: "f32[A, C]", y: "f32[B, C]" } },
  { name: "cosine_distances", value: "cosine_distances(x, y)", inputs: { x: "f32[A, C]", y: "f32[B, C]" } },
  {
    name: "locally_weighted_regression",
    value: "locally_weighted_regression(query, x, y, width: 2, ridge: 0.1)",
    inputs: { query: "f32[A, C]", x: "f32[5, C]", y: "f32[5]" },
  },
  {
    name: "dtw of sequences",
    value: "dtw(sequence_distances(x, y))",
    inputs: { x: "f32[2, A, 3]", y: "f32[2, B, 3]" },
  },
  { name: "soft_dtw", value: "soft_dtw(x, gamma: 0.7)", inputs: { x: "f32[2, A, B]" } },
  {
    name: "soft_dtw of parts",
    value: "soft_dtw(x, lengths: [i, j])",
    inputs: { x: "f32[2, A, B]", i: "i32[2]", j: "i32[2]" },
    between: { i: [1, 2], j: [1, 2] },
  },
  ...["affine_coupling(net)", "affine_coupling(net, flip: true, inverse: true)"].map((use) => ({
    name: use,
    value: "M(x)[0] + M(x)[1][:, _]",
    declare: `layer net(x: f32[..B, K]) = x |> dense(2)\nmodel M(x: f32[A, 2]) = x |> ${use}`,
    inputs: { x: "f32[A, 2]" },
  })),
  ...[
    "actnorm",
    "invertible_conv",
    "actnorm(inverse: true)",
    "invertible_conv(inverse: true)",
    "flow([invertible_conv, actnorm])",
    "planar_flow",
  ].map((use) => ({
    name: use,
    value: "M(x)[0] + M(x)[1][:, _]",
    declare: `model M(x: f32[A, 3]) = x |> ${use}`,
    inputs: { x: "f32[A, 3]" },
  })),
  { name: "normal_log_density", value: "normal_log_density(x)", inputs: { x: "f32[A, B]" } },
  { name: "cholesky", value: "cholesky(x @ swap_axes(x) + 2 * eye(3))", inputs: { x: "f32[A, 3, 3]" } },
  ...["", "lower: false", "transpose: true", "lower: false, transpose: true"].map((how) => ({
    name: `triangular_solve ${how}`,
    value: `triangular_solve(x + 4 * eye(3), y, ${how})`,
    inputs: { x: "f32[2, 3, 3]", y: "f32[2, 3, A]" },
  })),
  { name: "solve", value: "solve(x + 9 * eye(3), y)", inputs: { x: "f32[2, 3, 3]", y: "f32[2, 3]" } },
  { name: "inverse", value: "inverse(x + 9 * eye(A))", inputs: { x: "f32[A, A]" } },
  { name: "det", value: "det(x)", inputs: { x: "f32[B, 3, 3]" } },
  { name: "log_det", value: "log_det(x + 9 * eye(3))", inputs: { x: "f32[B, 3, 3]" } },
  { name: "fft", value: "fft(x, y)[0] + 2 * fft(y, x)[1]", inputs: { x: "f32[A, 6]", y: "f32[A, 6]" } },
  { name: "ifft and rfft", value: "ifft(x, rfft(y)[1])[0]", inputs: { x: "f32[A, 18]", y: "f32[A, 34]" } },
  { name: "irfft", value: "irfft(x, y)", inputs: { x: "f32[A, 18]", y: "f32[A, 18]" } },
  { name: "fft of a prime length", value: "fft(x, x)[0]", inputs: { x: "f32[131]" } },
  { name: "stft", value: "stft(x, size: 4, hop: 2)[0]", inputs: { x: "f32[A, 8]" } },
  { name: "spectrogram", value: "spectrogram(x, size: 4, hop: 2)", inputs: { x: "f32[A, 8]" } },
  {
    name: "log_mel",
    value: "log_mel(x, rate: 16, size: 8, hop: 4, mels: 2, lowest: 0.1)",
    inputs: { x: "f32[A, 16]" },
  },
  { name: "gaussian_blur", value: "gaussian_blur(x, sigma: 0.7)", inputs: { x: "f32[A, B, C, 2]" } },
  {
    name: "affine_transform",
    value: "affine_transform(x, matrix)",
    inputs: { x: "f32[A, B, 2, 2]", matrix: "f32[A, 2, 3]" },
  },
];
