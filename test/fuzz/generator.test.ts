// The generator draws every op, checks result types by its own rules, and respects the limits of sizes and values.
import { expect, test, vi } from "vitest";
import { evaluate } from "../../compiler/graph/evaluate.ts";
import type { Graph, Node } from "../../compiler/graph/ir.ts";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { printGraph } from "../../compiler/graph/print.ts";
import { verify } from "../../compiler/graph/verify.ts";
import { opNamed } from "../../compiler/graph/op.ts";
import { ops } from "../../compiler/ops/table.ts";
import { differentiate } from "../../compiler/passes/differentiate.ts";
import { runPasses } from "../../compiler/passes/driver.ts";
import { simplify, simplifyLocalRules, simplifyRules } from "../../compiler/passes/simplify/simplify.ts";
import { randomData } from "../../compiler/trust/sample-data.ts";
import { present } from "../../compiler/support/invariant.ts";
import { elements } from "../../compiler/types/tensor-type.ts";
import { writeRows } from "../../compiler/passes/write-rows/write-rows.ts";
import { entryFile } from "../ops/entry-files.ts";
import { composed, draws, generate, type Kind } from "./generator/index.ts";
import { mostElements } from "./generator/grower.ts";
import { iota } from "./generator/random.ts";
import { rowsOfTable } from "./generator/tables.ts";

const plain: Kind = { trains: false, special: false };
const training: Kind = { trains: true, special: false };
const special: Kind = { trains: false, special: true };
const kinds = [plain, training, special];

/** The graphs of some seeds, alternating between the kinds. */
const graphs = (count: number, of: readonly Kind[] = kinds, from = 0): readonly Graph[] =>
  iota(count).map((i) => generate(from + i, of[i % of.length] ?? plain));

/** The nodes of a graph and of its regions. */
const allNodes = (graph: Graph): readonly Node[] =>
  graph.nodes.flatMap((node) => [node, ...node.regions.flatMap(allNodes)]);

/** Leaves other than constants, and gradients, are never in a region; a carry only in the region of a loop. */
const onlyOutside = new Set(["input", "param", "state", "gradient"]);
const onlyInside = new Set(["carry"]);

/** Draws each op deliberately, so that the result does not depend on the number of other ops. */
test.each([...draws])("%s is drawn, inside of regions and outside", (name, draw) => {
  const op = present(opNamed(ops, name), name);
  const inside = (graph: Graph): readonly Node[] => graph.nodes.flatMap(({ regions }) => regions.flatMap(allNodes));
  const isFound = (nodes: readonly Node[]): boolean => nodes.some((node) => node.op === op);
  const tries = iota(8).map(
    (round) => () => graphs(10, [{ ...(name === "gradient" ? training : plain), most: 12, often: draw }], 10 * round),
  );
  const outside = tries.some((some) => some().some((graph) => isFound(graph.nodes)));
  expect(
    outside || onlyInside.has(name),
    `${name} (${entryFile(op)}): with its \`draw\` and \`range\` no random graph uses it`,
  ).toBe(true);
  if (!onlyOutside.has(name))
    expect(
      tries.some((some) => some().some((graph) => isFound(inside(graph)))),
      `${name} in a region`,
    ).toBe(true);
});

test("every dtype is drawn", () => {
  const dtypes = new Set(
    graphs(600, [plain, training]).flatMap(({ nodes }) =>
      nodes.flatMap(({ results }) => results.map(({ type }) => type.dtype)),
    ),
  );
  expect([...dtypes].toSorted()).toEqual(["bool", "f32", "f64", "i32", "i8", "u8"]);
});

test("graphs are deterministic in seed and kind, and differ between seeds and kinds", () => {
  const texts = [0, 1].map(() => graphs(60).map((graph) => printGraph(graph)));
  expect(texts[0]).toEqual(texts[1]);
  // Two of the smallest graphs may be equal.
  expect(new Set(texts[0]).size).toBeGreaterThan(50);
  expect(printGraph(generate(7, plain))).not.toBe(printGraph(generate(7, training)));
});

test("every graph verifies, and prints and parses back", () => {
  for (const graph of graphs(300)) {
    verify(graph);
    const text = printGraph(graph);
    expect(printGraph(parseGraph(text, ops))).toBe(text);
  }
});

