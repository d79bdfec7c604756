import { expect, test } from "vitest";
import { DiagnosticError } from "../../dsl/diagnostic-error.ts";
import { GraphBuilder, makeNode } from "../../compiler/graph/build.ts";
import { distinct, inlineRegion, RegionBuilder } from "../../compiler/graph/inline.ts";
import type { Graph } from "../../compiler/graph/ir.ts";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { printGraph } from "../../compiler/graph/print.ts";
import { mapRegions } from "../../compiler/graph/rebuild.ts";
import { unattributed } from "../../compiler/graph/provenance.ts";
import { verify } from "../../compiler/graph/verify.ts";
import { ops } from "../../compiler/ops/table.ts";
import { tensor } from "../../compiler/types/tensor-type.ts";

const text = `graph sums(%x: f32[4,3], %start: f32[3])
  %0, %1 = scan %start, %x {carries=1, sequences=1, length=4} : f32[3], f32[4,3] # sums.dl:2:3
    body(%x: f32[3]) {
      carry %h: f32[3] # sums.dl:3:5
      %0 = add %h, %x       : f32[3] # sums.dl:4:5
      %1 = constant [1,2,3] : f32[3] # sums.dl:5:5
      %2 = mul %0, %1       : f32[3] # sums.dl:5:9
      return y=%2
      next %h = %0
    }
  return last=%0, all=%1
`;

const sums = (): Graph => parseGraph(text, ops);

/** The graph with another region in its scan. */
const withBody = (change: (body: Graph) => Graph): Graph => mapRegions(sums(), change);

test("a region is printed under its node, and round-trips with its spans", () => {
  expect(printGraph(sums())).toBe(text);
});

test("without spans, graphs that differ only in spans have the same text", () => {
  const plain = printGraph(sums(), { spans: false });
  expect(plain).not.toContain("sums.dl");
  expect(printGraph(parseGraph(plain, ops))).toBe(plain);
});

test.each([
  ["a region of another name", text.replace("body(", "loop("), "ir-syntax"],
  ["a region without an end", text.replace("    }\n", ""), "ir-syntax"],
  ["a value of the graph outside", text.replace("add %h, %x ", "add %h, %start "), "ir-name"],
  ["a next value of what is not a carry", text.replace("next %h", "next %x"), "ir-name"],
  ["two next values of one carry", text.replace("next %h = %0", "next %h = %0\n      next %h = %2"), "ir-name"],
  ["a carry too many", text.replace("      carry", "      carry %more: f32[3]\n      carry"), "scan-c4"],
  ["a carry of another type", text.replace("carry %h: f32[3]", "carry %h: f32[1]"), "add-c2"],
  ["a carry outside of a region", text.replace("  return last", "  carry %h: f32[3]\n  return last"), "ir-syntax"],
  ["a carry with the name of a node", text.replaceAll("%h", "%7"), "ir-name"],
  ["a carry as an op", text.replace("carry %h: f32[3]", "%h = carry : f32[3]"), "ir-syntax"],
  ["state in a region", text.replace("      %0", '      %s = state "s" : f32[3]\n      %0'), "scan-c4"],
  ["a region that does not fit", text.replace("body(%x: f32[3])", "body(%x: f32[3], %y: f32[3])"), "scan-c3"],
  ["a brace too many", `${text}}\n`, "ir-syntax"],
])("%s is an error in the text", (_, wrong, code) => {
  let found: unknown = null;
  try {
    parseGraph(wrong, ops);
  } catch (error) {
    found = error;
  }
  expect(found instanceof DiagnosticError ? found.diagnostics.map((diagnostic) => diagnostic.code) : found).toEqual([
    code,
  ]);
});

test("the verifier checks regions", () => {
  const paramForOutput = (body: Graph): Graph => {
    const stray = makeNode(
      ops.get("param") ?? fail(),
      [],
      { path: "w", dtype: "f32", shape: [3] },
      body.lineage.first(unattributed("g")),
    );
    return { ...body, nodes: [...body.nodes, stray], outputs: [{ name: "y", value: stray.results[0] ?? fail() }] };
  };
  expect(() => verify(withBody(paramForOutput))).toThrow("no other state");
  expect(() => verify(withBody((body) => ({ ...body, nodes: body.nodes.toReversed() })))).toThrow("order");
  const early = (body: Graph): Graph => {
    const { lineage } = body;
    const node = makeNode(
      ops.get("iota") ?? fail(),
      [],
      { shape: [3], axis: 0, dtype: "f32" },
      lineage.first(unattributed("g")),
      { stage: "weights" },
    );
    return { ...body, nodes: [...body.nodes, node] };
  };
  expect(() => verify(withBody(early))).toThrow("work for the weights stage");
});

function fail(): never {
  throw new Error("the op is in the table");
}

test("mapRegions returns the same graph if no region changes", () => {
  const graph = sums();
  expect(mapRegions(graph, (region) => region)).toBe(graph);
  const renamed = mapRegions(graph, (region) => ({
    ...region,
    outputs: region.outputs.map(({ value }) => ({ name: "z", value })),
  }));
  expect(printGraph(renamed)).toContain("return z=%2");
  verify(renamed);
});

test("a region may be inlined twice", () => {
  const body = sums().nodes.flatMap(({ regions }) => regions);
  const g = new GraphBuilder("twice", ops);
  const [x, h] = [g.input("x", tensor("f32", [3])), g.input("h", tensor("f32", [3]))];
  for (const region of [...body, ...body])
    inlineRegion(g, region, [x], [h]).carries.forEach((value) => g.output(`y${g.outputs.length}`, value));
  verify(g.build());
  expect(g.outputs.length).toBe(2);
});

test("names of a region are made distinct", () => {
  const r = new RegionBuilder("body", new GraphBuilder("body", ops));
  for (let i = 0; i < 3; i++) r.output("y", r.input("x", tensor("f32", [])));
  expect(r.build().outputs.map(({ name }) => name)).toEqual(["y", "y_2", "y_3"]);
  expect(r.build().inputs.map(({ node }) => node.attrs["name"])).toEqual(["x", "x_2", "x_3"]);
  const taken = new Set(["x", "x_2"]);
  expect([distinct(taken, "x"), distinct(taken, "x")]).toEqual(["x_3", "x_4"]);
});
