// A param that was written in the same call is a number: no gradient flows to what it was computed from.
import { expect, test } from "vitest";
import { run } from "./program.ts";

const parts = `layer scaled(first: f32)(x: f32[]) -> f32[] {
  param w: f32 = first
  x * w
}
model D(x: f32[]) -> f32[] = x |> scaled(2.0)
model G(x: f32[]) -> f32[] = x |> scaled(3.0)
entry known(x: f32[]) = D(x) + G(x)
`;

// d = 2 and g = 3 before each.
test.each([
  // d becomes 2 - 0.01 * 2 * 2 * 3^2 = 1.64, which is the derivative of d * g.
  ["an update", "minimize D(G(x)) ^ 2 over D with sgd(lr: 0.01)", 1.64],
  ["updates in a loop", "scan _ in 1 { minimize D(G(x)) ^ 2 over D with sgd(lr: 0.01) }", 1.64],
  ["an update in some calls", "minimize D(G(x)) ^ 2 over D when x > 0 with sgd(lr: 0.01)", 1.64],
  ["given gradients", "update D with [G(x)] |> sgd(lr: 0.1)", 1.7],
  ["a write of a param", "D.scaled1.w <- 0.5 * G.scaled1.w", 1.5],
  ["a write in a loop", "scan _ in 1 { D.scaled1.w <- 0.5 * G.scaled1.w }", 1.5],
  ["a copy of a model", "D <- G", 3],
  ["an average of models", "D <- lerp(D, G, 0.5)", 2.5],
])("no gradient flows through %s", (_, statement, expected) => {
  const model = run(`${parts}train entry step(x: f32[]) {
  ${statement}
  { slope: grad(D(G(x)), G.scaled1.w) }
}`);
  expect(model.call("step", { x: [1] })["slope"]?.[0]).toBeCloseTo(expected, 5);
});
