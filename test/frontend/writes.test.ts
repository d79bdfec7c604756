import { expect, test } from "vitest";
import { elaborateText, rendered, run } from "./program.ts";

const two = `dl 1
layer net(x: f32[N, 3]) -> f32[N, 2] = x |> batch_norm |> dense(2)
model Q(x: f32[N, 3]) = net(x)
model Target(x: f32[N, 3]) = net(x)
entry predict(x: f32[4, 3]) { { q: Q(x), target: Target(x) } }
train entry step(x: f32[4, 3]) {
  let loss = mean(Q(x) ^ 2)
  minimize loss over Q with sgd(lr: 0.1)
  { loss }
}
`;
const x = Array.from({ length: 12 }, (_, i) => 5 + Math.sin(i));
const members = [
  "batch_norm1.gamma",
  "batch_norm1.beta",
  "batch_norm1.mean",
  "batch_norm1.var",
  "dense1.w",
  "dense1.b",
];

test.each(["entry", "train entry"])(
  "a copy of a model is exact, with its states, from a plain or train entry: %s",
  (kind) => {
    const runner = run(`${two}${kind} sync() { Target <- Q }\n`);
    for (let k = 0; k < 5; k++) runner.call("step", { x });
    runner.call("sync");
    for (const path of members) expect(runner.state(`Target.net1.${path}`)).toEqual(runner.state(`Q.net1.${path}`));
    const { q, target } = runner.call("predict", { x });
    expect(target).toEqual(q);
  },
);

test("a soft update moves params and float states", () => {
  const runner = run(`${two}entry follow() { Target <- lerp(Target, Q, 0.25) }\n`);
  for (let k = 0; k < 5; k++) runner.call("step", { x });
  const before = members.map((path) => [runner.state(`Target.net1.${path}`), runner.state(`Q.net1.${path}`)] as const);
  runner.call("follow");
  members.forEach((path, k) => {
    const [target = [], q = []] = before[k] ?? [];
    runner
      .state(`Target.net1.${path}`)
      .forEach((value, i) => expect(value).toBeCloseTo((target[i] ?? 0) + 0.25 * ((q[i] ?? 0) - (target[i] ?? 0)), 5));
  });
});

test("the average of two models; a part; states of ints are copied from the first model that is not the target", () => {
  const runner = run(`dl 1
layer counted(x: f32[N, 2]) -> f32[N, 2] {
  state calls: i32 = 0
  calls <- calls + 1
  x
}
layer net(x: f32[N, 2]) -> f32[N, 2] {
  let body = dense(2)
  x |> body |> dense(2) |> counted
}
model A(x: f32[N, 2]) = net(x)
model B(x: f32[N, 2]) = net(x)
model Mean(x: f32[N, 2]) = net(x)
entry all(x: f32[1, 2]) { { a: A(x), b: B(x), m: Mean(x) } }
entry some(x: f32[1, 2]) { A(x) }
entry average() { Mean <- (A + B) / 2 }
entry body() { Mean.net1.body <- 2 * B.net1.body }
`);
  runner.call("all", { x: [1, 2] });
  runner.call("some", { x: [1, 2] });
  runner.call("average");
  const [a, b] = ["A", "B"].map((name) => runner.state(`${name}.net1.dense1.w`));
  expect(runner.state("Mean.net1.dense1.w")).toEqual(
    a?.map((value, k) => Math.fround(Math.fround(value + (b?.[k] ?? 0)) / 2)),
  );
  expect(runner.state("Mean.net1.counted1.calls")).toEqual([2]);
  runner.call("body");
  expect(runner.state("Mean.net1.body.w")).toEqual(runner.state("B.net1.body.w").map((value) => 2 * value));
});

test("single params and states are written by their path", () => {
  const runner = run(
    `dl 1
model Net(x: f32[N, 2]) -> f32[N, 2] {
  x |> batch_norm |> dense(2)
}
entry predict(x: f32[3, 2]) { Net(x) }
entry put(m: f32[2], w: f32[2, 2]) {
  Net.batch_norm1.mean <- 2 * Net.batch_norm1.mean + m
  Net.dense1.w <- w
  { sum: sum(Net.dense1.w) }
}
`,
  );
  expect(runner.call("put", { m: [1, 2], w: [1, 2, 3, 4] })).toEqual({ sum: [10] });
  runner.call("put", { m: [1, 2], w: [1, 2, 3, 5] });
  expect(runner.state("Net.batch_norm1.mean")).toEqual([3, 6]);
  expect(runner.state("Net.dense1.w")).toEqual([1, 2, 3, 5]);
});

