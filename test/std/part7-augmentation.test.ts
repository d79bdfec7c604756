import { expect, test } from "vitest";
import { graphOf, programOf, run } from "../frontend/program.ts";

const image = (n: number, h: number, w: number, c: number): number[] =>
  Array.from({ length: n * h * w * c }, (_, i) => ((i * 37) % 101) / 101 + 0.01);

/** Repeated calls of an augmentation on the same images, one per row. */
function draws(
  expression: string,
  shape: readonly [number, number, number, number],
  x: readonly number[],
  calls: number,
): number[][] {
  const model = run(`train entry f(x: f32[${shape.join(", ")}]) { ${expression} }`);
  return Array.from({ length: calls }, () => model.call("f", { x })["result"] ?? []);
}

test.each([
  "random_flip(x, p: 0)",
  "random_crop(x, size: [4, 3])",
  "random_rotation(x, 0)",
  "random_affine(x)",
  "gaussian_noise(x, std: 0)",
  "random_blur(x, p: 0)",
  "random_grayscale(x, p: 0)",
  "random_apply(tanh, p: 0)(x)",
  "color_jitter(x)",
  "cutout(x, size: 0)",
  "mixup(x, t, alpha: 0)",
  "cutmix(x, t, alpha: 0)",
])("%s with zero strength, and in entries that do not train, is the identity", (call) => {
  const strong = call
    .replace(/p: 0|size: 0/, "$&.5")
    .replace("std: 0", "std: 1")
    .replace("alpha: 0", "alpha: 0.5")
    .replace("size: 0.5", "size: 2")
    .replace("n(x, 0)", "n(x, 0.5)");
  const program = programOf(`
train entry weak(x: f32[2, 4, 3, 3], t: f32[2, 2]) { ${call} }
entry strong(x: f32[2, 4, 3, 3], t: f32[2, 2]) { ${strong.replace("random_affine(x)", "random_affine(x, rotation: 1)").replace("jitter(x)", "jitter(x, contrast: 0.5)")} }`);
  for (const entry of ["weak", "strong"]) {
    const graph = graphOf(program, entry);
    expect(graph.nodes.filter(({ op }) => op.name === "threefry")).toEqual([]);
    if (!call.includes("crop")) expect(graph.outputs.every(({ value }) => value.node.op.name === "input")).toBe(true);
  }
});

test("flips: entire images, about half of them", () => {
  const shape = [8, 1, 3, 1] as const;
  const x = Array.from({ length: 24 }, (_, i) => i);
  const rows = draws("random_flip(x)", shape, x, 8).flatMap((y) =>
    Array.from({ length: 8 }, (_, k) =>
      y
        .slice(3 * k, 3 * k + 3)
        .map((v) => v - 3 * k)
        .join(""),
    ),
  );
  expect([...new Set(rows)].sort()).toEqual(["012", "210"]);
  const flipped = rows.filter((row) => row === "210").length;
  expect(flipped).toBeGreaterThan(16);
  expect(flipped).toBeLessThan(48);
});

test("crops: every crop is part of the padded image, and all offsets occur", () => {
  const x = Array.from({ length: 9 }, (_, i) => i + 1);
  const padded = (r: number, c: number): number =>
    r >= 1 && r <= 3 && c >= 1 && c <= 3 ? (x[3 * (r - 1) + c - 1] ?? NaN) : 0;
  const pieces = new Map<string, number>();
  for (let top = 0; top <= 2; top++)
    for (let left = 0; left <= 2; left++)
      pieces.set([0, 1, 2].flatMap((r) => [0, 1, 2].map((c) => padded(top + r, left + c))).join(), 0);
  for (const y of draws("random_crop(x, size: [3, 3], padding: 1)", [1, 3, 3, 1], x, 120)) {
    expect(pieces.has(y.join())).toBe(true);
    pieces.set(y.join(), (pieces.get(y.join()) ?? 0) + 1);
  }
  expect([...pieces.values()].every((count) => count > 3)).toBe(true);
  expect(run("entry f(x: f32[1, 3, 3, 1]) { random_crop(x, size: [1, 1]) }").call("f", { x })["result"]).toEqual([5]);
});

test("affine maps against hand-computed values: a rotation by 90 degrees, a translation by half a pixel", () => {
  const model = run("entry f(x: f32[1, 3, 3, 1], m: f32[1, 2, 3]) { affine_transform(x, m) }");
  const x = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  expect(model.call("f", { x, m: [0, 1, 0, -1, 0, 0] })["result"]).toEqual([3, 6, 9, 2, 5, 8, 1, 4, 7]);
  expect(model.call("f", { x, m: [1, 0, 0, 0, 1, 0.5] })["result"]).toEqual([
    1.5, 2.5, 1.5, 4.5, 5.5, 3, 7.5, 8.5, 4.5,
  ]);
  expect(model.call("f", { x, m: [1, 0, 5, 0, 1, 0] })["result"]).toEqual(new Array(9).fill(0));
});

test("random affine maps stay within their limits: a rotation keeps the center, a translation is bounded", () => {
  const x = [0, 0, 0, 0, 7, 0, 0, 0, 0];
  for (const y of draws("random_rotation(x, 3)", [1, 3, 3, 1], x, 10)) expect(y[4]).toBeCloseTo(7, 5);
  const moved = draws("random_affine(x, translation: 0.1)", [1, 3, 3, 1], x, 20);
  expect(new Set(moved.map((y) => y[4])).size).toBe(20);
  for (const y of moved) {
    expect(y[4]).toBeGreaterThan(7 * 0.7 * 0.7 - 1e-4);
    expect(y.reduce((a, b) => a + b)).toBeCloseTo(7, 4);
  }
});

