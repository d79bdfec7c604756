import fc from "fast-check";
import { expect, test } from "vitest";
import { locationOf } from "../../dsl/span.ts";
import { expandGradients, gradientBlockers } from "../../compiler/graph/autodiff.ts";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import { evaluate } from "../../compiler/graph/evaluate.ts";
import type { Graph, Value } from "../../compiler/graph/ir.ts";
import { printGraph } from "../../compiler/graph/print.ts";
import { verify } from "../../compiler/graph/verify.ts";
import { spanOf, unattributed } from "../../compiler/graph/provenance.ts";
import { ops } from "../../compiler/ops/table.ts";
import { scalar, tensor } from "../../compiler/types/tensor-type.ts";
import { choices, randomData, tameGraph } from "./random-graph.ts";

type Data = ReturnType<typeof randomData>;

const outputs = (graph: Graph, data: Data): Record<string, number[]> =>
  Object.fromEntries(
    Array.from(evaluate(graph, { ...data, precision: "f64" }).outputs, ([name, { data: numbers }]) => [
      name,
      [...numbers],
    ]),
  );

/** d loss / d element by the fourth-order central difference. */
function difference(graph: Graph, data: Data, tensorData: Float64Array, index: number): number {
  const x = tensorData[index] ?? Number.NaN;
  const lossAt = (offset: number): number => {
    tensorData[index] = x + offset;
    const [loss] = outputs(graph, data)["loss"] ?? [];
    tensorData[index] = x;
    return loss ?? Number.NaN;
  };
  const h = 1e-4;
  return (8 * (lossAt(h) - lossAt(-h)) - (lossAt(2 * h) - lossAt(-2 * h))) / (12 * h);
}

test("gradients of random graphs match central differences", () => {
  fc.assert(
    fc.property(choices, fc.nat(1000), (steps, seed) => {
      const graph = tameGraph(steps);
      const data = randomData(graph, seed);
      const lossOnly = {
        ...graph,
        outputs: graph.outputs.filter(({ name }) => name === "loss"),
        nodes: graph.nodes.filter(({ op }) => op.name !== "gradient"),
        writes: [],
      };
      const found = outputs(graph, data);
      for (const [index, values] of [...data.inputs.values(), ...data.persistent.values()].entries())
        for (const at of values.keys()) {
          const expected = difference(lossOnly, data, values, at);
          expect(Math.abs((found[`g${index}`]?.[at] ?? Number.NaN) - expected)).toBeLessThan(
            1e-6 * (1 + Math.abs(expected)),
          );
        }
    }),
    { numRuns: 40, seed: 7 },
  );
});

/** A graph with one input `x`, whose outputs are those of `make`. */
function graphOf(
  shape: readonly number[],
  make: (g: GraphBuilder, x: Value) => Readonly<Record<string, Value>>,
): Graph {
  const g = new GraphBuilder("test", ops);
  const values = make(g, g.input("x", tensor("f32", shape)));
  for (const [name, value] of Object.entries(values)) g.output(name, value);
  return g.build();
}

const grad = (g: GraphBuilder, loss: Value, target: Value): Value => g.callAll("gradient", [loss, target])[0] ?? loss;

const at = (graph: Graph, x: readonly number[]): Record<string, number[]> =>
  outputs(graph, { inputs: new Map([["x", Float64Array.from(x)]]), persistent: new Map() });

test("the gradients of several uses are summed; the expanded graph", () => {
  const graph = graphOf([2], (g, x) => ({ dx: grad(g, g.sum(g.mul(g.add(x, x), x), [0]), x) }));
  expect(printGraph(expandGradients(graph)).replaceAll(/ +/g, " ")).toBe(`graph test(%x: f32[2])
 %0 = add %x, %x : f32[2]
 %1 = mul %0, %x : f32[2]
 %2 = reduce_sum %1 {axes=[0]} : f32[]
 %3 = constant 1 : f32[]
 %4 = broadcast %3 {shape=[2], dims=[]} : f32[2]
 %5 = mul %4, %x : f32[2]
 %6 = mul %4, %0 : f32[2]
 %7 = add %6, %5 : f32[2]
 %8 = add %7, %5 : f32[2]
 return dx=%8
`);
  expect(at(graph, [3, -1])).toEqual({ dx: [12, -4] });
});

