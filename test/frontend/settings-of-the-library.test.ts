import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { run } from "./program.ts";

/** Calls with a number `s`, which may be a setting. */
const calls: readonly string[] = [
  "leaky_relu(x, slope: s)",
  "elu(x, alpha: s)",
  "dot_product_attention(q, q, q, scale: s)",
  "dot_product_attention(q, q, q, dropout: s)",
  "multi_head_attention(q, q, heads: 2, dropout: s)",
  "rotary_positions(q, base: s)",
  "sinusoidal_positions(q, base: s)",
  "sinusoidal_embedding(4, base: s)(v)",
  "feed_forward(q, hidden: 4, dropout: s)",
  "transformer_encoder(q, heads: 2, dropout: s)",
  "transformer_decoder(q, q, heads: 2, dropout: s)",
  "random_flip(im, p: s)",
  "random_affine(im, rotation: s)",
  "random_affine(im, scale: s)",
  "random_affine(im, shear: s)",
  "random_affine(im, translation: s)",
  "random_rotation(im, angle: s)",
  "gaussian_noise(x, std: s)",
  "random_blur(im, p: s)",
  "random_blur(im, sigma: s, size: 5)",
  "gaussian_blur(im, sigma: s, size: 5)",
  "color_jitter(im, brightness: s)",
  "color_jitter(im, contrast: s)",
  "color_jitter(im, saturation: s)",
  "color_jitter(im, hue: s)",
  "cutout(im, 2, p: s)",
  "random_grayscale(im, p: s)",
  "random_apply(tanh, p: s)(im)",
  "mixup(x, lab, alpha: s)",
  "locally_weighted_regression(x, y, x[:, 0], width: s)",
  "locally_weighted_regression(x, y, x[:, 0], ridge: s)",
  "full([2], s)",
  "full([2], value: s)",
  "uniform([2], lo: s)",
  "uniform([2], hi: s)",
  "normal([2], mean: s)",
  "normal([2], std: s)",
  "bernoulli([2], p: s)",
  "truncated_normal([2], mean: s)",
  "random_exponential([2], rate: s)",
  "laplace([2], location: s)",
  "laplace([2], scale: s)",
  "gumbel([2], location: s)",
  "gumbel([2], scale: s)",
  "gamma([2], alpha: s)",
  "gamma([2], 2, rate: s)",
  "beta([2], a: s, b: 1)",
  "beta([2], a: 1, b: s)",
  "dirichlet([2, 3], alpha: s)",
  "truncated_normal([2], std: s)",
  "orthogonal([2, 2], gain: s)",
  "identity([2, 2], gain: s)",
  "dropout(x, rate: s)",
  "dropout(x, rate: s, always: true)",
  "spatial_dropout(im, rate: s)",
  "drop_path(im, rate: s)",
  "inverted_residual(im, 3, drop_path_rate: s)",
  "grad(sum(gradient_reversal(x ^ 2, strength: s)), x)",
  "cross_entropy(x, i, label_smoothing: s)",
  "cross_entropy(x, lab, label_smoothing: s)",
  "focal(x, y, alpha: s)",
  "focal(x, y, gamma: s)",
  "huber(x, y, delta: s)",
  "gaussian_nll(x, y, abs(x) + 1, eps: s)",
  "triplet(x, y, x, margin: s)",
  "contrastive(x, y, x[:, 0], margin: s)",
  "cosine_embedding(x, y, x[:, 0], margin: s)",
  "dice(x, y, smooth: s)",
  "td(v, v, v, v, gamma: s)",
  "td(v, v, v, v, delta: s)",
  "ppo(v, v, v, clip: s)",
  "discounted_returns(x, lab, [1, 2, 3, 4], gamma: s)",
  "n_step_returns(2)(x[:, 1:], lab[:, 1:], x, gamma: s)",
  "generalized_advantages(x[:, 1:], lab[:, 1:], x, gamma: s)",
  "generalized_advantages(x[:, 1:], lab[:, 1:], x, lambda: s)",
  "quantile_huber(x, y, delta: s)",
  "quantile_huber(x, y, levels: s)",
  "binary_counts(x, y, threshold: s)",
  "precision(x, y, threshold: s)",
  "recall(x, y, threshold: s)",
  "f1(x, y, threshold: s)",
  "batch_norm(x, momentum: s)",
  "batch_norm(x, eps: s)",
  "layer_norm(x, eps: s)",
  "rms_norm(x, eps: s)",
  "group_norm(x, groups: 3, eps: s)",
  "instance_norm(im, eps: s)",
  "local_response_norm(x, alpha: s)",
  "local_response_norm(x, beta: s)",
  "local_response_norm(x, k: s)",
  "clip_by_value(x, limit: s)",
  "max_norm(x, limit: s)",
  "clip_by_norm(x, limit: s)",
  "clip_by_global_norm([x], limit: s)",
  "stacked(q, gru, 2, 3, dropout: s)",
  "soft_threshold(x, limit: s)",
  "step_decay(0.1, step, every: s)",
  "step_decay(0.1, step, every: 3, gamma: s)",
  "exponential(0.1, step, rate: s)",
  "exponential(0.1, step, rate: 0.5, every: s)",
  "quantile(x, q: s)",
  "histogram(x, 4, lo: -s)",
  "histogram(x, 4, hi: s)",
  "nan_to_num(x, nan: s)",
  "nan_to_num(x, posinf: s)",
  "nan_to_num(x, neginf: s)",
  "multi_step(0.1, step, at: [3, 6], gamma: s)",
  "multi_step(lr: s, step: 4 + s, at: [3])",
  "piecewise(step: 4 + s, at: [3], values: [0.1, s])",
  "inverse_sqrt(0.1, step, over: s)",
  "inverse_sqrt(lr: s, step: 4 + s, over: 3)",
  "polynomial(0.1, step, total: s)",
  "polynomial(0.1, step, total: 10, end: s)",
  "polynomial(0.1, step, total: 10, power: s)",
  "cosine(0.1, step, total: s)",
  "cosine(0.1, step, total: 10, end: s)",
  "warm_restarts(1, step, first: s)",
  "warm_restarts(1, step, first: 10, factor: 1 + s)",
  "constant(value: s, shape: [2])",
  "ema_rate(decay: s, step: 3)",
  "ema_rate(decay: 0.9, step: s)",
  "scalar(value: s)",
  "warm_restarts(1, step, first: 10, end: s)",
  "one_cycle(1, step, total: s)",
  "one_cycle(1, step, total: 10, warm: s)",
  "one_cycle(1, step, total: 10, start: s)",
  "one_cycle(1, step, total: 10, final: s)",
  "warmup(0.1, step, over: s)",
  "mel_filter_bank(8, 4, rate: s)",
  "log_mel(q[:, :, 0], rate: s, size: 4, hop: 1, mels: 2)",
  "log_mel(q[:, :, 0], rate: 100, size: 4, hop: 1, mels: 2, lowest: s)",
  "lerp(x, y, t: s)",
  "clamp(x, lo: s, hi: 1)",
  "scaled(x, by: s)",
  "close(x, y, tolerance: s)",
  "vector_quantiser(x, 4, commitment: s)",
  "vector_quantiser(x, 4, decay: s)",
  "vector_quantiser(x, 4, eps: s)",
  "trained_quantiser(x, 4, commitment: s)",
  "step_decay(lr: s, step: 4 + s, every: 3)",
  "exponential(lr: s, step: 4 + s, rate: 0.5)",
  "polynomial(lr: s, step: 4 + s, total: 10)",
  "cosine(lr: s, step: 4 + s, total: 10)",
  "warm_restarts(lr: s, step: 4 + s, first: 10)",
  "one_cycle(lr: s, step: 4 + s, total: 10)",
  "warmup(lr: s, step: 4 + s, over: 10)",
  "mel_filter_bank(8, 4, rate: 100, lo: s)",
  "mel_filter_bank(8, 4, rate: 100, hi: 30 + s)",
  "clamp(x, lo: 0, hi: s)",
  "linspace(first: s, last: 3, n: 5)",
  "linspace(first: 1, last: s, n: 5)",
  "range_of(5, start: s)",
  "range_of(5, step: s)",
  "segment_max(x, i, 5, empty: s)",
  "segment_min(x, i, 5, empty: s)",
  "batch_renorm(x, momentum: s)",
  "batch_renorm(x, eps: s)",
  "batch_renorm(x, r_max: 1 + s)",
  "batch_renorm(x, d_max: s)",
  "soft_dtw(q, gamma: s)",
  "layer_norm_lstm(q, 3, eps: s)",
  "roi_align(im, [[0, 0, 20, 30]], [1], size: 2, scale: s)",
  "roi_pool(im, [[0, 0, 20, 30]], [1], size: 2, scale: s)",
  "roi_avg_pool(im, [[0, 0, 20, 30]], [1], size: 2, scale: s)",
];

