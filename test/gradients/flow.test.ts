import { expect, test } from "vitest";
import { asksForGradient, expandGradients } from "../../compiler/graph/autodiff.ts";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import { evaluate } from "../../compiler/graph/evaluate.ts";
import { inlineRegion, RegionBuilder } from "../../compiler/graph/inline.ts";
import type { Graph, Value } from "../../compiler/graph/ir.ts";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { f32, i32 } from "../../compiler/ops/signature.ts";
import { ops } from "../../compiler/ops/table.ts";
import { present } from "../../compiler/support/invariant.ts";
import { isFloat } from "../../compiler/types/tensor-type.ts";
import { smoothGraphs } from "../ops/control-graphs.ts";
import { random, valuesOf } from "../ops/values.ts";
import { expectDirection, expectFirstOrder, expectSecondOrder } from "./agreement.ts";
import { randomControl } from "./random-control.ts";
import { drawn, gradientOf, nameOf, run, subject, type Subject } from "./subject.ts";

// Gradients through loops, branches, checkpoints, custom gradients and stop_gradient, one by one; random ones are in
// control.test.ts.

function given(description: string, graph: Graph, seed: number): Subject {
  const next = random(seed);
  return subject(
    description,
    graph,
    new Map(
      graph.inputs.map((value) => [
        nameOf(value),
        isFloat(value.type.dtype) ? drawn(valuesOf(value.type, next).length, next) : valuesOf(value.type, next),
      ]),
    ),
  );
}

/** A graph of inputs `x0`, `x1` and so on, and one output for each value. */
function graphOf(
  types: readonly (typeof vector)[],
  make: (g: GraphBuilder, inputs: readonly Value[]) => readonly Value[],
): Graph {
  const g = new GraphBuilder("flow", ops);
  make(
    g,
    types.map((type, i) => g.input(`x${i}`, type)),
  ).forEach((value, i) => g.output(`y${i}`, value));
  return g.build();
}

const vector = f32(2);
const gradient = (g: GraphBuilder, y: Value, x: Value): Value =>
  present(g.callAll("gradient", [g.sum(y, [...y.type.shape.keys()]), x])[0], "a gradient");

test.each(Object.entries(smoothGraphs))("%s: forward and reverse mode agree, to second order", (description, text) => {
  const at = given(description, parseGraph(text, ops), 4);
  expectDirection(at, random(1), 1e-7);
  expectDirection(gradientOf(at, random(2)), random(3), 1e-6);
});

test.each(["a recurrent cell", "a scan in a scan", "a branch", "a checkpoint"])(
  "the third-order gradient of %s matches differences",
  (description) => {
    const at = given(description, parseGraph(present(smoothGraphs[description], description), ops), 4);
    expectSecondOrder(gradientOf(at, random(5)), random(6), 1e-6, 2);
  },
);

/** A loop of h <- tanh(h * item + w) that outputs the old h of each iteration. */
function recurrence(length: number, reverse: boolean): Graph {
  const body = new RegionBuilder("body", new GraphBuilder("body", ops));
  const [item, w, h] = [body.input("item", vector), body.input("w", vector), body.carry("h", vector)];
  body.next(0, body.g.call("tanh", [body.g.add(body.g.mul(h, item), w)]));
  body.output("before", h);
  return graphOf([vector, f32(length, 2), vector], (g, inputs) =>
    g.callAll("scan", inputs, { carries: 1, sequences: 1, length, reverse }, [body.build()]),
  );
}

test.each([
  [1, false],
  [1, true],
  [2, false],
  [5, true],
] as const)("the gradients of a loop of %i iterations match differences (reverse: %s)", (length, reverse) => {
  const at = given(`a loop of ${length}`, recurrence(length, reverse), 7);
  expectFirstOrder(at, random(8), 1e-7);
  expectSecondOrder(at, random(9), 1e-6);
});

test("a loop without iterations passes the gradient of its carry on, and none to its other operands", () => {
  const graph = recurrence(0, false);
  const g = new GraphBuilder("none", ops);
  const inputs = graph.inputs.map((value) => g.input(nameOf(value), value.type));
  const last = present(inlineRegion(g, graph, inputs).outputs[0], "a carry");
  g.callAll("gradient", [g.sum(last, [0]), ...inputs]).forEach((value, i) => g.output(`d${i}`, value));
  const data = new Map(
    inputs.map((value) => [
      nameOf(value),
      Float64Array.from({ length: value.type.shape.reduce((a, b) => a * b, 1) }, () => 2),
    ]),
  );
  expect(run(g.build(), data).map((d) => [...d])).toEqual([[1, 1], [], [0, 0]]);
});

