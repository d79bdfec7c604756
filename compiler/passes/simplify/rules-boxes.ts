// Compositions of slices, pads and concatenations, which the gradients of slices and concatenations produce.
import type { GraphBuilder } from "../../graph/build.ts";
import { mostPieces } from "../../graph/form.ts";
import { intAttr, isCut, isJoin, listAttr, padding } from "../../graph/facts.ts";
import type { Node, Value } from "../../graph/ir.ts";
import { rule, type Match, type RuleText } from "../../graph/rules/rewrite.ts";
import { at, iota } from "../../support/lists.ts";
import { localRule, type LocalRule } from "../../graph/rules/local.ts";

const perAxis = (m: Match, value: (axis: number) => number): number[] => iota(m.root.type.shape.length).map(value);
const zeros = (list: readonly number[]): boolean => list.every((n) => n === 0);

/** The limit of a slice of `count` elements: just past the last one. */
const limitOf = (start: number, count: number, stride: number): number => start + (count - 1) * stride + 1;

/** A slice as start and stride; the result's shape is its count. */
interface Cut {
  readonly start: readonly number[];
  readonly stride: readonly number[];
}

const sliceOf = (cut: (m: Match) => Cut) => ({
  s: (m: Match) => cut(m).start,
  l: (m: Match) =>
    cut(m).start.map((start, axis) => limitOf(start, at(m.root.type.shape, axis), at(cut(m).stride, axis))),
  t: (m: Match) => cut(m).stride,
});

const sliceOfSlice = (m: Match): Cut => ({
  start: perAxis(m, (axis) => at(m.ints("s1"), axis) + at(m.ints("s2"), axis) * at(m.ints("t1"), axis)),
  stride: perAxis(m, (axis) => at(m.ints("t1"), axis) * at(m.ints("t2"), axis)),
});

/**
 * A slice of a pad, assuming that it reads only elements of x; otherwise the result is not a valid slice of x, and the
 * rule does not fire.
 */
function sliceOfPad(m: Match): Cut {
  const step = perAxis(m, (axis) => at(m.ints("interior"), axis) + 1);
  return {
    start: perAxis(m, (axis) => (at(m.ints("start"), axis) - at(m.ints("lo"), axis)) / at(step, axis)),
    // The stride of a single element is arbitrary.
    stride: perAxis(m, (axis) => (m.root.type.shape[axis] === 1 ? 1 : at(m.ints("stride"), axis) / at(step, axis))),
  };
}

const sum =
  (a: string, b: string) =>
  (m: Match): number[] =>
    perAxis(m, (axis) => at(m.ints(a), axis) + at(m.ints(b), axis));

/**
 * For two tensors padded with zeros to one shape: the axis along which y starts where x ends. The type check ensures
 * that they agree along the other axes.
 */
function joint(m: Match, x: "x" | "y", y: "x" | "y"): number | null {
  const pads = { x: { lo: m.ints("l1"), between: m.ints("i1") }, y: { lo: m.ints("l2"), between: m.ints("i2") } };
  const [first, second] = [pads[x], pads[y]];
  if (!zeros(first.between) || !zeros(second.between)) return null;
  const axis = first.lo.findIndex((lo, i) => lo !== second.lo[i]);
  return axis !== -1 && at(first.lo, axis) + at(m.type(x).shape, axis) === at(second.lo, axis) ? axis : null;
}

const joined = (x: "x" | "y", y: "x" | "y", lo: string, hi: string) => ({
  a: (m: Match) => joint(m, x, y),
  l: (m: Match) => m.ints(lo),
  h: (m: Match) => m.ints(hi),
  i: (m: Match) => perAxis(m, () => 0),
});

const bothPads = "pad(x){lo=l1, hi=h1, interior=i1, value=0} + pad(y){lo=l2, hi=h2, interior=i2, value=0}";

export const boxRules: readonly (RuleText | string)[] = [
  "slice(x) => x",
  rule("slice(slice(x){start=s1, stride=t1}){start=s2, stride=t2} => slice(x){start=s, limit=l, stride=t}", {
    computed: sliceOf(sliceOfSlice),
  }),
  rule("slice(pad(x){lo, interior}){start, stride} => slice(x){start=s, limit=l, stride=t}", {
    computed: sliceOf(sliceOfPad),
  }),

  "pad(x) => x",
  rule(
    "pad(pad(x){lo=l1, hi=h1, interior=i1, value}){lo=l2, hi=h2, interior=i2, value} => pad(x){lo=l, hi=h, interior=i1, value}",
    {
      when: (m) => zeros(m.ints("i2")),
      computed: { l: sum("l1", "l2"), h: sum("h1", "h2") },
    },
  ),

  "concat(x) => x",
  // The gradient of a split: a sum of adjacent parts, each padded with zeros.
  rule(`${bothPads} => pad(concat(x, y){axis=a}){lo=l, hi=h, interior=i, value=0}`, {
    computed: joined("x", "y", "l1", "h2"),
  }),
  rule(`${bothPads} => pad(concat(y, x){axis=a}){lo=l, hi=h, interior=i, value=0}`, {
    computed: joined("y", "x", "l2", "h1"),
  }),
];

