import { expect, test } from "vitest";
import { elaborateText, run } from "../frontend/program.ts";

const near = (actual: readonly number[] | undefined, expected: readonly number[], digits = 5): void => {
  expect(actual?.length).toBe(expected.length);
  expected.forEach((value, k) => expect(actual?.[k]).toBeCloseTo(value, digits));
};

test("activations at corners and for large arguments", () => {
  const model = run(`
entry f(x: f32[5]) {
  {
    six: relu6(x), elu: elu(x), selu: selu(x), gelu: gelu(x), approximate: gelu(x, approximate: "tanh"), soft: softplus(x), mish: mish(x), hard: hard_sigmoid(x), swish: hard_swish(x),
    tanh: hard_tanh(x), log: log_sigmoid(x)
  }
}`);
  const out = model.call("f", { x: [-200, -1, 0, 1, 200] });
  near(out.six, [0, 0, 0, 1, 6]);
  near(out.elu, [-1, Math.expm1(-1), 0, 1, 200]);
  near(out.selu, [-1.7580993, -1.1113307, 0, 1.050701, 210.1402]);
  near(out.gelu, [0, -0.1586553, 0, 0.8413447, 200]);
  near(out.approximate, [0, -0.158808, 0, 0.841192, 200]);
  near(out.soft, [0, 0.3132617, Math.LN2, 1.3132617, 200]);
  near(out.mish, [0, -0.3034014, 0, 0.8650983, 200]);
  near(out.hard, [0, 1 / 3, 0.5, 2 / 3, 1]);
  near(out.swish, [0, -1 / 3, 0, 2 / 3, 200]);
  near(out.tanh, [-1, -1, 0, 1, 1]);
  near(out.log, [-200, -1.3132617, -Math.LN2, -0.3132617, 0]);
});

test("slopes at 0 are those of PyTorch", () => {
  const names = { relu: 0, relu6: 0, leaky_relu: 0.01, elu: 1, softplus: 0.5, silu: 0.5, gelu: 0.5, mish: 0.6 };
  const model = run(
    `entry f(x: f32[]) { { ${Object.keys(names)
      .map((name) => `${name}: grad(${name}(x), x)`)
      .join(", ")}, bce: grad(bce_logits(x, 1), x) } }`,
  );
  const out = model.call("f", { x: [0] });
  for (const [name, slope] of Object.entries({ ...names, bce: -0.5 }))
    expect(out[name]?.[0], name).toBeCloseTo(slope, 6);
});

test("sparsemax is a point of the simplex with zeros", () => {
  const model = run(`entry f(x: f32[3, 3]) { { rows: sparsemax(x), columns: sparsemax(x, axis: 0) } }`);
  const out = model.call("f", { x: [3, 0, 0, 0.1, 0.3, 0.2, 1, 1, -1] });
  near(out.rows, [1, 0, 0, 0.7 / 3, 1.3 / 3, 1 / 3, 0.5, 0.5, 0]);
  near(out.columns, [1, 0, 0.4, 0, 0.15, 0.6, 0, 0.85, 0]);
});

test("cross entropy: smoothing, weights, masks and soft labels agree with each other", () => {
  const model = run(`
entry f(x: f32[3, 4], label: i32[3], w: f32[4], mask: f32[3], keep: bool[3]) {
  let soft = one_hot(label, classes: 4)
  {
    plain: cross_entropy(x, label), soft: cross_entropy(x, soft), smooth: cross_entropy(x, label, label_smoothing: 0.2, weights: w),
    smooth_soft: cross_entropy(x, soft, label_smoothing: 0.2, weights: w), ignored: cross_entropy(x, label, ignore_index: 2), masked: cross_entropy(x, label, mask: mask),
    kept: cross_entropy(x, label, mask: keep), nll: nll(log_softmax(x), label), mean: masked_mean(cross_entropy(x, label), mask)
  }
}`);
  const out = model.call("f", {
    x: [1, 2, 3, 4, 0, 0, 0, 0, -1, 5, 2, 0],
    label: [3, 2, 0],
    w: [1, 2, 0.5, 4],
    mask: [0.5, 0, 2],
    keep: [1, 0, 1],
  });
  const [a = 0, b = 0, c = 0] = out.plain ?? [];
  expect(a).toBeCloseTo(0.4401897, 5);
  expect(b).toBeCloseTo(Math.log(4), 6);
  near(out.soft, [a, b, c]);
  near(out.nll, [a, b, c]);
  near(out.smooth_soft, out.smooth ?? []);
  near(out.ignored, [a, 0, c]);
  near(out.masked, [a / 2, 0, 2 * c]);
  near(out.kept, [a, 0, c]);
  near(out.mean, [(a / 2 + 2 * c) / 2.5]);
});

test("bce of certain probabilities is finite, and so is its gradient", () => {
  const model = run(`entry f(p: f32[4], y: f32[4]) { { loss: bce(p, y), slope: grad(sum(bce(p, y)), p) } }`);
  const out = model.call("f", { p: [0, 1, 0, 1], y: [0, 1, 1, 0] });
  expect([...(out.loss ?? []), ...(out.slope ?? [])].every(Number.isFinite)).toBe(true);
  expect(out.loss?.[2]).toBeCloseTo(-Math.log(1e-7), 3);
});

