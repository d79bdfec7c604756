import fc from "fast-check";
import { test } from "vitest";
import { verify } from "../../compiler/graph/verify.ts";
import { random } from "../ops/values.ts";
import { choices, randomData, tameGraph } from "../graph/random-graph.ts";
import { expectDirection, expectFirstOrder, expectSecondOrder } from "./agreement.ts";
import { randomControl } from "./random-control.ts";
import { closed, drawn, gradientOf, subject } from "./subject.ts";

test("random functions with nested loops, branches, checkpoints and custom gradients: first and second order, forward mode", () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 6 }),
      fc.boolean(),
      (seed, depth, steps, flag) => {
        const next = random(seed);
        const graph = randomControl(next, depth, steps);
        const data = new Map([
          ["x", drawn(2, next)],
          ["y", drawn(2, next)],
          ["w", drawn(4, next)],
          ["p", Float64Array.of(Number(flag))],
        ]);
        const at = subject(`random control ${seed} ${depth} ${steps}`, graph, data);
        verify(at.graph);
        expectFirstOrder(at, next, 1e-7);
        expectSecondOrder(at, next, 1e-6, 2);
      },
    ),
    { numRuns: Number(process.env["RUNS"] ?? 40) },
  );
});

test("random graphs without control flow: forward and reverse mode agree, to second order", () => {
  fc.assert(
    fc.property(choices, fc.nat(), (steps, seed) => {
      const graph = tameGraph(steps);
      const { inputs, persistent } = randomData(graph, seed);
      const values = { ...graph, outputs: graph.outputs.filter(({ name }) => !name.startsWith("g")) };
      const at = subject(
        `random graph ${JSON.stringify(steps)} ${seed}`,
        closed(values),
        new Map([...inputs, ...persistent]),
      );
      expectDirection(at, random(seed), 1e-7);
      expectDirection(gradientOf(at, random(seed + 1)), random(seed + 2), 1e-6);
    }),
    { numRuns: 40 },
  );
});
