import fc from "fast-check";
import { expect, test } from "vitest";
import { evaluateKernel } from "../../compiler/kernel/evaluate.ts";
import { expand } from "../../compiler/kernel/expand.ts";
import { operators, type Expr, type Kernel } from "../../compiler/kernel/ir.ts";
import { functions } from "../../compiler/kernel/math.ts";
import { parseKernel } from "../../compiler/kernel/parse.ts";
import { printKernel } from "../../compiler/kernel/print.ts";
import { verifyKernel } from "../../compiler/kernel/verify.ts";
import { expressions, some } from "../../compiler/kernel/walk.ts";
import { contents, kernels } from "./random-kernels.ts";

function run(kernel: Kernel): ReturnType<typeof contents> {
  const buffers = contents(kernel);
  evaluateKernel(kernel, buffers);
  return buffers;
}

test("random kernels are well-formed", () => {
  fc.assert(
    fc.property(kernels, (kernel) => verifyKernel(kernel)),
    { numRuns: 300 },
  );
});

test("a printed kernel parses back to itself", () => {
  fc.assert(
    fc.property(kernels, (kernel) => {
      expect(parseKernel(printKernel(kernel))).toStrictEqual(kernel);
    }),
    { numRuns: 300 },
  );
});

test("an expanded kernel is well-formed, without arrays or unrolled loops, and computes the same", () => {
  fc.assert(
    fc.property(kernels, (kernel) => {
      const expanded = expand(kernel);
      verifyKernel(expanded);
      expect(printKernel(expanded)).not.toMatch(/unroll |var \w+\[/);
      expect(run(expanded)).toStrictEqual(run(kernel));
    }),
    { numRuns: 200 },
  );
});

test("the random kernels use every operator and every function", () => {
  const used = new Set<string>();
  const note = (x: Expr): boolean => {
    if (x.kind === "apply") used.add(x.op);
    if (x.kind === "call") used.add(x.fn);
    return false;
  };
  for (const kernel of fc.sample(kernels, { numRuns: 400, seed: 1 }))
    for (const x of expressions(kernel.body)) some(x, note);
  expect([...Object.keys(operators), ...functions.keys()].filter((name) => !used.has(name))).toEqual([]);
});
