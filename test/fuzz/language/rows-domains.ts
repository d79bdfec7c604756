// Rows of losses, metrics, attention, signals, clustering and augmentation.
import { layer, row, type Row } from "./row.ts";

export const losses: readonly Row[] = [
  row("x: f32[..B, K]; l: i32[..B]", "cross_entropy(@x, @l?{|, label_smoothing: 0.1|, ignore_index: [1]})", "f32[..B]"),
  row("x: f32[N, K]", "cross_entropy(@x[:1, :], ?{range(1)|[0]})", "f32[1]"),
  row("x: f32[..B, K]; y: f32[..B, K]", "cross_entropy(@x, softmax(@y)?{|, label_smoothing: 0.2})", "f32[..B]"),
  row(
    "x: f32[..B, K]; l: i32[..B]; w: f32[K]; m: f32[..B]",
    "cross_entropy(@x, @l, weights: [@w], mask: [@m > 0])",
    "f32[..B]",
  ),
  row("x: f32[..B, K]; l: i32[..B]", "nll(log_softmax(@x), @l)", "f32[..B]"),
  row(
    "x: f32[..S]; y: f32[..S]",
    "?{bce(sigmoid(@x), sigmoid(@y))|bce_logits(@x, sigmoid(@y))|focal(@x, sigmoid(@y))|focal(@x, sigmoid(@y), alpha: -1)}",
    "f32[..S]",
  ),
  row(
    "x: f32[..S]; y: f32[..S]",
    "?{mse|mae|huber|huber(delta: 0.5)|hinge|squared_hinge|wgan_critic|hinge_discriminator}(@x, @y)",
    "f32[..S]",
  ),
  row(
    "x: f32[..S]; y: f32[..S]; z: f32[..S]",
    "?{gaussian_nll(@x, @y, softplus(@z))|gaussian_nll(@x, @y, @z * @z, full: true)|wgan_generator(@x)}",
    "f32[..S]",
  ),
  row(
    "x: f32[..B, K]; y: f32[..B, K]",
    "?{kl(log_softmax(@x), softmax(@y))|kl(log_softmax(@x), log_softmax(@y), log_target: true)|kl_normal(@x, @y)}",
    "f32[..B]",
  ),
  row("x: f32[..B, D]; y: f32[..B, D]; z: f32[..B, D]", "triplet(@x, @y, @z, margin: 0.5)", "f32[..B]"),
  row(
    "x: f32[..B, D]; y: f32[..B, D]; z: f32[..B]",
    "?{euclidean(@x, @y)|contrastive(@x, @y, sigmoid(@z))|cosine_similarity(@x, @y)|cosine_embedding(@x, @y, sign(@z))}",
    "f32[..B]",
  ),
  row("x: f32[N, K, C]; y: f32[N, K, C]", "dice(sigmoid(@x), sigmoid(@y))", "f32[N]"),
  row("x: f32[N, K]; y: f32[N, K]", "gradient_penalty(?{tanh|softplus|silu})(@x, @y)", "f32[N]"),
  row("x: f32[..B, K]; a: i32[..B]; v: f32[..B]", "?{policy_gradient(@x, @a, @v)|entropy(@x) + @v}", "f32[..B]"),
  row(
    "x: f32[..B]; y: f32[..B]; z: f32[..B]",
    "?{td(@x, @y, @z, sigmoid(@x))|td_error(@x, @y, @z, sigmoid(@y))|ppo(@x, @y, @z)}",
    "f32[..B]",
  ),
  row("x: f32[..S]; y: f32[..S]", "masked_mean(@x, ?{@y * @y|@y > 0})", "f32[]"),
  row("x: f32[..B, K]; y: f32[K]", "?{mse|mae|huber}(@x, ?{@y|target: 0.5})", "f32[..B, K]"),
  row(
    "x: f32[..B, K]; y: f32[..B, M]",
    "quantile_huber(@x, @y?{|, delta: 0.5|, levels: 0.3|, levels: sigmoid(@x)})",
    "f32[..B]",
  ),
  row(
    "x: f32[..B, K]; m: f32[..B, K]; s: f32[K]",
    "?{gaussian_log_density(@x, @m, tanh(@s))|tanh_gaussian(@x, ?{tanh(@s)|0}).log_density}",
    "f32[..B]",
  ),
  row("x: f32[N, T>=3, K>=3]; f: i32[N]", 'convert(ctc_greedy(@x, max(@f, 1)).lengths, dtype: "f32")', "f32[N]"),
  row(
    "x: f32[N, T>=3, K>=3]; l: i32[N, 2]; f: i32[N]; n: i32[N]",
    "ctc_loss(@x, min(@l, 2), max(@f, 2), min(@n, 2)?{|, blank: min(@f, 2)})",
    "f32[N]",
  ),
];

