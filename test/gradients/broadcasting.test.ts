import { expect, test } from "vitest";
import { present } from "../../compiler/support/invariant.ts";
import { elements } from "../../compiler/types/tensor-type.ts";
import { graphOf, programOf } from "../frontend/program.ts";
import { random } from "../ops/values.ts";
import { expectFirstOrder, expectSecondOrder } from "./agreement.ts";
import { apart } from "./op-cases.ts";
import { nameOf, run, subject, transposed } from "./subject.ts";

// Broadcasting in the language: the gradient of the smaller operand is summed over the axes along which it was
// repeated.

const binary: Readonly<Record<string, (x: string, y: string) => string>> = {
  add: (x, y) => `${x} + ${y}`,
  sub: (x, y) => `${x} - ${y}`,
  mul: (x, y) => `${x} * ${y}`,
  div: (x, y) => `${x} / (3 + ${y})`,
  rem: (x, y) => `${x} % (3 + ${y})`,
  pow: (x, y) => `(3 + ${x}) ^ ${y}`,
  max: (x, y) => `max(${x}, ${y})`,
  min: (x, y) => `min(${x}, ${y})`,
  select: (x, y) => `select(${x} > ${y}, sin(${x}), cos(${y}))`,
};

/** A shape, and a smaller one that broadcasts to it. */
const shapes: readonly (readonly [large: string, small: string])[] = [
  ["3, 4", "4"],
  ["3, 4", "3, 1"],
  ["3, 4", "1, 4"],
  ["3, 4", "1, 1"],
  ["3, 4", ""],
  ["2, 3, 4", "3, 4"],
  ["2, 3, 4", "3, 1"],
  ["2, 3, 4", "2, 1, 1"],
  ["1, 3", "3"],
];

test.each(shapes)(
  "the gradients of all operators on [%s] and [%s], in both orders, match differences",
  (large, small) => {
    const outputs = Object.entries(binary).flatMap(([name, say]) => [
      `${name}: ${say("x", "y")}`,
      `${name}_back: ${say("y", "x")}`,
    ]);
    const text = `entry both(x: f32[${large}], y: f32[${small}]) {\n  { ${outputs.join(", ")} }\n}`;
    const graph = graphOf(programOf(text), "both");
    const next = random(large.length * 7 + small.length);
    const counts = graph.inputs.map(({ type }) => elements(type.shape));
    const values = apart(
      counts.reduce((a, b) => a + b, 0),
      next,
    );
    const at = subject(
      `[${large}] and [${small}]`,
      graph,
      new Map(graph.inputs.map((value, i) => [nameOf(value), Float64Array.from(values.splice(0, counts[i]))])),
    );
    expectFirstOrder(at, next, 1e-7);
    expectSecondOrder(at, next, 1e-6, 1);
  },
);

test("the gradients of a row, a column and a scalar are sums over rows, columns and everything", () => {
  const graph = graphOf(
    programOf(
      "entry all(x: f32[2, 3], row: f32[3], column: f32[2, 1], number: f32) = { y: x * row * column * number }",
    ),
    "all",
  );
  const at = subject("all", graph, new Map());
  const { graph: back, added } = transposed(at);
  const data = new Map([
    ["x", Float64Array.of(1, 2, 3, 4, 5, 6)],
    ["row", Float64Array.of(1, 1, 1)],
    ["column", Float64Array.of(1, 1)],
    ["number", Float64Array.of(1)],
    [present(added[0], "a weight"), new Float64Array(6).fill(1)],
  ]);
  expect(run(back, data).map((d) => [...d])).toEqual([[1, 1, 1, 1, 1, 1], [5, 7, 9], [6, 15], [21]]);
});
