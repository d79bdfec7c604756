import { expect, test } from "vitest";
import { expectSameAsReference } from "./compare.ts";
import { caseOf, isLeaf, sampled } from "./values.ts";

// The form, from which kernels are built, computes the same as the reference: bit for bit if the op is exact.
for (const op of sampled) {
  if (isLeaf(op) || op.regions !== undefined) continue;
  test(`the form of ${op.name} computes the reference`, () => {
    const kernels = op.samples.filter(({ operands }) => operands.every((type) => type.dtype !== "f64"));
    expect(kernels.length).toBeGreaterThan(0);
    for (const sample of kernels) for (const seed of [1, 2, 3]) expectSameAsReference(caseOf(op, sample, seed));
  });
}
