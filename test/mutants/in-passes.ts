import type { Mutant } from "./mutant.ts";

const analysis = (file: string): string => `compiler/analysis/${file}.ts`;
const passes = (file: string): string => `compiler/passes/${file}.ts`;

/** Bugs in rewrite rules: most lack a condition. */
export const inRules: readonly Mutant[] = [
  {
    name: "rule-select-not",
    says: "a choice by the opposite of a condition keeps the order of its choices",
    file: passes("simplify/rules-algebra"),
    from: "select(not(c), x, y) => select(c, y, x)",
    to: "select(not(c), x, y) => select(c, x, y)",
  },
  {
    name: "rule-convert-convert",
    says: "two conversions in a row are one, though the first loses something",
    file: passes("simplify/rules-algebra"),
    from: 'convert(x){dtype}", widened)',
    to: 'convert(x){dtype}")',
  },
  {
    name: "rule-division",
    says: "division by any number is multiplication by its inverse",
    file: passes("simplify/rules-algebra"),
    from: "divisor === 0 || !Number.isInteger(Math.log2(Math.abs(divisor))) || ",
    to: "divisor === 0 || ",
  },
  {
    name: "rule-sub-neg",
    says: "x - (-y) is x - y",
    file: passes("simplify/rules-algebra"),
    from: "x - neg(y) => x + y",
    to: "x - neg(y) => x - y",
  },
  {
    name: "rule-sum-of-broadcast",
    says: "a sum over axes that only repeat forgets how often",
    file: passes("simplify/rules-reduce"),
    from: "    when: keepsCount,\n",
    to: "",
  },
  {
    name: "rule-transpose-view",
    says: "every transpose is taken for a view",
    file: passes("simplify/rules-movement"),
    from: "when: keepsOrder, gives",
    to: "gives",
  },
  {
    name: "rule-transpose-transpose",
    says: "two permutations in a row are combined the wrong way round",
    file: passes("simplify/rules-movement"),
    from: 'm.ints("q").map((axis) => at(m.ints("p"), axis)) } }),',
    to: 'm.ints("p").map((axis) => at(m.ints("q"), axis)) } }),',
  },
  {
    name: "rule-pad-of-splat",
    says: "a padded constant is that constant everywhere, whatever it is padded with",
    file: passes("simplify/rules-repeat"),
    from: '!Object.is(attrs["value"], first)',
    to: "Number.isNaN(first)",
  },
  {
    name: "rule-slice-of-slice",
    says: "the start of the second of two slices is not scaled by the stride of the first",
    file: passes("simplify/rules-boxes"),
    from: 'at(m.ints("s1"), axis) + at(m.ints("s2"), axis) * at(m.ints("t1"), axis)',
    to: 'at(m.ints("s1"), axis) + at(m.ints("s2"), axis)',
  },
  {
    name: "rule-slice-of-concat",
    says: "a slice of a joined tensor looks into the part before its own",
    file: passes("simplify/rules-boxes"),
    from: "at(start, axis) >= before && at(limit, axis) <= after",
    to: "at(limit, axis) <= after",
  },
];

