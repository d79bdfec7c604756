// Norms: offsets, huge values, single values.
import { describe, expect, test } from "vitest";
import { compile } from "../../cli/api.ts";
import { present } from "../../compiler/support/invariant.ts";
import { refusals, situations, type Situation } from "./situations.ts";

const eighths = [-1.5, -0.5, 0.5, 1.5].map((x) => x / Math.sqrt(1.25 + 1e-5));

const rows: readonly Situation[] = [
  {
    source: "microsoft/onnxruntime#28463, pytorch/pytorch#51102",
    title: "layer norm of a large offset",
    text: "entry offset(x: f32[1, 4]) { { layer: layer_norm(x), instance: instance_norm(reshape(x, [1, 4, 1])) } }",
    inputs: { x: [40000, 40001, 40002, 40003] },
    wanted: { layer: eighths, instance: eighths },
  },
  {
    source: "pytorch/pytorch#40302",
    title: "the variance of numbers near 100 that differ by 0.01",
    text: "entry near(x: f32[4]) { { variance: variance(x), group: group_norm(reshape(x, [1, 2, 2]), 1, eps: 0) } }",
    inputs: { x: [100 - 2 ** -7, 100, 100, 100 + 2 ** -7] },
    wanted: { variance: [2 ** -15], group: [-Math.SQRT2, 0, 0, Math.SQRT2] },
  },
  {
    source: "tensorflow/tensorflow#61287",
    title: "layer norm of zeros is 0, with a gradient of 0",
    text: "entry zeros_norm(x: f32[1, 3], y: f32[1, 3]) { { norm: layer_norm(x), slope: grad(sum(layer_norm(x) * y), y) } }",
    inputs: { x: [0, 0, 0], y: [1, 2, 3] },
    wanted: { norm: [0, 0, 0], slope: [0, 0, 0] },
  },
  {
    source: "pytorch/pytorch#178123",
    title: "norms of 1e30 but batch norm",
    text: "entry huge(x: f32[1, 4]) { { layer: layer_norm(x), rms: rms_norm(x), group: group_norm(reshape(x, [1, 4, 1]), 1) } }",
    inputs: { x: [1e30, -1e30, 1e30, -1e30] },
    wanted: { layer: [1, -1, 1, -1], rms: [1, -1, 1, -1], group: [1, -1, 1, -1] },
  },
];

situations(rows.map((row) => ({ within: 2e-6, each: true, ...row })));

/** The output and the states after one step of a batch norm with momentum 1. */
async function batchNorm(rows: number, channels: number, data: readonly number[]) {
  const model = await compile(`dl 1

model Net(x: f32[${rows}, ${channels}]) = batch_norm(x, momentum: 1)

train entry step(x: f32[${rows}, ${channels}]) {
  let y = Net(x)
  minimize mean(y) over Net with sgd(lr: 0)
  { y }
}
`);
  const { y } = model.run("step", { x: Float32Array.from(data) });
  return {
    y: [...present(y, "y").data],
    var: [...present(model.state.get("Net.batch_norm1.var"), "var").data],
    warnings: model.warnings.map(({ says }) => says),
  };
}

describe("batch norm", () => {
  test("keras-team/keras#8982, #10443, pytorch/pytorch#60528: divides by n, and its running variance by n - 1", async () => {
    const found = await batchNorm(4, 1, [1, 2, 3, 4]);
    expect(found.warnings).toEqual([]);
    for (const [i, x] of eighths.entries()) expect(found.y[i]).toBeCloseTo(x, 6);
    expect(found.var[0]).toBeCloseTo(5 / 3, 6);
    expect((await batchNorm(2, 1, [-1, 1])).var[0]).toBeCloseTo(2, 6);
  });

  test("pytorch/pytorch#5410: of constant channels is 0, however large", async () => {
    const found = await batchNorm(3, 2, [1e10, -7.3e17, 1e10, -7.3e17, 1e10, -7.3e17]);
    expect(found.y).toEqual([0, 0, 0, 0, 0, 0]);
    expect(found.var).toEqual([0, 0]);
  });

  test("pytorch/pytorch#178123: is 0 where the variance is more than an f32, whose largest is its running variance", async () => {
    const found = await batchNorm(2, 1, [1e30, -1e30]);
    expect(found.y.every((y) => y === 0)).toBe(true);
    expect(found.var[0]).toBe((2 - 2 ** -23) * 2 ** 127);
  });

  test("pytorch/pytorch#1381, #7716: of a single value per channel is beta, with a warning", async () => {
    const found = await batchNorm(1, 3, [1, 2, 3]);
    expect(found.y).toEqual([0, 0, 0]);
    expect(found.warnings).toEqual([expect.stringContaining("batch_norm of one value per channel is always beta")]);
  });
});

test.each(["instance_norm(x)", "group_norm(x, 2)", "layer_norm(x[:, :, :, :1])"])(
  "pytorch/pytorch#19250, #45687: %s of single values is beta, with a warning, whatever the batch",
  async (norm) => {
    for (const rows of [1, 2]) {
      const model = await compile(`dl 1\n\nentry f(x: f32[${rows}, 1, 1, 2]) { ${norm} }\n`);
      expect(model.warnings.map(({ says }) => says)).toEqual([
        expect.stringContaining("a norm over one value is always beta"),
      ]);
      expect(
        [...present(model.run("f", { x: new Float32Array(2 * rows).fill(3) })["result"], norm).data].every(
          (y) => y === 0,
        ),
      ).toBe(true);
    }
  },
);

refusals(
  ["variance", "std"].map((f) => ({
    source: "pytorch/pytorch#29372",
    title: `${f} of one element with correction 1`,
    text: `entry f(x: f32[2, 1]) { ${f}(x, axis: 1, correction: 1) }`,
    says: /a variance needs more elements than `correction`/,
  })),
);