test("graphs are small: mostly a few nodes, never more than the limit, and no large tensor", () => {
  const work = (graph: Graph): number => allNodes(graph).filter(({ op }) => op.form.kind !== "leaf").length;
  // The backward pass of a custom gradient has a few nodes that are not counted.
  const counted = (list: readonly Graph[]): readonly Graph[] =>
    list.filter((graph) => !allNodes(graph).some(({ op }) => op.name === "custom_gradient"));
  const counts = counted(graphs(900, [plain, special])).map(work);
  const median = counts.toSorted((a, b) => a - b)[Math.floor(counts.length / 2)] ?? 0;
  expect(median).toBeGreaterThanOrEqual(3);
  expect(median).toBeLessThanOrEqual(14);
  expect(Math.min(...counts)).toBeLessThanOrEqual(2);
  expect(Math.max(...counts)).toBeGreaterThan(20);
  expect(Math.max(...counts)).toBeLessThanOrEqual(40);
  const limited = [plain, special].map((kind) => ({ ...kind, most: 5 }));
  expect(Math.max(...counted(graphs(300, limited)).map(work))).toBeLessThanOrEqual(5);

  const nodes = graphs(600, [plain]).flatMap(allNodes);
  const shapes = (list: readonly Node[]): (readonly number[])[] =>
    list.flatMap(({ results }) => results.map(({ type }) => type.shape));
  const sizes = shapes(nodes);
  // The terms of long sums are leaves, and their gradients.
  const computed = shapes(nodes.filter(({ op }) => op.form.kind !== "leaf"));
  const mean = computed.map(elements).reduce((a, b) => a + b, 0) / computed.length;
  expect(mean).toBeLessThanOrEqual(mostElements / 4);
  for (const wanted of [0, 1, 2, 5, 7, 9, 13, 16, 33])
    expect([wanted, sizes.some((shape) => shape.includes(wanted))]).toEqual([wanted, true]);
  for (const rank of [0, 1, 2, 3, 4, 5])
    expect([rank, sizes.some((shape) => shape.length === rank)]).toEqual([rank, true]);
});

test("in graphs with special inputs all ops are exact", () => {
  const names = new Set(graphs(400, [special]).flatMap((graph) => allNodes(graph).map(({ op }) => op)));
  expect([...names].filter(({ exact }) => !exact)).toEqual([]);
  expect(names.size).toBeGreaterThan(40);
});

test("a training graph has a gradient and writes every param; each optimizer is drawn", () => {
  const trained = graphs(200, [training]);
  for (const { nodes, writes } of trained) {
    expect(nodes.some(({ op }) => op.name === "gradient")).toBe(true);
    const params = nodes.filter(({ op }) => op.name === "param").map(({ attrs }) => attrs["path"]);
    expect(params.filter((path) => !writes.some((write) => write.path === path))).toEqual([]);
  }
  const slots = trained.map(
    ({ writes }) => ["t", "m"].find((slot) => writes.some(({ path }) => path.endsWith(`.${slot}`))) ?? "none",
  );
  expect(new Set(slots).size).toBe(3);
});

test("values, gradients and updates stay finite", () => {
  const wild = iota(300).filter((seed) => {
    const graph = generate(seed, seed % 2 === 0 ? plain : training);
    const { outputs, writes } = evaluate(graph, { ...randomData(graph, seed), precision: "f64" });
    return [...outputs.values(), ...writes.values()].some(({ data }) => !data.every(Number.isFinite));
  });
  expect(wild).toEqual([]);
});

test("a wrong type rule of an op is reported", () => {
  const transpose = present(ops.get("transpose"), "transpose");
  const broken = vi.spyOn(transpose, "type").mockImplementation((types) => types.slice(0, 1));
  try {
    expect(() => graphs(30, [{ ...plain, often: present(draws.get("transpose"), "its draw") }])).toThrow(
      /^transpose\(.*by the generator's rules$/,
    );
  } finally {
    broken.mockRestore();
  }
});

test("every rewrite rule fires on some composed draw", () => {
  const silent = (): string[] =>
    [...simplifyRules.rules, ...simplifyLocalRules]
      .filter(({ fired }) => fired === 0)
      .map((rule) => ("text" in rule ? rule.text : rule.name));
  const types = [plain, plain, plain, training, special];
  // Several rounds: which rules fire in the first ones is random.
  for (let round = 0; round < 20 && silent().length > 0; round++)
    for (const [weight, draw] of composed)
      for (const i of iota(2 + 4 * weight))
        runPasses(
          generate(1000 * round + i, { ...(types[i % types.length] ?? plain), most: 12, often: draw }),
          [differentiate, simplify],
          {},
        );
  expect(silent()).toEqual([]);
});

test("training writes only the rows of a table that are looked up, with each optimizer that permits it", () => {
  const rows = iota(60).map((seed) => {
    const graph = generate(seed, { ...training, most: 8, often: rowsOfTable });
    return runPasses(graph, [differentiate, simplify, writeRows], {})
      .writes.filter(({ value }) => value.node.op.name === "take_put")
      .map(({ path }) => path);
  });
  // The table of plain SGD; the table and both slots of lazy Adam.
  expect(rows.some((paths) => paths.some((path) => /^net\.w\d+$/.test(path)))).toBe(true);
  for (const slot of ["m", "v"])
    expect(rows.some((paths) => paths.some((path) => path.endsWith(`.${slot}`)))).toBe(true);
});
