// Rows of library functions, operators and indexing.
import { row, type Row } from "./row.ts";

const image = "x: f32[N, H>=3, W>=3, C]";

export const activations: readonly Row[] = [
  row(
    "x: f32[..S]",
    '?{relu|relu6|leaky_relu|leaky_relu(0.2)|elu|elu(alpha: 0.5)|selu|gelu|gelu(approximate: "tanh")}(@x)',
    "f32[..S]",
  ),
  row(
    "x: f32[..S]",
    "@x |> ?{silu|softplus|log_sigmoid|mish|hard_sigmoid|hard_swish|hard_tanh|sigmoid|tanh}",
    "f32[..S]",
  ),
  row("x: f32[..S, K]", "@x |> ?{softmax|log_softmax|sparsemax|shifted(axis: -1)|softmax(axis: -1)}", "f32[..S, K]"),
  row("x: f32[K, ..S]", "@x |> ?{softmax|log_softmax|sparsemax}(axis: 0)", "f32[K, ..S]"),
  row(
    "x: f32[..S]",
    "?{sin|cos|erf|exp|expm1|neg|abs|sign|floor|ceil|round|trunc|stop_gradient}(?{0.5 * @x|@x - 1|-@x})",
    "f32[..S]",
  ),
  row("x: f32[..S]", "?{log|log1p|sqrt|rsqrt}(@x * @x + 0.5)", "f32[..S]"),
  row("x: f32[..S]", "clamp(@x, lo: -1, hi: 0.5) |> scaled(by: 3)", "f32[..S]"),
  row(
    "x: f32[..S]",
    "?{gaussian_noise(@x, std: 0.2)|soft_threshold(@x, limit: 0.1)|dropped(@x, rate: 0.1)|inverse_erf(0.9 * tanh(@x))|mel_of(@x * @x)}",
    "f32[..S]",
  ),
  row("x: f32[..S]; k: f32[]", "?{scaled(@k)(@x)|@x |> scaled(@k)|scaled(@k, @x)}", "f32[..S]"),
  row("x: f32[..S]", "let f$i = ?{leaky_relu(0.3)|softplus|clamp(lo: 0, hi: 2)}\nf$i(@x) |> f$i", "f32[..S]"),
];

export const arithmetic: readonly Row[] = [
  row("x: f32[..S]; y: f32[..S]", "@x ?{+|-|*} @y", "f32[..S]"),
  row("x: f32[..S]; y: f32[..S]", "@x ?{/|%} (1 + @y * @y)", "f32[..S]"),
  row("x: f32[..S, C]; y: f32[C]", "?{@x * @y|@y - @x|max(@x, @y)|min(@y, @x)|select(@x > @y, @x, 0)}", "f32[..S, C]"),
  row("x: f32[N, K, C]; y: f32[N, K, 1]", "@x ?{+|*} @y", "f32[N, K, C]"),
  row("x: f32[N, K, C]; y: f32[K, 1]", "@x - @y", "f32[N, K, C]"),
  row("x: f32[..S]", "?{2 ^ (0.3 * @x)|@x ^ 2|(1 + @x * @x) ^ 1.5|-@x ^ 3|1 / (@x + 3)|@x % 2|0 - @x}", "f32[..S]"),
  row("x: f32[..S]; y: f32[..S]", "@x ?{<|<=|>|>=|==|!=} @y", "bool[..S]"),
  row("p: bool[..S]; q: bool[..S]", "?{not @p or @q|@p and not @q|@q and @p}", "bool[..S]"),
  row("p: bool[..S]; x: T[..S]; y: T[..S]", "select(@p, @x, @y)", "T[..S]"),
  row("p: bool[..S]", 'convert(@p, dtype: "f32")', "f32[..S]"),
  row("i: i32[..S]", 'convert(@i, dtype: "f32") * 0.5', "f32[..S]"),
  row("x: f32[..S]", 'convert(@x * 3, dtype: "i32")', "i32[..S]"),
  row("i: i32[..S]; j: i32[..S]", "?{@i + @j|@i * @j - 1|@i % 3|max(@i, @j)|@i / 2}", "i32[..S]"),
  row("x: f32[..B, M, K]; y: f32[..B, K, L]", "@x @ @y", "f32[..B, M, L]"),
  row("x: f32[..B, K]; y: f32[K, L]", "@x @ @y", "f32[..B, L]"),
  row("a: f32[..S]; b: f32[..S]", "lerp(@a, @b, ?{0.5|0.1})", "f32[..S]"),
  row(
    "a: f32[..S]; b: f32[..S]",
    "?{straight_through(@a, to: @b)|ratio(@a, @b * @b + 1)|log_sum_exp3(@a, @b, @a)}",
    "f32[..S]",
  ),
];

