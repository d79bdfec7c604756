// The rule for NaN, for every op of floats: a NaN is contagious, and it is the extreme among numbers. The tests of
// targets compare the compiled code with the references, which are tested here.
import { expect, test } from "vitest";
import type { OpName } from "../../compiler/graph/form.ts";
import type { Op, Sample } from "../../compiler/graph/op.ts";
import { isFloat } from "../../compiler/types/tensor-type.ts";
import { present } from "../../compiler/support/invariant.ts";
import { ops } from "../../compiler/ops/table.ts";
import { apply, caseOf, isLeaf, reference, sampled } from "./values.ts";

/** Why a NaN in this operand may have no effect on a float result. */
const exceptions: Readonly<Record<string, string>> = {
  select: "the operand that is not chosen has no effect",
  pow: "x to the power of 0 is 1, whatever x is",
};

const floatUses = ({ samples }: Op): readonly Sample[] =>
  samples.filter(({ operands }) => operands.some(({ dtype, shape }) => isFloat(dtype) && !shape.includes(0)));

/** The results of a use, in f32, with the element of an operand replaced by NaN. */
function poisoned(op: Op, sample: Sample, operand: number, element: number): readonly number[] {
  const use = caseOf(op, sample);
  const operands = use.operands.map((array, k) =>
    k === operand ? { ...array, data: array.data.map((x, i) => (i === element ? Number.NaN : x)) } : array,
  );
  return Array.from(present(reference({ ...use, operands }, "f32")[0], "a result").data);
}

const nanAt = (list: readonly number[]): number[] => list.flatMap((x, i) => (Number.isNaN(x) ? [i] : []));

for (const op of sampled) {
  if (op.form.kind !== "pointwise" || exceptions[op.name] !== undefined) continue;
  const uses = floatUses(op).filter((sample) =>
    isFloat(present(caseOf(op, sample).node.results[0], "a result").type.dtype),
  );
  if (uses.length === 0) continue;
  test(`${op.name} of NaN is NaN`, () => {
    for (const sample of uses)
      sample.operands.forEach(({ dtype }, operand) => {
        if (isFloat(dtype))
          expect(nanAt(poisoned(op, sample, operand, 0)), caseOf(op, sample).description).toEqual([0]);
      });
  });
}

/** The sum over the same elements, for each other reduction. */
const sums: Readonly<Partial<Record<OpName, OpName>>> = {
  reduce_prod: "reduce_sum",
  reduce_max: "reduce_sum",
  reduce_min: "reduce_sum",
  window_max: "window_sum",
};

for (const op of sampled.filter(({ name }) => sums[name as OpName] !== undefined))
  test(`${op.name} is NaN where a sum of the same elements is`, () => {
    const sum = present(ops.get(present(sums[op.name as OpName], `a sum like ${op.name}`)), "the sum");
    for (const sample of floatUses(op)) {
      const found = nanAt(poisoned(op, sample, 0, 1));
      expect(found).toEqual(nanAt(poisoned(sum, sample, 0, 1)));
    }
  });

test("every op with an index of an extreme returns that of the first NaN", () => {
  const x = [2, NaN, 7, NaN];
  const one = caseOf(present(ops.get("argmax"), "argmax"), {
    operands: [{ dtype: "f32", shape: [4] }],
    attrs: { axis: 0 },
  });
  const row = present(one.operands[0], "x").type;
  for (const name of ["argmax", "argmin"]) {
    expect(apply(name, [[row, x]], { axis: 0 })).toEqual([1]);
    expect(apply(name, [[row, [NaN, NaN, 1, 2]]], { axis: 0 })).toEqual([0]);
  }
  const image = { dtype: "f32", shape: [1, 4, 1] } as const;
  expect(apply("window_argmax", [[image, x]], { window: [4], stride: [1] })).toEqual([1]);
  expect(apply("argsort", [[row, x]], { axis: 0 })).toEqual([0, 2, 1, 3]);
  expect(apply("argsort", [[row, x]], { axis: 0, descending: true })).toEqual([1, 3, 2, 0]);
});

test("every op of floats with another form moves or accumulates its elements, or is tested here", () => {
  const others = sampled.filter(
    ({ form, exact, operands }) => !["pointwise", "view", "pieces"].includes(form.kind) && exact && operands.length > 0,
  );
  const tested = new Set([
    ...Object.keys(sums),
    "argmax",
    "argmin",
    "window_argmax",
    "argsort",
    "take_max",
    "take_min",
  ]);
  const moves = (op: Op): boolean => isLeaf(op) || op.moves !== undefined || op.linear !== null;
  expect(others.filter((op) => !moves(op) && !tested.has(op.name)).map(({ name }) => name)).toEqual([]);
});
