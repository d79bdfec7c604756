import fc from "fast-check";
import { expect, test } from "vitest";
import { expandGradients } from "../../compiler/graph/autodiff.ts";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import type { MemoryLocation } from "../../compiler/graph/ir.ts";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { printGraph } from "../../compiler/graph/print.ts";
import { annotate } from "../../compiler/graph/rebuild.ts";
import { unattributed } from "../../compiler/graph/provenance.ts";
import { scalar, tensor } from "../../compiler/types/tensor-type.ts";
import { choices, gradientGraph, smoothGraph } from "./random-graph.ts";
import { ops } from "../../compiler/ops/table.ts";

const reprinted = (text: string): string => printGraph(parseGraph(text, ops));

test("the text of a graph", () => {
  const source = { name: "small.dl", text: "first\nmax(x * w, 0)" };
  const g = new GraphBuilder("step", ops);
  const x = g.input("image", tensor("f32", [2, 3]));
  g.attribution = unattributed("step", { source, start: 10, end: 15 });
  const w = g.param("Net.dense1.w", tensor("f32", [2, 3]));
  const v = g.param("Net.dense2.w", tensor("f32", [2, 3]));
  const bias = g.param("Net.dense1.b", tensor("f32", []));
  const y = g.call("max", [g.mul(x, w), 0]);
  g.attribution = unattributed("step");
  const loss = g.sum(g.sub(y, g.mul(v, g.broadcast(bias, [2, 3], []))), [0, 1]);
  const [dw, dv] = g.callAll("gradient", [loss, w, v]);
  const two = g.constant(tensor("f32", [2, 3]), 2);
  g.output("loss", loss);
  g.output("hits", g.call("argmax", [y], { axis: 1 }));
  g.output("two", two);
  g.write("Net.dense1.w", g.sub(w, g.mul(dw ?? w, two)));
  g.write("Net.dense2.w", g.add(dv ?? v, g.constant(tensor("f32", [2, 3]), [1, -0, 0.1, Infinity, -Infinity, NaN])));
  const text = printGraph(g.build());
  expect(text).toBe(`graph step(%image: f32[2,3])
  %dense1.w = param "Net.dense1.w"                : f32[2,3]           # small.dl:2:5
  %dense2.w = param "Net.dense2.w"                : f32[2,3]           # small.dl:2:5
  %b        = param "Net.dense1.b"                : f32[]              # small.dl:2:5
  %0        = mul %image, %dense1.w               : f32[2,3]           # small.dl:2:5
  %1        = max %0, 0                           : f32[2,3]           # small.dl:2:5
  %2        = broadcast %b {shape=[2,3], dims=[]} : f32[2,3]
  %3        = mul %dense2.w, %2                   : f32[2,3]
  %4        = sub %1, %3                          : f32[2,3]
  %5        = reduce_sum %4 {axes=[0,1]}          : f32[]
  %6, %7    = gradient %5, %dense1.w, %dense2.w   : f32[2,3], f32[2,3]
  %8        = constant 2                          : f32[2,3]
  %9        = argmax %1 {axis=1}                  : i32[2]
  %10       = mul %6, 2                           : f32[2,3]
  %11       = sub %dense1.w, %10                  : f32[2,3]
  %12       = constant [1,-0,0.1,inf,-inf,nan]    : f32[2,3]
  %13       = add %7, %12                         : f32[2,3]
  return loss=%5, hits=%9, two=%8
  write "Net.dense1.w"=%11
  write "Net.dense2.w"=%13
`);
  expect(reprinted(text)).toBe(text);
});

test("splat constants are literals if another operand determines the type; other constants are separate lines", () => {
  const g = new GraphBuilder("literals", ops);
  const x = g.input("x", tensor("f32", [2]));
  const yes = g.constant(tensor("bool", [2]), 1);
  g.output("a", g.call("select", [yes, x, g.constant(x.type, -0)]));
  g.output("b", g.add(g.constant(x.type, 1e-7), x));
  g.output("c", g.add(g.constant(scalar("f32"), 1), g.constant(scalar("f32"), 2)));
  const text = printGraph(g.build());
  expect(
    text
      .split("\n")
      .slice(1, -2)
      .map((line) => line.replaceAll(/ +/g, " ")),
  ).toEqual([
    " %0 = constant 1 : bool[2]",
    " %1 = select %0, %x, -0 : f32[2]",
    " %2 = add 1e-7, %x : f32[2]",
    " %3 = constant 1 : f32[]",
    " %4 = constant 2 : f32[]",
    " %5 = add %3, %4 : f32[]",
  ]);
  expect(reprinted(text)).toBe(text);
});