test("a loop that takes one row of a table per iteration sums the gradients of equal rows", () => {
  const body = new RegionBuilder("body", new GraphBuilder("body", ops));
  const [index, table, h] = [body.input("index", i32()), body.input("table", f32(3, 2)), body.carry("h", vector)];
  const row = body.g.call("take", [table, index], { axis: 0 });
  body.next(0, body.g.call("sin", [body.g.add(body.g.mul(h, row), row)]));
  const graph = graphOf([vector, f32(3, 2)], (g, [h0, rows]) =>
    g.callAll(
      "scan",
      [present(h0, "h"), g.constant(i32(5), [2, 0, 2, 9, -1]), present(rows, "rows")],
      { carries: 1, sequences: 1, length: 5 },
      [body.build()],
    ),
  );
  const at = given("a loop over rows of a table", graph, 3);
  expectFirstOrder(at, random(1), 1e-7);
  expectSecondOrder(at, random(2), 1e-6);
});

test.each([0, 1])("the gradient of a cond is that of the branch that is taken: %i", (taken) => {
  const branch = (make: (g: GraphBuilder, x: Value) => Value): Graph => {
    const b = new RegionBuilder("branch", new GraphBuilder("branch", ops));
    b.output("y", make(b.g, b.input("x", vector)));
    return b.build();
  };
  // The gradient of the other branch is not finite, and must not leak.
  const other = branch((g, x) => g.call("log", [g.sub(x, x)]));
  const own = branch((g, x) => g.mul(x, 3));
  const graph = graphOf([vector], (g, [x]) => {
    const input = present(x, "x");
    const [y] = g.callAll(
      "cond",
      [g.constant({ dtype: "bool", shape: [] }, taken), input],
      {},
      taken === 1 ? [own, other] : [other, own],
    );
    return [gradient(g, present(y, "y"), input)];
  });
  expect(run(graph, new Map([["x0", Float64Array.of(1, 2)]])).map((d) => [...d])).toEqual([[3, 3]]);
});

/** The same graph with all checkpoints inlined, in its regions too. */
function withoutCheckpoints(graph: Graph): Graph {
  const g = new GraphBuilder(graph.name, ops);
  const values = new Map<Value, Value>();
  const now = (value: Value): Value => present(values.get(value), "a value is defined before its use");
  for (const node of graph.nodes) {
    const regions = node.regions.map(withoutCheckpoints);
    const operands = node.operands.map(now);
    const made =
      node.op.name === "checkpoint"
        ? inlineRegion(g, present(regions[0], "a body"), operands).outputs
        : g.addNode(node.op, operands, node.attrs, {}, regions).results;
    if (node.op.name === "input") g.inputs.push(...made);
    node.results.forEach((value, i) => values.set(value, present(made[i], "as many results")));
  }
  graph.outputs.forEach(({ name, value }) => g.output(name, now(value)));
  graph.writes.forEach(({ path, value }) => g.write(path, now(value)));
  g.carries.push(...graph.carries.map(({ value, next }) => ({ value: now(value), next: now(next) })));
  return g.build();
}

/** Outputs and their gradients, in f32. */
function exactly(graph: Graph, seed: number): readonly (readonly number[])[] {
  const g = new GraphBuilder("exact", ops);
  const inputs = graph.inputs.map((value) => g.input(nameOf(value), value.type));
  const { outputs } = inlineRegion(g, graph, inputs);
  const loss = outputs.map((y) => g.sum(g.call("sin", [y]), [...y.type.shape.keys()])).reduce((a, b) => g.add(a, b));
  const targets = inputs.filter(({ type }) => isFloat(type.dtype));
  [...outputs, ...g.callAll("gradient", [loss, ...targets])].forEach((value, i) => g.output(`y${i}`, value));
  const ready = expandGradients(g.build());
  const { data } = given("exact", graph, seed);
  return [...evaluate(ready, { inputs: data, persistent: new Map(), precision: "f32" }).outputs.values()].map(
    (array) => [...array.data],
  );
}

