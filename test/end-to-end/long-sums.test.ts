// The error of a sum does not grow with its length, on every target. The values are equal, so that the roundings of a
// sum in order would all have one sign: a sum of 2^22 values of 0.1 through one accumulator is 1 % off.
import { expect, test } from "vitest";
import { compile } from "../../cli/api.ts";

const n = 2 ** 22;
const text = `dl 1

entry last(x: f32[${n}]) { { sum: sum(x), mean: mean(x), variance: variance(x), running: cumsum(x, axis: 0)[-1] } }

entry first(x: f32[${n / 8}, 8]) { { sum: sum(x, axis: 0), all: sum(x) } }

entry image(x: f32[1, 512, 512, 3]) { { mean: global_avg_pool(x) } }

entry slope(table: f32[3, 4], id: i32[262144]) {
  let loss = sum(table[id] * 0.1)
  { row: grad(loss, table)[1] }
}
`;

const tenth = Math.fround(0.1);
const tenths = (count: number): Float32Array => new Float32Array(count).fill(0.1);

test.each(["wasm", "js"] as const)("long sums are exact to 1e-6 in %s", { timeout: 60_000 }, async (target) => {
  const model = await compile(text, { target });
  const off = (values: ArrayLike<number> | undefined, exact: number): number =>
    Math.max(...Array.from(values ?? [Number.NaN], (x) => Math.abs(x / exact - 1)));

  const last = model.run("last", { x: tenths(n) });
  expect(off(last["sum"]?.data, n * tenth)).toBeLessThan(1e-6);
  expect(off(last["mean"]?.data, tenth)).toBeLessThan(1e-6);
  expect(off(last["running"]?.data, n * tenth)).toBeLessThan(1e-6);
  expect(last["variance"]?.data[0]).toBeLessThan(1e-14);
  const first = model.run("first", { x: tenths(n) });
  expect(off(first["sum"]?.data, (n / 8) * tenth)).toBeLessThan(1e-6);
  expect(off(first["all"]?.data, n * tenth)).toBeLessThan(1e-6);
  expect(off(model.run("image", { x: tenths(512 * 512 * 3) })["mean"]?.data, tenth)).toBeLessThan(1e-6);
  expect(
    off(model.run("slope", { table: tenths(12), id: new Int32Array(262144).fill(1) })["row"]?.data, 262144 * tenth),
  ).toBeLessThan(1e-6);
});

const loops = `dl 1

entry slope(x: f32[T, 2], w: f32[2], v: f32[]) {
  let run = scan xt in x along 0 carry total = zeros([2]) { next total = total + xt }
  let loss = sum(scan xt in x along 0 { yield tanh(xt * w) * v })
  { total: run.total, w: grad(loss, w), v: grad(loss, v) }
}
`;

const slopes = async (target: "wasm" | "js", length: number, x: Float32Array): Promise<readonly Float32Array[]> => {
  const model = await compile(loops, { target, dims: { T: length } });
  const results = model.run("slope", { x, w: new Float32Array(2).fill(1e-4), v: new Float32Array([1]) });
  return ["total", "w", "v"].map((name) => Float32Array.from(results[name]?.data ?? []));
};

test.each(["wasm", "js"] as const)("sums over the iterations of a loop are exact to 2e-6 in %s", async (target) => {
  const length = 2 ** 17;
  const [total, w, v] = await slopes(target, length, tenths(2 * length));
  const exact = length * tenth;
  expect(Math.max(...[...(total ?? []), ...(w ?? [])].map((x) => Math.abs(x / exact - 1)))).toBeLessThan(2e-6);
  expect(Math.abs((v?.[0] ?? 0) / (2e-4 * exact) - 1)).toBeLessThan(2e-6);
});

test("further iterations whose terms are 0 change no bit of a sum over iterations", async () => {
  const x = Float32Array.from({ length: 2 * 50 }, (_, i) => Math.sin(i + 1) * 10 ** (i % 5));
  const short = await slopes("wasm", 50, x);
  for (const length of [64, 65, 1000]) {
    const padded = new Float32Array(2 * length);
    padded.set(x);
    expect(await slopes("wasm", length, padded)).toEqual(short);
  }
});

test("the mean of 20 million ones is 1", async () => {
  const model = await compile("dl 1\n\nentry f(x: f32[20000000]) { { y: mean(x) } }\n");
  expect(model.run("f", { x: new Float32Array(2e7).fill(1) })["y"]?.data[0]).toBe(1);
});