test("noise has the configured deviation, jitter the configured factors", () => {
  const x = new Array<number>(900).fill(1);
  const [noise = []] = draws("gaussian_noise(x, std: 0.5)", [1, 30, 30, 1], x, 1);
  const spread = Math.sqrt(noise.reduce((sum, v) => sum + (v - 1) ** 2, 0) / 900);
  expect(spread).toBeGreaterThan(0.45);
  expect(spread).toBeLessThan(0.55);
  const y = image(2, 3, 2, 3);
  for (const [k, z] of draws("color_jitter(x, brightness: 0.3)", [2, 3, 2, 3], y, 5).entries()) {
    const factors = z.map((v, i) => v / (y[i] ?? NaN));
    for (const half of [factors.slice(0, 18), factors.slice(18)]) {
      expect(Math.max(...half) - Math.min(...half), `call ${k}`).toBeLessThan(1e-5);
      expect(Math.abs((half[0] ?? NaN) - 1)).toBeLessThan(0.3 + 1e-5);
    }
    expect(factors[0]).not.toBeCloseTo(factors[18] ?? NaN, 5);
  }
  const grey = (v: readonly number[]): number[] =>
    [0, 3, 6].map((i) => 0.299 * (v[i] ?? NaN) + 0.587 * (v[i + 1] ?? NaN) + 0.114 * (v[i + 2] ?? NaN));
  for (const z of draws("color_jitter(x, saturation: 0.5)", [1, 3, 1, 3], y.slice(0, 9), 3))
    grey(z).forEach((v, i) => expect(v).toBeCloseTo(grey(y)[i] ?? NaN, 5));
});

test("a blur keeps the sum of a single pixel, and is separable into two Gaussians", () => {
  const x = Array.from({ length: 49 }, (_, i) => (i === 24 ? 1 : 0));
  const { result: y = [] } = run("entry f(x: f32[1, 7, 7, 1]) { gaussian_blur(x, sigma: 0.8, size: 5) }").call("f", {
    x,
  });
  expect(y.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
  const weight = (d: number): number => Math.exp((-d * d) / (2 * 0.64));
  const total = [-2, -1, 0, 1, 2].reduce((sum, d) => sum + weight(d), 0);
  expect(y[24]).toBeCloseTo(1 / total ** 2, 5);
  expect(y[24 + 7 + 2]).toBeCloseTo((weight(1) * weight(2)) / total ** 2, 5);
});

test("cutout: one square of zeros, the rest unchanged", () => {
  const x = new Array<number>(64).fill(1);
  for (const y of draws("cutout(x, size: 3)", [1, 8, 8, 1], x, 20)) {
    const holes = y.flatMap((v, i) => (v === 0 ? [[Math.floor(i / 8), i % 8] as const] : []));
    const [rows, columns] = [holes.map(([r]) => r), holes.map(([, c]) => c)];
    const side = (of: readonly number[]): number => Math.max(...of) - Math.min(...of) + 1;
    expect(holes.length).toBe(side(rows) * side(columns));
    expect(Math.max(side(rows), side(columns))).toBeLessThanOrEqual(3);
    expect(Math.min(side(rows), side(columns))).toBeGreaterThanOrEqual(2);
  }
});

test("mixup and cutmix: images and targets share the same parts", () => {
  const model = run(`
train entry mix(x: f32[3, 2, 2, 1], t: f32[3, 3]) {
  let (a, b) = mixup(x, t, alpha: 0.7)
  { a, b }
}
train entry cut(x: f32[3, 4, 4, 1], t: f32[3, 3]) {
  let (a, b) = cutmix(x, t)
  { a, b }
}`);
  const t = [1, 0, 0, 0, 1, 0, 0, 0, 1];
  const shares: number[] = [];
  for (let call = 0; call < 60; call++)
    for (const [entry, pixels] of [
      ["mix", 4],
      ["cut", 16],
    ] as const) {
      // All pixels of an image have its number as value, so that a mean determines the shares.
      const { a = [], b = [] } = model.call(entry, {
        x: Array.from({ length: 3 * pixels }, (_, i) => Math.floor(i / pixels)),
        t,
      });
      for (let n = 0; n < 3; n++) {
        const row = b.slice(3 * n, 3 * n + 3);
        expect(row.reduce((p, q) => p + q)).toBeCloseTo(1, 5);
        expect(row[(n + 2) % 3]).toBe(0);
        const mean = a.slice(n * pixels, (n + 1) * pixels).reduce((p, q) => p + q) / pixels;
        expect(mean).toBeCloseTo(
          row.reduce((sum, share, k) => sum + share * k, 0),
          4,
        );
        if (entry === "mix") shares.push(row[n] ?? NaN);
      }
    }
  // Beta(0.7, 0.7) has the mean 1/2 and the variance 1 / (4 (2 * 0.7 + 1)).
  const mean = shares.reduce((p, q) => p + q) / shares.length;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.1);
  expect(shares.reduce((sum, s) => sum + (s - mean) ** 2, 0) / shares.length).toBeCloseTo(1 / 9.6, 1);
});