export const reductions: readonly Row[] = [
  row(
    "x: f32[..S]",
    "?{sum|mean|max_over|min_over|sum_of_squares|sum_of_magnitudes|norm|variance|log_sum_exp}(@x)",
    "f32[]",
  ),
  row("x: f32[..S, K]", "?{sum|mean|max_over|min_over|prod|norm|variance|log_sum_exp}(@x, axis: -1)", "f32[..S]"),
  row("x: f32[..S, K]", "@x |> ?{sum|mean|max|min|norm|variance}(axis: [-1], keep: true)", "f32[..S, 1]"),
  row("x: f32[N, K, C]", "?{sum|mean|max|log_sum_exp}(@x, axis: [0, 2])", "f32[K]"),
  row("x: f32[N, ..S]", "let (v$i, v$j) = moments(@x, over: 0)\n(v$i - v$j) / sqrt(v$j + 1)", "f32[..S]"),
  row("p: bool[N, ..S]", "?{all|any}(@p, axis: 0)", "bool[..S]"),
  row("j: f32[..S, K]", "?{argmax|argmin}(@j, axis: -1)", "i32[..S]"),
  row("x: f32[..S, K]", "cumsum(@x, axis: -1?{|, reverse: true|, exclusive: true})", "f32[..S, K]"),
  row("x: f32[..S, K]", "?{sort(@x)[0]|sort(@x, descending: true)[0]|reverse(@x, axes: [0])}", "f32[..S, K]"),
  row("x: f32[..S, K]", "sort(@x)[1]", "i32[..S, K]"),
  row("x: f32[..S, K>=2]", 'let (v$i, v$j) = top_k(@x, 2)\nv$i + convert(v$j, dtype: "f32")', "f32[..S, 2]"),
];

