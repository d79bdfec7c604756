import fc from "fast-check";
import { expect, test } from "vitest";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import type { Op, Sample, OpName } from "../../compiler/graph/op.ts";
import { opNamed } from "../../compiler/graph/op.ts";
import { ops } from "../../compiler/ops/table.ts";
import { present } from "../../compiler/support/invariant.ts";
import { isFloat } from "../../compiler/types/tensor-type.ts";
import { largeUses, singles, uses } from "../ops/draw.ts";
import { random, sampled } from "../ops/values.ts";
import { expectDirection, expectFirstOrder, expectSecondOrder } from "./agreement.ts";
import { inDouble, opSubject } from "./op-cases.ts";
import { gradientOf, transposed } from "./subject.ts";

/** Its gradient is deliberately not its derivative. */
const deliberate: readonly OpName[] = ["stop_gradient"];

const differentiable = sampled.filter(({ name, gradient }) => gradient.kind === "rule" && !deliberate.includes(name));

/** Whether the use has float operands and float results. */
const moves = (op: Op, { operands, attrs = {} }: Sample): boolean =>
  operands.some(({ dtype }) => isFloat(dtype)) &&
  op.type(operands, { ...op.defaults, ...attrs }, []).every(({ dtype }) => isFloat(dtype));

for (const op of differentiable) {
  const samples = op.samples.filter((sample) => moves(op, sample));

  test(`the gradients of the samples of ${op.name} match differences: first and second order`, () => {
    expect(samples.length).toBeGreaterThan(0);
    samples.forEach((sample, i) => {
      const at = opSubject(op, sample, random(i));
      expectFirstOrder(at, random(i + 1), 1e-7);
      expectSecondOrder(at, random(i + 2), 1e-6);
    });
  });

  test(`the gradients of ${op.name} of any shape match differences, in f32 and f64: first and second order, forward mode`, () => {
    const drawn = uses(op, singles).filter((sample) => moves(op, sample));
    fc.assert(
      fc.property(drawn, fc.boolean(), fc.nat(), (sample, double, seed) => {
        const at = opSubject(op, (double ? inDouble(op, sample) : null) ?? sample, random(seed));
        expectFirstOrder(at, random(seed + 1), 1e-6, 40);
        expectSecondOrder(at, random(seed + 2), 1e-6);
      }),
      { numRuns: 20 },
    );
  });

  test(`the derivatives of ${op.name} on hundreds of elements match differences along random directions`, () => {
    for (const use of largeUses(op)) {
      const at = opSubject(op, use, random(1));
      expectDirection(at, random(3), 1e-7);
    }
  });
}

/** Ops whose third-order derivative is not trivial. */
const curved = [
  "exp",
  "sigmoid",
  "tanh",
  "sin",
  "cos",
  "erf",
  "erfc",
  "log",
  "sqrt",
  "rsqrt",
  "div",
  "mul",
  "pow",
  "reduce_prod",
  "dot",
];

test.each(curved)("the third-order gradient of %s matches differences", (name) => {
  const op = present(opNamed(ops, name), name);
  const sample = present(
    op.samples.find(({ operands }) => operands.every(({ shape }) => shape.every((n) => n <= 5))),
    "a small sample",
  );
  const next = random(3);
  expectSecondOrder(gradientOf(opSubject(op, sample, next), next), next, 1e-6, 4);
});

test("a gradient has the dtype of its operand, also if the op changes the dtype", () => {
  for (const op of differentiable) {
    for (const sample of [...op.samples, ...op.samples.map((other) => inDouble(op, other) ?? other)].filter((use) =>
      moves(op, use),
    )) {
      const at = opSubject(op, sample, random(1));
      const types = transposed(at).graph.outputs.map(({ value }) => value.type);
      expect(types, at.description).toEqual(sample.operands.filter(({ dtype }) => isFloat(dtype)));
    }
  }
});

test("flat ops and stop_gradient have a gradient of constant zero", () => {
  for (const name of [...deliberate, "sign", "floor", "ceil", "round", "trunc"] as const) {
    const g = new GraphBuilder(name, ops);
    const x = g.input("x", { dtype: "f32", shape: [3] });
    const loss = g.sum(g.mul(g.call(name, [x]), g.call(name, [x])), [0]);
    g.output("dx", g.callAll("gradient", [loss, x])[0] ?? loss);
    const graph = transposed({
      description: name,
      graph: {
        ...g.build(),
        nodes: g.nodes.filter(({ op }) => op.name !== "gradient"),
        outputs: [{ name: "loss", value: loss }],
      },
      data: new Map(),
      of: ["x"],
    });
    expect(
      graph.graph.outputs.map(({ value }) => value.node.attrs["value"]),
      name,
    ).toEqual([0]);
  }
});
