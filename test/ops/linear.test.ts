// In which operands an op is linear: what its entry says, and nothing less.
import { expect, test } from "vitest";
import { evaluateNode, ndarray } from "../../compiler/graph/evaluate.ts";
import { linearSets } from "../../compiler/graph/facts.ts";
import type { NdArray, Op } from "../../compiler/graph/op.ts";
import { isFloat } from "../../compiler/types/tensor-type.ts";
import { type Case, caseOf, isLeaf, random, sampled, valuesOf } from "./values.ts";

const says = (op: Op, problem: string): string => `${op.name} ${problem}; see the field \`linear\` of its entry in compiler/ops`;

/** Whether f(2 x - 3 y) = 2 f(x) - 3 f(y) for random x and y of the operands of the set, the others fixed. */
function isLinear({ node, operands }: Case, set: readonly number[]): boolean {
  const next = random(11);
  const fresh = (): readonly NdArray[] => operands.map((each, index) => (set.includes(index) ? { ...each, data: valuesOf(each.type, next) } : each));
  const [x, y] = [fresh(), fresh()];
  const mixed = x.map(({ type, data }, index) =>
    set.includes(index)
      ? ndarray(
          type,
          data.map((value, i) => 2 * value - 3 * (y[index]?.data[i] ?? 0)),
          "f64",
        )
      : { type, data },
  );
  const [fx, fy, f] = [x, y, mixed].map((each) => evaluateNode(node, each, "f64"));
  return (f ?? []).every(({ data }, result) =>
    data.every((value, i) => {
      const wanted = 2 * (fx?.[result]?.data[i] ?? 0) - 3 * (fy?.[result]?.data[i] ?? 0);
      return Math.abs(value - wanted) <= 1e-9 * (1 + Math.abs(wanted));
    }),
  );
}

const isSmooth = ({ node }: Case): boolean => node.results.every(({ type }) => isFloat(type.dtype));

for (const op of sampled.filter((each) => !isLeaf(each) && each.operands.length > 0)) {
  test(`${op.name} is linear where its entry says so, and nowhere else`, () => {
    // Integers wrap around and booleans do not add: what is linear in floats is what the field is about.
    const cases = op.samples.map((sample) => caseOf(op, sample)).filter(isSmooth);
    const floatsOf = ({ operands }: Case): readonly number[] => operands.flatMap(({ type }, index) => (isFloat(type.dtype) ? [index] : []));
    for (const at of cases)
      for (const set of linearSets(at.node)) expect(isLinear(at, set), says(op, `is not linear in operands ${set.join(", ")}`)).toBe(true);
    const silent = (operand: number): boolean => cases.length > 0 && cases.every((at) => !linearSets(at.node).some((set) => set.includes(operand)));
    for (const operand of new Set(cases.flatMap(floatsOf)))
      if (silent(operand)) {
        const everywhere = cases.every((at) => isLinear(at, [operand]));
        expect(everywhere, says(op, `is linear in operand ${operand}, and does not say so`)).toBe(false);
      }
  });
}
