import fc from "fast-check";
import { expect, test } from "vitest";
import { locationOf } from "../../dsl/span.ts";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { printGraph } from "../../compiler/graph/print.ts";
import { annotate, dropDead, kept, live, rebuild, topological, users } from "../../compiler/graph/rebuild.ts";
import { verify } from "../../compiler/graph/verify.ts";
import { spanOf } from "../../compiler/graph/provenance.ts";
import { ops } from "../../compiler/ops/table.ts";
import { choices, smoothGraph } from "./random-graph.ts";

const text = `graph g(%x: f32[2], %unused: f32[2])
  %w = param "w"       : f32[2] # a.dl:1:1
  %0 = mul %x, %w      : f32[2] # a.dl:2:3
  %1 = exp %w          : f32[2]
  %2 = mul %0, %0      : f32[2]
  return y=%2
  write "w"=%0
`;

const graph = parseGraph(text, ops);
const names = (nodes: Iterable<{ readonly op: { readonly name: string } }>): string[] =>
  Array.from(nodes, ({ op }) => op.name);

test("an unchanged rebuild shares all nodes", () => {
  const same = rebuild(graph, () => null);
  expect(same.nodes.map((node, index) => node === graph.nodes[index])).toEqual(graph.nodes.map(() => true));
  expect(printGraph(same)).toBe(printGraph(graph));
});

test("a replacement applies to all uses, and has the span of the old node", () => {
  const changed = rebuild(graph, (g, { op }, operands) =>
    op.name === "mul" ? [g.add(g.neg(operands[0] ?? g.zeros({ dtype: "f32", shape: [2] })), 1)] : null,
  );
  verify(changed);
  expect(printGraph(dropDead(changed))).toBe(`graph g(%x: f32[2], %unused: f32[2])
  %0 = neg %x    : f32[2] # a.dl:2:3
  %1 = add %0, 1 : f32[2] # a.dl:2:3
  %2 = neg %1    : f32[2]
  %3 = add %2, 1 : f32[2]
  return y=%3
  write "w"=%1
`);
});

test("a replacement with other types or another number of results is an internal error", () => {
  expect(() =>
    rebuild(graph, (g, { op }) => (op.name === "exp" ? [g.zeros({ dtype: "f32", shape: [3] })] : null)),
  ).toThrow("exp of f32[2] was replaced by f32[3]");
  expect(() => rebuild(graph, (_, { op }) => (op.name === "exp" ? [] : null))).toThrow(
    "exp has 1 results and was replaced by 0",
  );
});

test("a copy on new operands keeps span and notes", () => {
  const noted = annotate(graph, ({ op }) => (op.name === "mul" ? { stage: "weights", group: 3 } : {}));
  const changed = rebuild(noted, (g, { op }, operands) =>
    op.name === "param" ? [g.neg(operands[0] ?? g.inputs[0] ?? g.input("z", { dtype: "f32", shape: [2] }))] : null,
  );
  const copies = changed.nodes.filter(({ op }) => op.name === "mul");
  expect(copies.map((node) => noted.nodes.includes(node))).toEqual([false, false]);
  expect(
    copies.map((node) => [spanOf(node), node.notes] as const).map(([span, notes]) => [span && locationOf(span), notes]),
  ).toEqual([
    ["a.dl:2:3", { stage: "weights", group: 3 }],
    [null, { stage: "weights", group: 3 }],
  ]);
});

test("annotate sets the notes of every node", () => {
  const noted = annotate(graph, ({ op }) => (op.name === "mul" ? { group: 0 } : {}));
  expect(noted.nodes.map(({ notes }) => notes.group)).toEqual([undefined, undefined, undefined, 0, undefined, 0]);
  expect(graph.nodes.every(({ notes }) => notes.group === undefined)).toBe(true);
});

test("live nodes, users, and the values that the graph keeps", () => {
  expect(names(graph.nodes.filter((node) => !live(graph).has(node)))).toEqual(["exp"]);
  const [x, unused] = graph.inputs;
  const used = users(graph);
  expect(x && names(used.get(x) ?? [])).toEqual(["mul"]);
  expect(unused && used.get(unused)).toEqual([]);
  expect(names(graph.writes.flatMap(({ value }) => used.get(value) ?? []))).toEqual(["mul", "mul"]);
  expect(names(Array.from(kept(graph), ({ node }) => node))).toEqual(["mul", "mul"]);
});

test("dead nodes are removed, inputs are kept, and the rest is shared", () => {
  expect(names(dropDead(graph).nodes)).toEqual(["input", "input", "param", "mul", "mul"]);
  expect(dropDead(dropDead(graph))).toEqual(dropDead(graph));
});

test("the topological order has every live node once, operands first", () => {
  fc.assert(
    fc.property(choices, (steps) => {
      const random = smoothGraph(steps);
      const order = topological([...kept(random)]);
      const before = new Set<unknown>();
      for (const node of order) {
        expect(node.operands.every((value) => before.has(value.node))).toBe(true);
        expect(before.has(node)).toBe(false);
        before.add(node);
      }
      const needed = live(random);
      expect(random.nodes.filter((node) => before.has(node))).toEqual(
        random.nodes.filter((node) => needed.has(node) && (node.op.name !== "input" || before.has(node))),
      );
    }),
    { numRuns: 50 },
  );
});
