import fc from "fast-check";
import { expect, test } from "vitest";
import { pushForward } from "../../compiler/graph/autodiff-forward.ts";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import { evaluate } from "../../compiler/graph/evaluate.ts";
import { inlineRegion, RegionBuilder } from "../../compiler/graph/inline.ts";
import type { Graph } from "../../compiler/graph/ir.ts";
import { verify } from "../../compiler/graph/verify.ts";
import { ops } from "../../compiler/ops/table.ts";
import { differentiate } from "../../compiler/passes/differentiate.ts";
import { runPasses } from "../../compiler/passes/driver.ts";
import { tensor } from "../../compiler/types/tensor-type.ts";
import { choices, randomData, tameGraph } from "./random-graph.ts";

type Data = ReturnType<typeof randomData>;

const run = (graph: Graph, data: Data): readonly number[] =>
  Array.from(evaluate(graph, { ...data, precision: "f64" }).outputs.values(), ({ data: numbers }) => [
    ...numbers,
  ]).flat();

/** Pairs of the derivatives of the outputs along a direction and their central differences. */
function bothWays(graph: Graph, seed: number): readonly (readonly [number, number])[] {
  const data = randomData(graph, seed);
  const g = new GraphBuilder("forward", ops);
  const inputs = graph.inputs.map((value, index) => g.input(`x${index}`, value.type));
  const plain = {
    ...graph,
    nodes: graph.nodes.filter(({ op }) => op.name !== "gradient"),
    outputs: graph.outputs.filter(({ name }) => !name.startsWith("g")),
    writes: [],
  };
  // A copy of the graph on new inputs.
  const { outputs } = inlineRegion(g, plain, inputs);
  const tangents = inputs.map(({ type }, index) => g.input(`v${index}`, type));
  pushForward(g, outputs, inputs, tangents).forEach((value, index) => g.output(`t${index}`, value));
  const forward = runPasses(g.build(), [differentiate], {});
  verify(forward);

  const direction = graph.inputs.map(({ type }) =>
    Float64Array.from({ length: type.shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.cos(i + seed)),
  );
  const renamed = new Map(
    graph.inputs.map(({ node }, index) => [
      `x${index}`,
      data.inputs.get(String(node.attrs["name"])) ?? new Float64Array(),
    ]),
  );
  const found = run(forward, {
    ...data,
    inputs: new Map([...renamed, ...direction.map((v, index) => [`v${index}`, v] as const)]),
  });
  const moved = (h: number): readonly number[] => {
    const inputsAt = new Map(
      graph.inputs.map(({ node }, index) => {
        const name = String(node.attrs["name"]);
        return [
          name,
          (data.inputs.get(name) ?? new Float64Array()).map((x, i) => x + h * (direction[index]?.[i] ?? 0)),
        ] as const;
      }),
    );
    return run(plain, { ...data, inputs: inputsAt });
  };
  const h = 1e-5;
  const [up, down] = [moved(h), moved(-h)];
  return found.map((value, index) => [value, ((up[index] ?? NaN) - (down[index] ?? NaN)) / (2 * h)] as const);
}

const expectClose = (pairs: readonly (readonly [number, number])[]): void => {
  expect(pairs.length).toBeGreaterThan(0);
  for (const [value, wanted] of pairs) expect(Math.abs(value - wanted)).toBeLessThan(1e-7 * (1 + Math.abs(wanted)));
};

test("derivatives along a direction match central differences", () => {
  fc.assert(
    fc.property(choices, fc.nat(100), (steps, seed) => expectClose(bothWays(tameGraph(steps), seed))),
    { numRuns: 30, seed: 3 },
  );
});

test("the derivative of a scan along a direction matches central differences", () => {
  const item = tensor("f32", [3]);
  const body = new RegionBuilder("body", new GraphBuilder("body", ops));
  const [x, h] = [body.input("x", item), body.carry("h", item)];
  const next = body.g.call("tanh", [body.g.add(body.g.mul(h, x), x)]);
  body.next(0, next);
  body.output("y", body.g.mul(next, next));
  const g = new GraphBuilder("loop", ops);
  const operands = [g.input("h", item), g.input("x", tensor("f32", [4, 3]))];
  g.callAll("scan", operands, { carries: 1, sequences: 1, length: 4 }, [body.build()]).forEach((value, index) =>
    g.output(`y${index}`, value),
  );
  expectClose(bothWays(g.build(), 5));
});

test("the tangent of an integer is zero", () => {
  const g = new GraphBuilder("indices", ops);
  const x = g.input("x", tensor("f32", [3]));
  const [index, double] = pushForward(
    g,
    [g.call("argmax", [x], { axis: 0 }), g.add(x, x)],
    [x],
    [g.constant(x.type, 1)],
  );
  if (index !== undefined) g.output("index", index);
  if (double !== undefined) g.output("double", double);
  expect(run(g.build(), { inputs: new Map([["x", Float64Array.of(1, 2, 3)]]), persistent: new Map() })).toEqual([
    0, 2, 2, 2,
  ]);
});
