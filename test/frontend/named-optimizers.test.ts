import { expect, test } from "vitest";
import { elaborateText, programOf, rendered, run } from "./program.ts";

const net = `model Net(x: f32[4, 2]) -> f32[4, 1] = x |> dense(3) |> tanh |> dense(1)
fn near(x: f32[4, 2]) -> f32[] = mean((Net(x) - 1) ^ 2)
fn far(x: f32[4, 2]) -> f32[] = mean((Net(x) - 3) ^ 2)
`;
const x = [0.1, 0.2, -0.3, 0.4, 0.5, -0.6, 0.7, 0.9];
const paths = ["dense1.w", "dense1.b", "dense2.w", "dense2.b"].map((path) => `Net.${path}`);

/** The params after calls of these entries. */
function trained(text: string, calls: readonly string[]): number[][] {
  const model = run(`${net}${text}`);
  for (const entry of calls) model.call(entry, { x });
  return paths.map((path) => model.state(path));
}

const optimizerStates = (text: string): string[] =>
  programOf(`${net}${text}`).persistent.flatMap(({ path, role }) => (role === "optimizer" ? [path] : []));

test.each([
  "adam(lr: 1e-2)",
  "clip_by_global_norm(0.1) |> nadam(lr: 1e-2)",
  "accumulate(2) |> sgd(lr: 0.1, momentum: 0.9)",
  "lookahead(adam(lr: 1e-2), k: 3)",
  "adam(lr: 0.1 / (step + 1))",
])("two entries with opt = %s train as one entry with both statements", (chain) => {
  const apart = trained(
    `optimizer opt = ${chain}
train entry a(x: f32[4, 2]) {
  minimize near(x) over Net with opt
}
train entry b(x: f32[4, 2]) {
  minimize far(x) over Net with opt
}`,
    ["a", "b", "a", "b", "a", "b"],
  );
  const together = trained(
    `optimizer opt = ${chain}
train entry both(x: f32[4, 2]) {
  minimize near(x) over Net with opt
  minimize far(x) over Net with opt
}`,
    ["both", "both", "both"],
  );
  for (const [k, values] of apart.entries())
    values.forEach((value, i) => expect(value).toBeCloseTo(together[k]?.[i] ?? Number.NaN, 6));
});

test("a named chain trains as the chain itself", () => {
  const entry = (chain: string): string =>
    `train entry a(x: f32[4, 2]) {\n  minimize near(x) over Net with ${chain}\n}`;
  const calls = ["a", "a", "a", "a", "a"];
  const chain = "accumulate(2) |> clip_by_global_norm(0.1) |> adam(lr: 1e-2)";
  expect(trained(`optimizer opt = ${chain}\n${entry("opt")}`, calls)).toEqual(trained(entry(chain), calls));
  expect(trained(`optimizer opt = adam(lr: 1e-2)\n${entry("clip_by_value(0.01) |> opt")}`, calls)).toEqual(
    trained(entry("clip_by_value(0.01) |> adam(lr: 1e-2)"), calls),
  );
});

test("without a name, each statement has its own states", () => {
  const two = `train entry a(x: f32[4, 2]) {
  minimize near(x) over Net, only: "dense2.b" with sgd(momentum: 0.9)
  minimize far(x) over Net, only: "dense2.b" with sgd(momentum: 0.9)
}`;
  expect(optimizerStates(two)).toEqual(["a.sgd.Net.dense2.b.v", "a.sgd2.Net.dense2.b.v"]);
});

test("the states of a named chain have its name, and each param has its own of each", () => {
  const text = `optimizer opt = accumulate(2) |> adam
train entry a(x: f32[4, 2]) {
  minimize near(x) over Net, only: "dense2.b" with opt
}`;
  expect(optimizerStates(text)).toEqual([
    "opt.step",
    ...["total", "weights", "calls"].map((name) => `opt.accumulate.Net.dense2.b.${name}`),
    ...["m", "v", "t"].map((name) => `opt.Net.dense2.b.${name}`),
  ]);
});

