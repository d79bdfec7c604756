import { expect, test } from "vitest";
import { argumentsOf, casesOf, check, type Case } from "./vectors.ts";

/** How each loss of the vectors is called; the call's value has the shape of the case's `loss`. */
const calls: Readonly<Record<string, (options: string) => string>> = {
  mse: () => "mse(prediction, target)",
  mae: () => "mae(prediction, target)",
  huber: (options) => `huber(prediction, target, ${options})`,
  cross_entropy: () => "cross_entropy(logits, label)",
  "cross_entropy-smoothing": (options) => `cross_entropy(logits, label, ${options})`,
  "cross_entropy-weights": () => "cross_entropy(logits, label, weights: weights)",
  "cross_entropy-ignore": (options) => `cross_entropy(logits, label, ${options})`,
  "cross_entropy-soft": () => "cross_entropy(logits, target)",
  bce: () => "bce(probs, target)",
  bce_logits: () => "bce_logits(logits, target)",
  nll: () => "nll(log_probs, label)",
  kl: () => "kl(log_probs, target)",
  gaussian_nll: () => "gaussian_nll(mean, target, variance)",
  hinge: () => "hinge(prediction, sign)",
  focal: (options) => `focal(logits, target, ${options})`,
  triplet: (options) => `triplet(anchor, positive, negative, ${options})`,
  contrastive: (options) => `contrastive(a, b, same, ${options})`,
  cosine: () => "1 - cosine_similarity(a, b)",
  dice: (options) => `dice(prediction, target, ${options})`,
};

const cases = casesOf("losses");
const isLabel = (name: string): boolean => name === "label";

function inputsOf({ inputs }: Case): string {
  return Object.entries(inputs)
    .map(([name, { shape }]) => `${name}: ${isLabel(name) ? "i32" : "f32"}[${shape.join(", ")}]`)
    .join(", ");
}

test("every loss of the vectors has a call", () => {
  expect(cases.map(({ name }) => name)).toEqual(Object.keys(calls));
});

for (const vectors of cases)
  test(vectors.name, async () => {
    const gradients = Object.keys(vectors.outputs).filter((name) => name !== "loss");
    const found = gradients.map((name) => `${name}: grad(sum(loss), ${name.slice(1)})`);
    await check(vectors, {
      text: `
entry run(${inputsOf(vectors)}) {
  let loss = ${calls[vectors.name]?.(argumentsOf(vectors.options))}
  { loss, ${found.join(", ")} }
}`,
    });
  });