test("labels of the wrong shape are errors", () => {
  const messages = (label: string): string[] =>
    elaborateText(`entry f(x: f32[2, 3], label: ${label}) { cross_entropy(x, label) }`).diagnostics.map((d) => d.says);
  expect(messages("i32[3]")).toEqual(["there must be one label for each row of the logits"]);
  expect(messages("f32[2]")).toEqual(["labels must be i32, or f32 with the shape of the logits"]);
});

test("metrics against hand-computed values", () => {
  const model = run(`
entry f(x: f32[4, 3], label: i32[4], score: f32[4], target: f32[4]) {
  let confusion = confusion_matrix(argmax(x, axis: -1), label, classes: 3)
  {
    accuracy: accuracy(x, label), top: top_k_accuracy(x, label, k: 2), confusion, iou: iou(confusion), perplexity: perplexity(zeros([4, 3]), label),
    precision: precision(score, target), recall: recall(score, target), f1: f1(score, target), auc: auc(score, target), r2: r2(score, target), none: auc(score, ones([4])),
    nothing: precision(score, target, threshold: 2)
  }
}`);
  const out = model.call("f", {
    x: [9, 1, 0, 0, 5, 6, 2, 3, 1, 0, 1, 2],
    label: [0, 1, 0, 2],
    score: [0.9, 0.8, 0.3, 0.8],
    target: [1, 0, 0, 1],
  });
  near(out.accuracy, [0.5]);
  near(out.top, [1]);
  expect(out.confusion).toEqual([1, 1, 0, 0, 0, 1, 0, 0, 1]);
  near(out.iou, [0.5, 0, 0.5]);
  near(out.perplexity, [3], 4);
  near(out.precision, [2 / 3]);
  near(out.recall, [1]);
  near(out.f1, [0.8]);
  // Pairs of a positive and a negative: 0.9 is above both, 0.8 is above 0.3 and ties with 0.8.
  near(out.auc, [3.5 / 4]);
  near(out.r2, [1 - (0.01 + 0.64 + 0.09 + 0.04) / 1]);
  expect([out.none, out.nothing]).toEqual([[0], [0]]);
});

const initialised = (type: string, init: string): number[] =>
  run(
    `model Net(x: f32[]) -> f32[] {\n  param w: ${type} = ${init}\n  x + sum(w)\n}\nentry f(x: f32[]) { Net(x) }`,
  ).state("Net.w");

test.each([
  [48, 20],
  [20, 48],
  [32, 32],
  [1, 5],
])("an orthogonal [%i, %i] has orthonormal columns, or rows", (rows, columns) => {
  const w = initialised(`f32[${rows}, ${columns}]`, "orthogonal(gain: 2)");
  const few = Math.min(rows, columns);
  const at = (line: number, k: number): number =>
    (rows >= columns ? w[k * columns + line] : w[line * columns + k]) ?? Number.NaN;
  for (let a = 0; a < few; a++)
    for (let b = 0; b <= a; b++) {
      const product = Array.from({ length: Math.max(rows, columns) }, (_, k) => at(a, k) * at(b, k)).reduce(
        (x, y) => x + y,
        0,
      );
      expect(Math.abs(product / 4 - Number(a === b))).toBeLessThan(1e-4);
    }
});

test("truncated_normal is within two standard deviations, with the right distribution", () => {
  const w = initialised("f32[100, 200]", "truncated_normal(mean: 1, std: 0.5)");
  expect(Math.max(...w)).toBeLessThanOrEqual(2.0001);
  expect(Math.min(...w)).toBeGreaterThanOrEqual(-0.0001);
  const mean = w.reduce((a, b) => a + b, 0) / w.length;
  expect(mean).toBeCloseTo(1, 1);
  // A standard normal cut off at two deviations has the deviation 0.8796, and 0.6827 / 0.9545 of it lie within one.
  expect(Math.sqrt(w.reduce((a, b) => a + (b - mean) ** 2, 0) / w.length)).toBeCloseTo(0.5 * 0.8796, 2);
  expect(w.filter((v) => Math.abs(v - 1) < 0.5).length / w.length).toBeCloseTo(0.7152, 1);
});

test("the initializers identity, constant and lecun", () => {
  expect(initialised("f32[2, 3]", "identity(gain: 3)")).toEqual([3, 0, 0, 0, 3, 0]);
  expect(initialised("f32[2]", "constant(0.5)")).toEqual([0.5, 0.5]);
  const limit = Math.sqrt(3 / 50);
  const w = initialised("f32[50, 40]", "lecun_uniform");
  expect(Math.max(...w.map(Math.abs))).toBeLessThanOrEqual(limit);
  const normal = initialised("f32[50, 40]", "lecun_normal");
  for (const values of [w, normal])
    expect(Math.sqrt((values.reduce((a, b) => a + b * b, 0) / 2000) * 50)).toBeCloseTo(1, 1);
});

test("select between numbers returns a number", () => {
  const model = run(
    `entry f(x: f32[2]) { { y: x * select(2 > 1, 7, 0.5), z: x * round(2.5), axis: sum(x, axis: select(false, 5, 0)) } }`,
  );
  expect(model.call("f", { x: [1, 2] })).toEqual({ y: [7, 14], z: [2, 4], axis: [3] });
});
