// Random graphs keep their values through each pass alone and through the pipeline.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Graph, Node } from "../../compiler/graph/ir.ts";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { printGraph } from "../../compiler/graph/print.ts";
import { ops } from "../../compiler/ops/table.ts";
import { runPasses } from "../../compiler/passes/driver.ts";
import { differentiate } from "../../compiler/passes/differentiate.ts";
import { foldAffine } from "../../compiler/passes/fold-affine/fold-affine.ts";
import type { Pass, PassOptions } from "../../compiler/passes/pass.ts";
import { simplify } from "../../compiler/passes/simplify/simplify.ts";
import { stageOf } from "../../compiler/analysis/stage.ts";
import { pipeline } from "../../compiler/pipeline.ts";
import { expectSameFunction, randomData } from "./data.ts";
import { passes, preparationFor } from "./passes.ts";
import { choices, randomGraph } from "./random-graph.ts";

const runs = { numRuns: Number(process.env["RUNS"] ?? 25) };

const through = (graph: Graph, list: readonly Pass[], options: PassOptions = {}): Graph =>
  runPasses(graph, list, { verify: true, ...options });

for (const pass of passes) {
  test(`${pass.name} keeps every value`, () => {
    fc.assert(
      fc.property(choices, fc.boolean(), (steps, trains) => {
        const before = through(randomGraph(steps, { trains, smooth: !pass.exact }), preparationFor(pass));
        const after = through(before, [pass], { frozen: randomData(before, 1).persistent });
        if (pass.exact) expectSameFunction(before, after, "f32", "exact", [1]);
        else expectSameFunction(before, after, "f64", 1e-9, [1]);
      }),
      runs,
    );
  });
}

/** The nodes of the call stage that compute something. */
function callWork(graph: Graph): Node[] {
  const stage = stageOf(graph);
  return graph.nodes.filter(
    (node) => stage(node) === "call" && !["leaf", "view"].includes(node.op.form.kind) && node.op.name !== "broadcast",
  );
}

test("fold-affine never adds operations to the call stage", () => {
  fc.assert(
    fc.property(choices, fc.boolean(), (steps, trains) => {
      const before = through(randomGraph(steps, { trains, smooth: false }), [differentiate, simplify]);
      const after = through(before, [foldAffine]);
      const products = (graph: Graph): number =>
        callWork(graph).filter((node) => node.op.form.kind === "contract").length;
      expect(callWork(after).length).toBeLessThanOrEqual(callWork(before).length);
      expect(products(after)).toBe(products(before));
    }),
    runs,
  );
});

test("the pipeline keeps every value", () => {
  fc.assert(
    fc.property(choices, fc.boolean(), fc.boolean(), (steps, trains, frozen) => {
      const before = randomGraph(steps, { trains, smooth: true });
      const after = through(before, pipeline, frozen ? { frozen: randomData(before, 1).persistent } : {});
      expectSameFunction(before, after, "f64", 1e-4, [1]);
    }),
    runs,
  );
});

test("the graph after each pass round-trips through text", () => {
  fc.assert(
    fc.property(choices, (steps) => {
      const after = through(randomGraph(steps, { trains: false, smooth: false }), pipeline);
      expect(printGraph(parseGraph(printGraph(after), ops))).toBe(printGraph(after));
    }),
    runs,
  );
});

for (const pass of passes) {
  test(`${pass.name} is idempotent`, () => {
    fc.assert(
      fc.property(choices, fc.boolean(), (steps, trains) => {
        const once = through(randomGraph(steps, { trains, smooth: false }), [...preparationFor(pass), pass]);
        expect(printGraph(through(once, [pass]))).toBe(printGraph(once));
      }),
      { numRuns: Math.ceil(runs.numRuns / 3) },
    );
  });
}
