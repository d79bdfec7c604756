import fc from "fast-check";
import { expect, test } from "vitest";
import { DiagnosticError } from "../../dsl/diagnostic-error.ts";
import { locationOf } from "../../dsl/span.ts";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { printGraph } from "../../compiler/graph/print.ts";
import { spanOf } from "../../compiler/graph/provenance.ts";
import { choices, gradientGraph } from "./random-graph.ts";
import { ops } from "../../compiler/ops/table.ts";

/** The diagnostics of a text: `ir-name at 2:8: unknown op foo`. */
function diagnosticsOf(text: string): string {
  try {
    parseGraph(text, ops, "g.ir");
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return error.diagnostics
      .map(({ code, says, at }) => `${code} at ${at === undefined ? "?" : locationOf(at.span)}: ${says}`)
      .join("\n");
  }
  return "no errors";
}

const inGraph = (line: string): string => `graph g(%x: f32[2])\n  ${line}\n`;

test.each([
  ["", "ir-syntax at g.ir:1:1: expected graph, found the end"],
  ["graf g()", "ir-syntax at g.ir:1:1: expected graph, found graf"],
  ["graph g(%x)", "ir-syntax at g.ir:1:11: expected :, found )"],
  ["graph g(%x: f16[2])", "ir-type at g.ir:1:13: unknown dtype f16"],
  ["graph g(%x: __proto__[2])", "ir-type at g.ir:1:13: unknown dtype __proto__"],
  ["graph g(%x: f32[-1])", "ir-type at g.ir:1:17: these are not the sizes of a tensor"],
  ["graph g(%x: f32[1.5])", "ir-syntax at g.ir:1:17: expected an integer, found 1.5"],
  ["graph g(%x: f32[99999999,99999999,9])", "ir-type at g.ir:1:17: these are not the sizes of a tensor"],
  ["graph g(%x: f32[2], %x: f32[2])", "ir-name at g.ir:1:21: %x is defined twice"],
  ["graph g(%7: f32[2])", "ir-name at g.ir:1:9: the name of an input or carry begins with a letter, not %7"],
  [inGraph("what"), "ir-syntax at g.ir:2:3: expected a node, `return` or `write`"],
  [inGraph("%0 = foo %x : f32[2]"), "ir-name at g.ir:2:8: unknown op foo"],
  [inGraph("%0 = neg %y : f32[2]"), "ir-name at g.ir:2:12: %y is not defined above"],
  [inGraph("%0 = neg %0 : f32[2]"), "ir-name at g.ir:2:12: %0 is not defined above"],
  [inGraph("%x = neg %x : f32[2]"), "ir-name at g.ir:2:3: %x is defined twice"],
  [inGraph("%0 = neg %x : f32[3]"), "ir-type at g.ir:2:8: neg returns f32[2], not f32[3]"],
  [inGraph("%0, %1 = neg %x : f32[2]"), "ir-type at g.ir:2:12: there are 2 names for 1 types"],
  [inGraph("%0 = neg %x, %x : f32[2]"), "neg-arity at g.ir:2:8: neg takes 1 operands, not 2"],
  [inGraph("%0 = neg 1 : f32[2]"), "ir-type at g.ir:2:8: no operand determines the type of the numbers"],
  [inGraph("%0 = neg %x {axis=1} : f32[2]"), "ir-type at g.ir:2:16: neg has no attribute axis"],
  [inGraph("%0 = reduce_sum %x : f32[]"), "ir-type at g.ir:2:22: reduce_sum needs the attribute axes"],
  [inGraph("%0 = reduce_sum %x {axes=[0], axes=[0]} : f32[]"), "ir-name at g.ir:2:33: axes is given twice"],
  [inGraph("%0 = reduce_sum %x {axes=0} : f32[]"), "ir-syntax at g.ir:2:28: expected [, found 0"],
  [inGraph("%0 = input : f32[2]"), "ir-syntax at g.ir:2:8: inputs are listed in the first line"],
  [inGraph("%0 = constant [1] : f32[2]"), "constant-c3 at g.ir:2:8: there are as many `values` as elements"],
  [inGraph('%0 = param "a\\q" : f32[2]'), "ir-syntax at g.ir:2:14: the string has an unknown escape"],
  [inGraph('%0 = param "a : f32[2]'), 'ir-syntax at g.ir:2:14: unexpected character "\\""'],
  [inGraph("%0 = neg %x : f32[2] @nowhere"), "ir-syntax at g.ir:2:25: unknown note nowhere"],
  [inGraph("return a=%x, a=%x"), "ir-name at g.ir:2:16: two outputs are called a"],
  [inGraph('write "p"=%x\n write "p"=%x'), "ir-name at g.ir:3:8: p is written twice"],
  [inGraph("%0 = neg %x : f32[2] extra"), "ir-syntax at g.ir:2:24: expected the end of the line, found extra"],
  [
    inGraph("%0 = neg %x : f32[2] @group=1"),
    "ir-invalid at g.ir:1:8: the graph is broken, groups: 1 is not one of 1 dense numbers (neg f32[2])",
  ],
  [
    inGraph('%p = param "p" : f32[3]\n write "p"=%x'),
    'ir-invalid at g.ir:1:8: the graph is broken, paths: p is f32[3], but the new value is f32[2] (input {name="x", dtype=f32, shape=[2]})',
  ],
])("%j is an error", (text, message) => {
  expect(diagnosticsOf(text)).toBe(message);
});

test("comments that are not locations, blank lines and CRLF line ends are ignored", () => {
  const graph = parseGraph(
    "\n# a graph\r\ngraph g(%x: f32[2])\r\n\r\n  %0 = neg %x : f32[2] # why not\r\n  return y=%0 # done",
    ops,
  );
  expect(printGraph(graph)).toBe("graph g(%x: f32[2])\n  %0 = neg %x : f32[2]\n  return y=%0\n");
});

test("spans round-trip through text, also with two files", () => {
  const text =
    "graph g(%x: f32[2])\n  %0 = neg %x : f32[2] # a:b.dl:12:7\n  %1 = neg %0 : f32[2] # a:b.dl:3:40\n  %2 = neg %1 : f32[2] # std/c.dl:1:1\n  return y=%2\n";
  const graph = parseGraph(text, ops);
  expect(graph.nodes.map(spanOf).map((span) => span && locationOf(span))).toEqual([
    null,
    "a:b.dl:12:7",
    "a:b.dl:3:40",
    "std/c.dl:1:1",
  ]);
  expect(printGraph(graph)).toBe(text);
});

test("a mutated text parses or has a diagnostic with a location", () => {
  const edit = fc.tuple(
    fc.nat(2000),
    fc.nat(6),
    fc.constantFrom(
      "",
      " ",
      "%0",
      "-",
      "[",
      "]",
      "{",
      "1e400",
      "@",
      "nan",
      ",",
      "\n",
      '"',
      "f32[2]",
      "graph",
      "é",
      "return",
    ),
  );
  fc.assert(
    fc.property(choices, fc.array(edit, { minLength: 1, maxLength: 3 }), (steps, edits) => {
      let text = printGraph(gradientGraph(steps));
      for (const [at, length, put] of edits)
        text = text.slice(0, at % text.length) + put + text.slice((at % text.length) + length);
      const message = diagnosticsOf(text);
      expect(message === "no errors" || / at g\.ir:\d+:\d+: /.test(message)).toBe(true);
    }),
    { numRuns: 300 },
  );
});