const optimizers: readonly string[] = [
  "sgd(lr: s)",
  "sgd(momentum: s)",
  "sgd(momentum: 0.9, dampening: s)",
  "sgd(weight_decay: s)",
  "proximal_sgd(lr: s)",
  "proximal_sgd(l1: s)",
  "proximal_sgd(l2: s)",
  "adagrad(lr: s)",
  "adagrad(lr_decay: s)",
  "adagrad(weight_decay: s)",
  "adagrad(eps: s)",
  "adadelta(lr: s)",
  "adadelta(rho: s)",
  "adadelta(eps: s)",
  "adadelta(weight_decay: s)",
  "rmsprop(lr: s)",
  "rmsprop(alpha: s)",
  "rmsprop(eps: s)",
  "rmsprop(momentum: s)",
  "rmsprop(weight_decay: s)",
  "adam(lr: s)",
  "adam(beta1: s)",
  "adam(beta2: s)",
  "adam(eps: s)",
  "adam(weight_decay: s)",
  "adamw(lr: s)",
  "adamw(beta1: s)",
  "adamw(beta2: s)",
  "adamw(eps: s)",
  "adamw(weight_decay: s)",
  "amsgrad(lr: s)",
  "amsgrad(beta1: s)",
  "amsgrad(beta2: s)",
  "amsgrad(eps: s)",
  "amsgrad(weight_decay: s)",
  "nadam(lr: s)",
  "nadam(beta1: s)",
  "nadam(beta2: s)",
  "nadam(eps: s)",
  "nadam(momentum_decay: s)",
  "nadam(weight_decay: s)",
  "lazy_adam(lr: s)",
  "lazy_adam(beta1: s)",
  "lazy_adam(beta2: s)",
  "lazy_adam(eps: s)",
  "adamax(lr: s)",
  "adamax(beta1: s)",
  "adamax(beta2: s)",
  "adamax(eps: s)",
  "adamax(weight_decay: s)",
  "lion(lr: s)",
  "lion(beta1: s)",
  "lion(beta2: s)",
  "lion(weight_decay: s)",
  "lookahead(sgd(lr: 0.1), alpha: s)",
  "lamb(lr: s)",
  "lamb(beta1: s)",
  "lamb(beta2: s)",
  "lamb(eps: s)",
  "lamb(weight_decay: s)",
  "lars(lr: s)",
  "lars(momentum: s)",
  "lars(weight_decay: s)",
  "lars(trust: s)",
];

