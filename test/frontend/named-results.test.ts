import { expect, test } from "vitest";
import { run } from "./program.ts";

const stats = "fn stats(x: f32[..S]) -> (mean: f32[..R], var: f32[..R]) = moments(x, over: 0)";

test.each<[string, string, Record<string, number[]>]>([
  ["members", "let s = stats(x)\n{ m: s.mean, v: s.var }", { m: [2, 3], v: [1, 1] }],
  ["a pattern, and positions", "let (m, v) = stats(x)\nm + v - stats(x).0", { result: [1, 1] }],
  ["in a loop", "let r = scan i in 2 { yield stats(x * 2) }\nr.var[1]", { result: [4, 4] }],
  ["in a branch", "let s = cond sum(x) > 0 { stats(x) } else { stats(-x) }\ns.mean", { result: [2, 3] }],
  ["a record in a tuple", "both(x).parts.low", { result: [1, 2, 0, 0] }],
  [
    "of the library",
    "let s = sort(x[:, 0], descending: true)\n{ v: s.values, i: s.indices }",
    { v: [3, 1], i: [1, 0] },
  ],
])("%s", (_, body, wanted) => {
  const both = `fn both(x: f32[N, C]) -> { parts: (low: f32[N, C], f32[N, C]), n: int } {
  parts: (min(x, 2) * convert(x < 3, dtype: "f32"), x),
  n: 2,
}`;
  const model = run(`${stats}\n${both}\nentry f(x: f32[2, 2]) {\n${body}\n}`);
  expect(model.call("f", { x: [1, 2, 3, 4] })).toEqual(wanted);
});
