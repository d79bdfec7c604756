import { expect, test } from "vitest";
import { expectSameAsReference } from "./compare.ts";
import { caseOf, isLeaf, sampled } from "./values.ts";

// The form, which kernels are made from, computes what the reference says: bit for bit where the entry promises it.
for (const op of sampled) {
  if (isLeaf(op) || op.regions !== undefined) continue;
  test(`the form of ${op.name}`, () => {
    const kernels = op.samples.filter(({ operands }) => operands.every((type) => type.dtype !== "f64"));
    expect(kernels.length).toBeGreaterThan(0);
    for (const sample of kernels) for (const seed of [1, 2, 3]) expectSameAsReference(caseOf(op, sample, seed));
  });
}
