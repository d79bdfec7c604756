// The sum of a product has one order, which follows from the sizes of the inner contracted axes alone: the reference,
// strict WebAssembly and JavaScript agree bit by bit whatever kernel computes it, an element has the bits that it has
// alone, and further terms of 0 change nothing.
import fc from "fast-check";
import { expect, test } from "vitest";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import type { Graph, Value } from "../../compiler/graph/ir.ts";
import { ops } from "../../compiler/ops/table.ts";
import { runCompiled } from "../../compiler/trust/run-graph.ts";
import { elements, tensor, type Shape } from "../../compiler/types/tensor-type.ts";
import { compiled, reference, run, targetsOf } from "./targets/run.ts";

type Make = (g: GraphBuilder, a: Value, b: Value) => Value;

interface Case {
  readonly name: string;
  readonly a: Shape;
  readonly b: Shape;
  readonly make: Make;
  /** Whether b is a param, whose layout the weights stage packs. */
  readonly fixed?: true;
}

const dot =
  (contract: readonly (readonly number[])[], batch: readonly (readonly number[])[] = [[], []]): Make =>
  (g, a, b) =>
    g.call("dot", [a, b], { contract, batch });

const product = (m: number, k: number, n: number): Case[] => [
  { name: `${m}x${k}x${n}`, a: [m, k], b: [k, n], make: dot([[1], [0]]) },
  { name: `${m}x${k}x${n}, a param`, a: [m, k], b: [k, n], make: dot([[1], [0]]), fixed: true },
  { name: `${m}x${k}x${n}, rows by rows`, a: [m, k], b: [n, k], make: dot([[1], [1]]) },
  { name: `${m}x${k}x${n}, columns by columns`, a: [k, m], b: [k, n], make: dot([[0], [0]]) },
];

const plain = {
  stride: [1, 1],
  padding: [
    [0, 0],
    [0, 0],
  ],
  dilation: [1, 1],
  groups: 1,
};
const same = [
  [1, 1],
  [1, 1],
];

const conv = (a: Shape, b: Shape, attrs: object = {}): Case => ({
  name: `conv of [${a}] by [${b}] ${JSON.stringify(attrs)}`,
  a,
  b,
  make: (g, x, w) => g.call("conv", [x, w], { ...plain, ...attrs }),
});
const kernelGradient = (a: Shape, b: Shape, size: readonly number[], attrs: object = {}): Case => ({
  name: `kernel gradient of [${a}] by [${b}] ${JSON.stringify(attrs)}`,
  a,
  b,
  make: (g, x, dy) => g.call("conv_kernel_gradient", [x, dy], { ...plain, ...attrs, size }),
});

const cases: readonly Case[] = [
  ...[1, 2, 3, 4, 7, 13].flatMap((m) => [...product(m, 37, 9), ...product(m, 1030, 5)]),
  ...[1, 2, 3, 4].flatMap((n) => [...product(17, 41, n), ...product(6, 600, n)]),
  ...product(40, 513, 11),
  { name: "batch", a: [3, 5, 70], b: [3, 70, 6], make: dot([[2], [1]], [[0], [0]]) },
  { name: "batch of single rows", a: [6, 1, 70], b: [6, 9, 70], make: dot([[2], [2]], [[0], [0]]) },
  {
    name: "two axes that merge",
    a: [5, 7, 300],
    b: [7, 300, 6],
    make: dot([
      [1, 2],
      [0, 1],
    ]),
  },
  {
    name: "two axes that do not",
    a: [300, 5, 7],
    b: [7, 300, 6],
    make: dot([
      [0, 2],
      [1, 0],
    ]),
  },
  {
    name: "rows of a batch",
    a: [9, 100, 14],
    b: [9, 100, 6],
    make: dot([
      [0, 1],
      [0, 1],
    ]),
  },
  { name: "a long sum of many rows", a: [6000, 26], b: [6000, 9], make: dot([[0], [0]]) },
  conv([1, 6, 7, 70], [3, 3, 70, 9]),
  conv([1, 6, 7, 5], [3, 3, 5, 2], { padding: same }),
  conv([2, 6, 6, 3], [2, 3, 3, 1], { stride: [2, 1] }),
  conv([1, 5, 5, 12], [3, 3, 1, 12], { groups: 12, padding: same }),
  conv([1, 5, 5, 12], [3, 3, 4, 6], { groups: 3 }),
  kernelGradient([3, 17, 17, 4], [3, 17, 17, 9], [3, 3], { padding: same }),
  kernelGradient([30, 12, 12, 3], [30, 10, 10, 6], [3, 3]),
  kernelGradient([2, 9, 9, 4], [2, 9, 9, 4], [3, 3], { padding: same, groups: 4 }),
];

