import { expect, test } from "vitest";
import { builtins } from "../../compiler/frontend/tensors/builtins.ts";
import { run } from "./program.ts";

/** For each builtin an expression of x = [[1, 2, 3], [4, 5, 6]], its value, and a statement before it. */
const uses: Readonly<Record<string, readonly [expression: string, value: readonly number[], before?: string]>> = {
  shape: ["shape(x)", [2, 3]],
  rank: ["rank(x)", [2]],
  size: ["size(x)", [6]],
  axes: ["axes(x)", [0, 1]],
  dtype: ['if dtype(x) == "f32" { 1 } else { 0 }', [1]],
  len: ["len([4, 5, 6])", [3]],
  kind: ['if kind(value: x) == "tensor" and kind([1]) == "list" { 1 } else { 0 }', [1]],
  product: ["product([2, 3, 4])", [24]],
  set: ["set([4, 5, 6], [0, -1], 9)", [9, 5, 9]],
  drop: ["drop([4, 5, 6], [1])", [4, 6]],
  range: ["range(3)", [0, 1, 2]],
  map: ["map(twice, [1, 2])", [2, 4]],
  zip: ["for (a, b) in zip([9, 3], (1, 2)) { a - b }", [8, 1]],
  enumerate: ["for (k, a) in enumerate([9, 3]) { a - k }", [9, 2]],
  fold: ["fold(minus, [9, 3, 1])", [5]],
  made_by: ["if made_by(softmax(x), softmax) and not made_by(x, softmax) { 1 } else { 0 }", [1]],
  same_tensor: ["if same_tensor(x, y) and not same_tensor(x, 1 * x + 1) { 1 } else { 0 }", [1], "let y = x"],
  warn: ["1", [1], 'warn(1 > 2, "order")'],
  require: ["1", [1], 'require(1 < 2, "order")'],
  in_dtype: ['5 / ([2, 3] |> in_dtype("i32")) + 0 * in_dtype(convert(x[0, :2], dtype: "i32"), "f32")', [2, 1]],
  expand: ["expand(x[0], [2, 3])", [1, 2, 3, 1, 2, 3]],
  known: ["if known(3) and known([1, 2]) and not known(x) { 1 } else { 0 }", [1]],
  split: ["split(x, 3)[2]", [3, 6]],
  random_bits: ["shape(random_bits([2, 3]))", [2, 3]],
  params: ["len(params(M))", [2], "let z = M(x)"],
  snapshot: ["snapshot(M).dense1.b + 1", [1, 1], "let z = M(x)"],
  by_path: ["by_path(M, [ones([3, 2]), 2.0]).dense1.b", [2], "let z = M(x)"],
  matches: ["sum(params(M)[0]) * 10 + sum(params(M)[1])", [126], "minimize mean(M(x)) over M with marked"],
  at: ["at(M, [ones([3, 2]), 1.0])(x)", [7, 7, 16, 16], "let z = M(x)"],
  tap: ["tap(M.dense1) - z", [0, 0, 0, 0], "let z = M(x)"],
  grad: ["grad(sum(x ^ 2), x)", [2, 4, 6, 8, 10, 12]],
  jvp: ["jvp(sum(x ^ 2), x, ones([2, 3]))", [42]],
  rearrange: ['rearrange(x, "a b -> b a")', [1, 4, 2, 5, 3, 6]],
  einsum: ['einsum("a b, a b -> a", x, x)', [14, 77]],
};

test("every builtin has a use", () => {
  expect(Object.keys(uses).toSorted()).toEqual(Object.keys(builtins).toSorted());
});

test.each(Object.entries(uses))("%s", (_, [expression, value, before = ""]) => {
  const program = `
fn twice(a: int) -> int = a * 2
fn minus(a: int, b: int) -> int = a - b
model M(x: f32[N, 3]) = x |> dense(2)
optimizer marked(p: f32[..S], g: f32[..S]) -> f32[..S] = if matches("*.w") { 0 * p + 2 } else { 0 * p + 3 }
train entry f(x: f32[2, 3]) {
  ${before}
  { y: ${expression} }
}`;
  const outputs = Object.values(run(program).call("f", { x: [1, 2, 3, 4, 5, 6] })).flat();
  expect(outputs).toEqual(value);
});
