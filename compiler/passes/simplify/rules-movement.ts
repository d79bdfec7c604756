// Views, permutations and boxes: two in a row are merged, and identities are removed. No rule changes a value.
import { rule, type Match, type RuleText } from "../../graph/rules/rewrite.ts";
import { elements, type Shape } from "../../types/tensor-type.ts";
import { at, iota } from "../../support/lists.ts";

const shapeOf = (m: Match): readonly number[] => m.root.type.shape;

/** The axes with a size other than 1. */
const long = (shape: Shape): number[] => iota(shape.length).filter((axis) => shape[axis] !== 1);

const sameList = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((x, i) => x === b[i]);

/** Maps axes of one shape to those of another that differs only by axes of size 1; null for other shapes. */
function through(from: Shape, to: Shape): ReadonlyMap<number, number> | null {
  const [a, b] = [long(from), long(to)];
  return sameList(
    a.map((axis) => at(from, axis)),
    b.map((axis) => at(to, axis)),
  )
    ? new Map(a.map((axis, i) => [axis, at(b, i)]))
    : null;
}

const all = (list: readonly (number | undefined)[]): readonly number[] | null =>
  list.every((x) => x !== undefined) ? list : null;

/**
 * The dims of broadcast(reshape(x)) as one broadcast, if the reshape only adds or drops axes of size 1 and x has none.
 */
function dimsBeforeReshape(m: Match): readonly number[] | null {
  const map = through(m.type("x").shape, m.type("y").shape);
  return map === null ? null : all(iota(m.type("x").shape.length).map((axis) => m.ints("q")[map.get(axis) ?? -1]));
}

/** The dims of reshape(broadcast(x)), likewise. */
function dimsAfterReshape(m: Match): readonly number[] | null {
  const map = through(m.type("y").shape, shapeOf(m));
  return map === null ? null : all(m.ints("p").map((axis) => map.get(axis)));
}

const keepsOrder = (m: Match): boolean => {
  const { shape } = m.type("x");
  const moved = m.ints("perm").filter((axis) => shape[axis] !== 1);
  return moved.every((axis, i) => i === 0 || axis > at(moved, i - 1));
};

/** transpose(broadcast(x)): the order of the axes of x in the result, and their positions. */
const transposedDims = (m: Match): number[] =>
  iota(m.ints("perm").length).filter((axis) => m.ints("dims").includes(at(m.ints("perm"), axis)));
const transposedOrder = (m: Match): number[] =>
  transposedDims(m).map((axis) => m.ints("dims").indexOf(at(m.ints("perm"), axis)));

const symmetricDifference = (m: Match): number[] => {
  const [p, q] = [m.ints("p"), m.ints("q")];
  return [...p.filter((axis) => !q.includes(axis)), ...q.filter((axis) => !p.includes(axis))].toSorted((a, b) => a - b);
};

export const movementRules: readonly (RuleText | string)[] = [
  "reshape(x) => x",
  "reshape(reshape(x)){shape} => reshape(x){shape}",

  rule("transpose(x){perm} => reshape(x){shape=s}", { when: keepsOrder, computed: { s: shapeOf } }),
  rule("transpose(transpose(x){perm=p}){perm=q} => transpose(x){perm=r}", {
    computed: { r: (m) => m.ints("q").map((axis) => at(m.ints("p"), axis)) },
  }),

  "broadcast(x) => x",
  rule("broadcast(x){dims} => reshape(x){shape=s}", {
    when: (m) => elements(m.type("x").shape) === elements(shapeOf(m)),
    computed: { s: shapeOf },
  }),
  rule("broadcast(broadcast(x){dims=p}){shape, dims=q} => broadcast(x){shape, dims=r}", {
    computed: { r: (m) => m.ints("p").map((axis) => at(m.ints("q"), axis)) },
  }),
  rule("broadcast(y: reshape(x)){shape, dims=q} => broadcast(x){shape, dims=r}", {
    computed: { r: dimsBeforeReshape },
  }),
  rule("reshape(y: broadcast(x){dims=p}){shape} => broadcast(x){shape, dims=r}", { computed: { r: dimsAfterReshape } }),
  rule("transpose(broadcast(x){dims}){perm} => broadcast(transpose(x){perm=p}){shape=s, dims=d}", {
    computed: { p: transposedOrder, s: shapeOf, d: transposedDims },
  }),

  rule("reverse(x){axes} => x", (m) => m.ints("axes").every((axis) => shapeOf(m)[axis] === 1)),
  rule("reverse(reverse(x){axes=p}){axes=q} => reverse(x){axes=r}", { computed: { r: symmetricDifference } }),
];
