import { expect, test } from "vitest";
import { elements } from "../../compiler/types/tensor-type.ts";
import { allCases, caseOf, isLeaf, reference, sampled } from "./values.ts";

for (const op of sampled) {
  test(`the entry of ${op.name}`, () => {
    expect(op.doc).toMatch(/^\S.*[^.\s]$/);
    // A control op is sampled by the graphs of its own tests.
    expect(op.samples.length > 0).toBe(op.regions === undefined);
    for (const [says] of Object.values(op.requires)) expect(says).toMatch(/^\S.*[^.\s]$/);
    if (op.gradient.kind === "none") expect(op.gradient.why).not.toBe("");
    for (const name of Object.keys(op.defaults)) expect(Object.keys(op.attrs)).toContain(name);
    for (const { attrs = {} } of op.samples) for (const name of Object.keys(attrs)) expect(Object.keys(op.attrs)).toContain(name);
  });
}

test("the type rule says what the reference fills, with values of that dtype", () => {
  for (const at of allCases()) {
    const results = reference(at, "f64");
    expect(results.length).toBe(at.node.results.length);
    results.forEach(({ data, type }) => {
      expect(data.length, at.says).toBe(elements(type.shape));
      if (type.dtype !== "f32" && type.dtype !== "f64") for (const x of data) expect(Number.isInteger(x), at.says).toBe(true);
    });
  }
});

test("samples have a size of 1, an odd size above 1 and more than one shape", () => {
  for (const op of sampled) {
    if (isLeaf(op) || op.regions !== undefined) continue;
    const sizes = op.samples.map((sample) => caseOf(op, sample)).map(({ node }) => elements(node.results[0]?.type.shape ?? []));
    expect(new Set(sizes).size, op.name).toBeGreaterThan(1);
  }
});
