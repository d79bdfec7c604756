// Rows of library layers.
import { layer, row, type Row } from "./row.ts";

const image = "x: f32[N, H>=3, W>=3, C]";
const sequence = "x: f32[N, T, D]";

export const layers: readonly Row[] = [
  layer(
    "x: f32[..B, K]",
    "@x |> dense($u?{|, bias: false|, init: he_normal|, init: lecun_uniform|, init: glorot_normal})",
    "f32[..B, $u]",
  ),
  layer(
    "x: f32[..B, K]",
    "@x |> dense($u, init: ?{he_uniform|lecun_normal|orthogonal|truncated_normal(std: 0.5)|uniform(lo: -0.5, hi: 0.5)|identity|normal(std: 0.3)}) |> tanh",
    "f32[..B, $u]",
  ),
  layer("x: f32[..B, K]", "let l$i = dense($u)\nl$i(@x) + l$i(@x * 2)", "f32[..B, $u]"),
  layer("x: f32[..B, K]", "let v$i = @x\nrepeat ?{2|i in 2} { v$i |> dense(@K) |> tanh }", "f32[..B, K]"),
  layer("x: f32[..B, C]", "@x |> prelu?{|(init: 0.1)}", "f32[..B, C]"),
  layer(image, "@x |> conv($u, kernel: [3, 3]?{|, bias: false})", "f32[N, H - 2, W - 2, $u]"),
  layer(image, '@x |> conv($u, kernel: [3], padding: "same", stride: [2])', "f32[N, H ^ 2, W ^ 2, $u]"),
  layer(image, "@x |> conv($u, kernel: [2, 3], padding: [1, 0]?{|, dilation: [1, 1]})", "f32[N, H + 1, W - 2, $u]"),
  layer(
    "x: f32[N, H>=3, W, C%2]",
    "@x |> conv(2 * $u, kernel: [3, 1], groups: 2, padding: [[0, 1], [1, 0]])",
    "f32[N, H - 1, W + 1, 2 * $u]",
  ),
  layer("x: f32[N, H>=5, C]", "@x |> conv($u, kernel: [3], dilation: [2])", "f32[N, H - 4, $u]"),
  layer("x: f32[N, D>=2, H>=2, W>=2, C]", "@x |> conv($u, kernel: [2, 2, 2])", "f32[N, D - 1, H - 1, W - 1, $u]"),
  layer(image, '@x |> depthwise_conv([3, 3], padding: ?{"same"|1}, multiplier: $u)', "f32[N, H, W, C * $u]"),
  layer(image, "@x |> separable_conv($u, kernel: [3, 3])", "f32[N, H - 2, W - 2, $u]"),
  layer("x: f32[N, H, W, C]", "@x |> conv_transpose($u, kernel: [2, 2], stride: [2, 2])", "f32[N, 2 * H, 2 * W, $u]"),
  layer(
    "x: f32[N, H, C]",
    "@x |> conv_transpose($u, kernel: [3], stride: [2], output_padding: [1])",
    "f32[N, 2 * H + 2, $u]",
  ),
  layer("x: f32[N, H, W, C]", "@x |> residual_block($u, stride: 2?{|, activation: silu})", "f32[N, H ^ 2, W ^ 2, $u]"),
  layer("x: f32[N, H, W, C]", "@x |> residual_block($u)", "f32[N, H, W, $u]"),
  layer("x: f32[N, H, W, C]", "@x |> bottleneck_block($u, expansion: 2)", "f32[N, H, W, 2 * $u]"),
  layer("x: f32[N, H, W, C]", "@x |> shortcut($u, stride: 1)", "f32[N, H, W, $u]"),
  layer("x: f32[N, H, W, C%2]", "@x |> squeeze_excite(ratio: 2)", "f32[N, H, W, C]"),
  layer(image, "@x |> inverted_residual($u, expansion: 2, stride: ?{1|1})", "f32[N, H, W, $u]"),
  layer("x: f32[..S, C]", "@x |> batch_norm?{|(momentum: 0.3)|(eps: 0.01)}", "f32[..S, C]"),
  layer("x: f32[..S, C]", "@x |> ?{layer_norm|rms_norm|layer_norm(eps: 0.1)}", "f32[..S, C]"),
  layer("x: f32[N, H, C%2]", "@x |> ?{group_norm(groups: 2)|instance_norm}", "f32[N, H, C]"),
  layer("x: f32[N, H, W, C%2]", "@x |> ?{group_norm(groups: 2)|instance_norm(eps: 0.01)}", "f32[N, H, W, C]"),
  layer("x: f32[..S]", "@x |> dropout(0.?{0|2|5})", "f32[..S]"),
  layer("x: f32[N, H, W, C]", "@x |> spatial_dropout(rate: 0.25)", "f32[N, H, W, C]"),
  layer("x: i32[..S]", "embedding(@x, count: $c, width: $u)", "f32[..S, $u]"),
  layer(sequence, "@x |> ?{rnn|lstm|gru}($u?{|, reverse: true})", "f32[N, T, $u]"),
  layer(sequence, "@x |> gru($u, reset_after: false)", "f32[N, T, $u]"),
  layer(sequence, "@x |> rnn($u, activation: relu, return_sequence: false, return_state: true)", "f32[N, $u]"),
  layer(
    sequence,
    "let (v$i, v$j, v$k) = lstm(@x, $u, return_state: true?{|, forget_bias: 0})\nv$j + v$k",
    "f32[N, $u]",
  ),
  layer(sequence, "@x |> bidirectional(?{lstm|gru|rnn}, $u)", "f32[N, T, 2 * $u]"),
  layer(sequence, '@x |> bidirectional(gru, $u, merge: "sum")', "f32[N, T, $u]"),
  layer("x: f32[N, T, D]; l: i32[N]", "@x |> gru($u, mask: padding_mask(@l, size: shape(@x)[1]))", "f32[N, T, $u]"),
  layer(
    "x: f32[N, T, D%2]",
    "let v$i = @x\nmulti_head_attention(v$i, v$i, 2?{|, causal: true|, bias: false|, dropout: 0.1})",
    "f32[N, T, D]",
  ),
  layer("x: f32[N, T, D%2]; m: f32[N, S, E]", "multi_head_attention(@x, @m, heads: 2)", "f32[N, T, D]"),
  layer("x: f32[N, T, D%4]", "multi_head_attention(@x, @x, heads: 2, rotary: true)", "f32[N, T, D]"),
  layer(
    "x: f32[N, T, D%2]",
    "@x |> transformer_encoder(2, hidden: $u?{|, norm_first: false|, causal: true|, activation: gelu})",
    "f32[N, T, D]",
  ),
  layer(
    "x: f32[N, T, D%2]; m: f32[N, S, E]; l: i32[N]",
    "transformer_decoder(@x, @m, heads: 1, hidden: $u, memory_mask: padding_mask(@l, size: shape(@m)[1]))",
    "f32[N, T, D]",
  ),
  layer("x: f32[..B, C, D]", "@x |> learned_positions", "f32[..B, C, D]"),
  layer("x: f32[..B, D]", "@x |> feed_forward($u?{|, activation: silu, dropout: 0.1})", "f32[..B, D]"),
  layer("x: f32[N, D]", "(@x |> vector_quantiser($c)).codes", "f32[N, D]"),
  layer("x: f32[N, D]", "let v$i = trained_quantiser(@x, $c)\nv$i.codes + v$i.loss", "f32[N, D]"),
  // Params and states declared by the program itself.
  row("x: f32[..B, C]", "param p$i: f32[@C] = ?{ones|zeros|normal}\n@x * p$i", "f32[..B, C]", "own"),
  row("x: f32[..B, C]", "param p$i: f32[@C, $u] = glorot_uniform\n@x @ p$i", "f32[..B, $u]", "own"),
  row(
    "x: f32[..B, C]",
    "state s$i: f32[@C] = zeros\nif train {\n  s$i <- lerp(s$i, mean(@x, axis: drop(axes(@x), rank(@x) - 1)), 0.5)\n}\n@x - s$i",
    "f32[..B, C]",
    "own",
  ),
  row("x: f32[..B]", "state s$i: f32 = 0\ns$i <- s$i + 1\n@x * s$i", "f32[..B]", "own"),
  layer("x: f32[..B, C]", "let v$i = if train { @x |> dropout(0.5) } else { @x * 2 }\nv$i", "f32[..B, C]"),
  layer("x: f32[..B, C]", "checkpoint { @x |> dense($u) |> tanh }", "f32[..B, $u]"),
  layer(sequence, "let v$i = @x\nfold(add, for i in 2 { v$i |> dense($u) })", "f32[N, T, $u]"),
  layer("x: f32[..B, K]", "residual(@x, body: dense(@K))", "f32[..B, K]"),
];

