// Loops and branches with carries, items and results of every dtype, on every target: zero, one or several iterations,
// forward, reversed and nested.
import { expect, test } from "vitest";
import { dtypes } from "../../runtime/dtype.ts";
import type { DType } from "../../runtime/model.ts";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import { inlineRegion } from "../../compiler/graph/inline.ts";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { ops } from "../../compiler/ops/table.ts";
import { smoothGraphs } from "./control-graphs.ts";
import { expectAgreement } from "./targets/agree.ts";
import { controlGraph, fixedInput } from "./targets/control.ts";
import { compiled, leavesOf, targetsOf } from "./targets/run.ts";
import { ordinary, ordinaryData } from "./targets/values.ts";

const shapes: readonly (readonly number[])[] = [[], [0], [7]];
const inKernels = (Object.keys(dtypes) as DType[]).filter((dtype) => dtype !== "f64");

for (const dtype of inKernels)
  test(`loops and branches of ${dtype} return the bits of the reference`, async () => {
    const graphs = shapes.map((shape, i) => controlGraph(dtype, shape, `e${i}`));
    const targets = await targetsOf(compiled(graphs));
    for (const [i, graph] of graphs.entries()) {
      const data = new Map(
        [...leavesOf(graph)].map(([name, { type }], k) => [
          name,
          Float64Array.from(fixedInput(name) ?? ordinary(type, k + 1)),
        ]),
      );
      expectAgreement(targets, graph, data, true, (output) => `${dtype}[${shapes[i]?.join()}] ${output}`);
    }
  });

test("the graphs use every op with regions", () => {
  const used = new Set<string>();
  const visit = (graph: ReturnType<typeof controlGraph>): void => {
    for (const { op, regions } of graph.nodes) {
      if (regions.length > 0) used.add(op.name);
      regions.forEach(visit);
    }
  };
  visit(controlGraph("f32", [], "used"));
  expect([...used].sort()).toEqual(
    [...ops.values()].flatMap(({ name, regions }) => (regions === undefined ? [] : [name])).sort(),
  );
});

for (const [description, text] of Object.entries(smoothGraphs))
  test(`${description} and its gradient agree on every target`, async () => {
    const inner = parseGraph(text, ops);
    const g = new GraphBuilder("gradient", ops);
    const inputs = inner.inputs.map(({ node, type }) => g.input(String(node.attrs["name"]), type));
    const { outputs } = inlineRegion(g, inner, inputs);
    const loss = outputs.map((value) => g.sum(value, [...value.type.shape.keys()])).reduce((a, b) => g.add(a, b));
    outputs.forEach((value, i) => g.output(`out ${i}`, value));
    const targets = inputs.filter(({ type }) => type.dtype === "f32");
    g.callAll("gradient", [loss, ...targets]).forEach((value, i) => g.output(`gradient ${i}`, value));
    const graph = g.build();
    const data = ordinaryData(leavesOf(graph));
    expectAgreement(await targetsOf(compiled([graph])), graph, data, false, (output) => output);
  });