test("a param that another statement did not train begins with its own first step", () => {
  const model = run(`${net}optimizer opt = adam(lr: 0.01)
train entry head(x: f32[4, 2]) {
  minimize near(x) over Net, only: "dense2" with opt
}
train entry all(x: f32[4, 2]) {
  minimize near(x) over Net with opt
}`);
  for (let k = 0; k < 5; k++) model.call("head", { x });
  const before = model.state("Net.dense1.b");
  model.call("all", { x });
  // The first step of Adam is lr in the direction of the gradient.
  for (const [k, value] of model.state("Net.dense1.b").entries())
    expect(Math.abs(value - (before[k] ?? Number.NaN))).toBeCloseTo(0.01, 5);
  expect(model.state("opt.Net.dense2.b.t")).toEqual([6]);
  expect(model.state("opt.Net.dense1.b.t")).toEqual([1]);
  expect(model.state("opt.step")).toEqual([6]);
});

test("accumulate counts the calls of each param", () => {
  const line = `model A(x: f32[]) -> f32[] {
  param w: f32[] = 0
  param v: f32[] = 0
  (w + v) * x
}
optimizer opt = accumulate(2) |> sgd(lr: 1)
train entry one(x: f32[]) {
  minimize A(x) over A.v with opt
}
train entry both(x: f32[]) {
  minimize A(x) over A with opt
}`;
  const model = run(line);
  const values = ["one", "both", "both"].map((entry, k) => {
    model.call(entry, { x: [k + 1] });
    return [...model.state("A.w"), ...model.state("A.v")];
  });
  expect(values).toEqual([
    [0, 0],
    [0, -1.5],
    [-2.5, -1.5],
  ]);
});

test("`step` of a chain and its state count the updates", () => {
  const model = run(`model A(x: f32[]) -> f32[] {
  param w: f32[] = 0
  w * x
}
optimizer opt = sgd(lr: step + 1)
train entry a(x: f32[]) {
  minimize A(x) over A every 2 with opt
}
train entry b(x: f32[]) {
  minimize A(x) over A with opt
  { n: opt.step }
}
entry count() { opt.step }`);
  for (const entry of ["a", "a", "b"]) model.call(entry, { x: [1] });
  expect(model.state("A.w")).toEqual([-3]);
  expect(model.call("count")["result"]).toEqual([2]);
});

test("a setting, another file and a `let` can be parts of a chain", () => {
  const text = (before: string): string => `${before}
setting rate: f32 = 0.5
model A(x: f32[]) -> f32[] {
  param w: f32[] = 0
  w * x
}
optimizer own = sgd(lr: rate)
train entry a(x: f32[]) {
  let o = own
  minimize A(x) over A with o
  minimize A(x) over A with shared
}`;
  const program = programOf(text('import { opt as shared } from "./o.dl"'), [{}], {
    "./o.dl": "optimizer opt = sgd(lr: 2, momentum: 0.9)",
  });
  expect(program.persistent.map(({ path }) => path)).toContain("opt.A.w.v");
  const model = run(text("optimizer shared = sgd(lr: 2, momentum: 0.9)"));
  model.call("a", { x: [1] });
  expect(model.state("A.w")).toEqual([-2.5]);
});

const line = `model A(x: f32[]) -> f32[] {
  param w: f32[] = 0
  w * x
}
`;

test.each([
  ["optimizer opt = adam\noptimizer opt = sgd", "opt", "duplicate declaration of `opt`"],
  ["optimizer opt = clip_by_value(1.0)", "opt", "expected an optimizer, found the fn `clip_by_value`"],
  ["optimizer opt = 3", "opt", "expected an optimizer, found the int 3"],
  ["optimizer opt = adam(rate: 3)", "opt", "has no parameter `rate`"],
  ["optimizer opt = adam", "lookahead(opt)", "name the whole chain: optimizer outer = lookahead(adam(lr: 1e-3))"],
  ["optimizer opt = adam\ntrain entry opt() { 1.0 }", "opt", "`opt.step` is already the counter of the entry `opt`"],
  ["", "adam(w: 1)", "has no parameter `w`"],
])("%s: with %s", (declaration, chain, message) => {
  const text = `${line}${declaration}\ntrain entry step(x: f32[]) {\n  minimize A(x) over A with ${chain}\n}`;
  expect(rendered(elaborateText(text))).toContain(message);
});
