// Sums have one order, which follows from the op and the index alone: the reference, WebAssembly and JavaScript agree
// bit by bit, for long and for short sums, and further terms of 0 change nothing.
import { expect, test } from "vitest";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import type { Value } from "../../compiler/graph/ir.ts";
import { ops } from "../../compiler/ops/table.ts";
import { elements, tensor, type Shape } from "../../compiler/types/tensor-type.ts";
import { compiled, reference, run, targetsOf } from "./targets/run.ts";

type Make = (g: GraphBuilder, x: Value) => Value;

interface Case {
  readonly name: string;
  readonly shape: Shape;
  readonly make: Make;
}

const sum =
  (...axes: number[]): Make =>
  (g, x) =>
    g.sum(x, axes);
const reduced = (shape: Shape, ...axes: number[]): Case => ({
  name: `sum of [${shape}] over ${axes}`,
  shape,
  make: sum(...axes),
});
const scanned = (
  shape: Shape,
  attrs: { readonly axis: number; readonly reverse?: boolean; readonly exclusive?: boolean },
): Case => ({
  name: `cumsum of [${shape}] ${JSON.stringify(attrs)}`,
  shape,
  make: (g, x) => g.call("cumsum", [x], { reverse: false, exclusive: false, ...attrs }),
});

/** Adds 3 columns at few of 5 indices, given by the fractions of x. */
const scattered = (op: "take_add" | "scatter_add", shape: Shape): Case => ({
  name: `${op} of [${shape}]`,
  shape,
  make: (g, x) => {
    const full = g.convert(g.mul(g.call("abs", [x]), 3), "i32");
    const index = g.call("and", [full, g.constant(full.type, 3)]);
    const indices = op === "take_add" ? g.call("reduce_max", [index], { axes: [1] }) : index;
    return g.call(op, [x, indices], { axis: 0, size: 5 });
  },
});
const spread = (window: number, stride: number): Case => ({
  name: `window_spread of ${window} by ${stride}`,
  shape: [1, 12, 12, 3],
  make: (g, x) => {
    const size = [0, 0].map(() => 11 * stride + window);
    return g.call("window_spread", [x], { window: [window, window], stride: [stride, stride], size });
  },
});

const cases: readonly Case[] = [
  ...[1, 2, 3, 5, 8, 10, 16, 18, 27, 64, 100, 1023, 1024, 1025, 2048, 2060, 5003].flatMap((n) => [
    reduced([n], 0),
    reduced([3, n], 1),
    reduced([n, 3], 0),
  ]),
  ...[63, 64, 65, 129, 300].flatMap((n) => [reduced([n, 21], 0), reduced([2, n, 5], 1), reduced([n, 2, 4], 0, 1)]),
  reduced([5, 70, 6], 0, 2),
  reduced([70, 5, 18], 0, 1, 2),
  reduced([66, 1, 3], 1, 0),
  reduced([200, 1], 0, 1),
  reduced([200, 1], 0),
  reduced([1, 1], 0, 1),
  reduced([3, 1200, 1], 1, 2),
  { name: "sum of a transpose", shape: [40, 37], make: (g, x) => g.sum(g.transpose(x, [1, 0]), [1]) },
  {
    name: "sum of a broadcast over another axis",
    shape: [90],
    make: (g, x) => g.sum(g.broadcast(x, [90, 5], [0]), [0]),
  },
  { name: "sum of products", shape: [9, 77], make: (g, x) => g.sum(g.mul(x, g.add(x, 1)), [1]) },
  { name: "sum of a part", shape: [9, 77], make: (g, x) => g.sum(g.call("reverse", [x], { axes: [1] }), [1]) },
  {
    name: "product over the last axis",
    shape: [7, 45],
    make: (g, x) => g.call("reduce_prod", [g.add(g.mul(x, 0.01), 1)], { axes: [1] }),
  },
  ...[2, 9].map((n): Case => ({
    name: `window of ${n}`,
    shape: [1, 20, 20, 3],
    make: (g, x) => g.call("window_sum", [x], { window: [n, n], stride: [1, 2] }),
  })),
  scattered("take_add", [200, 3]),
  scattered("take_add", [200, 16]),
  scattered("scatter_add", [200, 3]),
  spread(3, 2),
  spread(9, 1),
  scanned([64], { axis: 0 }),
  scanned([65], { axis: 0, exclusive: true }),
  scanned([300], { axis: 0, reverse: true }),
  scanned([3, 300], { axis: 1, reverse: true, exclusive: true }),
  scanned([200, 6], { axis: 0 }),
  scanned([130, 6], { axis: 0, reverse: true, exclusive: true }),
];

/** Numbers of mixed sizes and signs, so that any other order of a sum has other bits. */
const mixed = (count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => Math.fround(Math.sin(1 + i * 1.7) * 2 ** ((i * 7) % 16)));

const graphs = cases.map(({ shape, make }, i) => {
  const g = new GraphBuilder(`f${i}`, ops);
  g.output("y", make(g, g.input("x", tensor("f32", shape))));
  return g.build();
});
const targets = targetsOf(compiled(graphs));

test.for(cases.map((each, i) => [each, graphs[i]] as const))(
  "$0.name: every target has the bits of the reference",
  async ([{ shape }, graph]) => {
    if (graph === undefined) return;
    const data = new Map([["x", mixed(elements(shape))]]);
    const wanted = reference(graph, data, "f32").get("y");
    for (const [target, session] of Object.entries(await targets))
      expect(run(session, graph, data).get("y"), target).toEqual(wanted);
  },
);
