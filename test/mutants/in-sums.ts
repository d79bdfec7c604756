import type { Mutant } from "./mutant.ts";

const schedule = (file: string): string => `compiler/schedule/${file}.ts`;

/** Faults in the order of sums, in the spread of NaN, in remainders and in the check of indices. */
export const inSums: readonly Mutant[] = [
  {
    name: "sum-block",
    effect: "a block of a sum that is not over the last axis omits its last index",
    file: schedule("sum-nest"),
    from: "const after = k.add(start, k.int(block.size));",
    to: "const after = k.add(start, k.int(block.size - 1));",
  },
  {
    name: "total-start",
    effect: "the total of a sum of several blocks starts at 1",
    file: schedule("sum-nest"),
    from: 'const total = { hi: this.#registers("hi"), lo: this.#registers("lo") };',
    to: 'const total = { hi: this.#k.register("hi", this.#width === null ? [] : [this.#width], f32, 1), lo: this.#registers("lo") };',
  },
  {
    name: "sum-partials-tail",
    effect: "the last elements of a row, fewer than the partial sums, are not added",
    file: schedule("sum-nest"),
    from: "if (rows < count) row(",
    to: "if (rows > count) row(",
  },
  {
    name: "sum-halving",
    effect: "the second half of the partial sums is not joined to the first",
    file: schedule("sum-nest"),
    from: "this.#lanes(count - half, (p) => part.set([p], k[combine](part.at(p), part.at(k.add(p, half)))));",
    to: "this.#lanes(count - half, (p) => part.set([p], k[combine](part.at(p), part.at(p))));",
  },
  {
    name: "total-rest",
    effect: "what an addition of two blocks rounds off is lost",
    file: "compiler/kernel/compensated.ts",
    from: 'k.let(k.select(k.lt(k.abs(rest), Infinity), rest, 0), "lo")',
    to: 'k.let(k.select(k.lt(k.abs(rest), 0), rest, 0), "lo")',
  },
  {
    name: "product-last-block",
    effect:
      "the last terms of a product's last block are not added, where the block is not a multiple of the unrolling",
    file: schedule("contraction-sum"),
    from: "const rest = dim.size % step;",
    to: "const rest = 0 * step;",
  },
  {
    name: "product-first-block",
    effect: "every block of a product's sums replaces the total",
    file: schedule("contraction-totals"),
    from: "k.when(block.isFirst, begin, add);",
    to: "k.when(block.isFirst, begin, begin);",
  },
  {
    name: "scan-base",
    effect: "a cumulative sum starts again with each block",
    file: "compiler/ops/lines.ts",
    from: "store(at, base === null ? result : k.add(base, result));",
    to: "store(at, result);",
  },
  {
    name: "max-keeps-one-nan",
    effect: "a maximum drops a NaN in its second operand",
    file: "compiler/codegen/wasm/expressions.ts",
    from: "if (isNumber(args[1])) {",
    to: "if (args.length === 2) {",
  },
  {
    name: "argmax-nan",
    effect: "the position of a maximum passes over NaN",
    file: "compiler/ops/extreme.ts",
    from: 'return k.and(k.not(side === "max" ? k.le(a, b) : k.ge(a, b)), k.eq(b, b));',
    to: 'return side === "max" ? k.gt(a, b) : k.lt(a, b);',
  },
  {
    name: "remainder-large",
    effect: "a remainder is computed from one rounded quotient, however large it is",
    file: "compiler/codegen/wasm/remainder.ts",
    from: "constant(exactQuotient);",
    to: "constant(2 ** 1000);",
  },
  {
    name: "index-clamped",
    effect: "an index below its range is taken for the nearest one, without an error",
    file: "runtime/index-range.ts",
    from: "allowed.every(([from, to]) => value < from || value > to);",
    to: "allowed.every(([, to]) => value > to);",
  },
];
