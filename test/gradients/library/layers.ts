import type { Item } from "./item.ts";

const image = "f32[1, B + 1, C + 1, 2]";

/** A function of an image. */
const onImage = (value: string, name = value): Item => ({ name, value, inputs: { x: image } });

/** A layer; its params have initial values, and their gradients are compared too. */
const layer = (body: string, type = image, more: Partial<Item> = {}): Item => ({
  name: body,
  value: "M(x)",
  declare: `model M(x: ${type}) = x |> ${body}`,
  inputs: { x: type },
  ...more,
});

/**
 * A composite layer, of which only the gradients of the inputs are compared: those of the params are compared for its
 * parts.
 */
const whole = (body: string, type: string): Item => ({
  name: body,
  value: "Net(x)",
  declare: `model Net(x: ${type}) = x |> ${body}`,
  inputs: { x: type },
});

const sequence = "f32[A, B, 4]";

export const layers: readonly Item[] = [
  layer("dense(3)", "f32[A, B, C]"),
  {
    name: "embedding",
    value: "M(x)",
    declare: "model M(x: i32[A, B]) = x |> embedding(3, width: 2)",
    inputs: { x: "i32[A, B]" },
    between: { x: [0, 2] },
  },
  layer('conv(3, kernel: 3, padding: "same")'),
  layer("conv(2, kernel: [2, 3], stride: [2, 1], padding: 1, dilation: [1, 2], groups: 2)"),
  layer("conv(2, kernel: 3, stride: 2, padding: [[2, 0]])", "f32[A, B + 3, 2]"),
  layer("conv(2, kernel: 2)", "f32[1, 2, B, C, 1]"),
  layer('depthwise_conv(3, stride: 2, padding: "same", multiplier: 2)'),
  layer("separable_conv(3, kernel: 2)"),
  layer('conv_transpose(3, kernel: 3, stride: 2, padding: "same")', "f32[1, B, 2, 2]"),
  layer("conv_transpose(2, kernel: 3, stride: 2, padding: 1, output_padding: 1, groups: 2)", "f32[1, B, 2, 2]"),
  onImage('max_pool(x, 2, padding: "same")'),
  onImage("max_pool(x, 3, stride: 2, padding: 1)"),
  onImage("avg_pool(x, [2, 3], stride: 1, padding: 1)"),
  onImage("global_avg_pool(x)"),
  onImage("global_max_pool(x)"),
  onImage("adaptive_avg_pool(x, [2, 3])"),
  onImage("adaptive_max_pool(x, 3)"),
  onImage("upsample(x, [2, 3])"),
  onImage('upsample(x, 2, mode: "linear")'),
  onImage("resize(x, [7, 2])"),
  {
    name: "roi_pool",
    value: "roi_pool(x, box, image, size: [2, 3], scale: 0.5)",
    inputs: { x: "f32[2, 3, 4, 1]", box: "f32[3, 4]", image: "i32[3]" },
    of: ["x"],
    between: { box: [0, 9] },
  },
  layer("batch_norm", image, { train: true }),
  { ...layer("batch_norm"), name: "batch_norm with running statistics" },
  layer("batch_renorm"),
  layer("dense(3, weight: weight_norm(init: normal))", "f32[A, B]"),
  layer("layer_norm", "f32[A, 2, C + 2]"),
  layer("rms_norm"),
  layer("group_norm(2)", "f32[A, 3, 4]"),
  layer("instance_norm"),
  {
    name: "dot_product_attention",
    value: "dot_product_attention(q, k, v, causal: true)",
    inputs: { q: "f32[2, A, 2]", k: "f32[2, A + 1, 2]", v: "f32[2, A + 1, 2]" },
  },
  {
    name: "dot_product_attention with a mask that may hide whole rows",
    value: "dot_product_attention(q, k, v, mask: m == 1)",
    inputs: { q: "f32[B, 2]", k: "f32[C, 2]", v: "f32[C, 2]", m: "i32[B, C]" },
  },
  {
    name: "multi_head_attention",
    value: "M(x, y, m)",
    declare:
      "model M(x: f32[1, 2, 4], y: f32[1, C, 2], m: i32[1, C]) = multi_head_attention(2, mask: m == 1, rotary: true)(x, y)",
    inputs: { x: "f32[1, 2, 4]", y: "f32[1, C, 2]", m: "i32[1, C]" },
  },
  {
    name: "multi_head_attention of grouped queries",
    value: "M(x)",
    declare:
      "model M(x: f32[1, 3, 4]) = multi_head_attention(2, kv_heads: 1, causal: true, window: 2, alibi: true, bias: false)(x, x)",
    inputs: { x: "f32[1, 3, 4]" },
  },
  {
    name: "transformer_encoder with a bias",
    value: "M(x, b)",
    declare:
      "model M(x: f32[1, 3, 4], b: f32[2, 3, 3]) = transformer_encoder(x, 2, hidden: 2, activation: softplus, score_bias: b)",
    inputs: { x: "f32[1, 3, 4]", b: "f32[2, 3, 3]" },
  },
  {
    name: "dot_product_attention with a bias",
    value: "dot_product_attention(q, k, v, bias: b, window: 2)",
    inputs: { q: "f32[A, 2]", k: "f32[A, 2]", v: "f32[A, 2]", b: "f32[A, A]" },
  },
  {
    name: "cached_attention",
    value: "M(x, i)",
    declare: "model M(x: f32[A, 4], i: i32[]) = x |> cached_attention(2, length: 3, position: i, rotary: true)",
    inputs: { x: "f32[A, 4]", i: "i32[]" },
    between: { i: [0, 2] },
  },
  {
    name: "cached_attention with shared keys, a window and biases",
    value: "M(x, i)",
    declare:
      "model M(x: f32[A, 4], i: i32[]) = x |> cached_attention(4, length: 3, position: i, kv_heads: 2, window: 2, alibi: true)",
    inputs: { x: "f32[A, 4]", i: "i32[]" },
    between: { i: [0, 2] },
  },
  { name: "rotary_position", value: "rotary_position(x, i)", inputs: { x: "f32[A, 4]", i: "i32[]" } },
  ...["graph_convolution(2)", "sage_convolution(2)", 'sage_convolution(2, reduce: "max")', "graph_attention(2)"].map(
    (name): Item => ({
      name,
      value: "M(x, i)",
      declare: `model M(x: f32[3, A], i: i32[2, 4]) = ${name}(x, i)`,
      inputs: { x: "f32[3, A]", i: "i32[2, 4]" },
      between: { i: [0, 2] },
    }),
  ),
  ...["segment_sum", "segment_mean", "segment_max", "segment_min", "segment_softmax"].map((name): Item => ({
    name,
    value: `${name}(x, i, size: 3)`,
    inputs: { x: "f32[4, B]", i: "i32[4]" },
    between: { i: [0, 2] },
  })),
  { name: "rotary_positions", value: "rotary_positions(x)", inputs: { x: sequence } },
  { name: "sinusoidal_positions", value: "sinusoidal_positions(x)", inputs: { x: sequence } },
  layer("learned_positions", sequence),
  layer("feed_forward(3, activation: tanh)", sequence),
  whole("transformer_encoder(2, hidden: 2, activation: tanh)", "f32[1, 2, 4]"),
  whole("transformer_encoder(2, hidden: 2, activation: tanh, norm_first: false, causal: true)", "f32[1, 2, 4]"),
  {
    name: "transformer_decoder",
    value: "Net(x, y)",
    declare:
      "model Net(x: f32[1, 2, 4], y: f32[1, C, 1]) = x |> transformer_decoder(2, y, hidden: 2, activation: tanh)",
    inputs: { x: "f32[1, 2, 4]", y: "f32[1, C, 1]" },
  },
  layer("residual_block(2, activation: tanh)", "f32[1, B, 3, 2]"),
  layer("residual_block(3, stride: 2, activation: tanh)", "f32[1, 3, 2, 2]"),
  layer("bottleneck_block(1, activation: tanh)", "f32[1, 3, 2, 2]"),
  layer("squeeze_excite(1, activation: tanh)", "f32[1, B, C, 2]"),
  layer("inverted_residual(2, expansion: 2, activation: tanh)", "f32[1, 3, 2, 2]"),
  { name: "residual", value: "x |> residual(tanh)", inputs: { x: "f32[A, B]" } },
  { name: "log_sum_exp", value: "log_sum_exp(x, axis: -1)", inputs: { x: "f32[A, B]" } },
  { name: "variance", value: "variance(x, axis: 0, correction: 1)", inputs: { x: "f32[A, B]" } },
  { name: "norm", value: "norm(x, axis: -1)", inputs: { x: "f32[A, B]" } },
  { name: "repeat_elements", value: "repeat_elements(x, 3, axis: -1)", inputs: { x: "f32[A, B]" } },
  { name: "stack", value: "stack([x, y], axis: 1)", inputs: { x: "f32[A, B]", y: "f32[A, B]" } },
];
