import { expect, test } from "vitest";
import { Runner, programOf, run } from "./program.ts";

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

test("batch norm uses the batch in train entries and its running statistics elsewhere", () => {
  const model = run(
    `
model Net(x: f32[N, 2]) -> f32[N, 2] = x |> batch_norm(momentum: 0.25, eps: 0.0)
entry predict(x: f32[N, 2]) { Net(x) }
train entry step(x: f32[N, 2]) { Net(x) }`,
    [{ N: 4 }],
  );
  const x = [1, 10, 2, 20, 3, 30, 6, 40];
  const columns = [
    [1, 2, 3, 6],
    [10, 20, 30, 40],
  ];
  const variance = columns.map((c) => mean(c.map((v) => (v - mean(c)) ** 2)));
  const y = model.call("step", { x }).result ?? [];
  x.forEach((value, k) =>
    expect(y[k]).toBeCloseTo((value - mean(columns[k % 2] ?? [])) / Math.sqrt(variance[k % 2] ?? 0), 4),
  );
  // mean: 0 towards the batch's by a quarter; var: 1 towards the unbiased one.
  columns.forEach((c, k) => {
    expect(model.state("Net.batch_norm1.mean")[k]).toBeCloseTo(0.25 * mean(c), 4);
    expect(model.state("Net.batch_norm1.var")[k]).toBeCloseTo(0.75 + (0.25 * ((variance[k] ?? 0) * 4)) / 3, 3);
  });
  const [m, v] = [model.state("Net.batch_norm1.mean"), model.state("Net.batch_norm1.var")];
  const p = model.call("predict", { x }).result ?? [];
  x.forEach((value, k) => expect(p[k]).toBeCloseTo((value - (m[k % 2] ?? 0)) / Math.sqrt(v[k % 2] ?? 0), 4));
  expect(model.state("Net.batch_norm1.mean")).toEqual(m);
});

test("the running variance of batches beyond the range of a variance is finite", () => {
  const model = run(
    `
model Net(x: f32[N]) -> f32[N] = squeeze(x[:, _] |> batch_norm, axis: -1)
train entry step(x: f32[N]) { Net(x) }`,
    [{ N: 2 }],
  );
  const variance = () => model.state("Net.batch_norm1.var")[0];
  model.call("step", { x: [1e30, -1e30] });
  expect(variance()).toBeCloseTo(0.1 * 3.4028234663852886e38, -32);
  model.call("step", { x: [1e30, -1e30] });
  expect(variance()).toBeLessThan(0.2 * 3.4028234663852886e38);
  for (let call = 0; call < 200; call++) model.call("step", { x: [1, 1] });
  expect(variance()).toBeLessThan(1e30);
});

test("batch norm of a constant is 0 in train entries, and its variance has no error from an offset", () => {
  const model = run(
    `
model Net(x: f32[N, 2]) -> f32[N, 2] = x |> batch_norm(momentum: 1)
train entry step(x: f32[N, 2]) { Net(x) }`,
    [{ N: 101 }],
  );
  const x = Array.from({ length: 202 }, (_, i) => (i % 2 === 0 ? 1000.1 : 1e6 + (i % 4)));
  const y = model.call("step", { x }).result ?? [];
  expect(y.filter((_, i) => i % 2 === 0).every((value) => value === 0)).toBe(true);
  expect(model.state("Net.batch_norm1.mean")[0]).toBe(Math.fround(1000.1));
  // 51 values of 1 and 50 of 3, and the unbiased variance.
  expect(model.state("Net.batch_norm1.var")[1]).toBeCloseTo((4 * 51 * 50) / (101 * 100), 5);
});

test("spatial dropout of infinite channels leaves 0 or infinity", () => {
  const model = run("train entry step(x: f32[N, 2, 8]) { spatial_dropout(x) }", [{ N: 4 }]);
  const y = model.call("step", { x: new Array<number>(64).fill(Infinity) }).result ?? [];
  expect(new Set(y)).toEqual(new Set([0, Infinity]));
});