test("a checkpoint of a chain of layers changes no bit of values or gradients in f32", () => {
  const layer = (g: GraphBuilder, x: Value, w: Value): Value =>
    g.call("tanh", [g.call("dot", [x, w], { contract: [[1], [0]] })]);
  const held = new RegionBuilder("body", new GraphBuilder("body", ops));
  const [x, v, w] = [held.input("x", f32(3, 4)), held.input("v", f32(4, 4)), held.input("w", f32(4, 4))];
  held.output("y", held.g.add(layer(held.g, layer(held.g, x, v), w), x));
  const graph = graphOf([f32(3, 4), f32(4, 4), f32(4, 4), f32(4, 4)], (g, [a, b, c, d]) => {
    const [y] = g.callAll(
      "checkpoint",
      [a, b, c].map((value) => present(value, "an input")),
      {},
      [held.build()],
    );
    return [layer(g, present(y, "y"), present(d, "d"))];
  });
  const [wanted, found] = [exactly(withoutCheckpoints(graph), 1), exactly(graph, 1)];
  expect(found).toEqual(wanted);
  expect(found.flat().some((value) => value !== 0)).toBe(true);
});

test("random checkpoints change no bit of values, and gradients only by the summation order", () => {
  let checkpoints = 0;
  for (let seed = 0; seed < 120; seed++) {
    const graph = randomControl(random(seed), 2, 5);
    const plain = withoutCheckpoints(graph);
    // The gradient of one result of a checkpoint with respect to another is 0; once the body is inlined, one result may
    // depend on the other.
    if (!graph.nodes.some(({ op }) => op.name === "checkpoint") || asksForGradient(graph)) continue;
    checkpoints++;
    const [wanted, found] = [exactly(plain, seed), exactly(graph, seed)];
    expect(found.slice(0, graph.outputs.length)).toEqual(wanted.slice(0, graph.outputs.length));
    found
      .flat()
      .forEach((value, i) =>
        expect(Math.abs(value - present(wanted.flat()[i], "as many"))).toBeLessThan(1e-5 * (1 + Math.abs(value))),
      );
  }
  expect(checkpoints).toBeGreaterThan(10);
});

test("a custom gradient replaces the derivative, correct or not, in reverse and in forward mode, and is itself differentiated", () => {
  const forward = new RegionBuilder("forward", new GraphBuilder("forward", ops));
  forward.output("y", forward.g.call("round", [forward.input("x", vector)]));
  const backward = new RegionBuilder("backward", new GraphBuilder("backward", ops));
  const [x, , dy] = ["x", "y", "dy"].map((name) => backward.input(name, vector));
  backward.output("dx", backward.g.mul(present(dy, "dy"), backward.g.mul(present(x, "x"), present(x, "x"))));
  const graph = graphOf([vector], (g, [input]) => {
    const at = present(input, "x");
    const y = present(g.callAll("custom_gradient", [at], {}, [forward.build(), backward.build()])[0], "y");
    const first = gradient(g, y, at);
    return [y, first, gradient(g, first, at)];
  });
  expect(run(graph, new Map([["x0", Float64Array.of(1.6, 3)]])).map((d) => [...d])).toEqual([
    [2, 3],
    [1.6 * 1.6, 9],
    [3.2, 6],
  ]);
});

test("stop_gradient inside a loop, a branch and a checkpoint stops its operand only", () => {
  const region = (carry: boolean): Graph => {
    const b = new RegionBuilder("region", new GraphBuilder("region", ops));
    const x = b.input("x", vector);
    const h = carry ? b.carry("h", vector) : x;
    const y = b.g.add(b.g.mul(b.g.call("stop_gradient", [x]), h), x);
    if (carry) b.next(0, y);
    else b.output("y", y);
    return b.build();
  };
  const graph = graphOf([vector], (g, [input]) => {
    const x = present(input, "x");
    const uses = [
      g.callAll("scan", [x, x], { carries: 1, sequences: 0, length: 2 }, [region(true)]),
      g.callAll("cond", [g.constant({ dtype: "bool", shape: [] }, 1), x], {}, [region(false), region(false)]),
      g.callAll("checkpoint", [x], {}, [region(false)]),
    ];
    return uses.map(([y]) => gradient(g, present(y, "y"), x));
  });
  // An iteration computes s h + x with s = x constant; from h = x the second returns s (s x + x) + x, with derivative
  // s^2 + s + 1.
  expect(run(graph, new Map([["x0", Float64Array.of(2, 3)]])).map((d) => [...d])).toEqual([
    [7, 13],
    [3, 4],
    [3, 4],
  ]);
});
