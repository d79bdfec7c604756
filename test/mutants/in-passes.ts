import type { Mutant } from "./mutant.ts";

const analysis = (file: string): string => `compiler/analysis/${file}.ts`;
const passes = (file: string): string => `compiler/passes/${file}.ts`;

/** Faults in rewrite rules; most drop a condition. */
export const inRules: readonly Mutant[] = [
  {
    name: "rule-select-not",
    effect: "select on a negated condition keeps the order of its operands",
    file: passes("simplify/rules-algebra"),
    from: "select(not(c), x, y) => select(c, y, x)",
    to: "select(not(c), x, y) => select(c, x, y)",
  },
  {
    name: "rule-convert-convert",
    effect: "two conversions are merged although the first one loses precision",
    file: passes("simplify/rules-algebra"),
    from: 'convert(x){dtype}", widened)',
    to: 'convert(x){dtype}")',
  },
  {
    name: "rule-division",
    effect: "division by any constant becomes multiplication by its reciprocal",
    file: passes("simplify/rules-algebra"),
    from: "divisor === 0 || !Number.isInteger(Math.log2(Math.abs(divisor))) || ",
    to: "divisor === 0 || ",
  },
  {
    name: "rule-sub-neg",
    effect: "x - (-y) becomes x - y",
    file: passes("simplify/rules-algebra"),
    from: "x - neg(y) => x + y",
    to: "x - neg(y) => x - y",
  },
  {
    name: "rule-sum-of-broadcast",
    effect: "a sum over broadcast axes omits the factor of their size",
    file: passes("simplify/rules-reduce"),
    from: "when: (m) => keepsCount(m) && (",
    to: "when: (m) => (",
  },
  {
    name: "rule-transpose-view",
    effect: "every transpose becomes a reshape",
    file: passes("simplify/rules-movement"),
    from: "when: keepsOrder, computed",
    to: "computed",
  },
  {
    name: "rule-transpose-transpose",
    effect: "two permutations are composed in the wrong order",
    file: passes("simplify/rules-movement"),
    from: 'r: (m) => m.ints("q").map((axis) => at(m.ints("p"), axis))',
    to: 'r: (m) => m.ints("p").map((axis) => at(m.ints("q"), axis))',
  },
  {
    name: "rule-pad-of-splat",
    effect: "the pad of a splat becomes that splat even if the padding value differs",
    file: passes("simplify/rules-repeat"),
    from: "!Object.is(around, first)",
    to: "Number.isNaN(first)",
  },
  {
    name: "rule-slice-of-slice",
    effect: "of two slices, the start of the second is not scaled by the stride of the first",
    file: passes("simplify/rules-boxes"),
    from: 'at(m.ints("s1"), axis) + at(m.ints("s2"), axis) * at(m.ints("t1"), axis)',
    to: 'at(m.ints("s1"), axis) + at(m.ints("s2"), axis)',
  },
  {
    name: "rule-slice-of-concat",
    effect: "a slice of a concat reads the wrong part",
    file: passes("simplify/rules-boxes"),
    from: "at(start, axis) >= before && at(limit, axis) <= after",
    to: "at(limit, axis) <= after",
  },
];

