import { expect, test } from "vitest";
import { elaborateText, programOf, rendered, run } from "./program.ts";

const x = [1, 2];

/** Each body is that of an entry with `x: f32[2]`; x is [1, 2]. */
test.each<[string, string, Record<string, number[]>]>([
  ["a pipe carries its head", "repeat 3 { x |> scaled(by: 2) }", { result: [8, 16] }],
  ["a carry takes the outer value", "repeat 3 carry x { next x = x * 2 }", { result: [8, 16] }],
  ["no iteration", "repeat 0 carry x { next x = x * 2 }", { result: [1, 2] }],
  [
    "several carries, a counter and members",
    "let r = repeat i in 3 carry h = x, k = 10 {\n next h = h * (i + 1)\n next k = k + i\n}\n{ h: r.h, k: r.k, again: r.0 }",
    { h: [6, 12], k: [13], again: [6, 12] },
  ],
  [
    "`next` as a value",
    "let r = repeat 2 carry a = x, b = x {\n next a = a + 1\n next b = next a * b\n}\nr.b",
    { result: [6, 24] },
  ],
  [
    "a tuple as a carry",
    "let s = repeat 3 carry s = (x, 0.0) { next s = (2 * s.0, s.1 + 1) }\n{ a: s.0, b: s.1 }",
    { a: [8, 16], b: [3] },
  ],
  [
    "a carry can change its type",
    "repeat 2 carry y = x { next y = concat(y, y, axis: 0) }",
    { result: [1, 2, 1, 2, 1, 2, 1, 2] },
  ],
  ["a list of items", "repeat u in [2, 3, 5] { x |> scaled(by: u) }", { result: [30, 60] }],
  [
    "items by a pattern",
    "repeat (a, [b, _]) in [(2, [3, 0]), (1, [1, 0])] carry x { next x = x * a + b }",
    {
      result: [6, 8],
    },
  ],
  ["`for` with a pattern", "fold(add, for (a, b) in [(1, 2), (3, 4)] { x * a + b })", { result: [10, 14] }],
  ["a list pattern in `let`", "let [a, (b, c)] = [x, (1, 2)]\na + b * c", { result: [3, 4] }],
  [
    "a counted scan",
    'scan i in 3 carry s = x {\n next s = s * 2\n yield next s + convert(i, dtype: "f32")\n}',
    {
      result: [2, 4, 5, 9, 10, 18],
    },
  ],
  [
    "a reversed counted scan",
    "scan i in 3 reversed carry s = 0 {\n next s = s * 2 + i\n yield next s\n}",
    {
      result: [10, 5, 2],
    },
  ],
  ["members by position", "let s = (x, (2 * x, [3 * x, 4 * x]))\ns.1.1.0 + s.0", { result: [4, 8] }],
  [
    "a `repeat` in a `scan` sets the carries of both",
    "let r = scan i in 2 carry t = 0 * x {\n let p = repeat 2 carry y = x { next y = 2 * y }\n next t = t + p\n}\nr.t",
    { result: [8, 16] },
  ],
  ["fold from a value", "fold(add, [x, x], from: 10)", { result: [12, 14] }],
  ["a record as a body", "let y = if rank(x) == 1 { a: x, b: 2 } else { a: x, b: 3 }\ny.a * y.b", { result: [2, 4] }],
])("%s", (_, body, wanted) => {
  expect(run(`entry f(x: f32[2]) {\n${body}\n}`).call("f", { x })).toEqual(wanted);
});

/** `index` of iota 0..9 as NumPy computes it. */
test.each<[string, number[]]>([
  ["::2", [0, 2, 4, 6, 8]],
  ["1:9:3", [1, 4, 7]],
  ["::-1", [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]],
  ["8:2:-3", [8, 5]],
  ["-2::-4", [8, 4, 0]],
  [":-4:-1", [9, 8, 7]],
  ["3:4:7", [3]],
])("x[%s], also of a list", (index, wanted) => {
  const list = "[0.0, 1, 2, 3, 4, 5, 6, 7, 8, 9]";
  const model = run(`entry f(x: f32[10]) {
  let column = x[:, _] * ones([10, 2])
  { axis: x[${index}], inner: column[${index}, 1], list: stack(map(scalar, ${list}[${index}])), g: grad(sum(x[${index}]), x) }
}`);
  const x = Array.from({ length: 10 }, (_, k) => k);
  const g = x.map((k) => (wanted.includes(k) ? 1 : 0));
  expect(model.call("f", { x })).toEqual({ axis: wanted, inner: wanted, list: wanted, g });
});

test("a residual tower has the params of each block, and all of them a gradient", () => {
  const model = run(
    `model Tower(x: f32[N, 4]) -> f32[N, 4] {
  repeat 12 carry x { next x = x + (x |> dense(4) |> tanh) }
}
entry f(x: f32[N, 4]) { parts: for g in grad(sum(Tower(x)), params(Tower, only: "*.w")) { sum_of_squares(g) } }`,
    [{ N: 2 }],
  );
  const paths = model.program.persistent.map((p) => p.path).filter((path) => path.endsWith(".w"));
  expect(paths).toEqual(Array.from({ length: 12 }, (_, k) => `Tower.repeat1.${k}.dense1.w`));
  const parts = Object.values(model.call("f", { x: [1, 2, 3, 4, 5, 6, 7, 8] })).map(([v = 0]) => v);
  expect(parts).toHaveLength(12);
  expect(parts.every((v) => v > 0)).toBe(true);
});

test("a body that only writes needs no carry", () => {
  const model = run(`layer counted()(x: f32[2]) -> f32[2] {
  state n: f32 = 0
  repeat 3 { n <- n + 1 }
  x * n
}
model Net(x: f32[2]) -> f32[2] = x |> counted
entry f(x: f32[2]) { Net(x) }`);
  expect(model.call("f", { x })).toEqual({ result: [3, 6] });
});

test("a body that writes through a call needs no carry", () => {
  const model = run(`layer counted()(x: f32[2]) -> f32[2] {
  state n: f32 = 0
  n <- n + 1
  x * n
}
model Net(x: f32[2]) -> f32[2] = x |> counted
fn twice(x: f32[2]) -> f32[2] = Net(Net(x))
entry f(x: f32[2]) {
  repeat 3 { twice(x) }
  { n: Net.counted1.n }
}`);
  expect(model.call("f", { x })).toEqual({ n: [6] });
});

test("`{ a, ... }` and `{ a: ... }` are records, `{ a }` and `{ a.b }` are blocks", () => {
  programOf("fn two(x: f32[2]) { x, y: 2 * x }\nfn one(x: f32[2]) { x }\nentry f(x: f32[2]) { two(x).y + one(x) }");
  expect(rendered(elaborateText("entry f(x: f32[2]) {\n  a, b = split(x, 2)\n  a\n}"))).toContain("let (a, ...)");
});

test("a for that only writes has no value, so that it can be the end of an entry", () => {
  const runner = run(`dl 1
model Net(x: f32[2, 3]) -> f32[2, 3] = x |> dense(3)
entry use(x: f32[2, 3]) = Net(x)
entry set() {
  for k in range(1, 3) { Net.dense1.b <- Net.dense1.b + k }
}
entry read() = Net.dense1.b
`);
  expect(Object.keys(runner.call("set", {}))).toEqual([]);
  expect(Object.values(runner.call("read", {})).flat()).toEqual([3, 3, 3]);
});
