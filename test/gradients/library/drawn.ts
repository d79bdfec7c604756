import fc from "fast-check";
import type { Item } from "./item.ts";

// Uses of layers and functions with randomly drawn arguments.

const int = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
const bool = fc.boolean();
const one = <T>(...items: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...items);

/** The `axis` argument: a list of axes, or none, which means all. */
const axes = (rank: number): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constant(""),
    fc.subarray([...Array(rank).keys()], { minLength: 1 }).map((list) => `axis: [${list.join(", ")}], `),
  );

const model = (name: string, type: string, body: string, more: Partial<Item> = {}): Item => ({
  name,
  value: "M(x)",
  declare: `model M(x: ${type}) = x |> ${body}`,
  inputs: { x: type },
  ...more,
});

const padding = one('"same"', '"valid"', "1", "[[1, 0]]");
const steps = fc.record({
  kernel: int(1, 3),
  stride: int(1, 3),
  padding,
  dilation: int(1, 2),
  n: int(1, 2),
  bias: bool,
  groups: int(1, 2),
  per: int(1, 2),
  out: int(1, 2),
});

/** An image with one spatial axis, for which one pair of paddings suffices. */
const line = ({ n, c }: { readonly n: number; readonly c: number }): string => `f32[${n}, 2 * A + 2, ${c}]`;

const convolutions: Readonly<Record<string, fc.Arbitrary<Item>>> = {
  conv: steps.map(({ kernel, stride, padding: p, dilation, n, bias, groups, per, out }) =>
    model(
      "conv",
      line({ n, c: groups * per }),
      `conv(${groups * out}, kernel: ${kernel}, stride: ${stride}, padding: ${p}, dilation: ${dilation}, groups: ${groups}, bias: ${bias})`,
    ),
  ),
  depthwise_conv: steps.map(({ kernel, stride, padding: p, dilation, n, bias, per, out }) =>
    model(
      "depthwise_conv",
      line({ n, c: per }),
      `depthwise_conv(${kernel}, stride: ${stride}, padding: ${p}, dilation: ${dilation}, multiplier: ${out}, bias: ${bias})`,
    ),
  ),
  separable_conv: steps.map(({ kernel, stride, padding: p, n, per, out }) =>
    model(
      "separable_conv",
      line({ n, c: per }),
      `separable_conv(${out}, kernel: ${kernel}, stride: ${stride}, padding: ${p})`,
    ),
  ),
  conv_transpose: steps.map(({ kernel, stride, n, bias, groups, per, out }) =>
    model(
      "conv_transpose",
      line({ n, c: groups * per }),
      `conv_transpose(${groups * out}, kernel: ${kernel}, stride: ${stride}, groups: ${groups}, bias: ${bias})`,
    ),
  ),
};

const window = fc.record({ w: int(1, 3), s: int(1, 3), d: int(1, 2), padding: one('"same"', '"valid"'), more: bool });
const pool = (name: string, more: string): fc.Arbitrary<Item> =>
  window.map(({ w, s, d, padding: p, more: on }) => ({
    name,
    value: `${name}(x, ${w}, stride: ${s}, padding: ${p}, dilation: ${d}${on ? more : ""})`,
    inputs: { x: "f32[A, B + 3, C + 3, 2]" },
  }));
const adaptive = (name: string): fc.Arbitrary<Item> =>
  fc
    .tuple(int(1, 3), int(1, 3))
    .map(([p, q]) => ({ name, value: `${name}(x, [${p}, ${q}])`, inputs: { x: "f32[A, B + 1, C + 1, 2]" } }));

const modes = ['"nearest"', '"linear"', '"cubic"', '"linear", align_corners: true', '"cubic", align_corners: true'];
const smooth = ['"linear", antialias: true', '"cubic", antialias: true'];

