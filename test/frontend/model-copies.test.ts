// `model Target = Net`: a model with the declaration of another one, and params of its own.
import { expect, test } from "vitest";
import { run } from "./program.ts";

const text = `model Copy = Target
model Target = Net
model Net(x: f32[N, 2]) -> f32[N, 3] = x |> dense(4) |> batch_norm |> tanh |> dense(3)
entry f(x: f32[4, 2]) { { net: Net(x), target: Target(x), copy: Copy(x) } }
train entry step(x: f32[4, 2]) {
  minimize mean(Net(x) ^ 2) over Net with sgd(lr: 0.1)
}`;
const x = [0.1, 0.2, -0.3, 0.4, 0.5, -0.6, 0.7, 0.9];

test("a copy begins with the values of the original, and has params of its own", () => {
  const model = run(text);
  const before = model.call("f", { x });
  expect(before["target"]).toEqual(before["net"]);
  expect(before["copy"]).toEqual(before["net"]);
  expect(model.state("Copy.dense1.w")).toEqual(model.state("Net.dense1.w"));
  model.call("step", { x });
  const after = model.call("f", { x });
  expect(after["net"]).not.toEqual(before["net"]);
  expect(after["target"]).toEqual(before["net"]);
});

test("a copy that no entry applies can be written and read", () => {
  const model = run(`model Net(x: f32[N, 2]) -> f32[N, 3] = x |> dense(3)
model Squares = Net
model Before = Net
entry measure(x: f32[4, 2]) {
  let g = grad(sum(Net(x) ^ 2), params(Net))
  Squares <- by_path(Net, for each in g { each ^ 2 })
  { b: Before.dense1.b, distance: distance(Net, Before) }
}
entry rewind() { Net <- Before }
train entry step(x: f32[4, 2]) { minimize mean(Net(x) ^ 2) over Net with sgd(lr: 0.1) }`);
  const start = model.state("Net.dense1.w");
  expect(model.call("measure", { x })).toEqual({ b: [0, 0, 0], distance: [0] });
  expect(model.state("Squares.dense1.w").every((v) => v > 0)).toBe(true);
  model.call("step", { x });
  expect(model.state("Net.dense1.w")).not.toEqual(start);
  model.call("rewind");
  expect(model.state("Net.dense1.w")).toEqual(start);
});

test("an original that no entry applies leaves its copy with initial values of its own", () => {
  const alone = run(`model Net(x: f32[N, 2]) -> f32[N, 3] = x |> dense(3)
model Target = Net
entry f(x: f32[4, 2]) { Target(x) }`);
  expect(alone.state("Target.dense1.w").some((w) => w !== 0)).toBe(true);
  expect(alone.program.persistent.map(({ path }) => path)).not.toContain("Net.dense1.w");
});
