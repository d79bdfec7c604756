import { expect, test } from "vitest";
import { elaborateText, graphOf, programOf, run } from "./program.ts";

/** Expressions of x = [1, 2, 3], i = [4, 5, 6], p = [true, false, true], m = [[1, 2], [3, 4]], and their values. */
const uses: readonly (readonly [string, readonly number[]])[] = [
  ["x * [1.0, 2.0, 3.0]", [1, 4, 9]],
  ["[1, 2, 3] - x", [0, 0, 0]],
  ["x == [1, 0, 3]", [1, 0, 1]],
  ["i + [1, 2, 3]", [5, 7, 9]],
  ["-[1, 2]", [-1, -2]],
  ["2 * [1, 2.5]", [2, 5]],
  ["i + 2 * [1, 2, 3]", [6, 9, 12]],
  ["sqrt([4, 9])", [2, 3]],
  ["expand([4, 5, 6], [2, 3])", [4, 5, 6, 4, 5, 6]],
  ["expand(range(3), [2, 3])", [0, 1, 2, 0, 1, 2]],
  ["expand(true, [1, 2]) and [true, false]", [1, 0]],
  ["expand(7, [2])", [7, 7]],
  ["reshape([2, 1], [1, 2]) @ m", [5, 8]],
  ["reshape([2, 1], [[1, 2]])", [1, 2]],
  ["reshape([2, 1])([1, 2])", [1, 2]],
  ["tile([1, 2], [2])", [1, 2, 1, 2]],
  ["one_hot(1, 3)", [0, 1, 0]],
  ["max(x, [2, 2, 2])", [2, 2, 3]],
  ["m + [[1, 2], [3, 4]]", [2, 4, 6, 8]],
  ["m * [10, 100]", [10, 200, 30, 400]],
  ["m @ [1, -1]", [-1, -1]],
  ["[[0, 1], [1, 0]] @ m", [3, 4, 1, 2]],
  ["p and [true, true, false]", [1, 0, 0]],
  ["p == [true, true, true]", [1, 0, 1]],
  ["[1, 2, 4] |> sum", [7]],
  ["[[1, 2], [3, 4]] |> sum(axis: 0)", [4, 6]],
  ["mse(x, [1, 2, 5])", [0, 0, 4]],
  ["close(x, [1, 2, 3.5], 0.4)", [1, 1, 0]],
  ["take(x, [2, 0], axis: 0)", [3, 1]],
  ["pick(m, [1, 0])", [2, 3]],
  ["one_hot([1, 0], 2)", [0, 1, 1, 0]],
  ["one_hot(range(2), 2)", [1, 0, 0, 1]],
  ["m[:, range(1)]", [1, 3]],
  ["exp(-cross_entropy(log(m / 10), [1, 0])) * [6, 7]", [4, 3]],
  ["exp(-cross_entropy(log(m / 10), range(2))) * [3, 7]", [1, 4]],
  ["exp(-(log(m / 10) |> cross_entropy(range(2)))) * [3, 7]", [1, 4]],
  ["exp(-cross_entropy(log(m / 10), [-1, 1], ignore_index: -1)) * [1, 7]", [1, 4]],
  ["cross_entropy([0, 0] * m, [[1, 0], [0, 1]]) / log(2)", [1, 1]],
  ["range(3) + i", [4, 6, 8]],
  ["stack([x, [7, 8, 9]])", [1, 2, 3, 7, 8, 9]],
  ["stack([1.0, -2.0, 0.5])", [1, -2, 0.5]],
  ["stack([sum(x), 1, 2])", [6, 1, 2]],
  ["concat(x, [7], axis: 0)", [1, 2, 3, 7]],
  ["concat([x, [7, 8]], axis: 0)", [1, 2, 3, 7, 8]],
  ['einsum("a, a -> ", x, [1, 2, 3])', [14]],
  ['convert([1, 2], dtype: "i32")', [1, 2]],
  ["select(p, [1, 2, 3], 0)", [1, 0, 3]],
  ["x * select(x > 1, 1.0, 0.5)", [0.5, 2, 3]],
  ["i + select(p, 1, 0)", [5, 5, 7]],
  ["select(p, 1, 0) + i", [5, 5, 7]],
  ["i * -select(p, 1, 0)", [-4, 0, -6]],
  ["select(p, i, 0)", [4, 0, 6]],
  ["select(p, true, false)", [1, 0, 1]],
  ["select(p, 1, 0.5)", [1, 0.5, 1]],
  ["select([true, false, true], x, 0)", [1, 0, 3]],
  ["select(p, select(x > 2, 1, 2), 3)", [2, 3, 1]],
  ["weights(x)", [1, -1, 2]],
  ["counted(i)", [5, 7, 9]],
  ["[1.0, 2.0][1]", [2]],
  ["zeros([2] + [1])", [0, 0]],
  ["if shape(x) == [3] { x } else { -x }", [1, 2, 3]],
];