const images: Readonly<Record<string, fc.Arbitrary<Item>>> = {
  max_pool: pool("max_pool", ", ceil_mode: true"),
  avg_pool: pool("avg_pool", ", ceil_mode: true, count_include_pad: true"),
  unfold: window.map(({ w, s, d, padding: p }) => ({
    name: "unfold",
    value: `unfold(x, ${w}, stride: ${s}, padding: ${p}, dilation: ${d})`,
    inputs: { x: "f32[1, B + 3, C + 3, 2]" },
  })),
  fold_windows: fc.tuple(int(1, 3), int(0, 1)).map(([w, d]) => ({
    name: "fold_windows",
    value: `fold_windows(x, [B + ${w - 1}, ${w + 1}], window: ${w}, dilation: [1, ${d + 1}], padding: [0, ${d * Math.ceil((w - 1) / 2)}])`,
    inputs: { x: `f32[A, B, ${w + 1 + 2 * d * Math.ceil((w - 1) / 2) - (w - 1) * (d + 1)}, ${w * w}]` },
  })),
  adaptive_avg_pool: adaptive("adaptive_avg_pool"),
  adaptive_max_pool: adaptive("adaptive_max_pool"),
  upsample: fc.tuple(int(1, 3), int(1, 3), one(...modes)).map(([p, q, mode]) => ({
    name: "upsample",
    value: `upsample(x, [${p}, ${q}], mode: ${mode})`,
    inputs: { x: "f32[1, B, C, 2]" },
  })),
  resize: fc.tuple(int(1, 7), int(1, 7), one(...modes, ...smooth)).map(([p, q, mode]) => ({
    name: "resize",
    value: `resize(x, [${p}, ${q}], mode: ${mode})`,
    inputs: { x: "f32[1, B, C, 2]" },
  })),
  grid_sample: fc.tuple(one("zeros", "border", "reflection"), bool).map(([padding, corners]) => ({
    name: "grid_sample",
    value: `grid_sample(x, grid, padding: "${padding}", align_corners: ${corners})`,
    inputs: { x: "f32[2, B, C, 1]", grid: "f32[2, A, 2, 2]" },
  })),
  roi_avg_pool: fc.tuple(int(1, 2), int(1, 2), one(0.5, 1)).map(([p, q, scale]) => ({
    name: "roi_avg_pool",
    value: `roi_avg_pool(x, box, image, size: [${p}, ${q}], scale: ${scale})`,
    inputs: { x: "f32[2, B, C, 1]", box: "f32[3, 4]", image: "i32[3]" },
    between: { box: [0, 6] },
    of: ["x"],
  })),
  roi_align: fc.tuple(int(1, 2), int(1, 2), one(0.5, 1), int(1, 2)).map(([p, q, scale, samples]) => ({
    name: "roi_align",
    value: `roi_align(x, box, image, size: [${p}, ${q}], scale: ${scale}, samples: ${samples})`,
    inputs: { x: "f32[2, B, C, 1]", box: "f32[3, 4]", image: "i32[3]" },
    between: { box: [0, 6] },
  })),
};

const normalisation: Readonly<Record<string, fc.Arbitrary<Item>>> = {
  group_norm: fc
    .tuple(int(1, 3), int(1, 2))
    .map(([groups, per]) => model("group_norm", `f32[A, B, ${groups * per}]`, `group_norm(${groups})`)),
  batch_norm: fc
    .tuple(bool, one("f32[A + 1, B]", "f32[A, B, C]", "f32[2, B, 2, C]"))
    .map(([train, type]) => model("batch_norm", type, "batch_norm", train ? { train } : {})),
  layer_norm: one("f32[A, B + 1]", "f32[2, A, C + 1]").map((type) => model("layer_norm", type, "layer_norm")),
};

