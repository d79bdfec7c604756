import fc from "fast-check";
import { expect, test } from "vitest";
import { evaluate } from "../../compiler/graph/evaluate.ts";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import type { Graph, Node } from "../../compiler/graph/ir.ts";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { printGraph } from "../../compiler/graph/print.ts";
import { shrinkGraph, shrinkGraphAsync } from "../../compiler/trust/shrink.ts";
import { verify } from "../../compiler/graph/verify.ts";
import { spanOf, unattributed } from "../../compiler/graph/provenance.ts";
import { ops } from "../../compiler/ops/table.ts";
import { randomData } from "../../compiler/trust/sample-data.ts";
import { fail } from "../../compiler/support/invariant.ts";
import { tensor } from "../../compiler/types/tensor-type.ts";
import { smoothGraphs } from "../ops/control-graphs.ts";
import { choices, gradientGraph } from "./random-graph.ts";

/** All nodes, including those of regions. */
const nodesOf = ({ nodes }: Graph): readonly Node[] =>
  nodes.flatMap((node) => [node, ...node.regions.flatMap(nodesOf)]);
const has = (graph: Graph, test: (node: Node) => boolean): boolean => nodesOf(graph).some(test);
const fedBy = (op: string, operand: string) => (node: Node) =>
  node.op.name === op && node.operands.some((value) => value.node.op.name === operand);
const graph = (text: string): Graph => parseGraph(text, ops);
const small = (graphOrText: Graph, fails: (candidate: Graph) => boolean, budget?: number): string =>
  printGraph(shrinkGraph(graphOrText, fails, budget === undefined ? {} : { budget }));

const net = graph(`graph net(%x: f32[8,16], %t: f32[8,4])
  %w = param "net.w" : f32[16,4]
  %b = param "net.b" : f32[4]
  %0 = exp %x : f32[8,16]
  %1 = tanh %0 : f32[8,16]
  %2 = dot %1, %w {contract=[[1],[0]]} : f32[8,4]
  %3 = broadcast %b {shape=[8,4], dims=[1]} : f32[8,4]
  %4 = add %2, %3 : f32[8,4]
  %5 = sub %4, %t : f32[8,4]
  %6 = mul %5, %5 : f32[8,4]
  %7 = reduce_sum %6 {axes=[0,1]} : f32[]
  %8 = mul %b, 0.5 : f32[4]
  return loss=%7, y=%4
  write "net.b"=%8
`);

test("a network shrinks to the two nodes that matter", () => {
  expect(small(net, (candidate) => has(candidate, fedBy("dot", "tanh")))).toMatchInlineSnapshot(`
    "graph net()
      %0 = constant 1                     : f32[1,1]
      %1 = tanh %0                        : f32[1,1]
      %2 = dot %1, 1 {contract=[[1],[0]]} : f32[1,1]
      return value=%2
    "
  `);
});

test("late nodes, early nodes and results are kept if the failure needs them", () => {
  expect(small(net, (candidate) => has(candidate, fedBy("reduce_sum", "mul")))).toMatchInlineSnapshot(`
    "graph net()
      %0 = constant 1                 : f32[1,1]
      %1 = mul %0, %0                 : f32[1,1]
      %2 = reduce_sum %1 {axes=[0,1]} : f32[]
      return loss=%2
    "
  `);
  expect(small(net, (candidate) => has(candidate, ({ op }) => op.name === "exp"))).toMatchInlineSnapshot(`
    "graph net()
      %0 = constant 1 : f32[1,1]
      %1 = exp %0     : f32[1,1]
      return value=%1
    "
  `);
  expect(small(net, (candidate) => candidate.writes.some(({ path }) => path === "net.b"))).toMatchInlineSnapshot(`
    "graph net()
      %0 = constant 1 : f32[1]
      write "net.b"=%0
    "
  `);
  expect(small(net, (candidate) => candidate.nodes.some(({ op }) => op.name === "param"))).toMatchInlineSnapshot(`
    "graph net()
      %w = param "net.w" : f32[1,1]
      return value=%w
    "
  `);
});

test("loops and branches are removed if the failure does not need them, and simplified otherwise", () => {
  const [recurrent = ""] = Object.values(smoothGraphs);
  expect(small(graph(recurrent), (candidate) => has(candidate, fedBy("tanh", "mul")))).toMatchInlineSnapshot(`
    "graph g()
      %0 = constant 1 : f32[1,1]
      %1 = mul %0, %0 : f32[1,1]
      %2 = tanh %1    : f32[1,1]
      return last=%2
    "
  `);
  expect(
    small(graph(recurrent), (candidate) =>
      candidate.nodes.some(({ regions }) => regions.some((region) => has(region, ({ op }) => op.name === "tanh"))),
    ),
  ).toMatchInlineSnapshot(`
    "graph g()
      %0 = constant 1                                 : f32[1,1]
      %1 = scan %0 {carries=1, sequences=0, length=4} : f32[1,1]
        body() {
          carry %h: f32[1,1]
          %0 = constant 1 : f32[1,1]
          %1 = tanh %0    : f32[1,1]
          next %h = %1
        }
      return last=%1
    "
  `);
});

test("every control op shrinks to one with a computation inside, or to the computation", () => {
  const isWork = ({ op }: Node): boolean => op.form.kind === "pointwise" || op.form.kind === "contract";
  for (const text of Object.values(smoothGraphs)) {
    const inside = shrinkGraph(graph(text), (candidate) =>
      candidate.nodes.some(({ regions }) => regions.some((region) => has(region, isWork))),
    );
    expect(nodesOf(inside).filter(isWork)).toHaveLength(1);
    const outside = shrinkGraph(graph(text), (candidate) => has(candidate, isWork));
    expect(outside.nodes.filter(({ op }) => op.form.kind !== "leaf")).toHaveLength(1);
  }
});

