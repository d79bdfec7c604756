import { expect, test } from "vitest";
import { run } from "../frontend/program.ts";

const close = (actual: readonly number[] | undefined, wanted: readonly number[], digits = 5): void => {
  expect(actual?.length).toBe(wanted.length);
  wanted.forEach((value, k) => expect(actual?.[k], `element ${k}`).toBeCloseTo(value, digits));
};

const wave = (count: number, from = 0): number[] =>
  Array.from({ length: count }, (_, k) => Math.fround(Math.sin(1.7 * (k + from) + 0.3)));

test("attention: fully masked rows are 0, and their gradients are 0, not NaN", () => {
  const model = run(`
entry f(q: f32[1, 2, 2], k: f32[1, 3, 2], v: f32[1, 3, 1], m: bool[1, 2, 3]) {
  let y = dot_product_attention(q, k, v, mask: m)
  let g = grad(sum(y * y), [q, k, v])
  { y, dq: g[0], dk: g[1], dv: g[2] }
}`);
  const out = model.call("f", { q: [1, 2, 3, 4], k: [1, 0, 0, 1, 1, 1], v: [10, 20, 30], m: [0, 0, 0, 1, 0, 1] });
  const [a, b] = [Math.exp(3 / Math.SQRT2), Math.exp(7 / Math.SQRT2)];
  close(out.y, [0, (10 * a + 30 * b) / (a + b)]);
  expect(out.dq?.slice(0, 2)).toEqual([0, 0]);
  expect(out.dv?.[1]).toBe(0);
  for (const values of Object.values(out)) expect(values.every(Number.isFinite)).toBe(true);
  expect(out.dk?.slice(2, 4)).toEqual([0, 0]);
});

test("attention: a causal position attends to itself and those before it, aligned at the end if there are more keys", () => {
  const model = run(`
entry f(v: f32[1, 4, 1]) {
  { square: dot_product_attention(zeros([1, 4, 2]), zeros([1, 4, 2]), v, causal: true), last: dot_product_attention(zeros([1, 2, 2]), zeros([1, 4, 2]), v, causal: true) }
}`);
  const out = model.call("f", { v: [1, 2, 6, 7] });
  close(out.square, [1, 1.5, 3, 4]);
  close(out.last, [3, 4]);
});

test("several masks combine, and large scores do not overflow", () => {
  const model = run(`
entry f(q: f32[1, 2, 1], k: f32[1, 3, 1], v: f32[1, 3, 1], a: bool[1, 1, 3], b: bool[2, 3]) {
  { y: dot_product_attention(q, k, v, mask: [a, b]), big: dot_product_attention(q * 1e6, k, v) }
}`);
  const out = model.call("f", { q: [0, 1], k: [1, 2, 3], v: [1, 2, 4], a: [1, 1, 0], b: [1, 0, 1, 1, 1, 1] });
  close(out.y, [1, (Math.E * 1 + Math.E ** 2 * 2) / (Math.E + Math.E ** 2)]);
  close(out.big, [7 / 3, 4]);
});

test("padding masks are true for the first positions of each row", () => {
  const model = run("entry f(n: i32[3]) { { m: padding_mask(n, size: 4) } }");
  expect(model.call("f", { n: [0, 2, 9] }).m).toEqual([0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1]);
});

test("sinusoidal positions: sines at even elements, cosines at odd ones", () => {
  const model = run("entry f(x: f32[1, 3, 4]) { sinusoidal_positions(x, base: 100) }");
  const wanted = [0, 1, 2].flatMap((t) => [Math.sin(t), Math.cos(t), Math.sin(t / 10), Math.cos(t / 10)]);
  close(
    model.call("f", { x: new Array<number>(12).fill(2) }).result,
    wanted.map((v) => v + 2),
  );
});

test("rotary positions: products depend only on the distance of the positions, and norms are kept", () => {
  const model = run(`
entry f(a: f32[4], b: f32[4]) {
  let x = rotary_positions(op.broadcast(a, shape: [6, 4], dims: [1]))
  let y = rotary_positions(op.broadcast(b, shape: [6, 4], dims: [1]))
  { products: x @ swap_axes(y), lengths: norm(x, axis: -1) }
}`);
  const { products = [], lengths } = model.call("f", { a: [1, -2, 0.5, 3], b: [0.3, 1, -1, 2] });
  for (let t = 0; t < 5; t++)
    for (let s = 0; s < 5; s++) expect(products[(t + 1) * 6 + s + 1]).toBeCloseTo(products[t * 6 + s] ?? NaN, 4);
  expect(products[0]).not.toBeCloseTo(products[1] ?? NaN, 2);
  close(lengths, new Array<number>(6).fill(Math.hypot(1, -2, 0.5, 3)));
});

