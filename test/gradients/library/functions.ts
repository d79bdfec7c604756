import type { Item } from "./item.ts";

const rows = { x: "f32[A, B]" } as const;
const image = "f32[2, B, C, 3]";
const unit = [0.1, 0.9] as const;

const of = (value: string, inputs: Item["inputs"] = rows, more: Partial<Item> = {}): Item => ({
  name: value,
  value,
  inputs,
  ...more,
});
const trained = (value: string, inputs: Item["inputs"] = { x: image }): Item => of(value, inputs, { train: true });

/** Helper functions of the library, augmentation, and smooth metrics. */
export const functions: readonly Item[] = [
  of("sum_of_squares(x)"),
  of("scaled(x, by: -1.5)"),
  of("TestFlow(x)[0]", { x: "f32[A, 5]" }),
  of("lerp(x, y, 0.3)", { x: "f32[A, B]", y: "f32[A, B]" }),
  of("moments(x, over: [1])[1] + moments(x, over: [1])[0]"),
  of("pick(x, i)", { x: "f32[A, B]", i: "i32[A]" }),
  of("pick_rows(x, i)", { x: "f32[A, B, C]", i: "i32[A]" }),
  of("pick_rows(x, i)", { x: "f32[A, B, C]", i: "i32[A, C]" }, { name: "pick_rows(x, i) of several rows" }),
  of("lerp(x, y, t)", { x: "f32[A, B]", y: "f32[A, B]", t: "f32[B]" }),
  of("clamp(x, lo: a, hi: a + 0.7)", { x: "f32[A, B]", a: "f32[B]" }),
  trained("gaussian_noise(x, std: s)", { x: "f32[A, B]", s: "f32[]" }),
  of("random_exponential(shape(x), rate: x)", rows, { between: { x: [0.3, 2] } }),
  ...["laplace", "gumbel"].map((name) =>
    of(`${name}(shape(x), location: x, scale: s)`, { x: "f32[A, B]", s: "f32[A, B]" }, { between: { s: [0.3, 2] } }),
  ),
  of("shuffle(x, axis: 1)"),
  of("choice(2)(x)", { x: "f32[A + 2, B]" }),
  of("linspace(s, t, 5)", { s: "f32[]", t: "f32[]" }),
  of("outer(x, y)", { x: "f32[A, B]", y: "f32[A, C]" }),
  of("roll(x, 1)"),
  of("tile(x, [2, 3])"),
  of("diag(x)"),
  of("trace(x)", { x: "f32[B, A, A]" }),
  of("tril(x) + triu(x, 1)^2"),
  of("cumprod(x, axis: 0)"),
  of("slice_at(x, i, size: 2, axis: 1)", { x: "f32[A, B, C]", i: "i32[A]" }),
  of("squeeze(unsqueeze(x, 1), 1)"),
  of("flatten(x)", { x: "f32[A, B, C]" }),
  of("ratio(x, y)", { x: "f32[A]", y: "f32[A]" }, { between: { y: [0.3, 2] } }),
  // Counts are not negative.
  ...["precision_of", "recall_of", "f1_of"].map((name) =>
    of(`${name}(counts)`, { counts: "f32[3]" }, { between: { counts: [0.3, 2] } }),
  ),
  of("masked_mean(x, w)", { x: "f32[A, B]", w: "f32[A, B]" }, { between: { w: unit } }),
  of("masked_loss(x, mask: w)", { x: "f32[A]", w: "f32[A]" }),
  of("softmax(hidden(x, m > 0))", { x: "f32[A, B]", m: "i32[A, B]" }),
  of("log_sum_exp3(x, y, z)", { x: "f32[A]", y: "f32[A]", z: "f32[A]" }),
  of("logaddexp(x, y)", { x: "f32[A, B]", y: "f32[A, B]" }),
  of("perplexity(x, label)", { x: "f32[A, B]", label: "i32[A]" }),
  of("r2(x, y)", { x: "f32[A + 2]", y: "f32[A + 2]" }),
  of("iou(abs(x))", { x: "f32[A, A]" }, { between: { x: [0.3, 2] } }),
  of("td_error(x, r, n, d)", { x: "f32[A]", r: "f32[A]", n: "f32[A]", d: "f32[A]" }, { of: ["x", "r"] }),
  of("solve(x @ transpose(x, perm: [0, 2, 1]) + eye(2), y)", { x: "f32[A, 2, 2]", y: "f32[A, 2]" }),
  of("kmeans_inertia(x, c)", { x: "f32[4, A]", c: "f32[B, A]" }),
  of("kmeans_update(x, c, k)", { x: "f32[4, A]", c: "f32[B, A]", k: "i32[4]" }),
  of("stack([dft(x)[0], dft(x)[1]])", { x: "f32[A, B + 2]" }),
  of("mel_of(abs(x)) + hz_of(x)"),
  of("convolve(x, w, stride: [1], padding: 0, dilation: [1], groups: 1)", { x: "f32[1, B + 1, 2]", w: "f32[2, 2, C]" }),
  of("spectrogram(x, size: 4, hop: 2, window: hamming_window)", { x: "f32[A, 8]" }),
  of("clip_by_value(x, 1.2)"),
  of("clip_by_norm(x, 1.1)"),
  of("clip_by_global_norm([x, y], 1.5)[0]", { x: "f32[A]", y: "f32[A]" }),
  of("pixels_at(x, i, i - 1)", { x: image, i: "i32[2, 3, 2]" }, { between: { i: [-1, 4] } }),
  of(
    "bilinear_at(x, r, s)",
    { x: image, r: "f32[2, 3, 2]", s: "f32[2, 3, 2]" },
    { between: { r: [-1, 4], s: [-1, 4] } },
  ),
  of("color_jitter(x, brightness: 0.4)", { x: image }, { train: true, between: { x: unit } }),
  of("turned_hue(x, a)", { x: image, a: "f32[2, 1, 1, 1]" }),
  of("grey(x)", { x: image }),
  trained("random_flip(x)"),
  trained("random_crop(x, size: [B, 2], padding: 1)"),
  trained("random_affine(x, rotation: 0.4, scale: 0.2, shear: 0.1, translation: 0.1)"),
  trained("random_rotation(x, angle: 0.5)"),
  trained("random_blur(x)"),
  trained("gaussian_noise(x)"),
  trained("cutout(x, size: 1)"),
  trained("mixup(x, one_hot(i, classes: 3))[0]", { x: image, i: "i32[2]" }),
  trained("cutmix(x, one_hot(i, classes: 3))[0]", { x: image, i: "i32[2]" }),
  trained("dropout(x, rate: 0.3)"),
  trained("spatial_dropout(x, rate: 0.3)"),
];
