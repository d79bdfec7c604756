// Pointwise ops of NaN, infinities, subnormals and the limits of dtypes: every target agrees with the reference.
import { expect, test } from "vitest";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import type { Value } from "../../compiler/graph/ir.ts";
import { printKernels } from "../../compiler/kernel/print.ts";
import { ops } from "../../compiler/ops/table.ts";
import { present } from "../../compiler/support/invariant.ts";
import { tensor } from "../../compiler/types/tensor-type.ts";
import { expectAgreement } from "./targets/agree.ts";
import { tableOf } from "./targets/rows.ts";
import { compiled, run, targetsOf } from "./targets/run.ts";
import { pointwiseSpecial } from "./targets/special.ts";
import { sampled } from "./values.ts";

/** Shifts by varying counts have no vector instructions. */
const scalarOnly = ["shl", "shrs", "shru"];
const hasVectors = (kernel: string): boolean => /x4\b/.test(kernel);
const hasTake = (kernel: string): boolean => /take/.test(kernel.split("\n")[0] ?? "");

const { rows } = tableOf(sampled.filter(({ draw }) => draw !== undefined));
const inKernels = rows.filter(({ dtypes }) => !dtypes.includes("f64"));

for (const [op, list] of Map.groupBy(inKernels, (row) => row.op)) {
  if (op.form.kind !== "pointwise") continue;
  test(`${op.name} of all combinations of corner values agrees on every target, in vectors and as scalars`, async () => {
    const made = list.map((row, i) => ({ row, ...pointwiseSpecial(row, `e${i}`) }));
    const module = compiled(made.map(({ graph }) => graph));
    const kernels = module.assembly.kernels.map((kernel) => printKernels([kernel]));
    const [single, lanes] = [kernels.filter(hasTake), kernels.filter((text) => !hasTake(text))];
    expect(single.length).toBeGreaterThan(0);
    expect(single.some(hasVectors)).toBe(false);
    expect(lanes.length === 0 || lanes.some(hasVectors)).toBe(!scalarOnly.includes(op.name));
    const targets = await targetsOf(module);
    for (const { row, graph, data } of made)
      expectAgreement(targets, graph, data, op.exact, (output) => `${op.name}(${row.dtypes}) ${output}`);
  });
}

test("a remainder has the sign of x, also near multiples of y", async () => {
  const neighbours = (x: number): number[] =>
    [-3, -2, -1, 0, 1, 2, 3].map((halves) => Math.fround(Math.fround(x) * (1 + halves * 2 ** -24)));
  const pairs = [0.1, 2 * Math.PI, 7, 2.240846661152318e-4]
    .map(Math.fround)
    .flatMap((y) =>
      [1, -1].flatMap((sign) =>
        [1, 3, 10, 100, 533, 541, 1021].flatMap((n) => neighbours(sign * n * y).map((x) => [x, y] as const)),
      ),
    );
  const g = new GraphBuilder("e0", ops);
  const [x, y] = ["x", "y"].map((name) => g.input(name, tensor("f32", [pairs.length]))) as [Value, Value];
  g.output("rest", g.call("rem", [x, y]));
  const data = new Map(["x", "y"].map((name, side) => [name, Float64Array.from(pairs, (pair) => pair[side] ?? 0)]));
  const graph = g.build();
  const { strict } = await targetsOf(compiled([graph]));
  const rests = present(run(strict, graph, data).get("rest"), "a result");
  // Near a multiple of y, a remainder of almost 0 and one of almost y are both correct.
  const wrong = pairs.filter(([a, b], i) => {
    const rest = rests[i] ?? Number.NaN;
    const [distance, exact] = [Math.abs(a % b), Math.abs(rest)];
    const around = Math.abs(distance - exact);
    return rest * a < 0 || !(Math.min(around, b - around) <= 2 ** -23 * Math.abs(a));
  });
  expect(wrong).toEqual([]);
});
