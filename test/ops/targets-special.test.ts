// Pointwise ops of what is no number, infinite, subnormal or at the end of its dtype: every target gives the same as the reference.
import { expect, test } from "vitest";
import { printKernels } from "../../compiler/kernel/print.ts";
import { ops } from "../../compiler/ops/table.ts";
import { expectAgreement } from "./targets/agree.ts";
import { tableOf } from "./targets/rows.ts";
import { compiled, targetsOf } from "./targets/run.ts";
import { pointwiseSpecial } from "./targets/special.ts";

/** Shifts by counts that differ have no vectors. */
const scalarOnly = ["shl", "shrs", "shru"];
const hasVectors = (kernel: string): boolean => /x4\b/.test(kernel);
const looksUp = (kernel: string): boolean => /take/.test(kernel.split("\n")[0] ?? "");

const { rows } = tableOf([...ops.values()].filter(({ regions }) => regions === undefined));
const inKernels = rows.filter(({ says }) => !says.includes("f64"));

for (const [op, list] of Map.groupBy(inKernels, (row) => row.op)) {
  if (op.form.kind !== "pointwise") continue;
  test(`${op.name} of every choice of corners, in vectors and one by one`, async () => {
    const made = list.map((row, i) => ({ row, ...pointwiseSpecial(row, `e${i}`) }));
    const module = compiled(made.map(({ graph }) => graph));
    const kernels = module.assembly.kernels.map((kernel) => printKernels([kernel]));
    const [single, lanes] = [kernels.filter(looksUp), kernels.filter((text) => !looksUp(text))];
    expect(single.length).toBeGreaterThan(0);
    expect(single.some(hasVectors)).toBe(false);
    expect(lanes.length === 0 || lanes.some(hasVectors)).toBe(!scalarOnly.includes(op.name));
    const targets = await targetsOf(module);
    for (const { row, graph, data } of made) expectAgreement(targets, graph, data, op.exact, (output) => `${op.name}(${row.says}) ${output}`);
  });
}
