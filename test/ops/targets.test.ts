// Every op, with every dtype that it admits, on every size: the reference, WebAssembly with and without relaxed lanes, and JavaScript agree.
import { expect, test } from "vitest";
import { present } from "../../compiler/support/invariant.ts";
import { showType } from "../../compiler/types/tensor-type.ts";
import { expectAgreement } from "./targets/agree.ts";
import { entryFile } from "./entry-files.ts";
import { isOfSize, type Row, tableOf } from "./targets/rows.ts";
import { type Data, compiled, gradientGraphOf, graphOf, leavesOf, reference, targetsOf } from "./targets/run.ts";
import { specialData } from "./targets/special.ts";
import { ordinaryData } from "./targets/values.ts";
import { sampled } from "./values.ts";

const { rows, refused } = tableOf(sampled.filter(({ draw }) => draw !== undefined));

test("an op refuses scalars or empty tensors only where an example of the condition says so, and no other size", () => {
  for (const { op, size, label } of refused) {
    const examples = op.requires[label]?.breaks ?? [];
    const says = `${op.name} (${entryFile(op)}): \`requires.${label}\` refuses "${size}"; an example must show it`;
    expect(
      examples.some((example) => isOfSize(example, size)),
      says,
    ).toBe(true);
  }
});

/** Several ops one after another, each with its rounding. */
const isClose = (got: Float64Array | undefined, wanted: Float64Array): boolean =>
  wanted.every((x, i) => Math.abs((got?.[i] ?? Number.NaN) - x) <= 1e-6 * (1 + Math.abs(x)));

const isF64 = ({ says }: Row): boolean => says.includes("f64");

const shown = ({ op, samples }: Row, output: string): string => {
  const sample = samples[Number(output.split("_")[1])];
  return `${op.name}(${(sample?.operands ?? []).map(showType).join(", ")}) ${JSON.stringify(sample?.attrs)}`;
};

interface Made {
  readonly row: Row;
  readonly graph: ReturnType<typeof graphOf>;
  /** Ordinary values, and some with corners among them: what is no number, infinite, subnormal or at the end of its dtype. */
  readonly data: readonly Data[];
}

function made(row: Row, name: string): Made {
  const graph = graphOf(row.op, name, row.samples);
  const leaves = leavesOf(graph);
  return { row, graph, data: [ordinaryData(leaves), ...[0.1, 0.3, 0.7].map((share) => specialData(row, name, leaves, share))] };
}

for (const [op, list] of Map.groupBy(rows, (row) => row.op)) {
  const inKernels = list.filter((row) => !isF64(row)).map((row, i) => made(row, `e${i}`));
  test(`${op.name} on every target, of ${inKernels.map(({ row }) => row.says).join("; ")}`, async () => {
    expect(inKernels.length).toBeGreaterThan(0);
    const targets = await targetsOf(compiled(inKernels.map(({ graph }) => graph)));
    for (const { row, graph, data } of inKernels)
      for (const each of op.form.kind === "pointwise" ? data.slice(0, 1) : data)
        expectAgreement(targets, graph, each, op.exact, (output) => shown(row, output));
  });

  const inF64 = list.filter(isF64).map((row) => made(row, "e"));
  if (inF64.length === 0) continue;
  test(`${op.name} in the reference, of ${inF64.map(({ row }) => row.says).join("; ")}`, () => {
    for (const { row, graph, data } of inF64) {
      const [exact, rounded] = [reference(graph, present(data[0], "data"), "f64"), reference(graph, present(data[0], "data"), "f32")];
      for (const [name, values] of exact) {
        const isF32 = graph.outputs.find((output) => output.name === name)?.value.type.dtype === "f32";
        // f64 operands are not rounded, so that only an f32 result differs, by one rounding; a gradient is several ops, each with its own.
        if (op.name === "gradient") expect(isClose(rounded.get(name), values), shown(row, name)).toBe(true);
        else expect(rounded.get(name), shown(row, name)).toEqual(isF32 ? values.map(Math.fround) : values);
      }
    }
  });
}

test("gradients of what works on nothing", async () => {
  const trains = rows.filter(({ op, says, empty }) => op.gradient.kind === "rule" && /^f32(,(f32|i32))*$/.test(says) && empty.length > 0);
  const graphs = trains.map(({ op, empty }, i) => gradientGraphOf(op, `e${i}`, empty));
  const targets = await targetsOf(compiled(graphs));
  expect(graphs.length).toBeGreaterThan(40);
  for (const [i, graph] of graphs.entries())
    expectAgreement(targets, graph, ordinaryData(leavesOf(graph)), false, (output) => `the gradient of ${trains[i]?.op.name}, ${output}`);
});