/** The results of two calls, with s as a static number or as a setting of the same value. */
function results(body: string, before: string, s: string): Record<string, number[]>[] {
  const program = run(`dl 1
${before}
train entry f(x: f32[4, 3], y: f32[4, 3], i: i32[4], im: f32[2, 8, 8, 3], q: f32[2, 5, 4], v: f32[6], lab: f32[4, 3]) {
${body.replaceAll(/\bs\b(?=[,)])/g, s)}
}
setting s: f32 = 0.25`);
  const numbers = (n: number): number[] => Array.from({ length: n }, (_, k) => ((k * 7) % 11) / 11 - 0.4);
  const inputs = {
    x: numbers(12),
    y: numbers(12).toReversed(),
    i: [0, 1, 2, 0],
    im: numbers(384),
    q: numbers(40),
    v: numbers(6),
  };
  return [1, 2].map(() => program.call("f", { ...inputs, lab: [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0] }));
}

function expectEqual(body: string, before = ""): void {
  const [fixed, changing] = [results(body, before, "0.25"), results(body, before, "s")];
  for (const [k, outputs] of fixed.entries())
    for (const [name, values] of Object.entries(outputs))
      values.forEach((value, at) => expect(changing[k]?.[name]?.[at]).toBeCloseTo(value, 4));
}

test.each(calls)("%s is the same with a setting", (call) => {
  expectEqual(call);
});

test.each(optimizers)("%s is the same with a setting", (optimizer) => {
  expectEqual(
    `let loss = mean(M(x) ^ 2)
minimize loss over M with ${optimizer}
{ loss }`,
    "model M(x: f32[4, 3]) = x |> dense(2)",
  );
});

/**
 * The initial value of a state is set before there are settings, and whether `vector_quantiser` restarts codes shapes
 * the program. The weight of `accumulate`, the slope of `graph_attention`, the limit of `affine_coupling` and the share
 * of `cutmix` are not in the table yet.
 */
const others = new Set([
  "adagrad.initial",
  "forget_bias",
  "accumulate.weight",
  "graph_attention.slope",
  "affine_coupling.limit",
  "cutmix.alpha",
  "vector_quantiser.restart",
]);

/** Whether a call gives this parameter of the function a setting, or a value that contains it. */
const gives = (call: string, name: string, parameter: string): boolean =>
  (call.startsWith(`${name}(`) || call.includes(`(${name}(`)) && new RegExp(String.raw`\b${parameter}: [^,:]*\bs\b`).test(call);

test("every number that a library function takes has a call", () => {
  const folder = new URL("../../dsl/std/", import.meta.url);
  const missing: string[] = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".dl"))) {
    const text = readFileSync(new URL(file, folder), "utf8");
    const exported = new Set(
      /export \{([^}]*)\}/
        .exec(text)?.[1]
        ?.split(",")
        .map((name) => name.trim()),
    );
    for (const [, name = "", statics = ""] of text.matchAll(
      /^(?:fn|layer|optimizer) (\w+)\(([^()]*(?:\([^()]*\)[^()]*)*)\)/gm,
    )) {
      if (!exported.has(name)) continue;
      for (const [, parameter = ""] of statics.matchAll(/(\w+): (?:f32|number)\b(?! *\[)/g)) {
        const known = [...calls, ...optimizers].some((call) => gives(call, name, parameter));
        if (!known && !others.has(parameter) && !others.has(`${name}.${parameter}`))
          missing.push(`${name}.${parameter}`);
      }
    }
  }
  expect(missing).toEqual([]);
});
