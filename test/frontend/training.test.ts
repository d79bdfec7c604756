import { expect, test } from "vitest";
import { graphOf, programOf, run } from "./program.ts";

const near = (actual: readonly number[] | undefined, expected: readonly number[], digits = 5): void => {
  expect(actual?.length).toBe(expected.length);
  expected.forEach((value, k) => expect(actual?.[k]).toBeCloseTo(value, digits));
};

// loss = sum(w * x), so the gradient of w is x and does not change with w.
const linear = (transforms: string): string => `
model Net(x: f32[2]) -> f32[] {
  param w: f32[2] = 1
  sum(w * x)
}
train entry step(x: f32[2]) {
  let loss = Net(x)
  minimize loss over Net with ${transforms}
  { loss }
}`;

test("plain gradient descent", () => {
  const model = run(linear("sgd(lr: 0.1)"));
  near(model.call("step", { x: [2, -4] }).loss, [-2]);
  near(model.state("Net.w"), [0.8, 1.4]);
  expect(model.state("step.step")).toEqual([1]);
});

test("momentum, and Nesterov's", () => {
  const plain = run(linear("sgd(lr: 0.1, momentum: 0.9)"));
  const nesterov = run(linear("sgd(lr: 0.1, momentum: 0.9, nesterov: true)"));
  for (const model of [plain, nesterov]) {
    model.call("step", { x: [1, 1] });
    model.call("step", { x: [1, 1] });
    near(model.state("step.sgd.Net.w.v"), [1.9, 1.9]);
  }
  near(plain.state("Net.w"), [1 - 0.1 * (1 + 1.9), 1 - 0.1 * (1 + 1.9)]);
  near(nesterov.state("Net.w"), [1 - 0.1 * (1 + 0.9 + (1 + 0.9 * 1.9)), 1 - 0.1 * (1 + 0.9 + (1 + 0.9 * 1.9))]);
});

test("adam over three steps", () => {
  const model = run(linear("adam(lr: 0.01, beta1: 0.9, beta2: 0.99, eps: 1e-8)"));
  let [m, v, w] = [0, 0, 1];
  for (const [k, g] of [3, -1, 0.5].entries()) {
    model.call("step", { x: [g, g] });
    m = 0.9 * m + 0.1 * g;
    v = 0.99 * v + 0.01 * g * g;
    w -= (0.01 * (m / (1 - 0.9 ** (k + 1)))) / (Math.sqrt(v / (1 - 0.99 ** (k + 1))) + 1e-8);
    near(model.state("Net.w"), [w, w]);
  }
  near(model.state("step.adam.Net.w.m"), [m, m]);
  expect(model.state("step.adam.t")).toEqual([3]);
});

test("an optimizer state without the param's dims is shared by all params and written once", () => {
  const program = programOf(
    `
model Net(x: f32[N, 3]) -> f32[N, 2] = x |> dense(4) |> dense(2)
train entry step(x: f32[N, 3]) {
  minimize mean(Net(x)) over Net with adam(lr: 0.1)
}`,
    [{ N: 2 }],
  );
  const writes = graphOf(program, "step").writes.map((w) => w.path);
  expect(writes.filter((path) => path === "step.adam.t")).toEqual(["step.adam.t"]);
  expect(writes.filter((path) => path.endsWith(".m"))).toEqual(
    ["dense1.w", "dense1.b", "dense2.w", "dense2.b"].map((p) => `step.adam.Net.${p}.m`),
  );
  expect(new Set(writes).size).toBe(writes.length);
  // The next count, min(t, ...) + 1, is computed once, for any number of params.
  expect(
    graphOf(program, "step").nodes.filter((n) => n.operands[0]?.node.attrs["path"] === "step.adam.t"),
  ).toHaveLength(1);
});

test("clipping by value, and by the norm of all gradients", () => {
  const value = run(linear("clip_by_value(1.5) |> sgd(lr: 1)"));
  value.call("step", { x: [3, -1] });
  near(value.state("Net.w"), [1 - 1.5, 1 + 1]);
  const norm = run(linear("clip_by_global_norm(1) |> sgd(lr: 1)"));
  norm.call("step", { x: [3, -4] });
  near(norm.state("Net.w"), [1 - 0.6, 1 + 0.8]);
  norm.call("step", { x: [0.3, 0.4] });
  near(norm.state("Net.w"), [1 - 0.6 - 0.3, 1 + 0.8 - 0.4]);
});