export const movement: readonly Row[] = [
  row("x: T[N, ..S]", "@x[0]", "T[..S]"),
  row("x: T[..S, K]", "@x[.., ?{0|-1}]", "T[..S]"),
  row("x: T[..S, K>=3]", "@x[.., 1:]", "T[..S, K - 1]"),
  row("x: T[..S, K>=3]", "@x[.., ?{:2|0:2|-2:}]", "T[..S, 2]"),
  row("x: T[N, ..S]", "@x[:, _]", "T[N, 1, ..S]"),
  row("x: T[N, K, C]", "@x[_, :, 0, .., :]", "T[1, N, C]"),
  row("x: T[N, ..S]", "let v$i = @x\nv$i[_][0]", "T[N, ..S]"),
  row("x: T[N, K, C]", "transpose(@x, perm: [2, 0, 1])", "T[C, N, K]"),
  row("x: T[..B, K, C]", "swap_axes(@x)", "T[..B, C, K]"),
  row("x: T[N, K, C]", "@x |> flatten", "T[N, K * C]"),
  row("x: T[N, K, C]", 'rearrange(@x, "?{n k c -> c k n|n k c->c  k n}")', "T[C, K, N]"),
  row("x: T[N, K, C]", 'rearrange(@x, "n k c -> ?{(n k) c|(n  k) c}")', "T[N * K, C]"),
  row("x: T[N, K%2, C]", 'rearrange(@x, "n (k 2) c -> k n (2 c)")', "T[K / 2, N, 2 * C]"),
  row("x: T[N, K%2, C]", 'rearrange(@x, "n (h k) c -> n h k c", sizes: { h: 2 })', "T[N, 2, K / 2, C]"),
  row("x: f32[N, K, C]; y: f32[C, L]", 'einsum("n k c, c l -> ?{n l k}", @x, @y)', "f32[N, L, K]"),
  row("x: f32[N, K, C]; y: f32[N, L, C]", 'einsum("n q d, n k d -> n q k", @x, @y)', "f32[N, K, L]"),
  row("x: f32[N, K]", 'einsum("n k -> k", @x)', "f32[K]"),
  row("x: f32[N]; y: f32[K]", 'einsum("a, b -> b a", @x, @y)', "f32[K, N]"),
  row("x: T[..S, K]; y: T[..S, L]", "concat(@x, @y, axis: -1)", "T[..S, K + L]"),
  row("x: T[..S]; y: T[..S]", "stack([@x, @y], axis: ?{0|0})", "T[2, ..S]"),
  row("x: T[..S]", "stack(for i in 3 { @x })", "T[3, ..S]"),
  row("x: T[N, ..S]", "?{unsqueeze(@x, axis: 0)|unsqueeze(axis: 0)(@x)}", "T[1, N, ..S]"),
  row("x: T[1, ..S]", "squeeze(@x, axis: 0)", "T[..S]"),
  row("x: T[..S, K]", "repeat_elements(@x, 2, axis: -1)", "T[..S, 2 * K]"),
  row("x: T[..S, K>=3]", "slice_along(@x, axis: -1, from: 1, to: 3)", "T[..S, 2]"),
  row("x: T[..S, K%2]", "let (v$i, v$j) = split(@x, 2, axis: -1)\nconcat(v$j, v$i, axis: -1)", "T[..S, K]"),
  row("x: f32[..S, K%2]", "fold(?{add|mul|max}, split(@x, 2, axis: -1))", "f32[..S, K / 2]"),
  row("x: T[..S, K]; i: i32[..S]", "pick(@x, @i)", "T[..S]"),
  row("x: T[K, ..S]; i: i32[M]", "take(@x, @i, axis: 0)", "T[M, ..S]"),
  row("i: i32[..S]", "one_hot(@i, $c)", "f32[..S, $c]"),
  row("x: T[N, ..S]", "next_sample(@x)", "T[N, ..S]"),
  row("x: T[N, K]", "op.broadcast(@x, shape: [2] + shape(@x), dims: [1, 2])", "T[2, N, K]"),
  row("x: f32[N, H, C]", "pad_space(@x, around: [[1, 2]], value: 0)", "f32[N, H + 3, C]"),
  row("x: f32[N, H, C]", "reshape(@x, drop(shape(@x), 1) + [shape(@x)[1]])", "f32[N, C, H]"),
  row(image, "convolve(@x, full([3, 3, shape(@x)[-1], $u], 0.1))", "f32[N, H - 2, W - 2, $u]"),
  row(
    "",
    '?{eye($u)|normal([$u, $u])|uniform([$u, $u], lo: -1)|bernoulli([$u, $u], 0.3) |> convert(dtype: "f32")|orthogonal([$u, $u])}',
    "f32[$u, $u]",
  ),
  row(
    "",
    '?{zeros([$u])|ones([$u])|full([$u], 2)|constant(1.5, shape: [$u])|hann_window($u)|hamming_window($u)|iota(shape: [$u], axis: 0, dtype: "f32")|map(scalar, [1]) |> stack |> reshape([1]) |> repeat_elements($u, axis: 0)}',
    "f32[$u]",
  ),
];
