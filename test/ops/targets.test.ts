// Every op, with every dtype that it admits, on every size: the reference, WebAssembly with and without relaxed lanes, and JavaScript agree.
import { expect, test } from "vitest";
import { ops } from "../../compiler/ops/table.ts";
import { showType } from "../../compiler/types/tensor-type.ts";
import { expectAgreement } from "./targets/agree.ts";
import { refusedSizes } from "./targets/refused.ts";
import { type Row, tableOf } from "./targets/rows.ts";
import { type Data, compiled, gradientGraphOf, graphOf, leavesOf, reference, targetsOf } from "./targets/run.ts";
import { ordinary } from "./targets/values.ts";

const { rows, missing, refused } = tableOf([...ops.values()].filter(({ regions }) => regions === undefined));

test("every op has uses", () => {
  expect(missing).toEqual([]);
});

test("an op refuses the sizes that it is known to refuse, by the condition that says so, and no others", () => {
  expect(refused).toEqual(refusedSizes);
});

/** Several ops one after another, each with its rounding. */
const isClose = (got: Float64Array | undefined, wanted: Float64Array): boolean =>
  wanted.every((x, i) => Math.abs((got?.[i] ?? Number.NaN) - x) <= 1e-6 * (1 + Math.abs(x)));

const isF64 = ({ says }: Row): boolean => says.includes("f64");

const shown = ({ op, samples }: Row, output: string): string => {
  const sample = samples[Number(output.split("_")[1])];
  return `${op.name}(${(sample?.operands ?? []).map(showType).join(", ")}) ${JSON.stringify(sample?.attrs)}`;
};

const dataOf = (row: Row, name: string): { readonly graph: ReturnType<typeof graphOf>; readonly data: Data } => {
  const graph = graphOf(row.op, name, row.samples);
  return { graph, data: new Map([...leavesOf(graph)].map(([leaf, { type }], i) => [leaf, ordinary(type, i + 1)])) };
};

for (const [op, list] of Map.groupBy(rows, (row) => row.op)) {
  const inKernels = list.filter((row) => !isF64(row));
  test(`${op.name} on every target, of ${inKernels.map(({ says }) => says).join("; ")}`, async () => {
    expect(inKernels.length).toBeGreaterThan(0);
    const made = inKernels.map((row, i) => ({ row, ...dataOf(row, `e${i}`) }));
    const targets = await targetsOf(compiled(made.map(({ graph }) => graph)));
    for (const { row, graph, data } of made) expectAgreement(targets, graph, data, op.exact, (output) => shown(row, output));
  });

  const inF64 = list.filter(isF64);
  if (inF64.length === 0) continue;
  test(`${op.name} in the reference, of ${inF64.map(({ says }) => says).join("; ")}`, () => {
    for (const row of inF64) {
      const { graph, data } = dataOf(row, "e");
      const [exact, rounded] = [reference(graph, data, "f64"), reference(graph, data, "f32")];
      // f64 operands are not rounded, so that only an f32 result differs, by one rounding.
      for (const [name, values] of exact) {
        if (op.name === "gradient") expect(isClose(rounded.get(name), values), shown(row, name)).toBe(true);
        if (op.name === "gradient") continue;
        const isF32 = graph.outputs.find((output) => output.name === name)?.value.type.dtype === "f32";
        expect(rounded.get(name), shown(row, name)).toEqual(isF32 ? values.map(Math.fround) : values);
      }
    }
  });
}

const trains = rows.filter(({ op, says, empty }) => op.gradient.kind === "rule" && says.startsWith("f32") && !says.includes("f64") && empty.length > 0);
for (const [op, list] of Map.groupBy(trains, (row) => row.op)) {
  if (op.name === "convert") continue;
  test(`the gradient of ${op.name} of nothing`, async () => {
    const graphs = list.map(({ empty }, i) => gradientGraphOf(op, `e${i}`, empty));
    const targets = await targetsOf(compiled(graphs));
    for (const [i, graph] of graphs.entries()) {
      const data = new Map([...leavesOf(graph)].map(([leaf, { type }], k) => [leaf, ordinary(type, k + 1)]));
      expectAgreement(targets, graph, data, false, (output) => `${op.name} ${JSON.stringify(list[i]?.empty)} ${output}`);
    }
  });
}