const attention: Readonly<Record<string, fc.Arbitrary<Item>>> = {
  dot_product_attention: fc
    .record({ causal: bool, masked: bool, batch: one("", "2, ", "1, 2, "), scale: one("", "scale: 0.3, ") })
    .map(({ causal, masked, batch, scale }) => ({
      name: "dot_product_attention",
      value: `dot_product_attention(q, k, v, ${scale}${masked ? "mask: m == 1, " : ""}causal: ${causal})`,
      inputs: { q: `f32[${batch}A, C]`, k: `f32[${batch}B, C]`, v: `f32[${batch}B, 2]`, m: "i32[A, B]" },
    })),
  multi_head_attention: fc
    .record({ heads: int(1, 2), causal: bool, bias: bool, rotary: bool })
    .map(({ heads, causal, bias, rotary }) => ({
      name: "multi_head_attention",
      value: "M(x, y)",
      declare: `model M(x: f32[1, 2, 4], y: f32[1, C, 2]) = multi_head_attention(${heads}, width: ${heads * 2}, causal: ${causal}, bias: ${bias}, rotary: ${rotary})(x, y)`,
      inputs: { x: "f32[1, 2, 4]", y: "f32[1, C, 2]" },
    })),
};

const cell = fc.record({
  units: int(1, 2),
  reverse: bool,
  masked: bool,
  sequence: bool,
  last: bool,
  after: bool,
  n: int(1, 2),
  t: int(1, 3),
});
const recurrent = (name: string): fc.Arbitrary<Item> =>
  cell.map(({ units, reverse, masked, sequence, last, after, n, t }) => ({
    name,
    value: `M(x${masked ? ", length" : ""})${!sequence && (last || name === "lstm") ? "[1]" : ""}`,
    inputs: { x: `f32[${n}, ${t}, 2]`, ...(masked && { length: `i32[${n}]` }) },
    ...(masked && { between: { length: [1, t] } }),
    declare: `model M(x: f32[N, T, D]${masked ? ", length: i32[N]" : ""}) = x |> ${name}(${units}, reverse: ${reverse}, return_sequence: ${sequence}, return_state: ${!sequence}, last: ${last}${name === "gru" ? `, reset_after: ${after}` : ""}${masked ? ", mask: padding_mask(length, size: T)" : ""})`,
  }));

const reduced = (name: string): fc.Arbitrary<Item> =>
  fc
    .tuple(axes(3), bool)
    .map(([axis, keep]) => ({ name, value: `${name}(x, ${axis}keep: ${keep})`, inputs: { x: "f32[A, B, C]" } }));
const along = (name: string): fc.Arbitrary<Item> =>
  int(-3, 2).map((axis) => ({ name, value: `${name}(x, axis: ${axis})`, inputs: { x: "f32[A, B, C]" } }));

const tensors: Readonly<Record<string, fc.Arbitrary<Item>>> = {
  ...Object.fromEntries(
    ["sum", "prod", "mean", "max_over", "min_over", "log_sum_exp", "variance", "norm"].map((name) => [
      name,
      reduced(name),
    ]),
  ),
  ...Object.fromEntries(["softmax", "log_softmax", "sparsemax"].map((name) => [name, along(name)])),
  sort: fc.tuple(int(-3, 2), bool).map(([axis, descending]) => ({
    name: "sort",
    value: `sort(x, axis: ${axis}, descending: ${descending})[0]`,
    inputs: { x: "f32[A, B, C]" },
  })),
  top_k: fc.tuple(int(-3, 2), int(1, 2)).map(([axis, k]) => ({
    name: "top_k",
    value: `top_k(x, k: ${k}, axis: ${axis})[0]`,
    inputs: { x: "f32[A, B, C]" },
  })),
  slice_along: fc.tuple(int(-3, 2), int(0, 1)).map(([axis, from]) => ({
    name: "slice_along",
    value: `slice_along(x, axis: ${axis}, from: ${from}, to: 2)`,
    inputs: { x: "f32[A, B, C]" },
  })),
  repeat_elements: fc.tuple(int(-3, 2), int(1, 3)).map(([axis, times]) => ({
    name: "repeat_elements",
    value: `repeat_elements(x, ${times}, axis: ${axis})`,
    inputs: { x: "f32[A, B, C]" },
  })),
  stack: int(-3, 2).map((axis) => ({
    name: "stack",
    value: `stack([x, y, x], axis: ${axis})`,
    inputs: { x: "f32[A, B]", y: "f32[A, B]" },
  })),
  swap_axes: fc
    .tuple(int(-3, 2), int(-3, 2))
    .map(([a, b]) => ({ name: "swap_axes", value: `swap_axes(x, ${a}, ${b})`, inputs: { x: "f32[A, B, C]" } })),
};

