import fc from "fast-check";
import { expect, test } from "vitest";
import { expandGradients } from "../../compiler/graph/autodiff.ts";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import type { Graph, Node, Notes, Value } from "../../compiler/graph/ir.ts";
import { annotate } from "../../compiler/graph/rebuild.ts";
import { verify } from "../../compiler/graph/verify.ts";
import { unattributed } from "../../compiler/graph/provenance.ts";
import { ops } from "../../compiler/ops/table.ts";
import { scalar, tensor } from "../../compiler/types/tensor-type.ts";
import { choices, gradientGraph } from "./random-graph.ts";
import { opNamed } from "../../compiler/graph/op.ts";

/** y = tanh(x * w), with the param w, a reshape of y as output, and a write of w. */
function sample(change: (g: GraphBuilder) => void = () => undefined): Graph {
  const g = new GraphBuilder("sample", ops);
  const x = g.input("x", tensor("f32", [2, 3]));
  const w = g.param("w", tensor("f32", [2, 3]));
  const y = g.call("tanh", [g.mul(x, w)]);
  g.output("y", g.reshape(y, [6]));
  g.write("w", y);
  change(g);
  return g.build();
}

/** The sample with other fields on the node of this op. */
function edited(name: string, fields: Partial<Node>): Graph {
  const graph = sample();
  return { ...graph, nodes: graph.nodes.map((node) => (node.op.name === name ? { ...node, ...fields } : node)) };
}

const noted = (graph: Graph, notes: Readonly<Record<string, Notes>>): Graph =>
  annotate(graph, ({ op }) => notes[op.name] ?? {});

const nodeOf = (graph: Graph, name: string): Node => {
  const node = graph.nodes.find(({ op }) => op.name === name);
  if (node === undefined) throw new Error(`the sample has no ${name}`);
  return node;
};

const fused: Readonly<Record<string, Notes>> = { mul: { group: 0 }, tanh: { group: 0 } };

function strayValue(): Value {
  return new GraphBuilder("other", ops).input("x", tensor("f32", [2, 3]));
}

test("graphs of the builder are well formed, with gradients expanded or not", () => {
  fc.assert(
    fc.property(choices, (steps) => {
      const graph = gradientGraph(steps);
      verify(graph);
      verify(expandGradients(graph));
      expect(expandGradients(graph).nodes.some(({ op }) => op.name === "gradient")).toBe(false);
    }),
    { numRuns: 50 },
  );
});

test("notes of a fused and planned graph are well formed", () => {
  const where = { locations: [{ area: "scratch", offset: 16 }] } as const;
  expect(() =>
    verify(
      noted(sample(), {
        ...fused,
        tanh: { group: 0, locations: [{ area: "persistent", path: "w" }] },
        input: where,
        reshape: where,
      }),
    ),
  ).not.toThrow();
  expect(() => verify(noted(sample(), { mul: { group: 0 }, tanh: { group: 1 } }))).not.toThrow();
});

