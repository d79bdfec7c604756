import { expect, test } from "vitest";
import { elaborateText, rendered, run } from "./program.ts";

const x = [1, 2];

/** Each body is that of an entry with `x: f32[2]`; x is [1, 2]. */
test.each<[string, string, Record<string, number[]>]>([
  ["map", "concat(map(fn (k) = k * x, [1, 2]), axis: 0)", { result: [1, 2, 2, 4] }],
  ["fold with tuples", "fold(fn (s, k) = (s.0 * k, s.1 + k), [2, 3], from: (x, 0.5)).0", { result: [6, 12] }],
  ["a block", "let f = fn (a, b) {\n let c = a + b\n c * c\n}\nf(x, 1)", { result: [4, 9] }],
  ["types bind sizes", "let f = fn (a: f32[K]) = a * K\nf(x)", { result: [2, 4] }],
  ["names are those of its place", "let k = 2\nlet f = fn (a) = k * a\nlet k = 5\nf(x) + k", { result: [7, 9] }],
  [
    "a tensor is used in a loop",
    "let s = sum(x)\nlet f = fn (a) = a + s\nlet r = scan i in 2 carry h = x { next h = f(h) }\nr.h",
    {
      result: [7, 8],
    },
  ],
  ["a composition", "let f = relu |> scaled(by: 3) |> (fn (a) = a + 1)\nf(x)", { result: [4, 7] }],
  [
    "a tuple is piped",
    "let s = (x, 0.0)\n(repeat 3 { s |> (fn (s) = (s.0 * 2, s.1 + sum(s.0))) }).1",
    { result: [21] },
  ],
  ["an immediate call", "(fn (a, b) = a - b)(x, 1)", { result: [0, 1] }],
  ["its gradient", "grad(sum((fn (a) = a ^ 3)(x)), x)", { result: [3, 12] }],
])("%s", (_, body, wanted) => {
  expect(run(`entry f(x: f32[2]) {\n${body}\n}`).call("f", { x })).toEqual(wanted);
});

test("the layers of a literal or a composition are an instance, shared by its calls", () => {
  const model = run(
    `layer twice(f: fn)(x: f32[N, D]) -> f32[N, D] = x |> f |> f
model Net(x: f32[N, 2]) -> f32[N, 2] {
  let enc = fn (a) = a |> dense(3) |> tanh |> dense(2)
  let out = relu |> dense(2, bias: false)
  x |> enc |> enc |> out |> twice(dense(2, bias: false) |> tanh) |> twice(fn (a) = a |> dense(2, bias: false))
}
entry f(x: f32[N, 2]) { Net(x) }`,
    [{ N: 1 }],
  );
  const paths = model.program.persistent.map((p) => p.path).filter((path) => path.endsWith(".w"));
  expect(paths).toEqual([
    "Net.enc.dense1.w",
    "Net.enc.dense2.w",
    "Net.out.dense1.w",
    "Net.fn1.dense1.w",
    "Net.fn2.dense1.w",
  ]);
});

test("a literal with another number of arguments, or of another type, is an error at the call", () => {
  const text = "entry f(x: f32[N, 2]) {\n  let a = (fn (y: f32[3]) = y)(x[0])\n  (fn (y) = y)(x, x)\n}";
  const shown = rendered(elaborateText(text, [{ N: 1 }]));
  expect(shown).toContain("error[E0301]");
  expect(shown).toContain("too many tensors for `fn`");
});
