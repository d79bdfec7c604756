// Sums over the iterations of a loop whose stacks would be too large: they stay in the loop, in levels.
import { expect, test } from "vitest";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import { evaluate } from "../../compiler/graph/evaluate.ts";
import { RegionBuilder } from "../../compiler/graph/inline.ts";
import type { Graph } from "../../compiler/graph/ir.ts";
import { ops } from "../../compiler/ops/table.ts";
import { runPasses } from "../../compiler/passes/driver.ts";
import { sink } from "../../compiler/passes/loops/sink.ts";
import { evaluateWithBounds } from "../../compiler/trust/error-bound.ts";
import { defaultMachine } from "../../compiler/support/machine.ts";
import { tensor } from "../../compiler/types/tensor-type.ts";

const machine = { ...defaultMachine, limits: { ...defaultMachine.limits, stacked: 1 } };

function sumOfSequence(length: number, reverse: boolean): Graph {
  const g = new GraphBuilder("loop", ops);
  const b = new RegionBuilder("body", g);
  const x = b.input("x", tensor("f32", [2]));
  b.next(0, b.g.add(b.carry("sum", x.type), b.g.mul(x, 0.5)));
  const operands = [g.zeros(x.type), g.input("x", tensor("f32", [length, 2]))];
  const results = g.callAll("scan", operands, { carries: 1, sequences: 1, length, reverse }, [b.build()]);
  results.forEach((value) => g.output("sum", value));
  return runPasses(g.build(), [sink], { verify: true, machine });
}

const sumOf = (length: number, reverse: boolean, x: Float64Array): Float64Array => {
  const inputs = new Map([["x", Float64Array.from({ length: 2 * length }, (_, i) => x[i] ?? 0)]]);
  const { outputs } = evaluate(sumOfSequence(length, reverse), { inputs, persistent: new Map(), precision: "f32" });
  return outputs.get("sum")?.data ?? new Float64Array();
};

test.each([false, true])("a sum in the loop has a level for each power of 64 iterations, reversed: %s", (reverse) => {
  const graph = sumOfSequence(4160, reverse);
  expect(graph.nodes.find(({ op }) => op.form.kind === "scan")?.regions[0]?.carries).toHaveLength(4);
  for (const length of [64, 65, 4160]) {
    const [first, second] = sumOf(length, reverse, new Float64Array(2 * length).fill(Math.fround(0.1)));
    expect(second).toBe(first);
    expect(Math.abs((first ?? 0) / (length * Math.fround(0.1) * 0.5) - 1)).toBeLessThan(1e-6);
  }
});

test.each([false, true])("its bits do not depend on further terms of 0, reversed: %s", (reverse) => {
  const x = Float64Array.from({ length: 2 * 50 }, (_, i) => Math.fround(Math.sin(i + 1) * 10 ** (i % 5)));
  const [short, ...longer] = [50, 64, 65, 200, 4097].map((length) => sumOf(length, reverse, x));
  for (const sum of longer) expect(sum).toEqual(short);
});

test("its error bound is that of its levels", () => {
  const length = 4160;
  const inputs = new Map([["x", new Float64Array(2 * length).fill(0.5)]]);
  const { outputs } = evaluateWithBounds(sumOfSequence(length, true), { inputs, persistent: new Map() });
  const sum = outputs.get("sum");
  expect(sum?.value.data[0]).toBe(length / 4);
  expect(sum?.error[0]).toBeLessThan((3 * 64 * length) / 4 / 2 ** 24);
});
