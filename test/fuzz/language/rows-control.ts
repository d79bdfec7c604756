// Rows of loops, branches, gradients and other constructs with their own syntax.
import { layer, row, type Row } from "./row.ts";

const sequence = "x: f32[N, T, D]";

export const control: readonly Row[] = [
  row(
    sequence,
    "let v$i = @x\nscan xt in v$i along 1 ?{|reversed }carry h = v$i[:, 0] {\n  next h = tanh(h + 0.5 * xt)\n  yield next h * xt\n}",
    "f32[N, T, D]",
  ),
  row(
    sequence,
    "let v$i = @x\nlet v$j = scan xt in v$i along 1 carry h = zeros(shape(v$i[:, 0])), n = 0.0 {\n  next h = 0.5 * h + xt\n  next n = n + 1\n}\nv$j.h / v$j.n",
    "f32[N, D]",
  ),
  row(
    "x: f32[N, T, D]; y: f32[N, T, D]",
    "let v$i = scan xt in @x, yt in @y along 1 {\n  yield (xt * yt, xt - yt)\n}\nv$i[0] + v$i[1]",
    "f32[N, T, D]",
  ),
  row("x: f32[N, K]", "scan row in @x along 0 {\n  yield { a: sum(row), b: row }\n}.b", "f32[N, K]"),
  row("", "scan t along $u {\n  yield t * t\n}", "i32[$u]"),
  row(
    "x: f32[..S]",
    "let v$i = @x\nlet v$j = scan t along $u carry a = v$i {\n  next a = a * 0.5 + v$i\n}\nv$j.a",
    "f32[..S]",
  ),
  row(
    sequence,
    "let v$i = @x\nscan xt in v$i along 1 carry h = v$i[:, 0] {\n  let p = sum(h) > 0\n  next h = cond p { h * 0.5 } else { xt - h }\n  yield h\n}",
    "f32[N, T, D]",
  ),
  row(
    "x: f32[..S]",
    "let v$i = @x\nlet v$j = while carry a = v$i, k = 0 until k >= $u {\n  next a = a * 0.9 + 0.1\n  next k = k + 1\n}\nstop_gradient(v$j.a)",
    "f32[..S]",
  ),
  row("x: f32[..S]", "let v$i = @x\ncond sum(v$i) ?{>|<} 0.5 { v$i * 2 } else { tanh(v$i) }", "f32[..S]"),
  row("x: f32[..S]", "let v$i = @x\ncheckpoint { sigmoid(v$i) * v$i }", "f32[..S]"),
  row(
    "x: f32[..S]",
    "let v$i = @x\nlet v$j = if rank(v$i) ?{> 1|== 2|<= 3} and size(v$i) < 100 { v$i + 1 } else { v$i - 1 }\nv$j",
    "f32[..S]",
  ),
  row("x: f32[..S]", "let v$i = @x\nlet v$j = repeat k in $u { v$i |> scaled(by: 0.5) |> add(k) }\nv$j", "f32[..S]"),
  row("x: f32[..S]", "let v$i = @x\nrepeat 2 { v$i |> tanh }", "f32[..S]"),
  row(
    "x: f32[..S]",
    "let v$i = @x\nrepeat ?{$u|k in [0.5, 2]|(j, k) in [(1, 2)]} carry v$i { next v$i = v$i * 0.5 + 1 }",
    "f32[..S]",
  ),
  row(
    "x: f32[..S]",
    "let v$j = repeat k in $u carry a = @x, s = (@x, 1.0) {\n  next s = (s.1 * s.0, 0.5 * s.1)\n  next a = tanh(a) - (next s).0\n}\nv$j.a * v$j.1.1",
    "f32[..S]",
  ),
  row("", "let v$j = scan k in $u ?{|reversed }carry s = 0 {\n  next s = s * 2 + k\n  yield next s\n}\nv$j", "i32[$u]"),
  row("x: f32[..S]", "fold(add, for (c, [d, e]) in [(1, [2, 3]), ($u, [0, 1])] { @x * c + d - e })", "f32[..S]"),
  row(
    "x: f32[..S]",
    "let v$i = @x\nfold(add, for (k, (c, t)) in enumerate(zip(range(?{0|-1|1}, 3)[-2:], [v$i, 2 * v$i])) { c * t - k })",
    "f32[..S]",
  ),
  row("x: f32[..S]", "let v$i = @x\nfold(?{add|max}, for c in [1, 2, $u] { v$i * c })", "f32[..S]"),
  row("x: f32[..S]", "let v$i = { a: @x, b: { c: @x * 2, d: [1, $u] } }\nv$i.a + v$i.b.c * v$i.b.d[1]", "f32[..S]"),
  row("x: f32[..S]", "let f$i = fn (a) = a * $u\nf$i(@x) |> f$i", "f32[..S]"),
  row("x: f32[..S]", "let f$i = fn (a) {\n  let b = tanh(a)\n  b + a\n}\nf$i(@x) |> f$i", "f32[..S]"),
  row("x: f32[..S]", "let f$i = tanh |> scaled(by: $u)\nf$i(@x) |> f$i", "f32[..S]"),
  row(
    "x: f32[..S]",
    "let v$i = @x\nfold(fn (a, b) = a * 0.5 + b * v$i, map(fn (k) = v$i + k, [1, 2, $u]))",
    "f32[..S]",
  ),
  row("x: f32[..S]", "let v$i = (@x, 1.0)\n(repeat $u { v$i |> (fn (s) = (s.0 * s.1, 0.5 * s.1)) }).0", "f32[..S]"),
  row("x: T[..S]", "let v$i = [(@x, 1), (@x, 2)]\nv$i.1.0", "T[..S]"),
  row("x: f32[..S]", "let v$i = if rank(@x) < 9 { a: @x, b: 2 } else { a: @x, b: 3 }\nv$i.a * v$i.b", "f32[..S]"),
  row("x: f32[..S]", "let (v$i, (v$j, v$k)) = (@x, (?{2|0.5}, @x * @x))\nv$i * v$j + v$k", "f32[..S]"),
  row("x: f32[..S]", "let v$i = @x\ngrad(sum(v$i * tanh(v$i)), v$i)", "f32[..S]"),
  row("x: f32[..S]", "let v$i = @x\njvp(sin(v$i) * v$i, v$i, ones(shape(v$i)))", "f32[..S]"),
  row(
    "x: f32[..S]; y: f32[..S]",
    "let v$i = @x\nlet v$j = @y\nlet v$k = grad(mean((v$i - v$j) ^ 2), [v$i, v$j])\nv$k[0] - 2 * v$k[1]",
    "f32[..S]",
  ),
  row("x: T[..S]", 'require(rank(@x) < 9 and kind(2) == "int", "a tensor of few axes")\nlet v$i = @x\nv$i', "T[..S]"),
  row("x: f32[..S]", "eval { tanh(@x) * 2 }", "f32[..S]"),
  layer("x: f32[..B, K]", "let v$i = @x\neval { v$i |> dense($u) |> dropout(0.5) }", "f32[..B, $u]"),
  row(
    "x: f32[..S]",
    "let ?{v$i = own_stats(@x)\n@x * v$i.mean - v$i.size|(v$i, v$j) = own_stats(@x)\n@x + v$i * v$j}",
    "f32[..S]",
  ),
  row("x: f32[..S]", "let v$i = own_parts(@x)\nv$i.doubled * v$i.total", "f32[..S]"),
  row("x: f32[..S]; y: f32[..S]", "let v$i = @y\ngrad(sum(@x ^ 2), [@x, v$i], unused: zeros)[?{0|1}]", "f32[..S]"),
  row("x: f32[..S]", "?{// a remark\n@x + 0|@x *\n  2|(@x\n  |> tanh)}", "f32[..S]"),
  row(
    "x: f32[..S]",
    "@x * size(@x) + len(shape(@x)) - product(shape(@x)) / (1 + count(@x, axis: axes(@x)))",
    "f32[..S]",
  ),
  row("x: f32[..S]", "@x * (?{fan_in([3, $u])|fan_out([3, $u])|$u ^ 2|floor(7 / 2)|(7 % 4)|2 ^ -1})", "f32[..S]"),
];

