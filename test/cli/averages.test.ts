import { expect, test } from "vitest";
import { warnOfAverages } from "../../cli/training/averages.ts";
import type { DataFlags } from "../../cli/training/setup.ts";

const flags: DataFlags = {
  ...{ data: "mnist", batch: 8, batchDim: "N", dim: {}, variant: [], without: [] },
  ...{ mode: "strict", target: "wasm", seed: 0, threads: 1 },
};

/** The outputs of a train entry that a warning names. */
const warned = (outputs: string): string[] =>
  warnOfAverages(
    {
      name: "averages.dl",
      text: `
model Net(x: f32[N, 8]) -> f32[N, 3] = x |> dense(8) |> batch_norm |> relu |> dense(3)
train entry step(x: f32[N, 8], label: i32[N], mask: f32[N]) {
  let logits = Net(x)
  let p = softmax(logits)[:, 0]
  let t = convert(label == 0, dtype: "f32")
  let each = cross_entropy(logits, label)
  let penalty = l2(Net)
  minimize mean(each) over Net with sgd
  ${outputs}
}`,
    },
    "step",
    flags,
  ).map(({ code, says }) => `${code} ${/`(\w+)`/.exec(says)?.[1]}`);

test.each([
  "mean(each)",
  "sum(each)",
  "2 * mean(each) + 1e-3 * penalty",
  "mean(each) + mean(p * t)",
  "mean(each * mask) / 0.5",
  "accuracy(logits, label)",
  "top_k_accuracy(logits, label, k: 2)",
  "mean(bce(p, t))",
  'mean(einsum("n k, n k -> n", logits, logits))',
])("%s is a mean over samples", (loss) => {
  expect(warned(`{ loss: ${loss} }`)).toEqual([]);
});

test.each([
  "sum(each * mask) / sum(mask)",
  "masked_mean(each, mask)",
  "exp(mean(each))",
  "perplexity(logits, label)",
  "mean(each) * mean(p)",
  "precision(p, t)",
  "recall(p, t)",
  "f1(p, t)",
  "auc(p, t)",
  "r2(p, t)",
  "mean(iou(confusion_matrix(argmax(logits, axis: -1), label, classes: 3)))",
  "sqrt(mean(each * each))",
  "max(each)",
])("%s is not", (metric) => {
  expect(warned(`{ loss: mean(each), accuracy: ${metric} }`)).toEqual(["W1013 accuracy"]);
});

test("an output `weight` says what the loss is a mean over; other outputs are not averaged", () => {
  expect(warned("{ loss: masked_mean(each, mask), weight: sum(mask) }")).toEqual([]);
  expect(warned("{ loss: mean(each), f1: f1(p, t) }")).toEqual([]);
});
