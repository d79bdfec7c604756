import fc from "fast-check";
import { expect, test } from "vitest";
import { run } from "./program.ts";

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const counting = (shape: readonly number[]): number[] =>
  Array.from({ length: size(shape) }, (_, k) => (k % 7) - 3 + k / 100);
const product = (sizes: readonly number[]): number[][] =>
  sizes.reduce<number[][]>((all, n) => all.flatMap((at) => Array.from({ length: n }, (_, k) => [...at, k])), [[]]);
const at = (data: readonly number[], shape: readonly number[], index: readonly number[]): number =>
  data[index.reduce((flat, i, axis) => flat * (shape[axis] ?? 1) + i, 0)] ?? Number.NaN;

test("einsum sums products over all names that the result omits, on the diagonal of names that repeat", () => {
  const names = ["i", "j", "k", "l"];
  const side = fc.array(fc.constantFrom(...names), { minLength: 0, maxLength: 4 });
  fc.assert(
    fc.property(
      fc.array(side, { minLength: 1, maxLength: 3 }),
      fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 4, maxLength: 4 }),
      fc.shuffledSubarray(names),
      (sides, sizes, wanted) => {
        const sizeOf = (name: string): number => sizes[names.indexOf(name)] ?? 1;
        const result = wanted.filter((name) => sides.some((s) => s.includes(name)));
        const shapes = sides.map((s) => s.map(sizeOf));
        const params = shapes.map((shape, k) => `x${k}: f32[${shape.join(", ")}]`).join(", ");
        const pattern = `${sides.map((s) => s.join(" ")).join(", ")} -> ${result.join(" ")}`;
        const model = run(`entry f(${params}) { einsum("${pattern}", ${sides.map((_, k) => `x${k}`).join(", ")}) }`);
        const data = shapes.map(counting);
        const got = model.call("f", Object.fromEntries(data.map((values, k) => [`x${k}`, values])))["result"] ?? [];
        const used = names.filter((name) => sides.some((s) => s.includes(name)));
        const sums = new Array<number>(size(result.map(sizeOf))).fill(0);
        for (const index of product(used.map(sizeOf))) {
          const value = (name: string): number => index[used.indexOf(name)] ?? 0;
          const term = sides.reduce((p, s, k) => p * at(data[k] ?? [], shapes[k] ?? [], s.map(value)), 1);
          const flat = result.reduce((f, name) => f * sizeOf(name) + value(name), 0);
          sums[flat] = (sums[flat] ?? 0) + term;
        }
        expect(got.length).toBe(sums.length);
        sums.forEach((sum, k) =>
          expect(Math.abs((got[k] ?? Number.NaN) - sum)).toBeLessThan(1e-4 * (1 + Math.abs(sum))),
        );
      },
    ),
    { numRuns: 60 },
  );
});

test("diagonals and traces of matrices", () => {
  const model = run(`entry f(x: f32[2, 3, 3]) {
  let traces = einsum("n i i -> n", x)
  { diagonals: einsum("n i i -> n i", x), traces, slope: grad(sum(traces), x)[0], rest: einsum("i i .. -> .. i", x[0]) }
}`);
  const x = Array.from({ length: 18 }, (_, k) => k);
  expect(model.call("f", { x })).toEqual({
    diagonals: [0, 4, 8, 9, 13, 17],
    traces: [12, 39],
    slope: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    rest: [0, 4, 8],
  });
});

test("`..` in einsum matches the axes that are not named", () => {
  const model = run(`entry f(x: f32[2, 3, 4], w: f32[4, 2]) { { a: einsum(".. d, d h -> .. h", x, w), b: x @ w } }`);
  const { a, b } = model.call("f", { x: counting([2, 3, 4]), w: counting([4, 2]) });
  expect(a).toEqual(b);
});

test("rearrange: space to depth, and back", () => {
  const model = run(`entry f(x: f32[2, 3, 4, 6]) {
  let deep = rearrange(x, "n c (h 2) (w 2) -> n (c 2 2) h w")
  { deep, back: rearrange(deep, "n (c 2 2) h w -> n c (h 2) (w 2)"), shape: shape(deep) }
}`);
  const x = counting([2, 3, 4, 6]).map(Math.fround);
  const { deep, back, ...sizes } = model.call("f", { x });
  expect(back).toEqual(x);
  expect(Object.values(sizes).flat()).toEqual([2, 12, 2, 3]);
  for (const [n = 0, c = 0, h = 0, a = 0, w = 0, b = 0] of product([2, 3, 2, 2, 3, 2]))
    expect(at(deep ?? [], [2, 12, 2, 3], [n, c * 4 + a * 2 + b, h, w])).toBe(
      at(x, [2, 3, 4, 6], [n, c, h * 2 + a, w * 2 + b]),
    );
});

test("rearrange: split by a given size, new and dropped axes, `..`", () => {
  const model = run(`entry f(x: f32[2, 3, 8]) {
  {
    heads: shape(rearrange(x, "n t (h d) -> n h t d", sizes: { h: 2 })),
    more: shape(rearrange(x, "n t d -> n 1 t 1 d")),
    less: shape(rearrange(x[_], "1 n t d -> (n t) d")),
    rest: shape(rearrange(x, ".. (a 4) -> a .. 4")),
  }
}`);
  const outputs = Object.entries(model.call("f", { x: counting([2, 3, 8]) }));
  const shapeOf = (name: string): number[] =>
    outputs.filter(([key]) => key.startsWith(`${name}.`)).flatMap(([, value]) => value);
  expect(["heads", "more", "less", "rest"].map(shapeOf)).toEqual([
    [2, 2, 3, 4],
    [2, 1, 3, 1, 8],
    [6, 8],
    [2, 2, 3, 4],
  ]);
});

test("indices: from the end, ranges, new axes, lists and tensors of indices", () => {
  const model = run(`entry f(x: f32[3, 4], i: i32, k: i32[2]) {
  { a: x[-1], b: x[:, 1:-1], c: shape(x[.., _, 0]), d: x[i], e: x[k, -1], g: x[[2, 0], 0] }
}`);
  const x = Array.from({ length: 12 }, (_, j) => j);
  expect(model.call("f", { x, i: [1], k: [2, 1] })).toEqual({
    a: [8, 9, 10, 11],
    b: [1, 2, 5, 6, 9, 10],
    "c.0": [3],
    "c.1": [1],
    d: [4, 5, 6, 7],
    e: [11, 7],
    g: [8, 0],
  });
});
