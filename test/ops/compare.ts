import { expect } from "vitest";
import { present } from "../../compiler/support/invariant.ts";
import { evaluateForm } from "./form-kernel.ts";
import { type Case, reference } from "./values.ts";

/** Not a packed contraction: its rhs lies in panels, whose layout the tiled schedule alone knows. */
const hasPlainForm = ({ node }: Case): boolean => node.op.name !== "contraction";

export function expectSameAsReference(at: Case): void {
  const computed = hasPlainForm(at) ? evaluateForm(at) : null;
  if (computed === null) return expect(["contraction", "conv", "conv_input_gradient", "conv_kernel_gradient"], at.says).toContain(at.node.op.name);
  const { data } = present(reference(at, "f32")[0], "a result");
  if (at.node.op.exact) return expect([...computed], at.says).toEqual([...data].map((x) => (Object.is(x, -0) ? expect.closeTo(0) : x)));
  expect(computed.length, at.says).toBe(data.length);
  computed.forEach((x, i) => {
    const y = present(data[i], "as many elements");
    expect(Math.abs(x - y), `${at.says} [${i}]: ${x} is not ${y}`).toBeLessThanOrEqual(4e-6 * (1 + Math.abs(y)));
  });
}
