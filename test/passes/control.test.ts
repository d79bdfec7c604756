// Random graphs with loops and branches keep their values through each pass, and round-trip through text.
import fc from "fast-check";
import { expect, test } from "vitest";
import { isGradient } from "../../compiler/graph/autodiff.ts";
import { evaluate } from "../../compiler/graph/evaluate.ts";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { printGraph } from "../../compiler/graph/print.ts";
import { dropDead } from "../../compiler/graph/rebuild.ts";
import { verify } from "../../compiler/graph/verify.ts";
import { ops } from "../../compiler/ops/table.ts";
import { hoist } from "../../compiler/passes/loops/hoist.ts";
import { differentiate } from "../../compiler/passes/differentiate.ts";
import { runPasses } from "../../compiler/passes/driver.ts";
import { expectSameFunction, randomData } from "./data.ts";
import type { Graph } from "../../compiler/graph/ir.ts";
import { pipeline } from "../../compiler/pipeline.ts";
import { passes, preparationFor } from "./passes.ts";
import { controlChoices, randomControl } from "./random-control.ts";

const runs = { numRuns: Number(process.env["RUNS"] ?? 12) };

test("graphs with regions round-trip through text", () => {
  fc.assert(
    fc.property(controlChoices, fc.boolean(), (steps, trains) => {
      const graph = randomControl(steps, { trains });
      verify(graph);
      for (const each of [graph, runPasses(graph, [differentiate], {})])
        expect(printGraph(parseGraph(printGraph(each), ops))).toBe(printGraph(each));
    }),
    runs,
  );
});

for (const pass of passes) {
  test(`${pass.name} keeps every value of loops and branches`, () => {
    fc.assert(
      fc.property(controlChoices, fc.boolean(), (steps, trains) => {
        const graph = randomControl(steps, { trains });
        const before = runPasses(graph, preparationFor(pass), {});
        const after = runPasses(before, [pass], { verify: true, frozen: randomData(before, 1).persistent });
        if (pass.exact) expectSameFunction(before, after, "f32", "exact", [1]);
        else expectSameFunction(before, after, "f64", 1e-9, [1]);
      }),
      runs,
    );
  });
}

test("the pipeline keeps every value of loops and branches", () => {
  fc.assert(
    fc.property(controlChoices, fc.boolean(), (steps, trains) => {
      const before = randomControl(steps, { trains });
      expectSameFunction(before, runPasses(before, pipeline, { verify: true }), "f64", 1e-6, [1]);
    }),
    runs,
  );
});

test("gradients of loops and branches match central differences", () => {
  fc.assert(
    fc.property(controlChoices, (steps) => {
      const graph = randomControl(steps, { trains: true, smooth: true });
      const data = randomData(graph, 1);
      const result = (persistent: ReadonlyMap<string, Float64Array>) =>
        evaluate(graph, { ...data, persistent, precision: "f64" });
      const lossOnly = {
        ...graph,
        outputs: graph.outputs.filter(({ name }) => name === "loss"),
        nodes: graph.nodes.filter((node) => !isGradient(node)),
        writes: [],
      };
      const kept = dropDead(lossOnly);
      const { writes } = result(data.persistent);
      for (const path of ["net.w0", "net.w1"]) {
        const w = data.persistent.get(path) ?? new Float64Array();
        for (const i of [0, 4]) {
          const lossAt = (x: number): number =>
            evaluate(kept, {
              ...data,
              persistent: new Map([...data.persistent, [path, w.with(i, x)]]),
              precision: "f64",
            }).outputs.get("loss")?.data[0] ?? Number.NaN;
          const [x, h] = [w[i] ?? Number.NaN, 1e-5];
          const wanted = (lossAt(x + h) - lossAt(x - h)) / (2 * h);
          const found = (x - (writes.get(path)?.data[i] ?? Number.NaN)) / 0.125;
          expect(Math.abs(found - wanted)).toBeLessThan(1e-6 * (1 + Math.abs(wanted)));
        }
      }
    }),
    { ...runs, seed: 11 },
  );
});