/** A slice within one part of a concatenation is a slice of that part. */
function sliceOfConcat(g: GraphBuilder, node: Node): Value | null {
  const [joined] = node.operands;
  if (!isCut(node) || joined === undefined || !isJoin(joined.node)) return null;
  const axis = intAttr(joined.node.attrs, "axis");
  const [start, limit, stride] = [
    listAttr(node.attrs, "start"),
    listAttr(node.attrs, "limit"),
    listAttr(node.attrs, "stride"),
  ];
  let before = 0;
  for (const part of joined.node.operands) {
    const after = before + at(part.type.shape, axis);
    if (at(start, axis) >= before && at(limit, axis) <= after) {
      const shifted = (list: readonly number[]): number[] => list.map((n, i) => (i === axis ? n - before : n));
      return g.slice(part, { start: shifted(start), limit: shifted(limit), stride });
    }
    before = after;
  }
  return null;
}

/**
 * A part that is itself a concatenation along the axis is replaced by its parts, unless there would be too many: a
 * tensor that is joined to itself again and again has a number of parts that doubles each time.
 */
function concatOfConcat(g: GraphBuilder, node: Node): Value | null {
  if (!isJoin(node)) return null;
  const { op, operands, attrs } = node;
  const inner = (value: Value): boolean => value.node.op === op && value.node.attrs["axis"] === attrs["axis"];
  if (!operands.some(inner)) return null;
  const parts = operands.flatMap((value) => (inner(value) ? value.node.operands : [value]));
  return parts.length > mostPieces ? null : g.concat(parts, intAttr(attrs, "axis"));
}

/** Enough for the gates of a recurrent cell or attention heads. */
const mostParts = 64;

/** The terms of a sum, with nested sums flattened. */
const termsOf = (value: Value, left: number): readonly Value[] =>
  value.node.op.operator === "+" && left > 0
    ? value.node.operands.flatMap((operand) => termsOf(operand, left - 1))
    : [value];

/**
 * A sum of adjacent parts, each padded with zeros to one shape, in any order, is a concatenation: the gradient with
 * respect to the gates of a recurrent cell. The rules above handle two neighbours; this one handles sums in which no
 * two terms that are added first are neighbours.
 */
function sumOfParts(g: GraphBuilder, { op, results }: Node): Value | null {
  if (op.operator !== "+") return null;
  const terms = termsOf(at(results, 0), 8);
  if (terms.length < 3 || terms.length > mostParts || !terms.every(isPart)) return null;
  const starts = terms.map(({ node }) => listAttr(node.attrs, "lo"));
  const axis = at(starts, 0).findIndex((lo, i) => starts.some((other) => at(other, i) !== lo));
  if (axis === -1) return null;
  const parts = terms
    .map(({ node }) => ({ node, x: at(node.operands, 0), start: at(listAttr(node.attrs, "lo"), axis) }))
    .toSorted((a, b) => a.start - b.start);
  const [first, last] = [at(parts, 0), at(parts, parts.length - 1)];
  const alike = (list: readonly number[], other: readonly number[]): boolean =>
    list.every((n, i) => i === axis || n === other[i]);
  const fits = parts.every(({ node, x, start }, index) => {
    const next = parts[index + 1];
    const touches = next === undefined || start + at(x.type.shape, axis) === next.start;
    return (
      touches &&
      alike(listAttr(node.attrs, "lo"), listAttr(first.node.attrs, "lo")) &&
      alike(x.type.shape, first.x.type.shape)
    );
  });
  if (!fits) return null;
  const joined = g.concat(
    parts.map(({ x }) => x),
    axis,
  );
  const [lo, interior] = [listAttr(first.node.attrs, "lo"), listAttr(first.node.attrs, "interior")];
  return g.pad(joined, { lo, hi: listAttr(last.node.attrs, "hi"), interior, value: 0 });
}

const isPart = ({ node }: Value): boolean => padding(node) === 0 && zeros(listAttr(node.attrs, "interior"));

export const boxLocalRules: readonly LocalRule[] = [
  localRule("sum-of-parts", sumOfParts),
  localRule("slice-of-concat", sliceOfConcat),
  localRule("concat-of-concat", concatOfConcat),
];