test("a splat constant with notes is a separate line, and the name of an input is not reused", () => {
  const g = new GraphBuilder("taken", ops);
  const x = g.input("w", scalar("f32"));
  g.output("y", g.mul(g.add(x, 2), g.param("net.w", scalar("f32"))));
  const noted = annotate(g.build(), ({ op }) =>
    op.name === "constant"
      ? { locations: [{ area: "constant", offset: 32 }] }
      : op.name === "input"
        ? { locations: [null] }
        : {},
  );
  const text = printGraph(noted);
  expect(text).toBe(`graph taken(%w: f32[] @-)
  %0     = constant 2     : f32[] @constant+32
  %1     = add %w, %0     : f32[]
  %net.w = param "net.w"  : f32[]
  %2     = mul %1, %net.w : f32[]
  return y=%2
`);
  expect(reprinted(text)).toBe(text);
});

test("attributes with default values are not printed, and the parser restores them", () => {
  const g = new GraphBuilder("defaults", ops);
  const x = g.input("x", tensor("f32", [2, 3]));
  g.output("y", g.call("dot", [x, x], { batch: [[], []], contract: [[1], [1]] }));
  const text = "graph defaults(%x: f32[2,3])\n  %0 = dot %x, %x {contract=[[1],[1]]} : f32[2,2]\n  return y=%0\n";
  expect(printGraph(g.build())).toBe(text);
  expect(parseGraph(text, ops).outputs[0]?.value.node.attrs).toEqual({ batch: [[], []], contract: [[1], [1]] });
});

test("names that are not words are quoted, and values whose path has no unique short name are numbered", () => {
  const g = new GraphBuilder("two words", ops);
  const a = g.state("a b", scalar("f32"));
  const b = g.state("net.0", scalar("f32"));
  const c = g.state("other.0", scalar("f32"));
  const again = g.state("a b", scalar("f32"));
  g.output("the sum", g.add(g.add(a, b), g.add(c, again)));
  const text = printGraph(g.build());
  expect(text).toBe(`graph "two words"()
  %0       = state "a b"      : f32[]
  %net.0   = state "net.0"    : f32[]
  %other.0 = state "other.0"  : f32[]
  %1       = state "a b"      : f32[]
  %2       = add %0, %net.0   : f32[]
  %3       = add %other.0, %1 : f32[]
  %4       = add %2, %3       : f32[]
  return "the sum"=%4
`);
  expect(reprinted(text)).toBe(text);
});

test("a long line does not widen the columns of other lines", () => {
  const values = Array.from({ length: 40 }, (_, i) => i);
  const g = new GraphBuilder("long", ops);
  const x = g.input("x", tensor("f32", [40]));
  g.output("y", g.neg(g.add(x, g.constant(x.type, values))));
  expect(printGraph(g.build())).toBe(`graph long(%x: f32[40])
  %0 = constant [${values.join(",")}] : f32[40]
  %1 = add %x, %0 : f32[40]
  %2 = neg %1     : f32[40]
  return y=%2
`);
});

const locations = fc.oneof<
  [fc.Arbitrary<MemoryLocation | null>, fc.Arbitrary<MemoryLocation>, fc.Arbitrary<MemoryLocation>]
>(
  fc.constant(null),
  fc.record({ area: fc.constantFrom("scratch", "cache", "constant"), offset: fc.nat() }),
  fc.constant({ area: "persistent", path: "scale" }),
);

test("printing, parsing and printing again returns the same text, notes included", () => {
  fc.assert(
    fc.property(choices, fc.array(locations, { minLength: 1, maxLength: 5 }), fc.boolean(), (steps, where, grouped) => {
      const graph = gradientGraph(steps);
      let group = 0;
      let index = 0;
      const noted = annotate(expandGradients(graph), ({ op, results }) => ({
        ...(grouped && op.form.kind !== "leaf" && op.form.kind !== "view" && { group: group++ }),
        locations: results.map(({ type }) => {
          const place = where[index++ % where.length] ?? null;
          return place?.area === "persistent" && (type.shape.length > 0 || type.dtype !== "f32") ? null : place;
        }),
      }));
      for (const text of [printGraph(graph), printGraph(noted)]) expect(reprinted(text)).toBe(text);
    }),
    { numRuns: 150 },
  );
});

test("the parsed graph equals the printed graph", () => {
  fc.assert(
    fc.property(choices, (steps) => {
      const graph = smoothGraph(steps);
      const parsed = parseGraph(printGraph(graph), ops);
      expect(parsed.outputs.map(({ name, value }) => [name, value.type])).toEqual(
        graph.outputs.map(({ name, value }) => [name, value.type]),
      );
      expect(parsed.writes.map(({ path }) => path)).toEqual(graph.writes.map(({ path }) => path));
      expect(parsed.nodes.filter(isWork).map(({ op, attrs }) => [op.name, attrs])).toEqual(
        graph.nodes.filter(isWork).map(({ op, attrs }) => [op.name, attrs]),
      );
    }),
    { numRuns: 50 },
  );
});

const isWork = (node: { readonly op: { readonly name: string } }): boolean => node.op.name !== "constant";
