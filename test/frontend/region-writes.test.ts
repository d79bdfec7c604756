// Writes in loops, branches and `checkpoint`, of values that are read from outside, of items and of other states.
import { expect, test } from "vitest";
import { run } from "./program.ts";

const models = `layer keep(x: f32[2]) -> f32[2] {
  state last: f32[2] = zeros
  last <- x
  2 * x
}
layer scaled(x: f32[2]) -> f32[2] {
  param w: f32 = 1
  state s: f32 = 1
  x * w * s
}
model K(x: f32[2]) -> f32[2] = keep(x)
model A(x: f32[2]) -> f32[2] = scaled(x)
model B(x: f32[2]) -> f32[2] = scaled(x)
entry known(x: f32[2]) = K(x) + A(x) + B(x)
`;

test.each([
  ["items of a scan", "let r = scan row in stack([x - 4, x - 2]) along 0 { yield K(row) }", "K.keep1.last", [3, 4]],
  ["a value from outside of a scan", "let r = scan _ in 3 { yield K(x) }", "K.keep1.last", [5, 6]],
  ["a value from outside of a branch", "let r = cond x[0] > 0 { K(x) } else { x }", "K.keep1.last", [5, 6]],
  ["a value from outside of checkpoint", "let r = checkpoint { K(x) }", "K.keep1.last", [5, 6]],
  ["checkpoint without a value", "checkpoint { A.scaled1.w <- 4 }", "A.scaled1.w", [4]],
  ["checkpoint with a static value", "let k = checkpoint { let y = K(x)\n 3 }", "K.keep1.last", [5, 6]],
  ["a copy of states in a scan", "A.scaled1.s <- 7\n scan _ in 2 { B <- A }", "B.scaled1.s", [7]],
  ["a copy of params in a branch", "A.scaled1.w <- 7\n cond x[0] > 0 { B <- A } else { }", "B.scaled1.w", [7]],
  [
    "two states that are swapped",
    "A.scaled1.s <- 7\n scan _ in 3 { let s = A.scaled1.s\n A.scaled1.s <- B.scaled1.s\n B.scaled1.s <- s }",
    "B.scaled1.s",
    [7],
  ],
])("%s", (_, statements, path, expected) => {
  const model = run(`${models}entry step(x: f32[2]) {
  ${statements}
  { now: ${path} }
}`);
  expect(model.call("step", { x: [5, 6] })["now"]).toEqual(expected);
  expect(model.state(path)).toEqual(expected);
});
