// Random graphs with loops and branches keep their values through each pass, print and parse back.
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { printGraph } from "../../compiler/graph/print.ts";
import { verify } from "../../compiler/graph/verify.ts";
import { ops } from "../../compiler/ops/table.ts";
import { differentiate } from "../../compiler/passes/differentiate.ts";
import { runPasses } from "../../compiler/passes/driver.ts";
import { expectSameFunction, randomData } from "./data.ts";
import { passes } from "./passes.ts";
import { controlChoices, randomControl } from "./random-control.ts";

const runs = { numRuns: Number(process.env["RUNS"] ?? 12) };

test("graphs with regions print and parse back", () => {
  fc.assert(
    fc.property(controlChoices, fc.boolean(), (steps, trains) => {
      const graph = randomControl(steps, { trains });
      verify(graph);
      for (const each of [graph, runPasses(graph, [differentiate], {})]) expect(printGraph(parseGraph(printGraph(each), ops))).toBe(printGraph(each));
    }),
    runs,
  );
});

for (const pass of passes) {
  test(`${pass.name} keeps every value of loops and branches`, () => {
    fc.assert(
      fc.property(controlChoices, fc.boolean(), (steps, trains) => {
        const graph = randomControl(steps, { trains });
        const before = pass === differentiate ? graph : runPasses(graph, [differentiate], {});
        const after = runPasses(before, [pass], { verify: true, frozen: randomData(before, 1).persistent });
        if (pass.exact) expectSameFunction(before, after, "f32", "exact", [1]);
        else expectSameFunction(before, after, "f64", 1e-9, [1]);
      }),
      runs,
    );
  });
}

test("the whole list keeps every value of loops and branches", () => {
  fc.assert(
    fc.property(controlChoices, fc.boolean(), (steps, trains) => {
      const before = randomControl(steps, { trains });
      expectSameFunction(before, runPasses(before, passes, { verify: true }), "f64", 1e-6, [1]);
    }),
    runs,
  );
});