test.each(uses)("%s", (expression, value) => {
  const program = `dl 1
fn weights(x: f32[C]) -> f32[C] = [1, -1, 2]
fn counted(i: i32[C], by: i32[C]) -> i32[C] = i + by
entry f(x: f32[3], i: i32[3], p: bool[3], m: f32[2, 2]) { { y: ${expression.replace("counted(i)", "counted(i, [1, 2, 3])")} } }`;
  const inputs = { x: [1, 2, 3], i: [4, 5, 6], p: [1, 0, 1], m: [1, 2, 3, 4] };
  const { y = [] } = run(program).call("f", inputs);
  expect(y).toHaveLength(value.length);
  for (const [k, wanted] of value.entries()) expect(y[k]).toBeCloseTo(wanted, 6);
});

test("params and states begin with the numbers of a list", () => {
  const program = run(`dl 1
model Net(x: f32[3]) -> f32[] {
  param w: f32[3] = [1.0, -2.0, 0.5]
  state seen: i32[2] = [3, 4]
  seen <- [5, 6]
  sum(w * x)
}
train entry f(x: f32[3]) {
  let loss = Net(x)
  minimize loss over Net with sgd(lr: 1)
  { loss }
}`);
  expect([program.state("Net.w"), program.state("Net.seen")]).toEqual([
    [1, -2, 0.5],
    [3, 4],
  ]);
  expect(program.call("f", { x: [1, 1, 1] })).toEqual({ loss: [-0.5] });
  expect([program.state("Net.w"), program.state("Net.seen")]).toEqual([
    [0, -3, -0.5],
    [5, 6],
  ]);
});

test("carries and branches take lists of their type", () => {
  const program = run(`entry f(x: f32[4, 2], p: bool[]) {
  let run = scan xt in x along 0 carry h = zeros([2]) {
    next h = [1, 2] + xt
  }
  let last = scan xt in x along 0 carry h = zeros([2]) { next h = [3, 4] }
  { h: run.h, last: last.h, chosen: cond p { x[0] } else { [7, 8] } }
}`);
  const x = [0, 0, 0, 0, 0, 0, 5, 6];
  expect(program.call("f", { x, p: [0] })).toEqual({ h: [6, 8], last: [3, 4], chosen: [7, 8] });
});

test("a number of a list that is used several times has the dtype of each use", () => {
  const program = programOf(`entry f(x: f32[2], i: i32[2]) {
  let steps = [1, 2]
  let chosen = select(x > 0, 1, 2)
  { a: x * steps, b: i * steps, c: x * chosen, d: i * chosen, e: chosen }
}`);
  expect(graphOf(program, "f").outputs.map(({ value }) => value.type.dtype)).toEqual([
    "f32",
    "i32",
    "f32",
    "i32",
    "f32",
  ]);
});

const mistakes: readonly (readonly [string, string, string])[] = [
  ["x * [[1, 2], [3]]", "E0317", "expected a list of 2 in row 1 of the list, found a list of 1"],
  ["x * [[1, 2], 3]", "E0317", "expected a list of 2 in row 1 of the list, found the int 3"],
  ["x * [[[1], [2]], [[3], [4, 5]]]", "E0317", "expected a list of 1 in row 1, 1 of the list, found a list of 2"],
  ["i + [1, 2.5, 3]", "E0303", "expected numbers of type i32, found the number 2.5 in the list"],
  ["x + [1, true, 3]", "E0303", "expected numbers of type f32, found the bool true in the list"],
  ["x * [1, 2]", "E0304", "cannot broadcast f32[3] with f32[2]: sizes must be equal or 1"],
  ["i + select(x > 0, 1.5, 0)", "E0303", "expected i32, found the number 1.5"],
  ['x + ["a"]', "E0309", "expected a tensor or a number for `+`, found a list of 1"],
];

test.each(mistakes)("%s is %s", (expression, code, says) => {
  const { diagnostics } = elaborateText(`entry f(x: f32[3], i: i32[3]) { ${expression} }`);
  expect(diagnostics.map((d) => [d.code, d.says])).toEqual([[code, says]]);
});

test("a list of more than 16,384 numbers is too long", () => {
  const { diagnostics } = elaborateText(`entry f(x: f32[128]) { x * for i in 129 { range(128) } }`);
  expect(diagnostics.map((d) => d.says)).toEqual(["a list of 16512 numbers is too long for a tensor"]);
});