test("dropout keeps the configured share, scales the kept elements, and draws new bits in each call", () => {
  const text = `
entry predict(x: f32[N]) { dropout(x, rate: 0.25) }
train entry step(x: f32[N]) { { a: dropout(x, rate: 0.25), b: x |> dropout(0.25) } }`;
  const program = programOf(text, [{ N: 4000 }]);
  const x = new Array<number>(4000).fill(3);
  const model = new Runner(program);
  expect(model.call("predict", { x }).result).toEqual(x);
  const { a = [], b = [] } = model.call("step", { x });
  const kept = a.filter((v) => v !== 0);
  expect(new Set(kept)).toEqual(new Set([4]));
  expect(kept.length / 4000).toBeCloseTo(0.75, 1);
  expect(b).not.toEqual(a);
  expect(model.call("step", { x }).a).not.toEqual(a);
  expect(new Runner(program).call("step", { x }).a).toEqual(a);
  expect(new Runner(program, [1, 3]).call("step", { x }).a).not.toEqual(a);
});

test("conv: same and valid padding, stride, groups, against hand-computed sums", () => {
  const model = run(`
model Ones(x: f32[1, 4, 4, 1]) = x |> conv(1, kernel: 3, padding: "same", bias: false, init: ones)
model Strided(x: f32[1, 4, 4, 1]) = x |> conv(2, kernel: [3, 3], stride: 2, padding: "same", bias: false, init: ones)
model Line(x: f32[1, 5, 2]) = x |> conv(2, kernel: [2], dilation: [2], groups: 2, init: ones)
entry f(x: f32[1, 4, 4, 1], line: f32[1, 5, 2]) { { same: Ones(x), strided: Strided(x), line: Line(line) } }`);
  const x = Array.from({ length: 16 }, (_, k) => k);
  const { same = [], strided = [], line } = model.call("f", { x, line: [1, 10, 2, 20, 3, 30, 4, 40, 5, 50] });
  expect(same[0]).toBe(0 + 1 + 4 + 5);
  expect(same[5]).toBe(0 + 1 + 2 + 4 + 5 + 6 + 8 + 9 + 10);
  expect(same[15]).toBe(10 + 11 + 14 + 15);
  // With stride 2 the total padding is one element, at the end.
  expect(strided).toEqual([45, 45, 39, 39, 66, 66, 50, 50]);
  expect(line).toEqual([4, 40, 6, 60, 8, 80]);
});

test("pooling", () => {
  const model = run(`
entry f(x: f32[1, 3, 3, 1]) {
  { max: max_pool(x, [2, 2], stride: 1), padded: max_pool(x, 2, padding: "same"), mean: avg_pool(x, [3, 3]), edge: avg_pool(x, 2, padding: "same"), all: global_avg_pool(x) }
}`);
  const out = model.call("f", { x: [-1, -2, -3, -4, -5, -6, -7, -8, -9] });
  expect(out.max).toEqual([-1, -2, -4, -5]);
  expect(out.padded).toEqual([-1, -3, -7, -9]);
  expect(out.mean).toEqual([-5]);
  expect(out.edge).toEqual([-3, -4.5, -7.5, -9]);
  expect(out.all).toEqual([-5]);
});

test("losses, metrics and activations against hand-computed values", () => {
  const model = run(`
entry f(x: f32[2, 3], y: i32[2], t: f32[2, 3]) {
  {
    soft: softmax(x), log: log_softmax(x), loss: cross_entropy(x, y), hits: accuracy(x, y), square: mean(mse(x, t)), bce: bce_logits(x, 1),
    relu: relu(x), leaky: leaky_relu(x, slope: 0.1), hot: one_hot(y, classes: 3), picked: pick(x, y), biggest: max(x, axis: -1), all: max(x), floor: max(x, 0)
  }
}`);
  const out = model.call("f", { x: [1, 2, -3, 0, 0, 1000], y: [1, 0], t: [1, 2, 3, 0, 0, 1000] });
  const e = [1, 2, -3].map(Math.exp);
  const total = e.reduce((a, b) => a + b, 0);
  e.forEach((v, k) => expect(out.soft?.[k]).toBeCloseTo(v / total, 6));
  expect(out.soft?.slice(3)).toEqual([0, 0, 1]);
  expect(out.loss?.[0]).toBeCloseTo(-Math.log((e[1] ?? 0) / total), 5);
  expect(out.loss?.[1]).toBe(1000);
  expect(out.hits).toEqual([0.5]);
  expect(out.square).toEqual([6]);
  expect(out.bce?.[0]).toBeCloseTo(Math.log1p(Math.exp(-1)), 6);
  expect(out.relu).toEqual([1, 2, 0, 0, 0, 1000]);
  expect(out.leaky?.[2]).toBeCloseTo(-0.3, 6);
  expect(out.hot).toEqual([0, 1, 0, 1, 0, 0]);
  expect(out.picked).toEqual([2, 0]);
  expect(out.biggest).toEqual([2, 1000]);
  expect(out.all).toEqual([1000]);
  expect(out.floor).toEqual([1, 2, 0, 0, 0, 1000]);
});