test("the global norm is over all params together", () => {
  const model = run(`
model Net(x: f32[1]) -> f32[1] {
  param a: f32[1] = 0
  param b: f32[1] = 0
  3 * a * x + 4 * b * x
}
train entry step(x: f32[1]) {
  minimize sum(Net(x)) over Net with clip_by_global_norm(1.0) |> sgd(lr: 1.0)
}`);
  model.call("step", { x: [1] });
  near(model.state("Net.a"), [-0.6]);
  near(model.state("Net.b"), [-0.8]);
});

test("code after a minimize reads the new params; two in one entry run in order", () => {
  const model = run(`
model Net(x: f32[]) -> f32[] {
  param w: f32[] = 10
  w * x
}
train entry step(x: f32[]) {
  let before = Net(x)
  minimize before over Net with sgd(lr: 1)
  let between = Net(x)
  minimize between ^ 2 over Net with sgd(lr: 1)
  { before, between, after: Net(x) }
}`);
  // w = 10 - 2 = 8, then the gradient of (2 w)^2 is 8 w = 64.
  expect(model.call("step", { x: [2] })).toEqual({ before: [20], between: [16], after: [(8 - 64) * 2] });
  expect(model.state("Net.w")).toEqual([8 - 64]);
});

test("two losses computed before both updates each have their own gradient", () => {
  const model = run(`
model Net(x: f32[]) -> f32[] {
  param w: f32[] = 1
  w * x
}
train entry step(x: f32[]) {
  let a = Net(x)
  let b = 3 * Net(x)
  minimize a over Net with sgd(lr: 1)
  minimize b over Net with sgd(lr: 1)
}`);
  model.call("step", { x: [1] });
  expect(model.state("Net.w")).toEqual([1 - 1 - 3]);
});

test("two models, each with its own optimizer", () => {
  const model = run(`
model G(z: f32[]) -> f32[] {
  param w: f32[] = 2
  w * z
}
model D(x: f32[]) -> f32[] {
  param w: f32[] = 3
  w * x
}
train entry d_step(z: f32[]) {
  minimize D(stop_gradient(G(z))) over D with sgd(lr: 1)
}
train entry g_step(z: f32[]) {
  minimize D(G(z)) over G with sgd(lr: 1)
}`);
  model.call("d_step", { z: [1] });
  expect([model.state("D.w"), model.state("G.w")]).toEqual([[1], [2]]);
  model.call("g_step", { z: [1] });
  expect([model.state("D.w"), model.state("G.w")]).toEqual([[1], [1]]);
  expect([model.state("d_step.step"), model.state("g_step.step")]).toEqual([[1], [1]]);
});

test("weight decay through l2 reaches every param", () => {
  const model = run(`
model Net(x: f32[]) -> f32[] {
  param a: f32[] = 3
  param b: f32[2] = 2
  a * x + sum(b)
}
train entry step(x: f32[]) {
  let y = Net(x)
  minimize 0.5 * l2(Net) over Net with sgd(lr: 0.5)
  { penalty: l2(Net), y }
}`);
  model.call("step", { x: [1] });
  expect([model.state("Net.a"), model.state("Net.b")]).toEqual([[1.5], [1, 1]]);
});

test("the gradient with respect to an input", () => {
  const model = run(`
entry saliency(x: f32[3]) {
  { map: abs(grad(sum(x ^ 3), x)) }
}`);
  expect(model.call("saliency", { x: [1, -2, 0] })).toEqual({ map: [3, 12, 0] });
});

test("the iterations of a repeated minimize share one set of optimizer states", () => {
  const model = run(`
model Net(x: f32[]) -> f32[] {
  param w: f32[] = 0
  w * x
}
train entry step(x: f32[]) {
  repeat 3 {
    minimize Net(x) over Net with sgd(lr: 1, momentum: 0.5)
  }
}`);
  model.call("step", { x: [1] });
  // v = 1, 1.5, 1.75
  expect(model.state("Net.w")).toEqual([-4.25]);
  expect(model.state("step.sgd.Net.w.v")).toEqual([1.75]);
});

test("a shared state may be written several times in one update", () => {
  const model = run(`
optimizer odd()(p: f32[..S], g: f32[..S]) -> f32[..S] {
  state t: f32 = 0
  repeat 3 { t <- t + 1 }
  p - t * g
}
model Net(x: f32[]) -> f32[] {
  param a: f32[] = 0
  param b: f32[] = 0
  a * x + b * x
}
train entry step(x: f32[]) {
  minimize Net(x) over Net with odd
}`);
  model.call("step", { x: [1] });
  expect([model.state("Net.a"), model.state("Net.b"), model.state("step.odd.t")]).toEqual([[-3], [-3], [3]]);
});
