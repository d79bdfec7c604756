import { expect, test } from "vitest";
import { run } from "./program.ts";

test.each([
  ["grad(sum(x ^ 2), y, unused: zeros)", [0, 0]],
  ["grad(sum(x ^ 2), [y, x], unused: zeros)[1]", [2, 4, 6]],
  ["grad(sum(x ^ 2), [y, z], unused: zeros)[1]", [0]],
  ["grad(sum(x ^ 2), [x, y])[1]", [0, 0]],
  ["grad(sum(stop_gradient(x)), x, unused: zeros)", [0, 0, 0]],
  ["grad(sum(2 * grad(sum(x), x)), x, unused: zeros)", [0, 0, 0]],
])("%s", (value, expected) => {
  const { out } = run(`dl 1
entry f(x: f32[3], y: f32[2], z: f32[]) { { out: ${value} } }
`).call("f", { x: [1, 2, 3], y: [4, 5], z: [6] });
  expect(out).toEqual(expected);
});

test("params of a part that the loss does not use have a gradient of zeros", () => {
  const runner = run(`dl 1
model A(x: f32[1, 2]) = x |> dense(1, bias: false)
train entry step(x: f32[1, 2]) {
  let y = A(x)
  { out: grad(sum(x), params(A), unused: zeros)[0] + sum(0 * y) }
}
`);
  expect(runner.call("step", { x: [1, 2] })["out"]).toEqual([0, 0]);
});
