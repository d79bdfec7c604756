import type { Item } from "./item.ts";

const label = { label: [0, 1] } as const;
const unit = [0.1, 0.9] as const;

export const losses: readonly Item[] = [
  {
    name: "cross_entropy",
    value: "cross_entropy(x, label)",
    inputs: { x: "f32[A, B]", label: "i32[A]" },
    between: label,
  },
  {
    name: "cross_entropy, smoothed and weighted",
    value: "cross_entropy(x, label, label_smoothing: 0.1, weights: w, mask: m)",
    inputs: { x: "f32[A, B, C]", label: "i32[A, B]", w: "f32[C]", m: "f32[A, B]" },
    between: label,
  },
  {
    name: "cross_entropy, soft",
    value: "cross_entropy(x, y, label_smoothing: 0.2, weights: w)",
    inputs: { x: "f32[A, B]", y: "f32[A, B]", w: "f32[B]" },
  },
  {
    name: "cross_entropy, ignore_index",
    value: "cross_entropy(x, label, ignore_index: 1)",
    inputs: { x: "f32[A, B]", label: "i32[A]" },
    between: label,
  },
  { name: "nll", value: "nll(x, label)", inputs: { x: "f32[A, B]", label: "i32[A]" }, between: label },
  { name: "bce", value: "bce(x, y)", inputs: { x: "f32[A, B]", y: "f32[A, B]" }, between: { x: unit, y: unit } },
  { name: "bce_logits", value: "bce_logits(x, y)", inputs: { x: "f32[A, B]", y: "f32[A, B]" } },
  { name: "focal", value: "focal(x, y)", inputs: { x: "f32[A, B]", y: "f32[A, B]" }, between: { y: unit } },
  {
    name: "focal without alpha",
    value: "focal(x, y, alpha: -1, gamma: 1.5)",
    inputs: { x: "f32[A, B]", y: "f32[A, B]" },
    between: { y: unit },
  },
  ...["mse", "mae", "huber", "hinge", "squared_hinge", "wgan_critic", "hinge_discriminator"].map((name) => ({
    name,
    value: `${name}(x, y)`,
    inputs: { x: "f32[A, B]", y: "f32[A, B]" },
  })),
  { name: "dice", value: "dice(x, y)", inputs: { x: "f32[A, B]", y: "f32[A, B]" }, between: { x: unit, y: unit } },
  { name: "wgan_generator", value: "wgan_generator(x)", inputs: { x: "f32[A]" } },
  { name: "kl", value: "kl(x, y)", inputs: { x: "f32[A, B]", y: "f32[A, B]" }, between: { y: unit } },
  { name: "kl of logarithms", value: "kl(x, y, log_target: true)", inputs: { x: "f32[A, B]", y: "f32[A, B]" } },
  { name: "kl_normal", value: "kl_normal(x, y)", inputs: { x: "f32[A, B]", y: "f32[A, B]" } },
  {
    name: "gaussian_nll",
    value: "gaussian_nll(x, y, v)",
    inputs: { x: "f32[A, B]", y: "f32[A, B]", v: "f32[A, B]" },
    between: { v: [0.3, 2] },
  },
  { name: "triplet", value: "triplet(x, y, z)", inputs: { x: "f32[A, B]", y: "f32[A, B]", z: "f32[A, B]" } },
  {
    name: "contrastive",
    value: "contrastive(x, y, s)",
    inputs: { x: "f32[A, B]", y: "f32[A, B]", s: "f32[A]" },
    between: { s: [0, 1] },
  },
  { name: "cosine_similarity", value: "cosine_similarity(x, y)", inputs: { x: "f32[A, B]", y: "f32[A, B]" } },
  {
    name: "cosine_embedding",
    value: "cosine_embedding(x, y, t, margin: 0.1)",
    inputs: { x: "f32[A, B]", y: "f32[A, B]", t: "f32[A]" },
    of: ["x", "y"],
  },
  {
    name: "gradient_penalty",
    value: "gradient_penalty(x, y, critic: critic)",
    declare: "fn critic(x: f32[A, B]) -> f32[A] = sum(sin(x), axis: 1)",
    inputs: { x: "f32[A, B]", y: "f32[A, B]" },
  },
  { name: "entropy", value: "entropy(x)", inputs: { x: "f32[A, B]" } },
  {
    name: "policy_gradient",
    value: "policy_gradient(x, label, a)",
    inputs: { x: "f32[A, B]", label: "i32[A]", a: "f32[A]" },
    of: ["x"],
    between: label,
  },
  {
    name: "td",
    value: "td(x, r, n, d)",
    inputs: { x: "f32[A]", r: "f32[A]", n: "f32[A]", d: "f32[A]" },
    of: ["x", "r"],
    between: { d: [0, 1] },
  },
  { name: "ppo", value: "ppo(x, old, a)", inputs: { x: "f32[A]", old: "f32[A]", a: "f32[A]" }, of: ["x"] },
  {
    name: "l1 and l2",
    value: "M(x) + l2(M) + l1(M)",
    declare: "model M(x: f32[A]) -> f32[A] {\n  param w: f32[A] = 0.7\n  x * w\n}",
    inputs: { x: "f32[A]" },
  },
];
