import { expect, test } from "vitest";
import { run } from "../frontend/program.ts";

const close = (a: readonly number[] | undefined, b: readonly number[], tolerance = 1e-4): void => {
  expect(a?.length).toBe(b.length);
  a?.forEach((x, i) =>
    expect(Math.abs(x - (b[i] ?? NaN)), `[${i}]: ${x}, not ${b[i]}`).toBeLessThan(
      tolerance * Math.max(1, Math.abs(b[i] ?? 0)),
    ),
  );
};

const points = (count: number): number[] => Array.from({ length: count }, (_, i) => Math.sin(12.9898 * (i + 1) ** 2));

test("dft matches its definition, for odd and even sizes", () => {
  for (const n of [5, 8]) {
    const x = points(n);
    const model = run(`entry f(x: f32[1, ${n}]) {\n  let (re, im) = dft(x)\n  { re, im }\n}`);
    const bins = Array.from({ length: Math.floor(n / 2) + 1 }, (_, k) => k);
    const part = (wave: (angle: number) => number): number[] =>
      bins.map((k) => x.reduce((sum, v, t) => sum + v * wave((2 * Math.PI * k * t) / n), 0));
    const { re, im } = model.call("f", { x });
    close(re, part(Math.cos));
    close(
      im,
      part((angle) => -Math.sin(angle)),
    );
  }
});

test("frames overlap, windows start at 0 and peak in the middle", () => {
  const model = run(
    `entry f(x: f32[1, 7]) { { frames: frames_of(x, size: 3, hop: 2), hann: hann_window(4), hamming: hamming_window(4) } }`,
  );
  const { frames, hann, hamming } = model.call("f", { x: [0, 1, 2, 3, 4, 5, 6] });
  expect(frames).toEqual([0, 1, 2, 2, 3, 4, 4, 5, 6]);
  close(hann, [0, 0.5, 1, 0.5]);
  close(hamming, [0.08, 0.54, 1, 0.54]);
});

test("a pure tone is in its own bin, and in the mel band around its frequency", () => {
  const [rate, size] = [1600, 64];
  const wave = Array.from({ length: 160 }, (_, t) => Math.sin((2 * Math.PI * 400 * t) / rate));
  const model = run(
    `entry f(x: f32[1, 160]) { { energy: spectrogram(x, size: ${size}, hop: 32), mel: log_mel(x, rate: ${rate}, size: ${size}, hop: 32, mels: 6) } }`,
  );
  const { energy = [], mel = [] } = model.call("f", { x: wave });
  const [bins, frames] = [size / 2 + 1, 4];
  expect([energy.length, mel.length]).toEqual([frames * bins, frames * 6]);
  const best = (row: readonly number[]): number => row.indexOf(Math.max(...row));
  for (let frame = 0; frame < frames; frame++) {
    expect(best(energy.slice(frame * bins, (frame + 1) * bins))).toBe((400 * size) / rate);
    // 400 Hz are 509 mel of 936: above half of the bands.
    expect(best(mel.slice(frame * 6, frame * 6 + 6))).toBe(3);
  }
  // Silence is quiet, not infinite.
  expect(model.call("f", { x: wave.map(() => 0) })["mel"]?.every((x) => Math.abs(x - Math.log(1e-10)) < 1e-3)).toBe(
    true,
  );
});

test("mel filters are triangles that sum to 1 between the first peak and the last", () => {
  const { bank = [] } = run("entry f() { { bank: mel_filter_bank(33, 5, 16000) } }").call("f");
  const rows = Array.from({ length: 33 }, (_, k) => bank.slice(5 * k, 5 * k + 5));
  const mel = (hz: number): number => 1127.01048 * Math.log1p(hz / 700);
  const step = mel(8000) / 6;
  rows.forEach((row, k) => {
    const at = mel(k * 250) / step;
    expect(row.every((x) => x >= 0 && x <= 1 + 1e-6)).toBe(true);
    expect(row.findIndex((x) => x > 1e-5)).toBe(
      at <= 1e-5 || at >= 6 - 1e-5 ? -1 : Math.max(0, Math.ceil(at - 1e-4) - 2),
    );
  });
});

test("pairwise distances match their definitions", () => {
  const model = run(
    `entry f(a: f32[2, 2], b: f32[3, 2]) { { squared: squared_distances(a, b), far: pairwise_distances(a, b), angle: cosine_distances(a, b) } }`,
  );
  const { squared, far, angle } = model.call("f", { a: [0, 1, 3, 4], b: [0, 1, 3, 5, -3, -4] });
  close(squared, [0, 25, 34, 18, 1, 100]);
  close(far, [0, 5, Math.sqrt(34), Math.sqrt(18), 1, 10]);
  close(angle, [0, 1 - 5 / Math.sqrt(34), 1 + 4 / 5, 1 - 4 / 5, 1 - 29 / (5 * Math.sqrt(34)), 2]);
});

test("k-means: points go to the nearest centre, centres to the mean of their points, and the sum of distances never grows", () => {
  const model = run(`
entry f(x: f32[6, 1], centers: f32[3, 1]) {
  let cluster = kmeans_assign(x, centers)
  { cluster, centers: kmeans_update(x, centers, cluster), inertia: kmeans_inertia(x, centers) }
}`);
  const x = [0, 1, 2, 10, 11, 15];
  const first = model.call("f", { x, centers: [0, 9, 100] });
  expect(first).toEqual({ cluster: [0, 0, 0, 1, 1, 1], centers: [1, 12, 100], inertia: [0 + 1 + 4 + 1 + 4 + 36] });
  const second = model.call("f", { x, centers: first["centers"] ?? [] });
  expect(second["inertia"]?.[0]).toBeLessThan(first["inertia"]?.[0] ?? 0);
});

test("solve solves linear equations; locally weighted regression reproduces a plane", () => {
  const model = run(`
entry f(a: f32[1, 3, 3], b: f32[1, 3]) { solve(a, b) }
entry g(q: f32[2, 2], x: f32[8, 2], y: f32[8]) { locally_weighted_regression(q, x, y, width: 2) }`);
  close(model.call("f", { a: [4, 1, 0, 1, 3, 1, 0, 1, 2], b: [6, 10, 8] })["result"], [1, 2, 3]);
  const x = points(16);
  const plane = (a: number, b: number): number => 3 - 2 * a + 5 * b;
  const y = Array.from({ length: 8 }, (_, i) => plane(x[2 * i] ?? 0, x[2 * i + 1] ?? 0));
  close(model.call("g", { q: [0.1, 0.2, -0.5, 0.4], x, y })["result"], [plane(0.1, 0.2), plane(-0.5, 0.4)], 1e-3);
});
