// Each `.kir` file contains a graph, its kernels, and counts of their instructions. The counts have bounds
// (kernel-bars.ts), and the kernels are compared with the reference, as WebAssembly and, if they are small, in the
// kernel interpreter.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { dtypes } from "../../runtime/dtype.ts";
import type { TensorData } from "../../runtime/model.ts";
import { isPersistent, pathOf, resultOf } from "../../compiler/graph/facts.ts";
import { base } from "../../compiler/graph/groups.ts";
import { evaluate } from "../../compiler/graph/evaluate.ts";
import type { Graph, Value } from "../../compiler/graph/ir.ts";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { printGraph } from "../../compiler/graph/print.ts";
import { verify } from "../../compiler/graph/verify.ts";
import { printKernel } from "../../compiler/kernel/print.ts";
import { verifyKernel } from "../../compiler/kernel/verify.ts";
import { ops } from "../../compiler/ops/table.ts";
import { lowerGroups, type LoweredGroup } from "../../compiler/schedule/lower.ts";
import { present } from "../../compiler/support/invariant.ts";
import { defaultMachine, type Machine } from "../../compiler/support/machine.ts";
import { elements } from "../../compiler/types/tensor-type.ts";
import { runWasm } from "../codegen/wasm-run.ts";
import { randomData } from "../passes/data.ts";
import { bars, type Bars } from "./kernel-bars.ts";
import { countKernel, instructions, ratesOf, showCounts } from "./loop-counts.ts";
import { planned, runLowered } from "./run-lowered.ts";

const folder = "test/golden/kernels";
const bless = process.env["BLESS"] === "1";
const names = readdirSync(folder).flatMap((file) => (file.endsWith(".kir") ? [file.slice(0, -".kir".length)] : []));

/** The most loads, stores and operators for which the interpreter is fast enough. */
const fewInstructions = 1e6;

const textOf = (name: string): string => readFileSync(`${folder}/${name}.kir`, "utf8");

function graphOf(name: string): Graph {
  const graph = parseGraph(textOf(name).split(/^----.*\n/m)[0] ?? "", ops);
  verify(graph);
  return graph;
}

const lowered = (name: string, machine: Machine = defaultMachine): readonly LoweredGroup[] =>
  lowerGroups(planned(graphOf(name), machine), machine);

/** The bounds that the kernels of a machine miss, as messages. */
function misses(groups: readonly LoweredGroup[], bar: Bars): readonly string[] {
  const counted = groups
    .filter(({ group }) => group.stage === "call")
    .map(({ kernel }) => ({ name: kernel.name, counts: countKernel(kernel) }));
  const most = present(
    counted.toSorted((a, b) => instructions(b.counts.total) - instructions(a.counts.total))[0],
    "a kernel",
  );
  const { loads, stores } = ratesOf(most.counts.total);
  const found: string[] = [];
  const miss = (name: string, what: string, is: number, than: string, wanted: number): void => {
    found.push(`${name}: ${what} ${Number(is.toFixed(3))}, not ${than} ${wanted}`);
  };
  if (loads > bar.loads) miss(most.name, "loads per operator:", loads, "at most", bar.loads);
  if (stores > bar.stores) miss(most.name, "stores per operator:", stores, "at most", bar.stores);
  if (most.counts.chains < bar.chains)
    miss(most.name, "independent sums of the innermost loop:", most.counts.chains, "at least", bar.chains);
  for (const { name, counts } of counted) {
    const { scalar } = ratesOf(counts.total);
    const live = Math.max(counts.liveVectors, counts.liveVectorsStrict);
    if (live > bar.live) miss(name, "live vectors (the excess is spilled):", live, "at most", bar.live);
    if (scalar > bar.scalar)
      miss(name, "fraction of scalar instructions (a loop is not vectorized):", scalar, "at most", bar.scalar);
  }
  return found;
}

test("every golden has bounds, and every entry of the bounds a golden", () => {
  expect(Object.keys(bars).toSorted()).toEqual(names.toSorted());
});

test.each(names)("%s.kir: the kernels equal the golden file", (name) => {
  const graph = graphOf(name);
  const kernels = lowered(name).map(({ kernel }) => `${showCounts(countKernel(kernel))}${printKernel(kernel)}`);
  const shown = `${printGraph(graph)}---- kernels\n${kernels.join("\n")}`;
  if (bless) writeFileSync(`${folder}/${name}.kir`, shown);
  expect(shown).toBe(bless ? shown : textOf(name));
});

test.each(names)("%s.kir: the counts are within the bounds", (name) => {
  const bar = present(bars[name], `${name} has bars`);
  expect(misses(lowered(name), bar).join("\n"), `${bar.why}. Missed`).toBe("");
});

