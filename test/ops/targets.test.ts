// Every op, with every valid dtype, on every size: the reference, WebAssembly with and without relaxed SIMD, and
// JavaScript agree.
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

const { rows, rejected } = tableOf(sampled.filter(({ draw }) => draw !== undefined));

test("an op rejects scalars or empty tensors only if an example of the condition shows it, and no other size", () => {
  for (const { op, size, label } of rejected) {
    const examples = op.requires[label]?.breaks ?? [];
    const message = `${op.name} (${entryFile(op)}): \`requires.${label}\` rejects "${size}"; an example must show it`;
    expect(
      examples.some((example) => isOfSize(example, size)),
      message,
    ).toBe(true);
  }
});

/** Agreement of results of several ops, each of which rounds. */
const isClose = (got: Float64Array | undefined, wanted: Float64Array): boolean =>
  wanted.every((x, i) => Math.abs((got?.[i] ?? Number.NaN) - x) <= 1e-6 * (1 + Math.abs(x)));

const isF64 = ({ dtypes }: Row): boolean => dtypes.includes("f64");

const shown = ({ op, samples }: Row, output: string): string => {
  const sample = samples[Number(output.split("_")[1])];
  return `${op.name}(${(sample?.operands ?? []).map(showType).join(", ")}) ${JSON.stringify(sample?.attrs)}`;
};

interface Made {
  readonly row: Row;
  readonly graph: ReturnType<typeof graphOf>;
  /** Ordinary values, and mixtures with corner values: NaN, infinities, subnormals and the limits of the dtype. */
  readonly data: readonly Data[];
}

function made(row: Row, name: string): Made {
  const graph = graphOf(row.op, name, row.samples);
  const leaves = leavesOf(graph);
  return {
    row,
    graph,
    data: [ordinaryData(leaves), ...[0.1, 0.3, 0.7].map((share) => specialData(row, name, leaves, share))],
  };
}

for (const [op, list] of Map.groupBy(rows, (row) => row.op)) {
  const inKernels = list.filter((row) => !isF64(row)).map((row, i) => made(row, `e${i}`));
  test(`${op.name} agrees on every target, for ${inKernels.map(({ row }) => row.dtypes).join("; ")}`, async () => {
    expect(inKernels.length).toBeGreaterThan(0);
    const targets = await targetsOf(compiled(inKernels.map(({ graph }) => graph)));
    for (const { row, graph, data } of inKernels)
      for (const each of op.form.kind === "pointwise" ? data.slice(0, 1) : data)
        expectAgreement(targets, graph, each, op.exact, (output) => shown(row, output));
  });

  const inF64 = list.filter(isF64).map((row) => made(row, "e"));
  if (inF64.length === 0) continue;
  test(`${op.name} in the reference, for ${inF64.map(({ row }) => row.dtypes).join("; ")}`, () => {
    for (const { row, graph, data } of inF64) {
      const [exact, rounded] = [
        reference(graph, present(data[0], "data"), "f64"),
        reference(graph, present(data[0], "data"), "f32"),
      ];
      for (const [name, values] of exact) {
        const isF32 = graph.outputs.find((output) => output.name === name)?.value.type.dtype === "f32";
        // f64 operands are not rounded, so only f32 results differ, by one rounding; a gradient is several ops, each of
        // which rounds.
        if (op.name === "gradient") expect(isClose(rounded.get(name), values), shown(row, name)).toBe(true);
        else expect(rounded.get(name), shown(row, name)).toEqual(isF32 ? values.map(Math.fround) : values);
      }
    }
  });
}

test("gradients of ops on empty tensors agree on every target", async () => {
  const trains = rows.filter(
    ({ op, dtypes, empty }) => op.gradient.kind === "rule" && /^f32(,(f32|i32))*$/.test(dtypes) && empty.length > 0,
  );
  const graphs = trains.map(({ op, empty }, i) => gradientGraphOf(op, `e${i}`, empty));
  const targets = await targetsOf(compiled(graphs));
  expect(graphs.length).toBeGreaterThan(40);
  for (const [i, graph] of graphs.entries())
    expectAgreement(
      targets,
      graph,
      ordinaryData(leavesOf(graph)),
      false,
      (output) => `the gradient of ${trains[i]?.op.name}, ${output}`,
    );
});
