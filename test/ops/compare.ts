import { expect } from "vitest";
import { present } from "../../compiler/support/invariant.ts";
import { evaluateForm } from "./form-kernel.ts";
import { type Case, reference } from "./values.ts";

/** Zeros are equal, whatever their sign: kernels do not order them. */
const unsigned = (data: Float64Array): number[] => Array.from(data, (x) => x + 0);

/** The form gives the reference's bits where the entry says that it is exact, and the same within the rounding of its sums where not. */
export function expectSameAsReference(at: Case): void {
  const computed = evaluateForm(at);
  if (computed === null) return expect(withoutForm(at), at.says).toBe(true);
  const { data } = present(reference(at, "f32")[0], "a result");
  if (at.node.op.exact)
    return expect(unsigned(computed), `${at.says}: not the bits of the reference; if it rounds, its entry says \`exact: false\``).toEqual(unsigned(data));
  expect(computed.length, at.says).toBe(data.length);
  computed.forEach((x, i) => {
    const y = present(data[i], "as many elements");
    expect(Math.abs(x - y), `${at.says} [${i}]: ${x} is not ${y}`).toBeLessThanOrEqual(4e-6 * (1 + Math.abs(y)));
  });
}

/** A convolution whose padding is to be made explicit first. */
function withoutForm({ node: { op, attrs } }: Case): boolean {
  const padded = (attrs["padding"] as readonly (readonly number[])[]).flat().some((n) => n > 0);
  return op.name === "conv_input_gradient" || (padded && ["conv", "conv_kernel_gradient"].includes(op.name));
}
