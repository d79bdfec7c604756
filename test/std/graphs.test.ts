// Layers of graphs against a NumPy model of those of PyTorch Geometric (GCNConv, SAGEConv, GATConv, with their loops
// and normalisation): sums over edges with np.add.at, in f64.
import { expect, test } from "vitest";
import { run } from "../frontend/program.ts";

/** Reproducible numbers in (-1, 1). */
const numbers = (count: number, seed: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.sin(12.9898 * (i + 1) * seed) % 1);

/** Edges between 4 nodes; node 3 has none that leads to it. */
const edge = [0, 1, 2, 2, 3, 1, 0, 1, 0, 2];
const b = [0.1, -0.2];

const cases: Readonly<
  Record<string, { readonly layer: string; readonly params: Record<string, number[]>; readonly expected: number[] }>
> = {
  "graph convolution": {
    layer: "graph_convolution(2)",
    params: { "project.w": numbers(6, 2), b },
    expected: [0.525415, -0.006643, 0.525415, -0.006643, 0.08878, 0.37061, -0.301649, 0.031903],
  },
  "graph convolution with weights of edges": {
    layer: "graph_convolution(2, weight: [weight])",
    params: { "project.w": numbers(6, 2), b },
    expected: [0.610396, -0.173286, 0.541931, 0.040258, -0.36608, 0.35117, -0.301649, 0.031903],
  },
  GraphSAGE: {
    layer: "sage_convolution(2)",
    params: { "neighbours.w": numbers(6, 2), "neighbours.b": b, "own.w": numbers(6, 3) },
    expected: [0.727912, 0.79446, 0.770944, 0.188396, -0.024232, -0.244947, -0.192213, -0.678424],
  },
  "GraphSAGE with maxima": {
    layer: 'sage_convolution(2, reduce: "max")',
    params: { "neighbours.w": numbers(6, 2), "neighbours.b": b, "own.w": numbers(6, 3) },
    expected: [0.817442, 0.512608, 0.439863, -0.550994, -0.024232, -0.244947, -0.192213, -0.678424],
  },
  "graph attention, heads joined": {
    layer: "graph_attention(2, heads: 2)",
    params: { "project.w": numbers(12, 4), source: numbers(4, 5), target: numbers(4, 6), b: [0.1, 0.2, 0.3, 0.4] },
    expected: [
      1.79887, -1.187169, -0.668414, 1.523933, 1.79887, -1.187169, -0.668414, 1.523933, -0.886786, 1.306297, 1.113747,
      -0.972977, -2.014818, 1.966423, 1.98165, -1.778803,
    ],
  },
  "graph attention, heads averaged": {
    layer: "graph_attention(2, heads: 2, join: false)",
    params: { "project.w": numbers(12, 4), source: numbers(4, 5), target: numbers(4, 6), b },
    expected: [0.465228, -0.331618, 0.465228, -0.331618, 0.01348, -0.33334, -0.116584, -0.40619],
  },
};

for (const [name, { layer, params, expected }] of Object.entries(cases))
  test(`${name} computes the numbers of PyTorch Geometric's`, () => {
    const net = run(`
model Net(x: f32[4, 3], edge: i32[2, 5], weight: f32[5]) {
  let layer = ${layer}
  layer(x, edge)
}
entry f(x: f32[4, 3], edge: i32[2, 5], weight: f32[5]) { { y: Net(x, edge, weight), used: sum(weight) } }`);
    for (const [path, data] of Object.entries(params)) {
      expect(net.persistent.get(`Net.layer.${path}`)?.length, path).toBe(data.length);
      net.persistent.set(`Net.layer.${path}`, Float64Array.from(data, Math.fround));
    }
    const { y = [] } = net.call("f", { x: numbers(12, 1), edge, weight: [0.5, 2, 1, 0.25, 3] });
    expect(y.length).toBe(expected.length);
    y.forEach((value, i) => expect(Math.abs(value - (expected[i] ?? NaN)), `${i}`).toBeLessThan(2e-6));
  });
