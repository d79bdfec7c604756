import fc from "fast-check";
import { test } from "vitest";
import { verify } from "../../compiler/graph/verify.ts";
import { random } from "../ops/values.ts";
import { expectFirstOrder, expectSecondOrder } from "./agreement.ts";
import { randomControl } from "./random-control.ts";
import { drawn, subject } from "./subject.ts";

test("random functions with loops, branches, checkpoints and gradients of their own, inside each other: first and second order, forward mode", () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 6 }), fc.boolean(), (seed, depth, steps, flag) => {
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
      expectFirstOrder("control", at, next, 1e-7);
      expectSecondOrder("control", at, next, 1e-6, 2);
    }),
    { numRuns: Number(process.env["RUNS"] ?? 40) },
  );
});