export const pooling: readonly Row[] = [
  row("x: f32[N, H>=2, W>=2, C]", "@x |> ?{max_pool|avg_pool}([2, 2])", "f32[N, H / 2, W / 2, C]"),
  row(image, '@x |> ?{max_pool|avg_pool}([3, 3], stride: [1, 1], padding: "same")', "f32[N, H, W, C]"),
  row("x: f32[N, H>=3, C]", "@x |> ?{max_pool|avg_pool}([3], stride: [2])", "f32[N, (H - 3) / 2 + 1, C]"),
  row("x: f32[N, H, W, C]", "@x |> ?{global_avg_pool|global_max_pool}", "f32[N, C]"),
  row("x: f32[N, H, W, C]", "@x |> ?{adaptive_avg_pool|adaptive_max_pool}([2, 3])", "f32[N, 2, 3, C]"),
  row("x: f32[N, H, W, C]", "@x |> upsample([2, 3])", "f32[N, 2 * H, 3 * W, C]"),
  row("x: f32[N, H, W, C]", '@x |> upsample(mode: "bilinear")', "f32[N, 2 * H, 2 * W, C]"),
  row("x: f32[N, H, W, C]", '@x |> resize([$u, $w]?{|, mode: "nearest"})', "f32[N, $u, $w, C]"),
  row(
    "x: f32[N, H, W, C]; b: f32[R, 4]; i: i32[R]",
    "?{roi_align|roi_pool}(@x, @b, @i, size: [2, $u])",
    "f32[R, 2, $u, C]",
  ),
];