/** Numbers of mixed sizes and signs, so that any other order of a sum has other bits. */
const mixed = (count: number, salt: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => Math.fround(Math.sin(salt + i * 1.7) * 2 ** ((i * 7) % 11)));

function graphOf({ a, b, make, fixed }: Case, name: string): Graph {
  const g = new GraphBuilder(name, ops);
  const right = tensor("f32", b);
  const rhs = fixed ? g.call("param", [], { path: name, dtype: "f32", shape: b }) : g.input("b", right);
  g.output("y", make(g, g.input("a", tensor("f32", a)), rhs));
  return g.build();
}

const graphs = cases.map((each, i) => graphOf(each, `f${i}`));
const targets = targetsOf(compiled(graphs));

test.for(cases.map((each, i) => [each, graphs[i], `f${i}`] as const))(
  "$0.name: every target has the bits of the reference",
  async ([{ a, b, fixed }, graph, name]) => {
    if (graph === undefined) return;
    const rhs = mixed(elements(b), 2);
    const data = new Map([
      ["a", mixed(elements(a), 1)],
      [fixed ? name : "b", rhs],
    ]);
    const wanted = reference(graph, data, "f32").get("y");
    const { strict, js } = await targets;
    expect(run(strict, graph, data).get("y"), "strict").toEqual(wanted);
    expect(run(js, graph, data).get("y"), "js").toEqual(wanted);
  },
);

const size = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 20 }));
const terms = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 500, max: 1100 }));

test("an element has the bits that it has alone, and that it keeps when terms of 0 follow", async () => {
  await fc.assert(
    fc.asyncProperty(size, size, terms, fc.integer({ min: 1, max: 600 }), async (m, n, k, more) => {
      const of = (rows: number, columns: number, length: number): Case => ({
        name: "",
        a: [rows, length],
        b: [length, columns],
        make: dot([[1], [0]]),
      });
      const all = [of(m, n, k), of(1, 1, k), of(1, n, k), of(m, n, k + more)].map((each, i) => graphOf(each, `g${i}`));
      const [whole, one, row, longer] = all as [Graph, Graph, Graph, Graph];
      const { strict } = await targetsOf(compiled(all));
      const [a, b] = [mixed(m * k, 1), mixed(k * n, 2)];
      const value = (graph: Graph, lhs: Float64Array, rhs: Float64Array): Float64Array =>
        run(
          strict,
          graph,
          new Map([
            ["a", lhs],
            ["b", rhs],
          ]),
        ).get("y") ?? new Float64Array();
      const y = value(whole, a, b);
      const last = a.slice((m - 1) * k);
      const column = Float64Array.from({ length: k }, (_, i) => b[i * n + n - 1] ?? 0);
      expect(value(row, last, b)).toEqual(y.slice((m - 1) * n));
      expect(value(one, last, column)).toEqual(y.slice(-1));
      const wide = Float64Array.from({ length: m * (k + more) }, (_, i) => {
        const at = i % (k + more);
        return at < k ? (a[Math.floor(i / (k + more)) * k + at] ?? 0) : 0;
      });
      const tall = new Float64Array((k + more) * n).fill(7);
      tall.set(b);
      expect(value(longer, wide, tall)).toEqual(y);
    }),
    { numRuns: 12 },
  );
});

test("the error of a sum of many products does not grow with their number", async () => {
  const count = 65_536;
  const many = graphOf({ name: "", a: [count, 3], b: [count, 2], make: dot([[0], [0]]) }, "many");
  const images = graphOf(kernelGradient([16, 66, 66, 1], [16, 64, 64, 2], [3, 3]), "images");
  const { strict, fast, js } = await targetsOf(compiled([many, images]));
  for (const session of [strict, fast, js])
    for (const [graph, a, b, terms] of [
      [many, count * 3, count * 2, count],
      [images, 16 * 66 * 66, 16 * 64 * 64 * 2, count],
    ] as const) {
      const data = new Map([
        ["a", new Float64Array(a).fill(Math.fround(0.1))],
        ["b", new Float64Array(b).fill(Math.fround(0.1))],
      ]);
      const exact = terms * Math.fround(Math.fround(0.1) ** 2);
      for (const y of run(session, graph, data).get("y") ?? []) expect(Math.abs(y / exact - 1)).toBeLessThan(5e-6);
    }
});

test("totals in scratch are in memory of their own", async () => {
  const graph = graphOf({ name: "", a: [6000, 26], b: [6000, 9], make: dot([[0], [0]]) }, "guarded");
  const inputs = new Map([
    ["a", mixed(6000 * 26, 1)],
    ["b", mixed(6000 * 9, 2)],
  ]);
  const run = await runCompiled(graph, { inputs, persistent: new Map() }, { mode: "strict", guards: true });
  expect(run.get("output y")).toEqual(reference(graph, inputs, "f32").get("y"));
});
