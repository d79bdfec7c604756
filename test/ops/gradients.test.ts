import { expect, test } from "vitest";
import { isFloat } from "../../compiler/types/tensor-type.ts";
import { jacobianError, secondOrderError } from "./jacobian.ts";
import { type Case, caseOf, sampled } from "./values.ts";

/** Uses whose result and at least one operand are floating point. */
const smooth = ({ node }: Case): boolean => [node.operands, node.results].every((values) => values.some(({ type }) => isFloat(type.dtype)));

/** Not by its rule: it says that nothing flows, whatever the differences say. */
const deliberate = ["stop_gradient"];

for (const op of sampled) {
  if (op.gradient.kind === "none" || op.regions !== undefined || deliberate.includes(op.name)) continue;
  const cases = op.samples.map((sample) => caseOf(op, sample)).filter(smooth);

  test(`the gradient of ${op.name}`, () => {
    expect(cases.length).toBeGreaterThan(0);
    for (const at of cases) {
      const { error, says } = jacobianError(at);
      expect(error, `${at.says}: ${says}`).toBeLessThan(1e-7);
    }
  });

  test(`the gradient of the gradient of ${op.name}`, () => {
    for (const at of cases) {
      const { error, says } = secondOrderError(at);
      expect(error, `${at.says}: ${says}`).toBeLessThan(1e-7);
    }
  });
}
