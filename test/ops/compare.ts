import { expect } from "vitest";
import { present } from "../../compiler/support/invariant.ts";
import { evaluateForm } from "./form-kernel.ts";
import { type Case, reference } from "./values.ts";

/** Removes the sign of zeros, which kernels need not preserve. */
const unsigned = (data: Float64Array): number[] => Array.from(data, (x) => x + 0);

/**
 * Expects the bits of the reference from the form of an exact op, and otherwise agreement within the rounding of its
 * sums.
 */
export function expectSameAsReference(at: Case): void {
  const computed = evaluateForm(at);
  if (computed === null) return expect(withoutForm(at), at.description).toBe(true);
  const { data } = present(reference(at, "f32")[0], "a result");
  if (at.node.op.exact)
    return expect(
      unsigned(computed),
      `${at.description}: not the bits of the reference; if it rounds, its entry needs \`exact: false\``,
    ).toEqual(unsigned(data));
  expect(computed.length, at.description).toBe(data.length);
  computed.forEach((x, i) => {
    const y = present(data[i], "as many elements");
    expect(Math.abs(x - y), `${at.description} [${i}]: ${x} is not ${y}`).toBeLessThanOrEqual(4e-6 * (1 + Math.abs(y)));
  });
}

/** Whether the op must be lowered first: a padded convolution or an input gradient. */
function withoutForm({ node: { op, attrs } }: Case): boolean {
  const padded = (attrs["padding"] as readonly (readonly number[])[]).flat().some((n) => n > 0);
  return op.name === "conv_input_gradient" || (padded && ["conv", "conv_kernel_gradient"].includes(op.name));
}