/** Alignments, flows and returns. */
export const sequences: readonly Row[] = [
  row(
    "x: f32[N, T]; d: bool[N, T]; v: f32[N]",
    'discounted_returns(@x, done: ?{convert(@d, dtype: "f32")|0}, last: ?{@v|0}?{|, gamma: 0.5})',
    "f32[N, T]",
  ),
  row(
    "x: f32[N, T]; d: bool[N, T]; v: f32[N]",
    '?{generalized_advantages(gamma: 0.5|generalized_advantages(lambda: 0.5|n_step_returns(2}, @x, convert(@d, dtype: "f32"), concat(@v[:, _], tanh(@x), axis: 1))',
    "f32[N, T]",
  ),
  row(
    "x: f32[N, T, D]; y: f32[N, S, D]",
    "?{dtw|soft_dtw|soft_dtw(gamma: 0.5)}(sequence_distances(tanh(@x), tanh(@y)))",
    "f32[N]",
  ),
  row("x: f32[N, T, S]", "soft_dtw(tanh(@x))", "f32[N]"),
  row("x: f32[N, D]", "kmeans_plus_plus(tanh(@x), $c)", "f32[$c, D]"),
  layer("x: f32[N, H, C%2]", "let (v$i, v$j) = @x |> ?{actnorm|invertible_conv}\nv$i + v$j[:, _, _]", "f32[N, H, C]"),
  layer(
    "x: f32[N, D%2]",
    "let (v$i, v$j) = @x |> ?{actnorm |> invertible_conv|flow([actnorm(from_data: false), invertible_conv])|flow([invertible_conv, planar_flow])}\nv$i + v$j[:, _]",
    "f32[N, D]",
  ),
  layer(
    "x: f32[N, D%2]",
    "let (v$i, v$j) = @x |> affine_coupling(dense(@D)?{|, flip: true|, inverse: true})\nv$i + v$j[:, _]",
    "f32[N, D]",
  ),
  layer("x: f32[N, D]", "let (v$i, v$j) = @x |> planar_flow\nv$j + normal_log_density(v$i)", "f32[N]"),
];

export const metrics: readonly Row[] = [
  row(
    "x: f32[..B, K]; l: i32[..B]",
    "?{accuracy(@x, @l)|accuracy(@x, @l, ignore_index: 1, mask: @x[.., 0] > 0)|top_k_accuracy(@x, @l, k: 2)|perplexity(@x, @l)}",
    "f32[]",
  ),
  row("x: i32[N]; y: i32[N]", "confusion_matrix(@x, @y, classes: $c)", "f32[$c, $c]"),
  row("x: f32[..S]; p: bool[..S]", '?{precision|recall|f1|r2}(sigmoid(@x), convert(@p, dtype: "f32"))', "f32[]"),
  row("x: f32[N]; p: bool[N]", 'auc(@x, convert(@p, dtype: "f32"))', "f32[]"),
  row("x: i32[N]; y: i32[N]", "iou(confusion_matrix(@x, @y, classes: $c))", "f32[$c]"),
];

export const attention: readonly Row[] = [
  row(
    "q: f32[..B, T, D]; k: f32[..B, S, D]; v: f32[..B, S, E]",
    "dot_product_attention(@q, @k, @v?{|, causal: true|, scale: 0.5})",
    "f32[..B, T, E]",
  ),
  row(
    "q: f32[..B, T, D]; k: f32[..B, S, D]; v: f32[..B, S, E]; m: bool[T, S]",
    "dot_product_attention(@q, @k, @v, mask: ?{@m|[@m]})",
    "f32[..B, T, E]",
  ),
  row(
    "x: f32[N, T, D%2]",
    "@x |> ?{rotary_positions|sinusoidal_positions|rotary_positions(base: 100)}",
    "f32[N, T, D]",
  ),
  row("x: f32[..B]", "@x |> sinusoidal_embedding(2 * $u?{|, base: 100})", "f32[..B, 2 * $u]"),
  row("x: f32[N, T, D%2]", "split_heads(@x, 2)", "f32[N, 2, T, D / 2]"),
  row("x: f32[N, H, T, D]", "join_heads(@x)", "f32[N, T, H * D]"),
  layer(
    "x: f32[K, D%2]; i: i32[]",
    "@x |> cached_attention(2, length: 3, position: @i?{|, bias: false|, width: 4, rotary: true|, kv_heads: 1, window: 2|, alibi: true})",
    "f32[K, D]",
  ),
  row("x: f32[K, ..S]; i: i32[K]", "segment_?{sum|mean|max|min}(@x, @i, size: $u)", "f32[$u, ..S]"),
  row("x: f32[K, ..S]; i: i32[K]", "segment_softmax(@x, @i, size: $u)", "f32[K, ..S]"),
  layer(
    "x: f32[K, D]; i: i32[L]",
    '?{graph_convolution($u)|sage_convolution($u?{|, reduce: "max"})|graph_attention($u?{|, heads: 2, join: false})}(@x, stack([@i, @i]))',
    "f32[K, $u]",
  ),
  row("", "causal_mask($u, seen: $w)", "bool[$u, $w]"),
  row("l: i32[N]", "padding_mask(@l, $u)", "bool[N, $u]"),
  row("x: f32[..S, K]; m: bool[..S, K]", "softmax(hidden(@x, @m))", "f32[..S, K]"),
  row("l: i32[N]", "padding_mask(@l, size: $u) |> head_mask(1)", "bool[N, 1, 1, $u]"),
  row("", "place_angles($u, count: $w, base: 100)", "f32[$u, $w]"),
  row("c: f32[N, H]", "let (v$i, v$j) = lstm_cell(concat(@c, @c, @c, @c, axis: -1), @c)\nv$i + v$j", "f32[N, H]"),
];

