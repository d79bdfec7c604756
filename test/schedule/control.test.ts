import { expect, test } from "vitest";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import { evaluate } from "../../compiler/graph/evaluate.ts";
import type { Graph, Value } from "../../compiler/graph/ir.ts";
import { runPasses } from "../../compiler/passes/driver.ts";
import { ops } from "../../compiler/ops/table.ts";
import { pipeline } from "../../compiler/pipeline.ts";
import { scalar, tensor } from "../../compiler/types/tensor-type.ts";
import { randomData } from "../passes/data.ts";
import { runLowered } from "./run-lowered.ts";

function expectLowered(graph: Graph): void {
  const data = randomData(graph, 3);
  const wanted = evaluate(graph, { ...data, precision: "f32" });
  const got = runLowered(runPasses(graph, pipeline, { verify: true }), data.inputs, data.persistent);
  for (const [name, { data: values }] of wanted.outputs) {
    expect(got.outputs.get(name)?.length).toBe(values.length);
    values.forEach((x, i) =>
      expect(Math.abs((got.outputs.get(name)?.[i] ?? NaN) - x), `${name}[${i}]`).toBeLessThanOrEqual(
        1e-5 + 1e-5 * Math.abs(x),
      ),
    );
  }
  for (const [path, { data: values }] of wanted.writes)
    values.forEach((x, i) =>
      expect(Math.abs((got.persistent.get(path)?.[i] ?? NaN) - x)).toBeLessThanOrEqual(1e-5 + 1e-5 * Math.abs(x)),
    );
}

const outputAll = (g: GraphBuilder, values: readonly Value[]): void =>
  values.forEach((value, i) => g.output(`y${i}`, value));

/** h = tanh(x_t w + h u), with all h stacked. */
function cell(): Graph {
  const g = new GraphBuilder("body", ops);
  const h = g.carry("h", tensor("f32", [2, 5]));
  const x = g.input("x0", tensor("f32", [2, 3]));
  const [w, u] = [g.input("w", tensor("f32", [3, 5])), g.input("u", tensor("f32", [5, 5]))];
  const dot = { contract: [[1], [0]], batch: [[], []] };
  const next = g.call("tanh", [g.add(g.call("dot", [x, w], dot), g.call("dot", [h, u], dot))]);
  g.next(h, next);
  g.output("y0", next);
  return g.build();
}

for (const reverse of [false, true])
  test(`a scan${reverse ? " from the end" : ""}`, () => {
    const g = new GraphBuilder("rnn", ops);
    const x = g.input("x", tensor("f32", [7, 2, 3]));
    const [w, u] = [g.param("w", tensor("f32", [3, 5])), g.param("u", tensor("f32", [5, 5]))];
    outputAll(
      g,
      g.callAll("scan", [g.zeros(tensor("f32", [2, 5])), x, w, u], { carries: 1, sequences: 1, length: 7, reverse }, [
        cell(),
      ]),
    );
    expectLowered(g.build());
  });

test("a scan's gradient", () => {
  const g = new GraphBuilder("rnn", ops);
  const x = g.input("x", tensor("f32", [4, 2, 3]));
  const [w, u] = [g.param("w", tensor("f32", [3, 5])), g.param("u", tensor("f32", [5, 5]))];
  const [last, all] = g.callAll(
    "scan",
    [g.zeros(tensor("f32", [2, 5])), x, w, u],
    { carries: 1, sequences: 1, length: 4, reverse: false },
    [cell()],
  );
  if (!last || !all) throw new Error("a scan has results");
  const loss = g.add(g.sum(g.mul(all, all), [0, 1, 2]), g.sum(last, [0, 1]));
  const [dx, dw, du] = g.callAll("gradient", [loss, x, w, u]);
  if (!dx || !dw || !du) throw new Error("a gradient for each");
  g.output("dx", dx);
  g.write("w", g.sub(w, g.mul(dw, 0.1)));
  g.write("u", g.sub(u, g.mul(du, 0.1)));
  expectLowered(g.build());
});

test("a while loop", () => {
  const carry = (g: GraphBuilder) => [g.carry("x", tensor("f32", [3])), g.carry("i", scalar("i32"))] as const;
  const condition = new GraphBuilder("condition", ops);
  condition.input("limit", scalar("i32"));
  const [, counter] = carry(condition);
  const limit = condition.inputs[0];
  if (limit) condition.output("go", condition.call("lt", [counter, limit]));
  const body = new GraphBuilder("body", ops);
  body.input("limit", scalar("i32"));
  const [x, i] = carry(body);
  body.next(x, body.mul(x, 1.5));
  body.next(i, body.add(i, 1));
  const g = new GraphBuilder("power", ops);
  const start = g.input("x", tensor("f32", [3]));
  outputAll(
    g,
    g.callAll("while", [start, g.constant(scalar("i32"), 0), g.constant(scalar("i32"), 5)], { carries: 2 }, [
      condition.build(),
      body.build(),
    ]),
  );
  expectLowered(g.build());
});

for (const chosen of [0, 10])
  test(`a cond that takes the ${chosen === 0 ? "first" : "second"} branch`, () => {
    const branch = (factor: number): Graph => {
      const b = new GraphBuilder("branch", ops);
      const x = b.input("x", tensor("f32", [6]));
      b.output("y", b.mul(x, factor));
      b.output("same", x);
      return b.build();
    };
    const g = new GraphBuilder("choice", ops);
    const x = g.input("x", tensor("f32", [6]));
    const total = g.sum(g.mul(x, x), [0]);
    outputAll(g, g.callAll("cond", [g.call("ge", [total, chosen * 100]), x], {}, [branch(2), branch(-1)]));
    expectLowered(g.build());
  });