test("initializers have their documented mean and spread", () => {
  const model = run(`
layer All()(x: f32[]) {
  param normal: f32[60, 50] = normal(std: 0.5, mean: 2)
  param glorot: f32[5, 5, 8, 16] = glorot_uniform
  param he: f32[40, 500] = he_normal
  param plain: f32[50, 50] = uniform
  x
}
model Net(x: f32[]) = All(x)
entry f(x: f32[]) { Net(x) }`);
  const spread = (path: string): { mean: number; std: number; values: number[] } => {
    const values = model.state(`Net.All1.${path}`);
    const m = mean(values);
    return { mean: m, std: Math.sqrt(mean(values.map((v) => (v - m) ** 2))), values };
  };
  expect(spread("normal").mean).toBeCloseTo(2, 1);
  expect(spread("normal").std).toBeCloseTo(0.5, 1);
  const limit = Math.sqrt(6 / (25 * 8 + 25 * 16));
  expect(Math.max(...spread("glorot").values.map(Math.abs))).toBeLessThanOrEqual(limit);
  expect(spread("glorot").std).toBeCloseTo(limit / Math.sqrt(3), 2);
  expect(spread("he").std / Math.sqrt(2 / 40)).toBeCloseTo(1, 2);
  expect(spread("plain").mean).toBeCloseTo(0.5, 1);
  expect(spread("plain").values.every((v) => v >= 0 && v < 1)).toBe(true);
});

test("init is deterministic in the seed", () => {
  const program = programOf("model Net(x: f32[N, 3]) = x |> dense(4) |> dense(4)\nentry f(x: f32[N, 3]) { Net(x) }", [
    { N: 2 },
  ]);
  const [a, b, c] = [new Runner(program, [1, 2]), new Runner(program, [1, 2]), new Runner(program, [2, 2])];
  expect([...a.persistent]).toEqual([...b.persistent]);
  expect(a.state("Net.dense1.w")).not.toEqual(c.state("Net.dense1.w"));
  expect(a.state("Net.dense1.b")).toEqual([0, 0, 0, 0]);
  expect(a.state("rng.seed")).toEqual([1, 2]);
});

test("a layer that lacks a required argument is not an instance: each use that adds it has its own params", () => {
  const model = run(`
model Pair(x: f32[1, 3, 2]) = x |> bidirectional(gru(reset_after: false), 4)
model Same(x: f32[1, 3, 2]) {
  let cell = gru(4)
  cell(x) + cell(x, reverse: true)
}
entry f(x: f32[1, 3, 2]) { { a: Pair(x), b: Same(x) } }`);
  expect([...model.persistent.keys()].filter((path) => path.endsWith(".w"))).toEqual([
    "Pair.bidirectional1.forward.w",
    "Pair.bidirectional1.backward.w",
    "Same.cell.w",
  ]);
});

test("a param can have the name of a size or a dtype of its own type", () => {
  const model = run(
    `
model Net(x: f32[N, C]) -> f32[N, C] {
  param C: f32[C] = 3
  param f32: f32[N] = 2
  x * C * f32[:, _]
}
entry f(x: f32[N, 2]) { Net(x) }`,
    [{ N: 1 }],
  );
  expect(model.call("f", { x: [1, 10] }).result).toEqual([6, 60]);
});