/** Worse choices, with the bound that each must miss. */
const worse: readonly (readonly [title: string, golden: string, machine: Machine, sign: RegExp])[] = [
  ["a tile of 8 sums loads more", "product", withTile({ accumulators: 8 }), /loads per operator: 0\.75/],
  ["a tile of 16 sums spills", "product", withTile({ accumulators: 16 }), /live vectors .*: 19/],
  [
    "a tile of 4x12 spills",
    "product",
    { ...defaultMachine, pack: { ...defaultMachine.pack, panelWidth: 12 } },
    /live vectors .*: 16/,
  ],
  [
    "one panel for one row has too few sums",
    "product-one-row",
    withTile({ panelsOfFewRows: [] }),
    /independent sums .*: 2/,
  ],
  [
    "packing only for many rows leaves loads",
    "dense-relu",
    withPack({ leastRows: 100, mostGrowth: 0 }),
    /loads per operator/,
  ],
  [
    "one partial maximum does not hide latency",
    "reduce-max-rows",
    { ...defaultMachine, loops: { ...defaultMachine.loops, partials: [{ terms: 8, vectors: 1 }] } },
    /independent sums .*: 1/,
  ],
];

function withTile(tile: Partial<Machine["tile"]>): Machine {
  return { ...defaultMachine, tile: { ...defaultMachine.tile, ...tile } };
}

function withPack(pack: Partial<Machine["pack"]>): Machine {
  return { ...defaultMachine, pack: { ...defaultMachine.pack, ...pack } };
}

test.each(worse)("%s", (_, name, machine, sign) => {
  expect(misses(lowered(name, machine), present(bars[name], `${name} has bars`)).join("\n")).toMatch(sign);
});

interface Data {
  readonly inputs: ReadonlyMap<string, Float64Array>;
  readonly persistent: ReadonlyMap<string, Float64Array>;
}

/** Every output and write, from kernels that run one after the other as WebAssembly. */
function runKernels(
  graph: Graph,
  groups: readonly LoweredGroup[],
  { inputs, persistent }: Data,
): ReadonlyMap<string, TensorData> {
  const memory = new Map<Value, TensorData>();
  const at = (value: Value): TensorData => {
    const known = memory.get(base(value));
    if (known !== undefined) return known;
    const made = new dtypes[value.type.dtype].array(elements(value.type.shape));
    memory.set(base(value), made);
    return made;
  };
  for (const value of graph.inputs) at(value).set(present(inputs.get(String(value.node.attrs["name"])), "an input"));
  for (const node of graph.nodes.filter(isPersistent))
    at(resultOf(node)).set(present(persistent.get(pathOf(node) ?? ""), "a param"));
  for (const { kernel, args } of groups)
    runWasm(
      kernel,
      Object.fromEntries(kernel.buffers.map(({ name }, i) => [name, at(present(args[i], name))])),
      "fast",
    );
  return new Map([
    ...graph.outputs.map(({ name, value }) => [name, at(value)] as const),
    ...graph.writes.map(({ path, value }) => [path, at(value)] as const),
  ]);
}

function expectNear(got: ArrayLike<number>, wanted: ArrayLike<number>, what: string): void {
  expect(got.length, what).toBe(wanted.length);
  const bound = 1e-5 * Array.from(wanted).reduce((most, x) => Math.max(most, Math.abs(x)), 1);
  const far = Array.from(wanted).findIndex((x, i) => !(Math.abs((got[i] ?? NaN) - x) <= bound));
  expect(far === -1 ? "near" : `${what}[${far}] is ${got[far]}, not ${wanted[far]}`).toBe("near");
}

test.each(names)("%s.kir: the kernels compute what the reference computes", (name) => {
  const source = graphOf(name);
  const data = randomData(source, 1);
  const graph = planned(source);
  const groups = lowerGroups(graph);
  for (const { kernel } of groups) verifyKernel(kernel);
  const got = runKernels(graph, groups, data);
  const work = groups.reduce((sum, { kernel }) => sum + instructions(countKernel(kernel).total), 0);
  if (work > fewInstructions) return expectRows(source, data, got);
  const wanted = evaluate(source, { ...data, precision: "f32" });
  const { outputs, persistent } = runLowered(graph, data.inputs, data.persistent);
  for (const [output, { data: values }] of wanted.outputs) {
    expectNear(present(got.get(output), output), values, output);
    expectNear(present(outputs.get(output), output), values, `${output} interpreted`);
  }
  for (const [path, { data: values }] of wanted.writes) {
    expectNear(present(got.get(path), path), values, path);
    expectNear(present(persistent.get(path), path), values, `${path} interpreted`);
  }
});

/** Of a large product, x times w, some rows: the reference would take too long for all. */
function expectRows(graph: Graph, { inputs, persistent }: Data, got: ReadonlyMap<string, TensorData>): void {
  const [x, w, y] = [present(inputs.get("x"), "x"), present(persistent.get("w"), "w"), present(got.get("y"), "y")];
  const [rows = 1, terms = 1] = present(graph.inputs[0], "x").type.shape;
  const columns = y.length / rows;
  for (const row of [0, 5, 6, rows >> 1, rows - 2, rows - 1]) {
    const sums = Array.from({ length: columns }, (_, column) => {
      let sum = 0;
      for (let k = 0; k < terms; k++) sum += (x[row * terms + k] ?? NaN) * (w[k * columns + column] ?? NaN);
      return sum;
    });
    expectNear(y.slice(row * columns, (row + 1) * columns), sums, `row ${row}`);
  }
}
