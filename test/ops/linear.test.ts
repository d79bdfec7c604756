// The operands in which an op is linear: its entry must list all of them, and no others.
import { expect, test } from "vitest";
import { evaluateNode, ndarray } from "../../compiler/graph/evaluate.ts";
import { linearSets } from "../../compiler/graph/facts.ts";
import type { NdArray, Op } from "../../compiler/graph/op.ts";
import { isFloat } from "../../compiler/types/tensor-type.ts";
import { type Case, caseOf, isLeaf, random, sampled, valuesOf } from "./values.ts";

const problemOf = (op: Op, problem: string): string =>
  `${op.name} ${problem}; see the field \`linear\` of its entry in compiler/ops`;

/** Whether f(2 x - 3 y) = 2 f(x) - 3 f(y) for random x and y of the operands of the set, the others fixed. */
function isLinear({ node, operands }: Case, set: readonly number[]): boolean {
  const next = random(11);
  const fresh = (): readonly NdArray[] =>
    operands.map((each, index) => (set.includes(index) ? { ...each, data: valuesOf(each.type, next) } : each));
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

/** Of the operands of each case: every one, every two of the first four, and all together. */
function setsOf(lists: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const sets = lists.flatMap((list) => {
    const first = list.slice(0, 4);
    return [
      ...list.map((operand) => [operand]),
      ...first.flatMap((a, i) => first.slice(i + 1).map((b) => [a, b])),
      ...(list.length > 0 ? [list] : []),
    ];
  });
  return [...new Map(sets.map((set) => [set.join(), set])).values()];
}

const isSmooth = ({ node }: Case): boolean => node.results.every(({ type }) => isFloat(type.dtype));

for (const op of sampled.filter((each) => !isLeaf(each) && each.operands.length > 0)) {
  test(`${op.name} is linear in exactly the operands of its entry`, () => {
    // The field is about floats only: integers wrap, and bools do not add.
    const cases = op.samples.map((sample) => caseOf(op, sample)).filter(isSmooth);
    const floatsOf = ({ operands }: Case): readonly number[] =>
      operands.flatMap(({ type }, index) => (isFloat(type.dtype) ? [index] : []));
    for (const at of cases)
      for (const set of linearSets(at.node))
        expect(isLinear(at, set), problemOf(op, `is not linear in operands ${set.join(", ")}`)).toBe(true);
    const isDeclared = (at: Case, set: readonly number[]): boolean =>
      linearSets(at.node).some((each) => set.every((operand) => each.includes(operand)));
    for (const set of setsOf(cases.map(floatsOf))) {
      const using = cases.filter((at) => set.every((operand) => floatsOf(at).includes(operand)));
      if (using.some((at) => isDeclared(at, set))) continue;
      const everywhere = using.every((at) => isLinear(at, set));
      expect(
        everywhere,
        problemOf(op, `is linear in operands ${set.join(", ")}, but its entry does not list them`),
      ).toBe(false);
    }
  });
}
