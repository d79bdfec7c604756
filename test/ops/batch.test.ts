// The batching rule of every op, against a loop over the members: values and gradients, for every choice of batched
// operands.
import { expect, test } from "vitest";
import { batched, batchType } from "../../compiler/graph/batch.ts";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import { evaluate } from "../../compiler/graph/evaluate.ts";
import type { Graph } from "../../compiler/graph/ir.ts";
import type { Op, Sample } from "../../compiler/graph/op.ts";
import { ops } from "../../compiler/ops/table.ts";
import { compared, difference, members, subsets } from "./batched.ts";
import { isLeaf, random, sampled, valuesOf } from "./values.ts";

const problemOf = (op: Op, problem: string): string =>
  `${op.name}: ${problem}; see the field \`batch\` of its entry in compiler/ops`;

/** A graph of one use of the op. */
function graphOf(op: Op, { operands, attrs = {} }: Sample): Graph {
  const g = new GraphBuilder("one", ops);
  const inputs = operands.map((type, index) => g.input(`x${index}`, type));
  g.addNode(op, inputs, attrs).results.forEach((value, index) => g.output(`y${index}`, value));
  return g.build();
}

/** Each member gets the values of the sample in another order, so that they stay in the op's domain. */
function drawn(sample: Sample, next: () => number): (input: number, member: number) => Float64Array {
  const known = new Map<string, Float64Array>();
  return (input, member) => {
    const key = `${input}.${member}`;
    const given = sample.values?.[input] ?? null;
    const type = sample.operands[input];
    const fresh = type === undefined ? new Float64Array() : valuesOf(type, next);
    const data =
      known.get(key) ??
      (given === null ? fresh : Float64Array.from(given, (_, i) => given[(i + member) % given.length] ?? 0));
    known.set(key, data);
    return data;
  };
}

for (const op of sampled.filter((each) => !isLeaf(each))) {
  test(`a batch of ${op.name} equals a loop over its members`, () => {
    for (const sample of op.samples) {
      const graph = graphOf(op, sample);
      const next = random(7);
      const draw = drawn(sample, next);
      for (const subset of subsets(sample.operands.length)) {
        const differentiable = op.gradient.kind === "rule";
        const { batch, loop } = compared(graph, subset, { differentiable, draw, weight: () => next() * 2 - 1 });
        const where = `operands of ${sample.operands.map(({ shape }) => `[${shape.join(",")}]`).join(", ")}, batched ${subset.join(", ")}, ${JSON.stringify(sample.attrs ?? {})}`;
        expect(
          difference(batch.outputs, loop.outputs),
          problemOf(op, `the results of a batch of ${members} are not those of a loop for ${where}`),
        ).toBeLessThan(1e-9);
        expect(
          difference(batch.gradients, loop.gradients),
          problemOf(op, `the gradients of a batch are not those of a loop for ${where}`),
        ).toBeLessThan(1e-9);
      }
    }
  });
}

test("the result of an op without operands is not batched", () => {
  for (const op of [...ops.values()].filter(({ operands }) => operands.length === 0)) {
    const g = new GraphBuilder("none", ops);
    const attrs = op.samples[0]?.attrs ?? {};
    const results = op.batch(g, op, { operands: [], attrs, regions: [], size: members });
    expect(results, op.name).toMatchObject([{ batched: false }]);
  }
});

for (const op of sampled.filter(({ sumOverBatch }) => sumOverBatch !== undefined)) {
  test(`sumOverBatch of ${op.name} equals the sum of its batch`, () => {
    const next = random(5);
    let found = 0;
    for (const sample of op.samples) {
      const { operands, attrs = {} } = sample;
      const g = new GraphBuilder("sum", ops);
      const inputs = operands.map((type, index) => g.input(`x${index}`, batchType(type, members)));
      const sum = op.sumOverBatch?.(g, op, inputs, { ...op.defaults, ...attrs }) ?? null;
      if (sum === null) continue;
      found++;
      g.output("sum", sum);
      const all = op.batch(g, op, {
        operands: inputs.map(batched),
        attrs: { ...op.defaults, ...attrs },
        regions: [],
        size: members,
      });
      for (const { value } of all) g.output("wanted", g.sum(value, [0]));
      const data = new Map(
        inputs.map(({ type }, index): [string, Float64Array] => [`x${index}`, valuesOf(type, next)]),
      );
      const { outputs } = evaluate(g.build(), { inputs: data, persistent: new Map(), precision: "f64" });
      const of = (name: string): Float64Array[] => [outputs.get(name)?.data ?? new Float64Array()];
      expect(
        difference(of("sum"), of("wanted")),
        problemOf(op, `sumOverBatch is not the sum for ${JSON.stringify(attrs)}`),
      ).toBeLessThan(1e-9);
    }
    expect(found, problemOf(op, "sumOverBatch returns null for every sample")).toBeGreaterThan(0);
  });
}
