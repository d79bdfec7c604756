import { expect, test } from "vitest";
import { compareGraphs, compareResults, compareStages, exactResults } from "../../compiler/trust/compare.ts";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { ops } from "../../compiler/ops/table.ts";
import { randomData } from "../../compiler/trust/sample-data.ts";

const graph = (lines: string, name = "y") =>
  parseGraph(`graph f(%a: f32[3], %b: f32[3])\n${lines}\n  return ${name}=%y\n`, ops);
const sum = graph("  %y = add %a, %b : f32[3]");
const data = randomData(sum, 1);

test("equivalent graphs compare equal, exactly or with tolerance", () => {
  const rewritten = graph("  %0 = neg %b : f32[3]\n  %y = sub %a, %0 : f32[3]");
  expect(compareGraphs(sum, rewritten, true, data)).toBe(null);
  expect(compareGraphs(sum, rewritten, false, data)).toBe(null);
});

test("one rounding error is a difference only in an exact comparison", () => {
  const quotient = graph("  %y = div %a, 3 : f32[3]");
  const product = graph("  %y = mul %a, 0.3333333333333333 : f32[3]");
  expect(compareGraphs(quotient, product, true, randomData(sum, 5))).toMatchObject({ what: "output y", allowed: 0 });
  expect(compareGraphs(quotient, product, false, data)).toBe(null);
  const off = graph("  %y = mul %a, 0.333333333 : f32[3]");
  expect(compareGraphs(quotient, off, false, data)).toMatchObject({ what: "output y" });
});

test("a missing output is a difference", () => {
  expect(compareGraphs(sum, graph("  %y = add %a, %b : f32[3]", "z"), true, data)).toMatchObject({ what: "output y" });
});

test("the first stage that differs is reported, also among exact stages", () => {
  const wrong = graph("  %y = sub %a, %b : f32[3]");
  const stages = [sum, sum, wrong, wrong].map((each, i) => ({ name: `stage ${i}`, graph: { ...each }, exact: true }));
  expect(compareStages(stages, data)).toMatchObject({ stage: "stage 2" });
  expect(compareStages([...stages.slice(0, 2), { name: "last", graph: wrong, exact: false }], data)).toMatchObject({
    stage: "last",
  });
  expect(compareStages(stages.slice(0, 2), data)).toBe(null);
});

test("results of code must be within their bound, and bit-identical if only exact ops computed them", () => {
  const inputs = {
    inputs: new Map([
      ["a", Float64Array.of(1, 2, 3)],
      ["b", Float64Array.of(1, 1, 1)],
    ]),
    persistent: new Map(),
  };
  expect(exactResults(sum)).toEqual(new Set(["output y"]));
  expect(compareResults(sum, new Map([["output y", [2, 3, 4]]]), inputs)).toBe(null);
  expect(compareResults(sum, new Map([["output y", [2, 3, 4 + 2 ** -21]]]), inputs)).toMatchObject({
    index: 2,
    allowed: 0,
  });
  expect(compareResults(sum, new Map([["output y", [2, 3]]]), inputs)).toMatchObject({ index: 2 });
  const wave = graph("  %y = sin %a : f32[3]");
  expect(exactResults(wave)).toEqual(new Set());
  expect(compareResults(wave, new Map([["output y", [1, 2, 3].map((x) => Math.sin(x) + 1e-8)]]), inputs)).toBe(null);
  expect(compareResults(wave, new Map([["output y", [1, 2, 3].map((x) => Math.sin(x) + 1e-5)]]), inputs)).toMatchObject(
    { index: 0 },
  );
});