const broken: Readonly<Record<string, readonly [message: string, graph: () => Graph]>> = {
  "order: nodes reversed": [
    "order: operand 0, f32[2,3], is not defined before its use",
    () => ({ ...sample(), nodes: sample().nodes.toReversed() }),
  ],
  "order: a node twice": [
    "order: the node occurs twice",
    () => ((graph) => ({ ...graph, nodes: [...graph.nodes, nodeOf(graph, "mul")] }))(sample()),
  ],
  "order: a result of another node": ["order: result 0 is another node's", () => edited("reshape", {})],
  "order: an operand that its node does not have": [
    "order: operand 0 is not a result",
    () =>
      ((graph) => ({
        ...graph,
        nodes: graph.nodes.map((node) => (node.op.name === "tanh" ? withOperand(node) : node)),
      }))(sample()),
  ],
  "table: an op of another table": [
    "table: the op is not that of the table",
    () => ({ ...sample(), table: new Map([...ops, ["mul", { ...opOf("mul") }]]) }),
  ],
  "attributes: an unknown one": ["attributes: extra is unknown", () => relinked("mul", { attrs: { extra: 1 } })],
  "attributes: of the wrong kind": [
    "attributes: shape is not of kind ints",
    () => relinked("reshape", { attrs: { shape: [1.5] } }),
  ],
  "attributes: one missing": ["attributes: shape is missing", () => relinked("reshape", { attrs: {} })],
  "types: a broken condition": ["types: reshape-c2", () => relinked("reshape", { attrs: { shape: [7] } })],
  "types: another result": [
    "types: the results are f32[6], not f32[3,2]",
    () => relinked("reshape", { attrs: { shape: [3, 2] } }),
  ],
  "constants: no such number": [
    "constants: a value is not representable as i32",
    () => sample((g) => g.constant(scalar("i32"), 0.5)),
  ],
  "constants: no such dense number": [
    "constants: a value is not representable as u8",
    () => sample((g) => g.constant(tensor("u8", [2]), [1, 256])),
  ],
  "inputs: one too few": ["inputs: inputs and input nodes differ", () => ({ ...sample(), inputs: [] })],
  "inputs: one name twice": ["inputs: x occurs twice", () => sample((g) => g.input("x", scalar("f32")))],
  "outputs: one name twice": [
    "outputs: y occurs twice",
    () => sample((g) => g.output("y", g.inputs[0] ?? strayValue())),
  ],
  "outputs: a value of another graph": [
    "outputs: the value is not of the graph",
    () => sample((g) => g.output("z", strayValue())),
  ],
  "paths: written twice": ["paths: w occurs twice", () => sample((g) => g.write("w", g.inputs[0] ?? strayValue()))],
  "paths: read as two types": [
    "paths: w is read as two different tensors",
    () => sample((g) => g.param("w", scalar("f32"))),
  ],
  "paths: read as param and state": [
    "paths: w is read as two different tensors",
    () => sample((g) => g.state("w", tensor("f32", [2, 3]))),
  ],
  "paths: written as another type": [
    "paths: v is f32[], but the new value is f32[2,3]",
    () => sample((g) => (g.state("v", scalar("f32")), g.write("v", g.inputs[0] ?? strayValue()))),
  ],
  "stages: depends on an input": [
    "stages: the weights stage depends on a value of the call",
    () => noted({ ...sample(), writes: [] }, { mul: { stage: "weights" } }),
  ],
  "stages: depends on what is written": [
    "stages: the weights stage depends",
    () =>
      noted(
        sample((g) => g.output("z", g.neg(wOf(g)))),
        { neg: { stage: "weights" } },
      ),
  ],
  "stages: a leaf": [
    "stages: a leaf has nothing to compute",
    () => noted(sample(), { constant: { stage: "weights" }, param: { stage: "weights" } }),
  ],
  "groups: a gap": [
    "groups: 2 is not one of 2 dense numbers",
    () => noted(sample(), { mul: { group: 0 }, tanh: { group: 2 } }),
  ],
  "groups: out of order": [
    "groups: group 0 needs group 1",
    () => noted(sample(), { mul: { group: 1 }, tanh: { group: 0 } }),
  ],
  "groups: not convex": [
    "groups: group 0 needs group 1",
    () =>
      noted(
        sample((g) => g.output("z", g.call("sin", [g.outputs[0]?.value ?? strayValue()]))),
        { mul: { group: 0 }, tanh: { group: 1 }, sin: { group: 0 } },
      ),
  ],
  "groups: work without a group": [
    "groups: a node that computes has no group",
    () => noted(sample(), { mul: { group: 0 } }),
  ],
  "groups: two stages": [
    "groups: group 0 is of two stages",
    () =>
      noted(
        { ...sample((g) => g.output("z", g.neg(wOf(g)))), writes: [] },
        { ...fused, neg: { group: 0, stage: "weights" } },
      ),
  ],
  "locations: too many": [
    "locations: 2 locations for 1 results",
    () => noted(sample(), { mul: { locations: [null, null] } }),
  ],
  "locations: no offset": [
    "locations: the offset is 0.5",
    () => noted(sample(), { mul: { locations: [{ area: "cache", offset: 0.5 }] } }),
  ],
  "locations: no such path": [
    'locations: the result does not fit in @"v"',
    () => noted(sample(), { mul: { locations: [{ area: "persistent", path: "v" }] } }),
  ],
};

function withOperand(node: Node): Node {
  const [operand] = node.operands;
  return operand === undefined ? node : { ...node, operands: [{ ...operand }] };
}

const opOf = (name: string): Node["op"] => opNamed(ops, name) ?? nodeOf(sample(), name).op;

const wOf = (g: GraphBuilder): Value => g.nodes.find(({ op }) => op.name === "param")?.results[0] ?? strayValue();

/** The sample with other fields on a node, whose results refer to it. */
function relinked(name: string, fields: Partial<Node>): Graph {
  const graph = edited(name, fields);
  for (const node of graph.nodes)
    if (node.op.name === name)
      Object.assign(node, { results: node.results.map((value) => Object.assign(value, { node })) });
  return graph;
}

test.each(Object.entries(broken))("%s is an error", (_, [message, graph]) => {
  expect(() => verify(graph())).toThrow(message);
});

test("the message shows the node and its location", () => {
  expect(() => verify(relinked("mul", { attrs: { extra: 1 } }))).toThrow(
    "attributes: extra is unknown (mul f32[2,3], f32[2,3])",
  );
  const graph = sample((g) => {
    g.attribution = unattributed("g", { source: { name: "a.dl", text: "\n\nx" }, start: 2, end: 3 });
    g.constant(scalar("i32"), 0.5);
  });
  expect(() => verify(graph)).toThrow(
    "internal error in dlc: the graph is broken, constants: a value is not representable as i32 (constant {value=0.5, dtype=i32, shape=[]} of a.dl:3:1); please report it",
  );
});
