// The derivative oracle reports a gradient with a wrong factor, sign or term, and accepts correct ones, also at
// corners.
import { expect, test } from "vitest";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import type { Op, OpTable, OpName } from "../../compiler/graph/op.ts";
import { ops } from "../../compiler/ops/table.ts";
import { present } from "../../compiler/support/invariant.ts";
import { wrongDerivative } from "./derivatives.ts";
import { createDraw } from "./draw.ts";
import { subjectOf, type Subject } from "./subject.ts";

/** The sum of op(x w) over all elements, with its gradient with respect to w. */
function training(op: OpName, table: OpTable): Subject {
  const g = new GraphBuilder("step", table);
  const [x, w] = [g.input("x", { dtype: "f32", shape: [4, 3] }), g.param("net.w", { dtype: "f32", shape: [3, 5] })];
  const y = g.call(
    op,
    [g.call("dot", [x, w], { contract: [[1], [0]] }), 0].slice(0, present(table.get(op), op).operands.length) as never,
  );
  const loss = g.sum(g.mul(y, 0.5), [0, 1]);
  g.callAll("gradient", [loss, w]).forEach((dw) => g.write("net.w", g.sub(w, dw)));
  return subjectOf(g.build(), 7, "plain");
}

const wrong = (name: OpName, rule: Extract<Op["gradient"], { kind: "rule" }>["rule"]): OpTable =>
  new Map<OpName, Op>([...ops, [name, { ...present(ops.get(name), name), gradient: { kind: "rule", rule } }]]);

test.each(["tanh", "abs", "max", "floor", "sigmoid"] as const)("the correct gradient of %s is accepted", (op) => {
  expect(wrongDerivative(training(op, ops), createDraw(1))).toBeNull();
});

test.each([
  ["a factor is missing", wrong("tanh", (_, { grads }) => grads)],
  [
    "the sign is wrong",
    wrong("tanh", (g, { results: [y], grads: [dy] }) => (y && dy ? [g.mul(dy, g.sub(g.mul(y, y), 1))] : [])),
  ],
  ["the gradient is zero", wrong("tanh", () => [null])],
] as const)("a wrong gradient is reported: %s", (_, table) => {
  expect(wrongDerivative(training("tanh", table), createDraw(1))).toMatch(/^a gradient of 1 values/);
});

test("stop_gradient is accepted", () => {
  expect(wrongDerivative(training("stop_gradient", ops), createDraw(1))).toBeNull();
});