test("hoist does not change loops that are still to be differentiated", () => {
  const before = parseGraph(
    `graph inner(%x: f32[4,2,3], %w: f32[3,3])
  %ys, %gs, %same = scan %x, %w {carries=0, sequences=1, length=4} : f32[4], f32[4,3,3], f32[4,2,3]
    body(%x: f32[2,3], %w: f32[3,3]) {
      %0 = tanh %w : f32[3,3]
      %1 = dot %x, %0 {contract=[[1],[0]]} : f32[2,3]
      %2 = reduce_sum %1 {axes=[0,1]} : f32[]
      %3 = gradient %2, %w : f32[3,3]
      return y=%2, g=%3, x=%x
    }
  %all, %again = scan %x, %w {carries=0, sequences=1, length=4} : f32[4,2,3], f32[4,2,3]
    body(%x: f32[2,3], %w: f32[3,3]) {
      %0 = dot %x, %w {contract=[[1],[0]]} : f32[2,3]
      return y=%0, x=%x
    }
  %sum = reduce_sum %all {axes=[0,1,2]} : f32[]
  %product = mul %again, %x : f32[4,2,3]
  %other = reduce_sum %product {axes=[0,1,2]} : f32[]
  %loss = add %sum, %other : f32[]
  %da, %dx, %dw = gradient %loss, %again, %x, %w : f32[4,2,3], f32[4,2,3], f32[3,3]
  return ys=%ys, gs=%gs, da=%da, dx=%dx, dw=%dw
`,
    ops,
  );
  const after = runPasses(before, [hoist], { verify: true });
  expect(everyNode(after).filter((name) => name === "gradient").length).toBe(2);
  expect(after.nodes.some(({ op }) => op.name === "dot")).toBe(true);
  expectSameFunction(before, after, "f64", 1e-12);
});

/** A training step of a recurrent cell over this number of iterations. */
const cell = (iterations: number): string => `graph step(%x: f32[${iterations},4,3])
  %w = param "w" : f32[3,8]
  %u = param "u" : f32[8,8]
  %h = constant 0 : f32[4,8]
  %last, %all = scan %h, %x, %w, %u {carries=1, sequences=1, length=${iterations}} : f32[4,8], f32[${iterations},4,8]
    body(%x: f32[4,3], %w: f32[3,8], %u: f32[8,8]) {
      carry %h: f32[4,8]
      %0 = dot %h, %u {contract=[[1],[0]]} : f32[4,8]
      %1 = dot %x, %w {contract=[[1],[0]]} : f32[4,8]
      %2 = add %0, %1 : f32[4,8]
      %3 = tanh %2 : f32[4,8]
      return y=%3
      next %h = %3
    }
  %loss = reduce_sum %all {axes=[0,1,2]} : f32[]
  %dw, %du = gradient %loss, %w, %u : f32[3,8], f32[8,8]
  return loss=%loss
  write "w"=%dw
  write "u"=%du
`;

const everyNode = (graph: Graph): readonly string[] =>
  graph.nodes.flatMap(({ op, regions }) => [op.name, ...regions.flatMap(everyNode)]);

test("the graph of a loop does not grow with its length", () => {
  const through = (iterations: number): readonly string[] =>
    everyNode(runPasses(parseGraph(cell(iterations), ops), pipeline, { verify: true }));
  expect(through(1000)).toEqual(through(10));
});

test("in the gradient of a recurrent cell only the products with the hidden state stay in the loops", () => {
  const after = runPasses(parseGraph(cell(10), ops), pipeline, { verify: true });
  const inside = after.nodes
    .flatMap(({ regions }) => regions.flatMap((region) => region.nodes))
    .filter(({ op }) => op.form.kind === "contract");
  expect(inside.map(({ op }) => op.name)).toEqual(["contraction", "contraction"]);
  expect(after.nodes.filter(({ op }) => op.name === "pack").length).toBeGreaterThanOrEqual(2);
  expect(after.nodes.flatMap(({ regions }) => regions.flatMap(everyNode))).not.toContain("pack");
});

test("a loop that might not end stays in the body of a `while`, which may never run; its condition always runs", () => {
  const inner = (name: string): string => `%${name} = while %x {carries=1} : f32[]
        condition() {
          carry %v: f32[]
          %0 = lt %v, 100 : bool[]
          return continue=%0
        }
        body() {
          carry %v: f32[]
          %0 = mul %v, 2 : f32[]
          next %v = %0
        }`;
  const loops = (inCondition: string, inBody: string): Graph =>
    runPasses(
      parseGraph(
        `graph g(%x: f32[], %start: f32[])
  %y = while %start, %x {carries=1} : f32[]
    condition(%x: f32[]) {
      carry %t: f32[]
      ${inCondition}
      %end = lt %t, %limit : bool[]
      return continue=%end
    }
    body(%x: f32[]) {
      carry %t: f32[]
      ${inBody}
      %next = add %t, %term : f32[]
      next %t = %next
    }
  return y=%y
`,
        ops,
      ),
      [hoist],
      { verify: true },
    );
  const whilesOf = (graph: Graph): readonly number[] =>
    [graph, ...graph.nodes.flatMap(({ regions }) => regions)].map(
      ({ nodes }) => nodes.filter(({ op }) => op.name === "while").length,
    );
  expect(whilesOf(loops("%limit = exp %x : f32[]", inner("term")))).toEqual([1, 0, 1]);
  expect(whilesOf(loops(inner("limit"), "%term = exp %x : f32[]"))).toEqual([2, 0, 0, 0, 0]);
});
