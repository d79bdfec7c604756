import fc from "fast-check";
import { expect, test } from "vitest";
import type { Contraction } from "../../compiler/graph/op.ts";
import { opNamed } from "../../compiler/graph/op.ts";
import { ops } from "../../compiler/ops/table.ts";
import { present } from "../../compiler/support/invariant.ts";
import { elements } from "../../compiler/types/tensor-type.ts";
import { expectSameAsReference } from "./compare.ts";
import { inKernels, singles, uses } from "./draw.ts";
import { caseOf, isLeaf, reference, sampled } from "./values.ts";

/** A fixed seed: comparisons near a tie, or quotients near an integer, would fail occasionally. */
const fixed = { seed: 20260101 };

for (const op of sampled) {
  if (isLeaf(op)) continue;
  test(`the form of ${op.name} computes the reference, for any shape`, () => {
    fc.assert(
      fc.property(
        uses(op, inKernels, { long: true }),
        fc.nat(),
        (sample, seed) => void expectSameAsReference(caseOf(op, sample, seed)),
      ),
      { ...fixed, numRuns: 30 },
    );
  });
}

/** Packs rhs into panels and contracts them, instead of the plain contraction. */
function throughPanels(
  { dims }: Contraction,
  width: number,
  operands: readonly { readonly data: Float64Array }[],
  shape: readonly number[],
  lhsShape: readonly number[],
  rhsShape: readonly number[],
): readonly number[] {
  const lists = {
    sizes: dims.map((d) => d.size),
    lhs: dims.map((d) => d.lhs),
    rhs: dims.map((d) => d.rhs),
    out: dims.map((d) => d.out),
    width,
  };
  const f32 = (sizes: readonly number[]) => ({ dtype: "f32", shape: sizes }) as const;
  const [lhs, rhs] = operands.map(({ data }) => [...data]) as [number[], number[]];
  const pack = caseOf(present(ops.get("pack"), "pack"), { operands: [f32(rhsShape)], attrs: lists, values: [rhs] });
  expectSameAsReference(pack);
  const panels = present(reference(pack, "f64")[0], "panels");
  const contraction = caseOf(present(ops.get("contraction"), "contraction"), {
    operands: [f32(lhsShape), panels.type],
    attrs: { ...lists, shape },
    values: [lhs, [...panels.data]],
  });
  expectSameAsReference(contraction);
  return [...present(reference(contraction, "f64")[0], "a result").data];
}

for (const name of ["dot", "conv", "conv_kernel_gradient"]) {
  const op = present(opNamed(ops, name), name);
  test(`${name} with packed panels equals the plain contraction`, () => {
    fc.assert(
      fc.property(
        uses(op, singles),
        fc.integer({ min: 1, max: 8 }),
        fc.boolean(),
        fc.nat(),
        (sample, width, isFlat, seed) => {
          const plain = caseOf(op, sample, seed);
          const [lhs, rhs] = sample.operands;
          const site = {
            operands: sample.operands,
            results: plain.node.results.map((v) => v.type),
            attrs: plain.node.attrs,
          };
          const contraction = op.form.kind === "contract" ? op.form.contraction(site) : null;
          fc.pre(contraction !== null && lhs !== undefined && rhs !== undefined);
          const rhsShape = isFlat ? [elements(rhs.shape)] : rhs.shape;
          const expected = present(reference(plain, "f64")[0], "a result");
          const computed = throughPanels(contraction, width, plain.operands, expected.type.shape, lhs.shape, rhsShape);
          computed.forEach((x, i) => expect(x).toBeCloseTo(expected.data[i] ?? Number.NaN, 10));
        },
      ),
      { ...fixed, numRuns: 60 },
    );
  });
}
