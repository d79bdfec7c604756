import fc from "fast-check";
import { expect, test } from "vitest";
import { affine, fromAffine } from "../../compiler/kernel/affine.ts";
import { KernelBuilder } from "../../compiler/kernel/build.ts";
import { evaluateKernel } from "../../compiler/kernel/evaluate.ts";
import { i32, type Expr } from "../../compiler/kernel/ir.ts";
import type { Range } from "../../compiler/kernel/linear.ts";
import { printExpr } from "../../compiler/kernel/print.ts";
import { simplifyIndex } from "../../compiler/kernel/simplify.ts";

const sizes = { a: 4, b: 6, c: 5 } as const;
const ranges = new Map<string, Range>(Object.entries(sizes).map(([name, size]) => [name, [0, size - 1]]));
const variable = (name: string): Expr => ({ kind: "var", type: i32, name });
const [a, b, c] = [variable("a"), variable("b"), variable("c")];
const k = new KernelBuilder();

/** The values of index expressions at all points of the ranges. */
function values(...exprs: readonly Expr[]): Int32Array[] {
  const builder = new KernelBuilder();
  const points = sizes.a * sizes.b * sizes.c;
  const outs = exprs.map((value, i) => ({
    value,
    buffer: builder.buffer(`out${i}`, "i32", points, "out"),
    data: new Int32Array(points),
  }));
  builder.loop("a", 0, sizes.a, 1, () =>
    builder.loop("b", 0, sizes.b, 1, () =>
      builder.loop("c", 0, sizes.c, 1, () => {
        for (const { buffer, value } of outs) builder.store(buffer, flat, value);
      }),
    ),
  );
  evaluateKernel(builder.build("values", ""), Object.fromEntries(outs.map((out) => [out.buffer.name, out.data])));
  return outs.map((out) => out.data);
}

/** An index that is independent of the others. */
const p = variable("p");
ranges.set("p", [0, 119]);

const flat = k.add(k.mul(k.add(k.mul(a, sizes.b), b), sizes.c), c);

const { index } = fc.letrec<{ index: Expr }>((tie) => {
  const divisor = fc.integer({ min: 1, max: 12 });
  const factor = fc.integer({ min: -6, max: 12 });
  return {
    index: fc.oneof(
      { depthSize: "medium", withCrossShrink: true },
      fc.constantFrom(a, b, c, flat),
      factor.map((n) => k.int(n)),
      fc.tuple(tie("index"), tie("index")).map(([x, y]) => k.add(x, y)),
      fc.tuple(tie("index"), tie("index")).map(([x, y]) => k.sub(x, y)),
      fc.tuple(tie("index"), factor).map(([x, n]) => k.mul(x, n)),
      fc.tuple(tie("index"), divisor).map(([x, n]) => k.div(x, n)),
      fc.tuple(tie("index"), divisor).map(([x, n]) => k.rem(x, n)),
      fc.tuple(tie("index"), tie("index")).map(([x, y]) => k.min(x, y)),
      fc.tuple(tie("index"), tie("index"), tie("index")).map(([x, y, z]) => k.select(k.lt(x, y), y, z)),
    ),
  };
});

test("a simplified index has the same value at all points", () => {
  fc.assert(
    fc.property(index, (x) => {
      const [before, after] = values(x, simplifyIndex(x, ranges));
      expect(after).toEqual(before);
    }),
    { numRuns: 400 },
  );
});

test("the expression of an affine form has the same value", () => {
  fc.assert(
    fc.property(index, (x) => {
      const form = affine(x);
      fc.pre(form !== null);
      const [before, after] = values(x, fromAffine(form ?? { constant: 0, terms: new Map() }));
      expect(after).toEqual(before);
    }),
    { numRuns: 200 },
  );
});

test("affine collects factors, and returns null for an expression that is not affine", () => {
  expect(affine(k.sub(k.mul(k.add(a, k.shl(b, 2)), 3), k.add(a, 7)))).toEqual({
    constant: -7,
    terms: new Map([
      ["a", 2],
      ["b", 12],
    ]),
  });
  expect(affine(k.sub(a, a))).toEqual({ constant: 0, terms: new Map() });
  expect(affine(k.div(a, 2))).toBeNull();
  expect(affine(k.mul(a, b))).toBeNull();
});

const shorter: readonly (readonly [name: string, long: Expr, short: string])[] = [
  ["the outer index of a flat index", k.div(flat, 30), "a"],
  ["the middle index of a flat index", k.rem(k.div(flat, 5), 6), "b"],
  ["the inner index of a flat index", k.rem(flat, 5), "c"],
  [
    "the quotient and the remainder of a flat index, combined",
    k.add(k.mul(k.div(k.add(flat, b), 5), 5), k.rem(k.add(flat, b), 5)),
    "a * 30 + b * 6 + c",
  ],
  ["three parts combined", k.add(k.add(k.mul(k.div(p, 30), 30), k.mul(k.rem(k.div(p, 5), 6), 5)), k.rem(p, 5)), "p"],
  ["a quotient of a quotient", k.div(k.div(p, 7), 4), "p / 28"],
  ["a remainder of a remainder", k.rem(k.rem(p, 14), 7), "p % 7"],
  ["a common factor of a quotient", k.div(k.add(k.mul(p, 4), 3), 28), "p / 7"],
  ["a common factor of a remainder", k.rem(k.add(k.mul(p, 4), 3), 28), "p % 7 * 4 + 3"],
  ["a multiple plus a remainder", k.div(k.add(k.mul(a, 8), k.mul(c, 3)), 4), "a * 2 + c * 3 / 4"],
  ["a comparison that the ranges decide", k.select(k.lt(a, 4), b, c), "b"],
];

for (const [name, long, short] of shorter) {
  test(`${name} becomes ${short}`, () => {
    expect(printExpr(simplifyIndex(long, ranges))).toBe(short);
  });
}

test("a dividend that may be negative keeps its quotient", () => {
  expect(printExpr(simplifyIndex(k.div(k.sub(k.mul(a, 4), 3), 4), ranges))).toBe("(a * 4 - 3) / 4");
});