const losses: Readonly<Record<string, fc.Arbitrary<Item>>> = {
  cross_entropy: fc
    .record({ soft: bool, smooth: one(0, 0.1), weights: bool, mask: bool, ignored: bool, batch: one("A", "A, C") })
    .map(({ soft, smooth, weights, mask, ignored, batch }) => ({
      name: "cross_entropy",
      value: `cross_entropy(x, y, label_smoothing: ${smooth}${weights ? ", weights: w" : ""}${mask ? ", mask: m" : ""}${ignored && !soft ? ", ignore_index: 1" : ""})`,
      inputs: {
        x: `f32[${batch}, B]`,
        y: soft ? `f32[${batch}, B]` : `i32[${batch}]`,
        w: "f32[B]",
        m: `f32[${batch}]`,
      },
      of: ["x", ...(soft ? ["y"] : []), ...(weights ? ["w"] : []), ...(mask ? ["m"] : [])],
    })),
  focal: fc.tuple(one(-1, 0.25, 0.8), one(1, 1.5, 2)).map(([alpha, gamma]) => ({
    name: "focal",
    value: `focal(x, y, alpha: ${alpha}, gamma: ${gamma})`,
    inputs: { x: "f32[A, B]", y: "f32[A, B]" },
    between: { y: [0.1, 0.9] },
  })),
  huber: one(0.3, 1, 5).map((delta) => ({
    name: "huber",
    value: `huber(x, y, delta: ${delta})`,
    inputs: { x: "f32[A]", y: "f32[A]" },
  })),
  gaussian_nll: bool.map((full) => ({
    name: "gaussian_nll",
    value: `gaussian_nll(x, y, v, full: ${full})`,
    inputs: { x: "f32[A]", y: "f32[A]", v: "f32[A]" },
    between: { v: [0.3, 2] },
  })),
  // At least as many frames as the labels need, with a blank between repeated ones.
  ctc_loss: fc.tuple(int(1, 2), int(0, 2), one(0, 3)).map(([labels, more, blank]) => ({
    name: "ctc_loss",
    value: `ctc_loss(logits, labels, frames, lengths, blank: ${blank})`,
    inputs: {
      logits: `f32[2, ${2 * labels + more}, 4]`,
      labels: `i32[2, ${labels}]`,
      frames: "i32[2]",
      lengths: "i32[2]",
    },
    between: { labels: blank === 0 ? [1, 3] : [0, 2], frames: [2 * labels, 2 * labels + more], lengths: [0, labels] },
  })),
};

const signals: Readonly<Record<string, fc.Arbitrary<Item>>> = {
  spectrogram: fc
    .tuple(int(2, 6), int(1, 4), one("hann_window", "hamming_window", "ones"))
    .map(([size, hop, name]) => ({
      name: "spectrogram",
      value: `spectrogram(x, size: ${size}, hop: ${hop}, window: ${name === "ones" ? "boxcar" : name})`,
      declare: "fn boxcar(size: int) -> f32[size] = ones([size])",
      inputs: { x: "f32[A, 9]" },
    })),
  dense: fc
    .tuple(int(1, 3), bool)
    .map(([units, bias]) => model("dense", "f32[A, B, C]", `dense(${units}, bias: ${bias})`)),
  embedding: fc.tuple(int(2, 4), int(1, 3)).map(([count, width]) => ({
    name: "embedding",
    value: "M(i)",
    declare: `model M(i: i32[A, B]) = i |> embedding(${count}, width: ${width})`,
    inputs: { i: "i32[A, B]" },
    between: { i: [-1, count] },
  })),
};

/** By the name of the declaration that they use. */
export const drawn: Readonly<Record<string, fc.Arbitrary<Item>>> = {
  ...convolutions,
  ...images,
  ...normalisation,
  ...attention,
  ...Object.fromEntries(["rnn", "lstm", "gru"].map((name) => [name, recurrent(name)])),
  ...tensors,
  ...losses,
  ...signals,
};