export const signals: readonly Row[] = [
  row("", "spectrogram(normal([2, 12]), size: 4, hop: 2?{|, window: hamming_window})", "f32[2, 5, 3]"),
  row("x: f32[N, T>=4]", "frames_of(@x, size: 2, hop: 1)", "f32[N, T - 1, 2]"),
  row("x: f32[..B, K>=2]", "dft(@x)[?{0|1}]", "f32[..B, K / 2 + 1]"),
  row("x: f32[N, T>=4]", "spectrogram(@x, size: 4, hop: 1)", "f32[N, T - 3, 3]"),
  row("", "mel_filter_bank(9, mels: $u, rate: 8000)", "f32[9, $u]"),
  row("x: f32[N, T>=4]", "log_mel(@x, rate: 8000, size: 4, hop: 2, mels: 2)", "f32[N, (T - 4) / 2 + 1, 2]"),
  row("a: f32[N, D]; b: f32[M, D]", "?{squared_distances|pairwise_distances|cosine_distances}(@a, @b)", "f32[N, M]"),
  row("x: f32[N, D]; c: f32[K, D]", "kmeans_assign(@x, @c)", "i32[N]"),
  row("x: f32[N, D]; c: f32[K, D]", "kmeans_update(@x, @c, kmeans_assign(@x, @c))", "f32[K, D]"),
  row(
    "x: f32[N, D]; c: f32[K, D]",
    "?{kmeans_inertia(@x, @c)|mean(unit_vectors(@x)) + mean(unit_vectors(@c))}",
    "f32[]",
  ),
  row(
    "b: f32[N, D]",
    "solve(zeros([shape(@b)[0], shape(@b)[1], shape(@b)[1]]) + 3 * eye(shape(@b)[1]), @b)",
    "f32[N, D]",
  ),
  row(
    "q: f32[M, D]; x: f32[N, D]; y: f32[N]",
    "locally_weighted_regression(@q, @x, @y, width: 2, ridge: 0.5)",
    "f32[M]",
  ),
  row("x: f32[N, D]; c: f32[K, D]", "nearest_code(@x, @c)", "i32[N]"),
];

export const augmentation: readonly Row[] = [
  row(
    "x: f32[N, H, W, C]",
    "@x |> ?{random_flip|random_flip(axis: 1)|cutout(2)|gaussian_blur(size: 3)|random_blur(size: 3)|random_affine(rotation: 0.2, scale: 0.1)|random_rotation(0.3)}",
    "f32[N, H, W, C]",
  ),
  row(
    "x: f32[N, H, W, 3]",
    "@x |> ?{color_jitter(brightness: 0.2, contrast: 0.1)|color_jitter(saturation: 0.2, hue: 0.1)}",
    "f32[N, H, W, 3]",
  ),
  row("x: f32[N, H, W, 3]", "grey(@x)", "f32[N, H, W, 1]"),
  row("x: f32[N, H, W, C]", "random_resized_crop(@x, [2, 3])", "f32[N, 2, 3, C]"),
  row(
    "x: f32[N, H, W, C]",
    "@x |> ?{random_grayscale|random_apply(tanh, p: 0.25)|gradient_reversal}",
    "f32[N, H, W, C]",
  ),
  row("x: f32[N, H>=3, W>=3, C]", "random_crop(@x, [2, 3], padding: ?{0|1})", "f32[N, 2, 3, C]"),
  row("x: f32[N, H, W, C]; m: f32[N, 2, 3]", "affine_transform(@x, @m)", "f32[N, H, W, C]"),
  row("x: f32[N, H, W, C]; r: f32[N, 2, 3]; q: f32[N, 2, 3]", "bilinear_at(@x, @r, @q)", "f32[N, 2, 3, C]"),
  row("x: f32[N, K, C]; t: f32[N, L]", "mixup(@x, @t)[0]", "f32[N, K, C]"),
  row("x: f32[N, H, W, C]; t: f32[N, L]", "cutmix(@x, @t)[1]", "f32[N, L]"),
];
