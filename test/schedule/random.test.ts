// Random graphs, half of them with a training step: after the whole pipeline, their kernels compute the values of the
// reference.
import fc from "fast-check";
import { expect, test } from "vitest";
import { evaluate } from "../../compiler/graph/evaluate.ts";
import { verifyKernel } from "../../compiler/kernel/verify.ts";
import { runPasses } from "../../compiler/passes/driver.ts";
import { memoryOf } from "../../compiler/passes/plan-memory/plan-memory.ts";
import { pipeline } from "../../compiler/pipeline.ts";
import { lowerGroups } from "../../compiler/schedule/lower.ts";
import { randomData } from "../passes/data.ts";
import { choices, randomGraph } from "../passes/random-graph.ts";
import { runLowered } from "./run-lowered.ts";

const runs = { numRuns: Number(process.env["RUNS"] ?? 15) };

function near(got: Float64Array, wanted: Float64Array, what: string): void {
  expect(got.length, what).toBe(wanted.length);
  const size = wanted.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 1);
  const far = wanted.findIndex(
    (x, i) =>
      !(x === got[i] || (Number.isNaN(x) && Number.isNaN(got[i])) || Math.abs(x - (got[i] ?? NaN)) <= 2e-4 * size),
  );
  expect(far === -1 ? "near" : `${what}[${far}]: ${got[far]} is not ${wanted[far]}`).toBe("near");
}

test("kernels of random graphs compute the values of the reference", () => {
  fc.assert(
    fc.property(choices, fc.boolean(), (steps, trains) => {
      const graph = randomGraph(steps, { trains, smooth: true });
      const data = randomData(graph, 1);
      const wanted = evaluate(graph, { ...data, precision: "f32" });
      const planned = runPasses(graph, pipeline, { verify: true });
      for (const { kernel } of lowerGroups(planned)) verifyKernel(kernel);
      const got = runLowered(planned, data.inputs, data.persistent);
      for (const [name, { data: values }] of wanted.outputs)
        near(got.outputs.get(name) ?? new Float64Array(), values, `output ${name}`);
      for (const [path, { data: values }] of wanted.writes)
        near(got.persistent.get(path) ?? new Float64Array(), values, `write ${path}`);
      const { planned: peak, live } = memoryOf(planned);
      expect(peak).toBeLessThanOrEqual(live * 1.34 + 64);
    }),
    runs,
  );
});