/** Bugs in passes. */
export const inPasses: readonly Mutant[] = [
  {
    name: "fold-affine-shift-in-padding",
    says: "a shift is taken through a padded convolution, as if its edges were shifted too",
    file: passes("fold-affine/affine"),
    from: 'loops.padded && (side === "lhs" || x.shift !== null)',
    to: 'loops.padded && side === "lhs"',
  },
  {
    name: "fold-affine-scale",
    says: "a division by a channel is folded as a multiplication",
    file: passes("fold-affine/affine"),
    from: 'scale === null && step === "mul" ? c',
    to: "scale === null ? c",
  },
  {
    name: "fold-affine-shift",
    says: "a scale after a shift leaves the shift as it is",
    file: passes("fold-affine/affine"),
    from: "shift: shift === null ? null : combine(g, step, shift, c, shape),",
    to: "shift,",
  },
  {
    name: "merge-common-attributes",
    says: "attributes that are lists of one length count as equal",
    file: analysis("value-numbering"),
    from: '`[${attr.map((item: Attr) => attrKey(item)).join(",")}]`',
    to: "`[${attr.length}]`",
  },
  {
    name: "merge-common-order",
    says: "the operands of a difference may change places",
    file: analysis("value-numbering"),
    from: '"add", "mul", "eq"',
    to: '"add", "sub", "mul", "eq"',
  },
  {
    name: "drop-dead-carry",
    says: "a carry that only another carry needs is dropped",
    file: passes("loops/dead-carries"),
    from: "[...needed].map((index) => at(body.carries, index).next)",
    to: "[]",
  },
  {
    name: "hoist-carry",
    says: "what depends on the turn before is moved out of the loop",
    file: analysis("loop-dependence"),
    from: '"constant" ? "constant" : "turn"',
    to: '"constant" ? "constant" : "invariant"',
  },
  {
    name: "hoist-turns-axis",
    says: "a product moved out of a loop has its turns looked for along the wrong axis",
    file: passes("loops/batching"),
    from: "lhs.stacked ? shared : shared + free",
    to: "lhs.stacked ? shared + free : shared",
  },
  {
    name: "sink-start",
    says: "a sum made at once behind a loop forgets what the carry began with",
    file: passes("loops/batched-sums"),
    from: "isSplat(start, 0) ? sum : g.add(start, sum)",
    to: "sum",
  },
  {
    name: "specialize-constant",
    says: "a loop is told the constant of another operand",
    file: passes("loops/specialize"),
    from: "known(at(given, index), at(inputs",
    to: "known(at(given, given.length - 1 - index), at(inputs",
  },
  {
    name: "specialize-carry",
    says: "a carry whose next value is any carry counts as unchanged",
    file: passes("loops/specialize"),
    from: "!changes(at(region.carries, index))",
    to: "region.carries.some(({ value }) => value === at(region.carries, index).next)",
  },
  {
    name: "inline-next",
    says: "a region put in place loses what it writes to its carries, but for the first",
    file: "compiler/graph/inline.ts",
    from: "region.carries.map(({ next }) => now(next))",
    to: "region.carries.map(({ value, next }, index) => now(index > 0 ? value : next))",
  },
  {
    name: "fold-constants-splat",
    says: "dense results that begin with two equal numbers become one number",
    file: passes("fold-constants"),
    from: "data.every((x) => Object.is(x, first))",
    to: "data.slice(0, 2).every((x) => Object.is(x, first))",
  },
  {
    name: "split-by-stage-call",
    says: "what depends on an input is prepared with the weights",
    file: passes("split-by-stage"),
    from: 'if (stability(node) !== "weights" || ',
    to: 'if (stability(node) === "constant" || ',
  },
];

/** Bugs in fusion and in the memory planner. */
export const inMemory: readonly Mutant[] = [
  {
    name: "fuse-through-a-third",
    says: "two groups are joined although something between them has to run",
    file: passes("fuse/order"),
    from: "if (target === goal && item !== start) return null;",
    to: "",
  },
  {
    name: "fuse-order",
    says: "groups run in the order of their last nodes, whatever they need",
    file: passes("fuse/fuse"),
    from: "if (home !== undefined && home !== group) found.add(home);",
    to: "if (home !== undefined && home !== group) found.delete(home);",
  },
  {
    name: "plan-lifetime",
    says: "memory is given away one step before its last use",
    file: passes("plan-memory/blocks"),
    from: "other.from > block.to || block.from > other.to",
    to: "other.from >= block.to || block.from >= other.to",
  },
  {
    name: "plan-in-place",
    says: "a result takes over the memory of an operand that is read at other places too",
    file: "compiler/graph/groups.ts",
    from: "new Set([...reads].filter((value) => !elsewhere.has(value)))",
    to: "new Set(reads)",
  },
  {
    name: "plan-write-before-read",
    says: "a param is updated in place before a later group has read it",
    file: passes("plan-memory/plan-memory"),
    from: "if (number < home) return true;",
    to: "if (number !== home) return true;",
  },
  {
    name: "plan-output",
    says: "the memory of an output is used again before the call ends",
    file: passes("plan-memory/plan-memory"),
    from: "for (const { value } of graph.outputs) lastUse.set(base(value), end);",
    to: "",
  },
  {
    name: "plan-frame",
    says: "the memory of a loop's body overlaps with what lives around the loop",
    file: passes("plan-memory/plan-memory"),
    from: "from: group.number, to: group.number, values: [] };",
    to: "from: group.number - 1, to: group.number - 1, values: [] };",
  },
  {
    name: "plan-cache",
    says: "what the weights stage leaves for the call lies in scratch memory",
    file: passes("plan-memory/plan-memory"),
    from: 'group.stage === "weights" && (lastUse.get(value) ?? -1) >= callStart',
    to: 'group.stage === "weights" && (lastUse.get(value) ?? -1) > end',
  },
  {
    name: "plan-shared-output",
    says: "what a turn gives and carries on lies in one place",
    file: passes("plan-memory/plan-memory"),
    from: "const shared = taken.has(base(value));",
    to: "const shared = false;",
  },
];