test("the gradient of an unused target is zero, that of the loss itself is one", () => {
  const graph = graphOf([2], (g, x) => {
    const loss = g.sum(g.mul(x, 2), [0]);
    const [unused, self] = g.callAll("gradient", [loss, g.constant(tensor("f32", [3]), 5), loss]);
    return { unused: unused ?? x, self: self ?? x };
  });
  expect(at(graph, [1, 1])).toEqual({ unused: [0, 0, 0], self: [1] });
});

test("an intermediate value may be a target", () => {
  const graph = graphOf([], (g, x) => {
    const y = g.mul(x, x);
    const [dx, dy] = g.callAll("gradient", [g.mul(y, 3), x, y]);
    return { dx: dx ?? x, dy: dy ?? x };
  });
  expect(at(graph, [5])).toEqual({ dx: [30], dy: [3] });
});

test("gradients of gradients expand inside out: the derivatives of x^4", () => {
  const graph = graphOf([], (g, x) => {
    const first = grad(g, g.mul(g.mul(x, x), g.mul(x, x)), x);
    const second = grad(g, first, x);
    return { first, second, third: grad(g, second, x) };
  });
  verify(expandGradients(graph));
  expect(at(graph, [2])).toEqual({ first: [32], second: [48], third: [48] });
});

test("no gradient flows through integers, bools, or ops whose rule returns none", () => {
  const graph = graphOf([3], (g, x) => {
    const hard = g.convert(g.call("argmax", [x], { axis: 0 }), "f32");
    const kept = g.call("select", [g.call("gt", [x, 0]), x, g.constant(x.type, 0)]);
    return { dx: grad(g, g.add(g.add(g.sum(kept, [0]), hard), g.sum(g.mul(g.call("stop_gradient", [x]), x), [0])), x) };
  });
  expect(at(graph, [2, -3, 0])).toEqual({ dx: [3, -3, 0] });
});

test("only the gradients that the targets need are created", () => {
  const g = new GraphBuilder("test", ops);
  const x = g.input("x", tensor("f32", [4, 3]));
  const w = g.param("w", tensor("f32", [3, 2]));
  const y = g.call("dot", [x, w], { batch: [[], []], contract: [[1], [0]] });
  g.output("dw", grad(g, g.sum(y, [0, 1]), w));
  const dots = expandGradients(g.build()).nodes.filter(({ op }) => op.name === "dot");
  expect(dots.map(({ results }) => results.map(({ type }) => type.shape))).toEqual([[[4, 2]], [[3, 2]]]);
});

test("a gradient node has the span of the node that it differentiates", () => {
  const source = { name: "a.dl", text: "x\ny\nz" };
  const graph = graphOf([], (g, x) => {
    g.attribution = unattributed("f", { source, start: 2, end: 3 });
    const loss = g.call("exp", [x]);
    g.attribution = unattributed("f", { source, start: 4, end: 5 });
    return { dx: grad(g, loss, x) };
  });
  expect(
    expandGradients(graph)
      .nodes.map((node) => [node, spanOf(node)] as const)
      .map(([{ op }, span]) => [op.name, span && locationOf(span)]),
  ).toEqual([
    ["input", null],
    ["exp", "a.dl:2:1"],
    ["constant", "a.dl:3:1"],
    ["mul", "a.dl:2:1"],
  ]);
});

test("ops without gradient between target and loss are reported beforehand, and stop the expansion", () => {
  const pack = { sizes: [2, 3], lhs: [0, 1], rhs: [1, 2], out: [1, 0], width: 4 };
  const g = new GraphBuilder("test", ops);
  const x = g.input("x", tensor("f32", [2, 3]));
  const packed = g.call("pack", [x], pack);
  const loss = g.sum(g.mul(packed, 2), [...packed.type.shape.keys()]);
  g.output("dx", grad(g, loss, x));
  expect(gradientBlockers(loss, [x]).map(({ op }) => op.name)).toEqual(["pack"]);
  expect(gradientBlockers(loss, [packed])).toEqual([]);
  expect(() => expandGradients(g.build())).toThrow("pack has no gradient: it is created after differentiation");
});

test("a graph without gradients is returned unchanged", () => {
  const graph = graphOf([], (_, x) => ({ x }));
  expect(expandGradients(graph)).toBe(graph);
  expect(scalar("f32")).toEqual(graph.inputs[0]?.type);
});
