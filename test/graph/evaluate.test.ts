import { expect, test } from "vitest";
import { evaluate, evaluateNode, ndarray, type Precision } from "../../compiler/graph/evaluate.ts";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { tensor } from "../../compiler/types/tensor-type.ts";
import { ops } from "../../compiler/ops/table.ts";

const run = (
  text: string,
  data: Readonly<Record<string, readonly number[]>>,
  precision: Precision = "f64",
): Record<string, number[]> => {
  const values = new Map(Object.entries(data).map(([name, list]) => [name, Float64Array.from(list)]));
  const { outputs, writes } = evaluate(parseGraph(text, ops), { inputs: values, persistent: values, precision });
  return Object.fromEntries([...outputs, ...writes].map(([name, { data }]) => [name, [...data]]));
};

test("a dense layer against hand-computed values", () => {
  const text = `graph dense(%x: f32[2,2])
  %w = param "w"                                   : f32[2,3]
  %b = param "b"                                   : f32[3]
  %0 = dot %x, %w {batch=[[],[]], contract=[[1],[0]]} : f32[2,3]
  %1 = broadcast %b {shape=[2,3], dims=[1]}        : f32[2,3]
  %2 = add %0, %1                                  : f32[2,3]
  %3 = max %2, 0                                   : f32[2,3]
  return y=%3
  write "b"=%b
`;
  expect(run(text, { x: [1, 2, 3, 4], w: [1, 0, -1, 2, 1, 0], b: [0, 10, 0.5] })).toEqual({
    y: [5, 12, 0, 11, 14, 0],
    b: [0, 10, 0.5],
  });
});

test("f32 rounds every result and every leaf; f64 rounds none", () => {
  const text = `graph sum(%x: f32[1])
  %0 = add %x, 0.1 : f32[1]
  %1 = sub %0, %x  : f32[1]
  return y=%1
`;
  expect(run(text, { x: [1e8] })).toEqual({ y: [1e8 + 0.1 - 1e8] });
  expect(run(text, { x: [1e8] }, "f32")).toEqual({ y: [0] });
  expect(run("graph id(%x: f32[1])\n return x=%x", { x: [0.1] }, "f32")).toEqual({ x: [Math.fround(0.1)] });
});

test("integers wrap to their dtype in both precisions", () => {
  for (const precision of ["f64", "f32"] as const) {
    expect(
      run("graph a(%x: i32[3])\n %0 = add %x, 1 : i32[3]\n return y=%0", { x: [2147483647, -5, 0] }, precision),
    ).toEqual({ y: [-2147483648, -4, 1] });
    expect(run("graph a(%x: i32[1])\n %0 = mul %x, 65537 : i32[1]\n return y=%0", { x: [65537] }, precision)).toEqual({
      y: [131073],
    });
  }
  expect([...ndarray(tensor("u8", [2]), Float64Array.of(256, -1), "f64").data]).toEqual([0, 255]);
  expect([...ndarray(tensor("i8", [2]), Float64Array.of(128, -129), "f64").data]).toEqual([-128, 127]);
  expect([...ndarray(tensor("bool", [2]), Float64Array.of(7, 0), "f64").data]).toEqual([1, 0]);
});

test("a read returns the value from before the call", () => {
  const text = 'graph count()\n %n = state "n" : i32[]\n %0 = add %n, 1 : i32[]\n return n=%n\n write "n"=%0';
  expect(run(text.replaceAll('"n"', '"count"'), { count: [4] })).toEqual({ n: [4], count: [5] });
});

test("gradients are expanded before evaluation", () => {
  const text =
    "graph g(%x: f32[3])\n %0 = mul %x, %x : f32[3]\n %1 = reduce_sum %0 {axes=[0]} : f32[]\n %2 = gradient %1, %x : f32[3]\n return dx=%2";
  expect(run(text, { x: [1, -2, 0.5] })).toEqual({ dx: [2, -4, 1] });
});

test("data is copied, and missing or wrong data is an invariant", () => {
  const x = Float64Array.of(1, 2);
  const graph = parseGraph("graph id(%x: f32[2])\n return x=%x", ops);
  const options = { persistent: new Map<string, Float64Array>(), precision: "f64" } as const;
  const data = evaluate(graph, { ...options, inputs: new Map([["x", x]]) }).outputs.get("x")?.data;
  expect(data).toEqual(x);
  expect(data).not.toBe(x);
  expect(() => evaluate(graph, { ...options, inputs: new Map() })).toThrow("the input x has no data");
  expect(() => evaluate(graph, { ...options, inputs: new Map([["x", Float64Array.of(1)]]) })).toThrow(
    "f32[2] has 2 elements, not 1",
  );
});

test("a single node can be evaluated", () => {
  const graph = parseGraph(
    "graph g(%x: f32[2])\n %0 = constant 0.1 : f32[2]\n %1 = mul %x, %0 : f32[2]\n return a=%1, b=%0",
    ops,
  );
  const [, constant, mul] = graph.nodes;
  if (constant === undefined || mul === undefined) throw new Error("the graph has three nodes");
  const tenths = evaluateNode(constant, [], "f32");
  expect(tenths.map(({ data }) => [...data])).toEqual([[Math.fround(0.1), Math.fround(0.1)]]);
  const x = ndarray(tensor("f32", [2]), Float64Array.of(3, 5), "f32");
  expect(evaluateNode(mul, [x, ...tenths], "f32").map(({ data }) => [...data])).toEqual([
    [Math.fround(3 * Math.fround(0.1)), Math.fround(5 * Math.fround(0.1))],
  ]);
});