const decoder = `
model Net(x: f32[1, 5, 4], y: f32[1, 3, 6], m: bool[1, 3]) = x |> transformer_decoder(2, y, memory_mask: m, rotary: true)
entry f(x: f32[1, 5, 4], y: f32[1, 3, 6], m: bool[1, 3]) { Net(x, y, m) }`;

test("a decoder block attends neither to later positions nor to padding", () => {
  const model = run(decoder);
  const [x, y] = [wave(20), wave(18, 50)];
  const call = (inputs: { x: number[]; y: number[] }): number[] =>
    model.call("f", { ...inputs, m: [1, 1, 0] }).result ?? [];
  const plain = call({ x, y });
  const later = call({ x: x.map((v, k) => (k < 12 ? v : -v)), y });
  expect(later.slice(0, 12)).toEqual(plain.slice(0, 12));
  expect(later.slice(12)).not.toEqual(plain.slice(12));
  expect(call({ x, y: y.map((v, k) => (k < 12 ? v : 9)) })).toEqual(plain);
  expect(call({ x, y: y.map((v, k) => (k < 12 ? v : 9) * (k < 6 ? -1 : 1)) })).not.toEqual(plain);
});

test("both orders of norm and sum: with zero weights only the norms of norm_first: false remain", () => {
  const model = run(`
model Pre(x: f32[1, 2, 4]) = x |> transformer_encoder(2)
model Post(x: f32[1, 2, 4]) = x |> transformer_encoder(2, norm_first: false)
entry f(x: f32[1, 2, 4]) { { pre: Pre(x), post: Post(x) } }`);
  for (const [path, data] of model.persistent) if (/(output|dense2)\.w$/.test(path)) data.fill(0);
  const x = [1, 2, 3, 6, -1, 0, 0, 5];
  const { pre, post } = model.call("f", { x });
  close(pre, x);
  const rows = [x.slice(0, 4), x.slice(4)].flatMap((row) => {
    const m = row.reduce((a, b) => a + b, 0) / 4;
    const s = Math.sqrt(row.reduce((a, b) => a + (b - m) ** 2, 0) / 4);
    return row.map((v) => (v - m) / s);
  });
  close(post, rows, 3);
});

test("an embedding returns rows of its table, and only these are trained", () => {
  const model = run(`
model Words(id: i32[2, 2]) = id |> embedding(5, width: 2)
train entry step(id: i32[2, 2]) {
  minimize sum(Words(id)) over Words with sgd(lr: 1)
}
entry f(id: i32[2, 2]) { Words(id) }`);
  const before = model.state("Words.embedding1.table");
  const id = [0, 3, 3, 3];
  expect(model.call("f", { id }).result).toEqual(id.flatMap((row) => before.slice(2 * row, 2 * row + 2)));
  model.call("step", { id });
  close(
    model.state("Words.embedding1.table"),
    before.map((v, k) => v - ([1, 0, 0, 3, 0][Math.floor(k / 2)] ?? 0)),
  );
});

test("spatial dropout drops whole channels of a sample", () => {
  const model = run(
    "train entry step(x: f32[40, 3, 5, 8]) { { y: spatial_dropout(x, rate: 0.25) } }\nentry f(x: f32[40, 3, 5, 8]) { { y: spatial_dropout(x) } }",
  );
  const x = new Array<number>(40 * 15 * 8).fill(3);
  expect(model.call("f", { x }).y).toEqual(x);
  const { y = [] } = model.call("step", { x });
  const kept = Array.from(
    { length: 320 },
    (_, k) => new Set(Array.from({ length: 15 }, (_, p) => y[Math.floor(k / 8) * 120 + p * 8 + (k % 8)])),
  );
  expect(kept.every((values) => values.size === 1)).toBe(true);
  const share = kept.filter((values) => values.has(4)).length / 320;
  expect(share).toBeGreaterThan(0.65);
  expect(share).toBeLessThan(0.85);
});