/** Faults in passes. */
export const inPasses: readonly Mutant[] = [
  {
    name: "fold-affine-shift-in-padding",
    effect: "a shift is folded through a padded convolution, as if the padding were shifted too",
    file: passes("fold-affine/affine"),
    from: 'loops.padded && (side === "lhs" || x.shift !== null)',
    to: 'loops.padded && side === "lhs"',
  },
  {
    name: "fold-affine-scale",
    effect: "a division by a per-channel vector is folded as a multiplication",
    file: passes("fold-affine/affine"),
    from: 'scale === null && step === "*" ? c',
    to: "scale === null ? c",
  },
  {
    name: "fold-affine-shift",
    effect: "a scale after a shift does not scale the shift",
    file: passes("fold-affine/affine"),
    from: "shift: shift === null ? null : combineVectors(g, step, shift, c, shape),",
    to: "shift,",
  },
  {
    name: "merge-common-attributes",
    effect: "list attributes of equal length compare equal",
    file: analysis("value-numbering"),
    from: '`[${attr.map((item: Attr) => attrKey(item)).join(",")}]`',
    to: "`[${attr.length}]`",
  },
  {
    name: "merge-common-order",
    effect: "sub is treated as commutative",
    file: analysis("value-numbering"),
    from: "op.commutative === true ?",
    to: 'op.commutative === true || op.name === "sub" ?',
  },
  {
    name: "drop-dead-carry",
    effect: "a carry that only another carry uses is dropped",
    file: passes("loops/dead-carries"),
    from: "[...needed].map((index) => at(body.carries, index).next)",
    to: "[]",
  },
  {
    name: "hoist-carry",
    effect: "a value that depends on a carry is hoisted out of the loop",
    file: analysis("loop-dependence"),
    from: 'isConstant(node) ? "known" : "iteration"',
    to: 'isConstant(node) ? "known" : "invariant"',
  },
  {
    name: "hoist-batch-axis",
    effect: "a dot moved out of a loop takes the wrong axis of its result for the iterations",
    file: "compiler/ops/dot.ts",
    from: "lhs.batched ? shared : lhs.value.type.shape.length - nthPair(contract)[0].length",
    to: "lhs.batched ? lhs.value.type.shape.length - nthPair(contract)[0].length : shared",
  },
  {
    name: "sink-start",
    effect: "a sum sunk below a loop drops the initial value of the carry",
    file: passes("loops/batched-sums"),
    from: "isSplat(start, 0) ? sum : g.add(start, sum)",
    to: "sum",
  },
  {
    name: "specialize-constant",
    effect: "a loop is specialized with the constant of another operand",
    file: passes("loops/specialize"),
    from: "known(at(given, index), at(inputs",
    to: "known(at(given, given.length - 1 - index), at(inputs",
  },
  {
    name: "specialize-carry",
    effect: "a carry whose next value is another carry is treated as unchanged",
    file: passes("loops/specialize"),
    from: "!changes(at(region.carries, index))",
    to: "region.carries.some(({ value }) => value === at(region.carries, index).next)",
  },
  {
    name: "inline-next",
    effect: "an inlined region drops the next values of all carries except the first",
    file: "compiler/graph/inline.ts",
    from: "region.carries.map(({ next }) => now(next))",
    to: "region.carries.map(({ value, next }, index) => now(index > 0 ? value : next))",
  },
  {
    name: "fold-constants-splat",
    effect: "a folded result whose first two elements are equal becomes a splat",
    file: passes("fold-constants"),
    from: "data.every((x) => Object.is(x, first))",
    to: "data.slice(0, 2).every((x) => Object.is(x, first))",
  },
  {
    name: "split-by-stage-call",
    effect: "a node that depends on an input moves to the weights stage",
    file: passes("split-by-stage"),
    from: 'if (stage(node) !== "weights" || ',
    to: 'if (stage(node) === "constant" || ',
  },
];

/** Faults in fusion and in the memory planner. */
export const inMemory: readonly Mutant[] = [
  {
    name: "fuse-through-a-third",
    effect: "two groups are fused although a third group must run between them",
    file: passes("fuse/order"),
    from: "if (target === goal && item !== start) return null;",
    to: "",
  },
  {
    name: "fuse-order",
    effect: "groups run in the order of their last nodes, regardless of dependencies",
    file: passes("fuse/fuse"),
    from: "if (home !== undefined && home !== group) found.add(home);",
    to: "if (home !== undefined && home !== group) found.delete(home);",
  },
  {
    name: "plan-lifetime",
    effect: "a block is reused one step before its last use",
    file: passes("plan-memory/blocks"),
    from: "other.from > block.to || block.from > other.to",
    to: "other.from >= block.to || block.from >= other.to",
  },
  {
    name: "plan-in-place",
    effect: "a result reuses the memory of an operand that is also read at other indices",
    file: "compiler/graph/groups.ts",
    from: "new Set([...reads].filter((value) => !elsewhere.has(value)))",
    to: "new Set(reads)",
  },
  {
    name: "plan-write-before-read",
    effect: "a param is updated in place before a later group reads it",
    file: passes("plan-memory/plan-memory"),
    from: "if (number < home) return true;",
    to: "if (number !== home) return true;",
  },
  {
    name: "plan-output",
    effect: "the memory of an output is reused before the call ends",
    file: passes("plan-memory/plan-memory"),
    from: "for (const { value } of graph.outputs) lastUse.set(base(value), end);",
    to: "",
  },
  {
    name: "plan-frame",
    effect: "the memory of a loop body overlaps with values that are live across the loop",
    file: passes("plan-memory/plan-memory"),
    from: "from: group.number, to: group.number, values: [] };",
    to: "from: group.number - 1, to: group.number - 1, values: [] };",
  },
  {
    name: "plan-cache",
    effect: "a value that the weights stage passes to the call stage is in scratch memory",
    file: passes("plan-memory/plan-memory"),
    from: 'group.stage === "weights" && (lastUse.get(value) ?? -1) >= callStart',
    to: 'group.stage === "weights" && (lastUse.get(value) ?? -1) > end',
  },
  {
    name: "plan-shared-output",
    effect: "an iteration's output and its carry share one location",
    file: passes("plan-memory/plan-memory"),
    from: "const shared = taken.has(base(value));",
    to: "const shared = false;",
  },
];
