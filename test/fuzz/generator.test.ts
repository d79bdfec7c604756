// The generator draws every op, states its types by rules of its own, and keeps its promises of sizes and values.
import { expect, test, vi } from "vitest";
import { evaluate } from "../../compiler/graph/evaluate.ts";
import type { Graph, Node } from "../../compiler/graph/ir.ts";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { printGraph } from "../../compiler/graph/print.ts";
import { verify } from "../../compiler/graph/verify.ts";
import { ops } from "../../compiler/ops/table.ts";
import { differentiate } from "../../compiler/passes/differentiate.ts";
import { runPasses } from "../../compiler/passes/driver.ts";
import { simplify, simplifyLocalRules, simplifyRules } from "../../compiler/passes/simplify/simplify.ts";
import { randomData } from "../../compiler/trust/sample-data.ts";
import { elements } from "../../compiler/types/tensor-type.ts";
import { draws, generate, type Kind } from "./generator/index.ts";
import { mostElements } from "./generator/grower.ts";
import { iota } from "./generator/random.ts";
import { typeRules } from "./generator/types.ts";

const plain: Kind = { trains: false, special: false };
const training: Kind = { trains: true, special: false };
const special: Kind = { trains: false, special: true };
const kinds = [plain, training, special];

/** The graphs of some seeds, of the kinds in turn. */
const graphs = (count: number, of: readonly Kind[] = kinds, from = 0): readonly Graph[] =>
  iota(count).map((i) => generate(from + i, of[i % of.length] ?? plain));

/** The nodes of a graph and of its regions. */
const allNodes = (graph: Graph): readonly Node[] => graph.nodes.flatMap((node) => [node, ...node.regions.flatMap(allNodes)]);

test("every op has a draw and a type rule, and nothing else has", () => {
  const names = [...ops.keys()].toSorted();
  for (const table of [draws, typeRules]) expect([...table.keys()].toSorted()).toEqual(names);
});

test("every op and every dtype is drawn, inside of regions and outside", () => {
  const drawn = graphs(1200, [plain, training]);
  const outside = new Set(drawn.flatMap(({ nodes }) => nodes.map(({ op }) => op.name)));
  // A carry is in the region of a loop alone.
  expect([...ops.keys()].filter((name) => !outside.has(name))).toEqual(["carry"]);
  const inside = new Set(drawn.flatMap(({ nodes }) => nodes.flatMap(({ regions }) => regions.flatMap(allNodes))).map(({ op }) => op.name));
  // Besides param and gradient, which stand in no region, a few seldom ones.
  expect([...ops.keys()].filter((name) => !inside.has(name)).length).toBeLessThan(7);
  const dtypes = new Set(drawn.flatMap(({ nodes }) => nodes.flatMap(({ results }) => results.map(({ type }) => type.dtype))));
  expect([...dtypes].toSorted()).toEqual(["bool", "f32", "f64", "i32", "i8", "u8"]);
});

test("the same seed gives the same graph, another seed or kind another", () => {
  const texts = [0, 1].map(() => graphs(60).map((graph) => printGraph(graph)));
  expect(texts[0]).toEqual(texts[1]);
  expect(new Set(texts[0]).size).toBe(60);
  expect(printGraph(generate(7, plain))).not.toBe(printGraph(generate(7, training)));
});

test("every graph verifies, and prints and parses back", () => {
  for (const graph of graphs(300)) {
    verify(graph);
    const text = printGraph(graph);
    expect(printGraph(parseGraph(text, ops))).toBe(text);
  }
});

test("graphs are small: a few nodes mostly, never more than asked for, and no large tensor", () => {
  const work = (graph: Graph): number => allNodes(graph).filter(({ op }) => op.form.kind !== "leaf").length;
  const counts = graphs(900, [plain, special]).map(work);
  const median = counts.toSorted((a, b) => a - b)[450] ?? 0;
  expect(median).toBeGreaterThanOrEqual(5);
  expect(median).toBeLessThanOrEqual(9);
  expect(Math.min(...counts)).toBe(1);
  expect(Math.max(...counts)).toBeGreaterThan(25);
  expect(Math.max(...counts)).toBeLessThanOrEqual(40);
  expect(
    Math.max(
      ...graphs(300, [
        { ...plain, most: 5 },
        { ...special, most: 5 },
      ]).map(work),
    ),
  ).toBe(5);

  const sizes = graphs(600, [plain]).flatMap((graph) => allNodes(graph).flatMap(({ results }) => results.map(({ type }) => type.shape)));
  expect(Math.max(...sizes.map(elements))).toBeLessThanOrEqual(mostElements);
  for (const wanted of [0, 1, 2, 5, 7, 9, 13, 16, 33]) expect([wanted, sizes.some((shape) => shape.includes(wanted))]).toEqual([wanted, true]);
  for (const rank of [0, 1, 2, 3, 4, 5]) expect([rank, sizes.some((shape) => shape.length === rank)]).toEqual([rank, true]);
});

test("where inputs may be anything, all ops are exact", () => {
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
  const slots = trained.map(({ writes }) => ["t", "m"].find((slot) => writes.some(({ path }) => path.endsWith(`.${slot}`))) ?? "none");
  expect(new Set(slots).size).toBe(3);
});

test("values stay finite, and so do gradients and what an optimizer makes of them", () => {
  const wild = iota(300).filter((seed) => {
    const graph = generate(seed, seed % 2 === 0 ? plain : training);
    const { outputs, writes } = evaluate(graph, { ...randomData(graph, seed), precision: "f64" });
    return [...outputs.values(), ...writes.values()].some(({ data }) => !data.every(Number.isFinite));
  });
  expect(wild).toEqual([]);
});

test("a wrong type rule of an op is found", () => {
  const transpose = ops.get("transpose");
  if (transpose === undefined) throw new Error("there is no transpose");
  const broken = vi.spyOn(transpose, "type").mockImplementation((types) => types.slice(0, 1));
  try {
    expect(() => graphs(60, [plain])).toThrow(/^transpose\(.*by the generator's rules$/);
  } finally {
    broken.mockRestore();
  }
});

test("every rewrite rule fires", () => {
  for (const seed of iota(1800)) runPasses(generate(seed, { trains: seed % 10 === 0, special: seed % 10 === 1 }), [differentiate, simplify], {});
  expect(simplifyRules.rules.filter(({ fired }) => fired === 0).map(({ text }) => text)).toEqual([]);
  expect(simplifyLocalRules.filter(({ fired }) => fired === 0).map(({ name }) => name)).toEqual([]);
});
