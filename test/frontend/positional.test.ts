import { expect, test } from "vitest";
import { run } from "./program.ts";

const declarations = `dl 1
fn scaled_by(k: f32, twice: bool = false)(x: f32[..S]) -> f32[..S] = if twice { 2 * k * x } else { k * x }
fn first(parts: [any], other: any) = parts[0] + other
fn difference(s: any) {
  let (a, b) = s
  a - b
}
fn by(w: f32[D, E])(x: f32[N, D]) -> f32[N, E] = x @ w
fn minus(k: f32)(x: f32[]) -> f32[] = k - x
layer couple(scale: f32)(s: any) {
  param gain: f32[2] = ones
  let (x, log_det) = s
  (x * gain * scale, log_det + scale)
}
fn marked(mark: any, x: f32[2], y: any) = x * mark + y`;

/** Expressions of x = [1, 2], k = 3, w = [[1, 2], [3, 4]] and m = [[1, 1]], with their values. */
const uses: readonly (readonly [string, readonly number[]])[] = [
  ["scaled_by(k)(x)", [3, 6]],
  ["scaled_by(k, true)(x)", [6, 12]],
  ["x |> scaled_by(k)", [3, 6]],
  ["x |> scaled_by(k, true)", [6, 12]],
  ["scaled_by(k, x)", [3, 6]],
  ["minus(k)(k * 2)", [-3]],
  ["first([x], x)", [2, 4]],
  ["[x] |> first(x)", [2, 4]],
  ["difference((x, 3 * x))", [-2, -4]],
  ["(x, 3 * x) |> difference", [-2, -4]],
  ["by(w)(m)", [4, 6]],
  ["m |> by(w)", [4, 6]],
  ["m |> by(w: w)", [4, 6]],
  ["marked(x, x, x)", [2, 6]],
  ["(x, k) |> couple(2) |> difference", [-3, -1]],
];

test.each(uses)("%s", (expression, value) => {
  const program = `${declarations}
entry f(x: f32[2], k: f32[], w: f32[2, 2], m: f32[1, 2]) { { y: ${expression} } }`;
  const inputs = { x: [1, 2], k: [3], w: [1, 2, 3, 4], m: [1, 1] };
  expect(run(program).call("f", inputs)).toEqual({ y: value });
});

test("a layer of a tuple is one instance, however often it is piped into", () => {
  const program = run(`${declarations}
model Flow(x: f32[2]) {
  let step = couple(2)
  let (y, log_det) = (x, 0.0) |> step |> step
  { y, log_det }
}
entry f(x: f32[2]) { Flow(x) }`);
  expect(program.call("f", { x: [1, 2] })).toEqual({ y: [4, 8], log_det: [4] });
  expect(program.program.persistent.filter((p) => p.path.endsWith("gain")).map((p) => p.path)).toEqual([
    "Flow.step.gain",
  ]);
});
