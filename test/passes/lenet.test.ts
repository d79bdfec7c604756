// The effects of the passes on a complete model.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createResolver } from "../../cli/host/resolver.ts";
import { elaborate } from "../../compiler/frontend/program.ts";
import { pathOf } from "../../compiler/graph/facts.ts";
import type { Graph } from "../../compiler/graph/ir.ts";
import { present } from "../../compiler/support/invariant.ts";
import { runPasses } from "../../compiler/passes/driver.ts";
import { expectSameFunction, randomData } from "./data.ts";
import { rewriting } from "./passes.ts";

const path = "examples/mnist/lenet.dl";

function entry(name: string, N: number): Graph {
  const { program, diagnostics } = elaborate(
    { name: path, text: readFileSync(path, "utf8") },
    { variants: [{ N }], resolve: createResolver(path) },
  );
  expect(diagnostics).toEqual([]);
  return present(program?.entries.find(({ graph }) => graph.name === name)?.graph, `the program has the entry ${name}`);
}

/** The number of calls of each op per run. */
function callStage(graph: Graph): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { op, notes } of graph.nodes)
    if (op.form.kind !== "leaf" && op.form.kind !== "view" && notes.stage === undefined)
      counts[op.name] = (counts[op.name] ?? 0) + 1;
  return counts;
}

/** Convolutions and dense layers with one bias each, relus, pools, and the softmax; no batch norm and no packing. */
const predictStage = {
  pad: 1,
  contraction: 5,
  broadcast: 7,
  add: 5,
  max: 4,
  window_max: 2,
  reduce_max: 1,
  // A row of -inf has the softmax 0.
  eq: 2,
  select: 2,
  sub: 1,
  exp: 1,
  reduce_sum: 1,
  div: 1,
};

test("the weights stage of predict folds batch norms and packs weights", () => {
  const before = entry("predict", 2);
  const after = runPasses(before, rewriting, { verify: true });
  expect(callStage(after)).toEqual(predictStage);
  expectSameFunction(before, after, "f64", 1e-6, [1]);
});

test("with frozen weights the call stage is the same", () => {
  const before = entry("predict", 2);
  const { persistent } = randomData(before, 1);
  const after = runPasses(before, rewriting, { verify: true, frozen: persistent });
  expect(after.nodes.filter((node) => pathOf(node) !== null)).toEqual([]);
  expect(callStage(after)).toEqual(predictStage);
  expectSameFunction(before, after, "f64", 1e-5, [1]);
});

test("every contraction of a training step is packed", () => {
  const { contraction, conv, conv_input_gradient, dot } = callStage(
    runPasses(entry("step", 4), rewriting, { verify: true }),
  );
  // Five forward, five for the weights, and four for the inputs: the gradient of the image is not needed.
  expect({ contraction, conv, conv_input_gradient, dot }).toEqual({
    contraction: 14,
    conv: undefined,
    conv_input_gradient: undefined,
    dot: undefined,
  });
});

test("a training step keeps its loss and every update", () => {
  const before = entry("step", 2);
  expectSameFunction(before, runPasses(before, rewriting, {}), "f64", 1e-5, [1]);
});
