// Reductions over axes of size 1, over broadcast axes, and of reductions.
import { isExtreme, reducesAxes } from "../../graph/facts.ts";
import type { Op } from "../../graph/op.ts";
import { rule, type Match, type RuleText } from "../../graph/rules/rewrite.ts";
import { ops } from "../../ops/table.ts";
import { isFloat } from "../../types/tensor-type.ts";
import { at, iota } from "../../support/lists.ts";

const sizes = (m: Match): number[] => m.ints("axes").map((axis) => at(m.type("x").shape, axis));
const shapeOf = (m: Match): readonly number[] => m.root.type.shape;

const lastOf = (m: Match, name: string): number => m.type(name).shape.length - 1;

/**
 * Whether the order of the elements matters to the result: it is another over the last axis than over the others, so
 * that no other axis may become the last.
 */
const isOrdered = (op: Op, m: Match): boolean => !isExtreme(op) && isFloat(m.root.type.dtype);

/** The reduced axes of size 1 that can be dropped. */
const dropped = (op: Op, m: Match): number[] =>
  m.ints("axes").filter((axis) => m.type("x").shape[axis] === 1 && !(isOrdered(op, m) && axis === lastOf(m, "x")));

/** The shape of x without these, and the axes that are left to reduce. */
const restShape =
  (op: Op) =>
  (m: Match): number[] =>
    m.type("x").shape.filter((_, axis) => !dropped(op, m).includes(axis));
const restAxes =
  (op: Op) =>
  (m: Match): number[] =>
    iota(m.type("x").shape.length)
      .filter((axis) => !dropped(op, m).includes(axis))
      .flatMap((axis, i) => (m.ints("axes").includes(axis) ? [i] : []));

/** The axes of the operand that two reductions remove together: `p`, then `q` of the remaining axes. */
function bothAxes(m: Match): number[] {
  const left = iota(m.type("x").shape.length).filter((axis) => !m.ints("p").includes(axis));
  return [...m.ints("p"), ...m.ints("q").map((axis) => at(left, axis))].toSorted((a, b) => a - b);
}

/** reduce(broadcast(x)): the reduced axes of x, and the positions of the others in the result. */
const reducedBefore = (m: Match): number[] =>
  iota(m.ints("dims").length).filter((i) => m.ints("axes").includes(at(m.ints("dims"), i)));
function dimsLeft(m: Match): number[] {
  const left = iota(m.type("y").shape.length).filter((axis) => !m.ints("axes").includes(axis));
  return m.ints("dims").flatMap((dim) => (left.includes(dim) ? [left.indexOf(dim)] : []));
}

/** Whether the last axis of x is reduced if and only if that of the broadcast is. */
const keepsLast = (m: Match): boolean =>
  reducedBefore(m).includes(lastOf(m, "x")) === m.ints("axes").includes(lastOf(m, "y"));

const keepsCount = (m: Match): boolean => m.ints("axes").every((axis) => m.ints("dims").includes(axis));

const overOnes = (op: Op): readonly (RuleText | string)[] => [
  `${op.name}(x) => x`,
  rule(`${op.name}(x){axes} => reshape(x){shape=s}`, {
    when: (m) => sizes(m).every((n) => n === 1),
    computed: { s: shapeOf },
  }),
  rule(`${op.name}(x){axes} => ${op.name}(reshape(x){shape=s}){axes=a}`, {
    when: (m) => dropped(op, m).length > 0 && sizes(m).some((n) => n !== 1),
    computed: { s: restShape(op), a: restAxes(op) },
  }),
];

/** The extreme of equal elements is any of them, if there is one. */
const idempotent = ({ name }: Op): readonly RuleText[] => [
  rule(`${name}(${name}(x){axes=p}){axes=q} => ${name}(x){axes=r}`, { computed: { r: bothAxes } }),
  rule(`${name}(y: broadcast(x){dims}){axes} => broadcast(${name}(x){axes=a}){shape=s, dims=d}`, {
    when: (m) => !m.type("y").shape.includes(0),
    computed: { a: reducedBefore, s: shapeOf, d: dimsLeft },
  }),
];

/** Only for axes that x has: a sum over broadcast axes is a product (see `reassociate`). */
const beforeBroadcast = (op: Op): RuleText =>
  rule(`${op.name}(y: broadcast(x){dims}){axes} => broadcast(${op.name}(x){axes=a}){shape=s, dims=d}`, {
    when: (m) => keepsCount(m) && (!isOrdered(op, m) || keepsLast(m)),
    computed: { a: reducedBefore, s: shapeOf, d: dimsLeft },
  });

const reductions = [...ops.values()].filter(reducesAxes);
const extremes = reductions.filter(isExtreme);
const others = reductions.filter((op) => !isExtreme(op));

export const reduceRules: readonly (RuleText | string)[] = [
  ...reductions.flatMap(overOnes),
  ...extremes.flatMap(idempotent),
  ...others.map(beforeBroadcast),
  "reduce_sum(neg(x)){axes} => neg(reduce_sum(x){axes})",
];
