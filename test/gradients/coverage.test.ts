import { expect, test } from "vitest";
import { ops } from "../../compiler/ops/table.ts";
import { isFloat } from "../../compiler/types/tensor-type.ts";
import { declarations, declarationsWithout } from "./library/reached.ts";

// Everything that has a gradient has a test of it.

/** Ops that the tests of control flow differentiate. */
const control = ["scan", "cond", "checkpoint", "custom_gradient"];

test("a float op has a gradient rule or the reason why it has none; no other op has a rule", () => {
  for (const op of ops.values()) {
    const smooth =
      op.regions !== undefined ||
      op.samples.some(
        ({ operands, attrs = {} }) =>
          operands.some(({ dtype }) => isFloat(dtype)) &&
          op.type(operands, { ...op.defaults, ...attrs }, []).some(({ dtype }) => isFloat(dtype)),
      );
    if (op.gradient.kind === "none") expect(op.gradient.why, op.name).toMatch(/\w+ \w+/);
    else expect(smooth, `${op.name} has a gradient rule, but no float operands and results`).toBe(true);
  }
});

test("every op that runs regions and has a gradient rule is differentiated by the tests of control flow", () => {
  const regions = [...ops.values()].filter((op) => op.regions !== undefined && op.gradient.kind === "rule");
  expect(regions.map(({ name }) => name).toSorted()).toEqual(control.toSorted());
});

test("every declaration that is listed as having no gradient test exists", () => {
  expect(declarations.size).toBeGreaterThan(200);
  for (const name of Object.keys(declarationsWithout))
    expect(declarations.has(name), `${name} is listed, but the library has no such declaration`).toBe(true);
});
