import { describe, expect, test } from "vitest";
import { entryOf } from "../../compiler/compile.ts";
import { evaluate, type Evaluation, type Precision } from "../../compiler/graph/evaluate.ts";
import type { Graph } from "../../compiler/graph/ir.ts";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { printGraph } from "../../compiler/graph/print.ts";
import { verify } from "../../compiler/graph/verify.ts";
import { verifyKernel } from "../../compiler/kernel/verify.ts";
import { parseKernels } from "../../compiler/kernel/parse.ts";
import { printKernels } from "../../compiler/kernel/print.ts";
import { ops } from "../../compiler/ops/table.ts";
import { at } from "../../compiler/support/lists.ts";
import { compileExample, digits, examples } from "./examples.ts";

/** Initial params and state, as the entry `init` writes them from a seed. */
function persistentOf(module: ReturnType<typeof compileExample>): Map<string, Float64Array> {
  const zero = new Map(
    module.plan.persistent.map(({ path, shape }) => [path, new Float64Array(shape.reduce((a, b) => a * b, 1))]),
  );
  zero.set("rng.seed", Float64Array.of(7, 0));
  const init = at(entryOf(module, "init").stages, 0).graph;
  const { writes } = evaluate(init, { inputs: new Map(), persistent: zero, precision: "f32" });
  return new Map([...zero].map(([path, data]) => [path, writes.get(path)?.data ?? data]));
}

function valuesOf(graph: Graph, persistent: ReadonlyMap<string, Float64Array>, precision: Precision): Evaluation {
  const { image, label } = digits(2);
  return evaluate(graph, {
    inputs: new Map([
      ["image", Float64Array.from(image)],
      ["label", Float64Array.from(label)],
    ]),
    persistent,
    precision,
  });
}

const flatten = ({ outputs, writes }: Evaluation): [string, Float64Array][] =>
  [...outputs, ...writes].map(([name, { data }]) => [name, data]);

function expectClose(before: Evaluation, after: Evaluation, tolerance: number, where: string): void {
  const then = new Map(flatten(before));
  for (const [name, data] of flatten(after)) {
    const old = then.get(name) ?? new Float64Array();
    expect(data.length, `${where} ${name}`).toBe(old.length);
    const worst = data.reduce(
      (most, x, i) =>
        Math.max(most, Object.is(x, old[i]) ? 0 : Math.abs(x - (old[i] ?? NaN)) / Math.max(1, Math.abs(x))),
      0,
    );
    expect(worst, `${where} ${name}`).toBeLessThanOrEqual(tolerance);
  }
  expect(flatten(after).length).toBe(then.size);
}

for (const name of examples)
  describe(name, () => {
    const module = compileExample(name, { dims: { N: 2 }, verify: true });
    const persistent = persistentOf(module);
    for (const entry of ["predict", "step"]) {
      const { stages } = entryOf(module, entry);

      test(`${entry}: every dump parses back to the same text`, () => {
        expect(stages.length).toBeGreaterThan(8);
        for (const { name: stage, graph } of stages) {
          const text = printGraph(graph);
          const parsed = parseGraph(text, ops);
          verify(parsed);
          expect(printGraph(parsed), `${entry} after ${stage}`).toBe(text);
        }
      });

      test(`${entry}: every stage computes the values of the one before`, () => {
        // Stages whose text did not change need no comparison.
        const changed = stages
          .map((stage) => ({ ...stage, text: printGraph(stage.graph) }))
          .filter(({ text }, i, all) => i === 0 || text !== all[i - 1]?.text);
        const parsed = changed.map((stage) => ({ ...stage, graph: parseGraph(stage.text, ops) }));
        const values = parsed.map(({ graph }) => ({
          f64: valuesOf(graph, persistent, "f64"),
          f32: valuesOf(graph, persistent, "f32"),
        }));
        for (const [i, { name: stage, pass }] of parsed.entries()) {
          const [before, after] = [values[i - 1], values[i]];
          if (before === undefined || after === undefined) continue;
          expectClose(before.f64, after.f64, 1e-12, `${entry} after ${stage}, f64,`);
          if (pass?.exact === true) expectClose(before.f32, after.f32, 0, `${entry} after ${stage}, f32,`);
        }
      });
    }

    test("kernel dumps parse back to the same text", () => {
      const { kernels } = module.assembly;
      expect(kernels.length).toBeGreaterThan(5);
      for (const kernel of kernels) {
        verifyKernel(kernel);
        const text = printKernels([kernel]);
        expect(printKernels(parseKernels({ name: "kernels.kir", text }))).toBe(text);
      }
    });

    test("the plan's peak is within 10 % of the largest live set", () => {
      for (const plan of module.plan.entries.filter(({ liveBytes }) => liveBytes > 0))
        expect(plan.scratchBytes / plan.liveBytes, plan.name).toBeLessThanOrEqual(1.1);
    });
  });