/** Learning rates, some as functions of `step`. */
export const rates: readonly string[] = [
  "0.01",
  "slow",
  "2 * slow",
  "1e-3",
  "step_decay(0.1, step, every: 2)",
  "exponential(0.1, step, rate: 0.9)",
  "polynomial(0.1, step, total: 10, end: 0.01, power: 2)",
  "cosine(0.1, step, total: 10)",
  "warm_restarts(0.1, step, first: 2, factor: 2)",
  "one_cycle(0.1, step, total: 10)",
  "warmup(cosine(0.05, step, total: 9), step, over: 3)",
  "half_cosine(0.1, 0.01, 0.5)",
  "0.1 * ema_rate(0.9, step)",
];

export const optimizers: readonly string[] = [
  "sgd(lr: %)",
  "sgd(lr: %, momentum: 0.9, nesterov: true)",
  "sgd(lr: %, momentum: 0.5, dampening: 0.1, weight_decay: 0.01)",
  "proximal_sgd(lr: %, l1: 0.01, l2: 0.1)",
  "adagrad(lr: %, lr_decay: 0.1, initial: 0.1)",
  "adadelta(lr: %)",
  "rmsprop(lr: %)",
  "rmsprop(lr: %, centered: true, momentum: 0.9)",
  "adam(lr: %)",
  "adam(lr: %, beta1: 0.5, weight_decay: 0.01)",
  "lazy_adam(lr: %)",
  "adamw(lr: %)",
  "amsgrad(lr: %)",
  "nadam(lr: %)",
  "adamax(lr: %)",
  "lion(lr: %)",
  "lamb(lr: %)",
  'lars(lr: %, weight_decay: 0.01, adapt_only: ["*.w", "*.gain"])',
  'adamw(lr: %, decay_only: ["*.w", "*.gain"])',
  "lookahead(adam(lr: %), k: 2)",
  "lookahead(lookahead(sgd(lr: %, momentum: 0.9), k: 2), alpha: 0.1)",
];

export const transformations: readonly string[] = [
  "clip_by_value(0.5)",
  "clip_by_norm(1.0)",
  "clip_by_global_norm(1.0)",
  "accumulate(2)",
];
