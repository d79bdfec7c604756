import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Runner, programOf } from "./program.ts";

const example = (name: string): string =>
  readFileSync(new URL(`../../examples/mnist/${name}.dl`, import.meta.url), "utf8");

/** Deterministic image-like data: a fifth of the pixels are not black. */
const pixels = (n: number): number[] =>
  Array.from({ length: n * 784 }, (_, k) =>
    Math.max(0, ((Math.abs(Math.sin(k * 12.9898) * 43758.5453) % 1) - 0.8) * 5),
  );

test("the MLP learns a batch", () => {
  const model = new Runner(programOf(example("mlp"), [{ N: 2 }]));
  const batch = { image: pixels(2), label: [3, 1] };
  const losses = [1, 2, 3, 4, 5].map(() => model.call("step", batch).loss?.[0] ?? NaN);
  expect(losses[0]).toBeGreaterThan(1);
  expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) / 2);
  const { probs = [] } = model.call("predict", { image: batch.image });
  expect(probs).toHaveLength(20);
  expect(probs.slice(0, 10).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
});

test("LeNet: a step changes params, statistics and the optimizer's states", () => {
  const model = new Runner(programOf(example("lenet"), [{ N: 2 }]));
  const paths = model.program.persistent.map((p) => p.path);
  expect(paths.filter((path) => path.startsWith("LeNet."))).toEqual([
    ...["conv1.w", "conv1.b", "batch_norm1.gamma", "batch_norm1.beta", "batch_norm1.mean", "batch_norm1.var"].map(
      (p) => `LeNet.${p}`,
    ),
    ...["conv2.w", "conv2.b", "batch_norm2.gamma", "batch_norm2.beta", "batch_norm2.mean", "batch_norm2.var"].map(
      (p) => `LeNet.${p}`,
    ),
    ...["dense1.w", "dense1.b", "dense2.w", "dense2.b", "dense3.w", "dense3.b"].map((p) => `LeNet.${p}`),
  ]);
  const before = new Map(model.persistent);
  const { loss = [] } = model.call("step", { image: pixels(2), label: [7, 2] });
  expect(loss[0]).toBeGreaterThan(0.1);
  for (const path of paths.filter((p) => p !== "rng.seed"))
    expect(model.state(path), path).not.toEqual([...(before.get(path) ?? [])]);
  expect(model.state("step.adam.t")).toEqual([1]);
});
