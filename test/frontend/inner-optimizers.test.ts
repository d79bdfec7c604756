import { expect, test } from "vitest";
import { elaborateText, programOf, rendered, run } from "./program.ts";

const net = `model Net(x: f32[4, 2]) -> f32[4, 1] = x |> dense(3) |> tanh |> dense(1)
`;
const x = [0.1, 0.2, -0.3, 0.4, 0.5, -0.6, 0.7, 0.9];
const entry = (chain: string): string => `train entry step(x: f32[4, 2]) {
  minimize mean((Net(x) - 1) ^ 2) over Net with ${chain}
}`;

function trained(text: string, calls = 5): number[][] {
  const model = run(`${net}${text}`);
  for (let k = 0; k < calls; k++) model.call("step", { x });
  return ["dense1.w", "dense1.b", "dense2.w", "dense2.b"].map((path) => model.state(`Net.${path}`));
}

const head = "optimizer outer(inner: fn)(p: f32[..S], g: f32[..S]) -> f32[..S]";

test.each([
  ["the optimizer itself", `${head} = inner(p, g)`],
  ["a function in between", `${head} = through(inner)(p, g)\nfn through(f: fn)(p: f32[..S], g: f32[..S]) = f(p, g)`],
  ["a function literal", `${head} {\n  let f = fn (d) = inner(p, d)\n  f(g)\n}`],
  ["an optimizer of the body", "optimizer outer(inner: fn)(p: f32[..S], g: f32[..S]) = adam(lr: 1e-2)(p, g)"],
])("an optimizer in another one trains as it does alone: %s", (_, declaration) => {
  expect(trained(`${declaration}\n${entry("outer(adam(lr: 1e-2))")}`)).toEqual(trained(entry("adam(lr: 1e-2)")));
});

test("two calls are two steps, which share their states in a loop alone", () => {
  const loop = `${head} = repeat 2 carry p { next p = inner(p, g) }\n${entry("outer(sgd(lr: 0.1, momentum: 0.5))")}`;
  const apart = `${head} = inner(inner(p, g), g)\n${entry("outer(sgd(lr: 0.1, momentum: 0.5))")}`;
  const states = (text: string): string[] =>
    programOf(`${net}${text}`).persistent.flatMap(({ path, role }) =>
      role === "optimizer" && path.endsWith("dense2.b.v") ? [path] : [],
    );
  expect(states(loop)).toEqual(["step.outer.sgd.Net.dense2.b.v"]);
  expect(states(apart)).toEqual(["step.outer.sgd.Net.dense2.b.v", "step.outer.sgd2.Net.dense2.b.v"]);
});

test("the step count of an optimizer that is called twice in a step is 2 after it, for all params", () => {
  const model = run(`${net}${head} = repeat 2 carry p { next p = inner(p, g) }\n${entry("outer(adam(lr: 1e-2))")}`);
  model.call("step", { x });
  expect(model.state("step.outer.adam.t")).toEqual([2]);
});

test("the states of the inner optimizer are under the path of the outer one", () => {
  const states = (text: string): string[] =>
    programOf(`${net}${text}`).persistent.flatMap(({ path, role }) =>
      role === "optimizer" && !/dense1|dense2\.w/.test(path) ? [path] : [],
    );
  expect(states(entry("lookahead(adam)")).toSorted()).toEqual([
    "step.lookahead.Net.dense2.b.slow",
    "step.lookahead.adam.Net.dense2.b.m",
    "step.lookahead.adam.Net.dense2.b.v",
    "step.lookahead.adam.t",
    "step.lookahead.steps",
  ]);
  expect(states(`optimizer opt = lookahead(adam)\n${entry("opt")}`)).toContain("opt.adam.Net.dense2.b.m");
});

test.each([
  ['"*.w"', [true, false, true, false]],
  ['["dense1", "dense2.w"]', [true, true, true, false]],
  ['["*.w", "*.b"]', [true, true, true, true]],
  ['"Net.dense2"', [false, false, true, true]],
  ['"*"', [true, true, true, true]],
])("decay_only: %s", (pattern, expected) => {
  // The gradient is 0: only the decay moves a param.
  const text = (chain: string): string => `model Net(x: f32[4, 2]) -> f32[4, 1] = x |> dense(3) |> dense(1)
train entry step(x: f32[4, 2]) {
  minimize 0 * sum(Net(x)) over Net with ${chain}
}`;
  for (const name of ["sgd", "adamw", "lion", "lookahead(adamw"]) {
    const model = run(text(`${name}(weight_decay: 0.1, decay_only: ${pattern})${name.includes("(") ? ")" : ""}`));
    const paths = ["dense1.w", "dense1.b", "dense2.w", "dense2.b"].map((path) => `Net.${path}`);
    for (const path of paths)
      model.persistent.set(
        path,
        Float64Array.from(model.state(path), () => 1),
      );
    const before = paths.map((path) => model.state(path));
    model.call("step", { x });
    expect(
      paths.map((path, k) => before[k]?.join() !== model.state(path).join()),
      name,
    ).toEqual(expected);
  }
});

test("an optimizer can choose by the path of the param", () => {
  const model = run(`model Net(x: f32[]) -> f32[] {
  param fast: f32[] = 0
  param slow: f32[] = 0
  (fast + slow) * x
}
optimizer rates(lr: f32, slow: any)(p: f32[..S], g: f32[..S]) -> f32[..S] =
  p - (if matches(slow) { 0.25 * lr } else { lr }) * g
train entry step(x: f32[]) {
  minimize Net(x) over Net with rates(lr: 2, slow: "slow")
}`);
  model.call("step", { x: [1] });
  expect([model.state("Net.fast"), model.state("Net.slow")]).toEqual([[-2], [-0.5]]);
});

test("`repeat` unrolls steps, which share the states of their line", () => {
  const once = `train entry step(x: f32[4, 2]) {
  minimize mean((Net(x) - 1) ^ 2) over Net with adam(lr: 1e-2)
}`;
  const thrice = `train entry step(x: f32[4, 2]) {
  repeat 3 {
    minimize mean((Net(x) - 1) ^ 2) over Net with adam(lr: 1e-2)
  }
}`;
  expect(trained(thrice, 2)).toEqual(trained(once, 6));
});

test.each([
  [
    'adamw(decay_only: "*.z")',
    'no param of `Net` matches "*.z"',
    "its params are dense1.w, dense1.b, dense2.w, dense2.b",
  ],
  ['adamw(decay_only: ["*.z", "a"])', 'no param of `Net` matches "*.z" or "a"', ""],
  ["adamw(decay_only: 3)", "expected a pattern of paths for `matches`, found the int 3", 'a string such as "*.w"'],
  ["lookahead(3)", "expected a function for `inner` of `lookahead`, found the int 3", ""],
  ["lookahead(relu)", "too many tensors for `relu`", ""],
  ["lookahead(adam, k: 0)", "`k` must be at least 1", ""],
])("%s: %s", (chain, message, help) => {
  const text = rendered(elaborateText(`${net}${entry(chain)}`));
  expect(text).toContain(message);
  expect(text).toContain(help);
});

test.each([
  ["let d = adam(lr: 1e-3)(x, x)", "cannot call the optimizer `adam` here"],
  ['let d = matches("*.w")', "`matches` is only allowed in the body of an optimizer"],
])("outside of an update: %s", (statement, message) => {
  expect(rendered(elaborateText(`${net}train entry step(x: f32[4, 2]) {\n  ${statement}\n}`))).toContain(message);
});