test("nodes keep their source locations", () => {
  const builder = new GraphBuilder("g", ops);
  const source = { name: "net.dl", text: "exp(x) |> tanh" };
  const x = builder.input("x", tensor("f32", [4]));
  builder.attribution = unattributed("g", { source, start: 0, end: 6 });
  const y = builder.call("exp", [x]);
  builder.attribution = unattributed("g", { source, start: 10, end: 14 });
  builder.output("y", builder.call("tanh", [y]));
  const isTanh = ({ op }: Node): boolean => op.name === "tanh";
  expect(
    shrinkGraph(builder.build(), (candidate) => has(candidate, isTanh))
      .nodes.filter(isTanh)
      .map((node) => spanOf(node)?.start),
  ).toEqual([10]);
});

test("in a staged graph, values of the weights stage become params", () => {
  const staged = graph(`graph g(%x: f32[4])
  %w = param "w"  : f32[4]
  %0 = exp %w     : f32[4] @weights
  %1 = mul %0, %0 : f32[4] @weights
  %2 = add %x, %1 : f32[4]
  return y=%2
`);
  const isStaged = ({ op, notes }: Node): boolean => op.name === "mul" && notes.stage === "weights";
  expect(small(staged, (candidate) => has(candidate, isStaged) && !has(candidate, ({ op }) => op.name === "constant")))
    .toMatchInlineSnapshot(`
    "graph g()
      %cut = param "cut"    : f32[1]
      %0   = mul %cut, %cut : f32[1] @weights
      return value=%0
    "
  `);
});

const failures = [
  fedBy("tanh", "add"),
  fedBy("mul", "broadcast"),
  fedBy("reduce_sum", "tanh"),
  ({ op }: Node) => op.name === "gradient",
];

test(
  "random graphs: the result verifies and fails, cannot shrink further, and is deterministic",
  { timeout: 30_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(choices, fc.nat(failures.length - 1), async (steps, which) => {
        const whole = gradientGraph(steps);
        const fails = (candidate: Graph): boolean => {
          verify(candidate);
          return has(candidate, failures[which] ?? (() => false));
        };
        fc.pre(fails(whole));
        const result = shrinkGraph(whole, fails, { errorsFail: true, budget: 5000 });
        expect(fails(result)).toBe(true);
        expect(result.nodes.length).toBeLessThanOrEqual(4);
        expect(shrinkGraph(result, fails)).toBe(result);
        expect(
          printGraph(await shrinkGraphAsync(whole, (candidate) => Promise.resolve(fails(candidate)), { budget: 5000 })),
        ).toBe(printGraph(result));
      }),
      { numRuns: 25 },
    );
  },
);

test("the budget counts candidates, and an exception counts as a failure only on request", () => {
  let asked = 0;
  const failing = shrinkGraph(net, () => ++asked > 0, { budget: 3 });
  expect(asked).toBe(3);
  expect(failing.nodes.length).toBeLessThan(net.nodes.length);
  const broken = (): never => fail("asked");
  expect(shrinkGraph(net, broken)).toBe(net);
  expect(shrinkGraph(net, broken, { errorsFail: true }).nodes).toHaveLength(1);
});

test("shrinking keeps the counter of a loop of unknown length", () => {
  const counting = graph(`graph g(%x: f32[3], %n: i32[])
  %i = constant 0 : i32[]
  %m = add %n, 1 : i32[]
  %0, %1 = while %i, %x, %m {carries=2} : i32[], f32[3]
    condition(%m: i32[]) {
      carry %i: i32[]
      carry %h: f32[3]
      %0 = lt %i, %m : bool[]
      return more=%0
    }
    body(%m: i32[]) {
      carry %i: i32[]
      carry %h: f32[3]
      %0 = add %i, 1 : i32[]
      %1 = sin %h : f32[3]
      next %i = %0
      next %h = %1
    }
  %2 = exp %1 : f32[3]
  return y=%2
`);
  const result = shrinkGraph(counting, (candidate) => {
    evaluate(candidate, { ...randomData(candidate, 1), precision: "f64" });
    return has(candidate, ({ op }) => op.name === "while");
  });
  expect(result.nodes.filter(({ op }) => op.form.kind !== "leaf").map(({ op }) => op.name)).toEqual(["add", "while"]);
  const body = shrinkGraph(counting, (candidate) =>
    candidate.nodes.some(({ regions }) => regions.some((region) => has(region, fedBy("sin", "carry")))),
  );
  expect(nodesOf(body).map(({ op }) => op.name)).toContain("lt");
  expect(nodesOf(body).map(({ op }) => op.name)).not.toContain("exp");
});

test("unused values of a region are removed, unless the failure needs them", () => {
  const idle = graph(`graph g(%x: f32[3])
  %0 = checkpoint %x : f32[3]
    body(%x: f32[3]) {
      %0 = exp %x : f32[3]
      %1 = sin %0 : f32[3]
      %2 = cos %x : f32[3]
      %3 = neg %x : f32[3]
      return y=%3
    }
  return y=%0
`);
  const inside = shrinkGraph(idle, (candidate) =>
    candidate.nodes.some(({ regions }) => regions.some((region) => has(region, ({ op }) => op.name === "sin"))),
  );
  expect(nodesOf(inside).filter(({ op }) => op.form.kind === "pointwise")).toHaveLength(1);
});
