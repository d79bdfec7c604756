import { expect, test } from "vitest";
import { ops } from "../../compiler/ops/table.ts";
import { isFloat } from "../../compiler/types/tensor-type.ts";
import { declarations, declarationsWithout } from "./library/reached.ts";

// Nothing that has a gradient goes without a test of it.

/** Differentiated by the tests of control flow. */
const control = ["scan", "cond", "checkpoint", "custom_gradient"];

test("an op of floating-point numbers has a gradient rule, or says why not; no other has a rule", () => {
  for (const op of ops.values()) {
    const smooth =
      op.regions !== undefined ||
      op.samples.some(
        ({ operands, attrs = {} }) =>
          operands.some(({ dtype }) => isFloat(dtype)) && op.type(operands, { ...op.defaults, ...attrs }, []).some(({ dtype }) => isFloat(dtype)),
      );
    if (op.gradient.kind === "none") expect(op.gradient.why, op.name).toMatch(/\w+ \w+/);
    else expect(smooth, `${op.name} has a gradient rule, and nothing floating-point goes through it`).toBe(true);
  }
});

test("every op that runs regions and has a gradient rule is differentiated by the tests of control flow", () => {
  const regions = [...ops.values()].filter((op) => op.regions !== undefined && op.gradient.kind === "rule");
  expect(regions.map(({ name }) => name).toSorted()).toEqual(control.toSorted());
});

test("what is on the list of declarations without a test of gradients is there", () => {
  expect(declarations.size).toBeGreaterThan(200);
  for (const name of Object.keys(declarationsWithout)) expect(declarations.has(name), `${name} is on the list, and nothing of the library`).toBe(true);
});