// T. Salimans, D. Kingma, "Weight normalization", 2016: the first batch sets gain and bias, so that its outputs have
// mean 0 and variance 1.
test("a layer initializes its params from the first batch", () => {
  const runner = run(
    `dl 1
layer act_norm(x: f32[N, C]) -> f32[N, C] {
  param gain: f32[C] = ones
  param bias: f32[C] = zeros
  state known: bool = false
  if train {
    let (m, v) = (mean(x, axis: 0), variance(x, axis: 0))
    gain <- select(known, gain, rsqrt(v))
    bias <- select(known, bias, -m * rsqrt(v))
    known <- true
  }
  x * gain + bias
}
model Net(x: f32[N, 2]) = act_norm(x)
train entry step(x: f32[4, 2]) {
  let y = Net(x)
  minimize mean(y) over Net with sgd(lr: 0.5)
  { y }
}
`,
  );
  const data = [1, 10, 2, 20, 3, 30, 6, 40];
  const columns = [0, 1].map((c) => data.filter((_, k) => k % 2 === c));
  const mean = columns.map((column) => column.reduce((a, b) => a + b, 0) / 4);
  const sd = columns.map((column, c) => Math.sqrt(column.reduce((a, b) => a + (b - (mean[c] ?? 0)) ** 2, 0) / 4));
  const first = runner.call("step", { x: data })["y"] ?? [];
  first.forEach((y, k) => expect(y).toBeCloseTo(((data[k] ?? 0) - (mean[k % 2] ?? 0)) / (sd[k % 2] ?? 1), 4));
  // The gradient is with respect to the params that the batch set: mean(y) has the slope 1 / 2 in each bias.
  runner
    .state("Net.act_norm1.bias")
    .forEach((b, c) => expect(b).toBeCloseTo(-(mean[c] ?? 0) / (sd[c] ?? 1) - 0.5 / 2, 4));
  const gains = runner.state("Net.act_norm1.gain");
  runner.call("step", { x: data });
  runner
    .state("Net.act_norm1.gain")
    .forEach((g, c) => expect(g).toBeCloseTo((gains[c] ?? 0) - (0.5 * (mean[c] ?? 0)) / 2, 4));
});

test("a loss that is computed before a write keeps its own values", () => {
  const runner = run(`dl 1
model Net(x: f32[N, 1]) -> f32[N, 1] = x |> dense(1, bias: false)
train entry step(x: f32[1, 1]) {
  let loss = sum(Net(x) ^ 2)
  Net.dense1.w <- 10
  minimize loss over Net with sgd(lr: 0.5)
  { loss }
}
`);
  const [w = 0] = runner.state("Net.dense1.w");
  runner.call("step", { x: [2] });
  // 10 - lr * d(2 w)^2/dw
  expect(runner.state("Net.dense1.w")[0]).toBeCloseTo(10 - 0.5 * 8 * w, 5);
});

test.each([
  ["another size", "model Other(x: f32[N, 3]) = x |> dense(4)", "Other <- Q", "Other` and `Q` have different params"],
  ["a state in place of a param", "", "Q.net1.dense1 <- Target.net1.batch_norm1", "have different params and states"],
  ["no name of a param", "", "Q.net1.dense1.v <- 3", "`Q.net1.dense1` has no `v`"],
  ["a number", "", "train <- 3", "unknown state `train`"],
  [
    "another type",
    "",
    "Q.net1.dense1.w <- ones([3])",
    "expected f32[3,2] for the param `Q.net1.dense1.w`, found f32[3]",
  ],
  ["a function", "", "relu <- 3", "cannot write to `relu`: it is not a state, a param or a model"],
])("a write of %s is an error", (_, more, write, message) => {
  const use = more === "" ? "" : "entry other(x: f32[4, 3]) { Other(x) }\n";
  expect(rendered(elaborateText(`${two}${more}\n${use}entry put() { ${write} }\n`))).toContain(message);
});

test("a param is written with what an initializer can be", () => {
  const written = (value: string): readonly number[] => {
    const runner = run(`dl 1
model Net(x: f32[1, 2]) = x |> dense(2)
entry f(x: f32[1, 2]) { Net(x) }
entry again() { Net.dense1.w <- ${value} }
entry other(x: f32[1, 2]) { at(Net, { dense1: { b: ${value.startsWith("[") ? "0" : "ones"} } })(x) }`);
    runner.call("again");
    return runner.state("Net.dense1.w");
  };
  expect(written("ones")).toEqual([1, 1, 1, 1]);
  expect(written("full(value: 3)")).toEqual([3, 3, 3, 3]);
  expect(written("identity")).toEqual([1, 0, 0, 1]);
  expect(written("0.5")).toEqual([0.5, 0.5, 0.5, 0.5]);
  expect(written("[[1, 2], [3, 4]]")).toEqual([1, 2, 3, 4]);
  const drawn = written("glorot_uniform");
  expect(new Set(drawn).size).toBe(4);
  expect(Math.max(...drawn.map(Math.abs))).toBeLessThan(Math.sqrt(1.5));
});
