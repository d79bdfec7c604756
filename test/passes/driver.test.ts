import { expect, test } from "vitest";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { printGraph } from "../../compiler/graph/print.ts";
import { ops } from "../../compiler/ops/table.ts";
import { checkOrder, required, runPasses } from "../../compiler/passes/driver.ts";
import { checkFact } from "../../compiler/passes/facts.ts";
import type { Fact, Pass } from "../../compiler/passes/pass.ts";
import { passes } from "./passes.ts";

const graph = parseGraph("graph f(%x: f32[2])\n  %0 = neg %x : f32[2]\n  %1 = neg %0 : f32[2]\n  %2 = exp %x : f32[2]\n  return y=%1\n", ops);

const pass = (name: string, given: Partial<Pass>): Pass => ({ name, says: name, needs: [], gives: [], breaks: [], exact: true, run: (g) => g, ...given });

test("a list in the right order is accepted", () => {
  expect(() => checkOrder(passes)).not.toThrow();
});

test("a pass stands behind those that give what it needs, with nothing between that breaks it", () => {
  const first = pass("first", { gives: ["chosen"] });
  const breaker = pass("breaker", { breaks: ["chosen"] });
  const last = pass("last", { needs: ["chosen"] });
  expect(() => checkOrder([first, last])).not.toThrow();
  expect(() => checkOrder([last, first])).toThrow("the pass last needs a graph that is chosen");
  expect(() => checkOrder([first, breaker, last])).toThrow("the pass last needs a graph that is chosen");
  expect([...required([first, breaker, last])]).toEqual(["first"]);
  expect([...required([first, pass("plan", { gives: ["planned"] })], ["planned"])]).toEqual(["plan"]);
});

test("passes run in order, each reported with the graphs around it", () => {
  const seen: string[] = [];
  const after = runPasses(graph, passes, {
    onStage: ({ name }, before, now, ms) => {
      expect(ms).toBeGreaterThanOrEqual(0);
      if (printGraph(before) !== printGraph(now)) seen.push(name);
    },
  });
  expect(seen).toEqual(["differentiate", "simplify"]);
  expect(after.nodes.map(({ op }) => op.name)).toEqual(["input"]);
});

test("a pass can be left out by name", () => {
  const after = runPasses(graph, passes, { without: new Set(["simplify"]) });
  expect(after.nodes.map(({ op }) => op.name)).toEqual(["input", "neg", "neg"]);
});

test("verification finds a pass that does not hold its promise", () => {
  const liar = pass("liar", { gives: ["differentiated"] });
  const lossy = parseGraph('graph f()\n  %w = param "w" : f32[]\n  %0 = gradient %w, %w : f32[]\n  return y=%0\n', ops);
  expect(() => runPasses(lossy, [liar], { verify: true })).toThrow("f is not differentiated: gradient");
  expect(() => runPasses(lossy, [liar], {})).not.toThrow();
  const breaker = pass("breaker", { run: (g) => ({ ...g, nodes: g.nodes.toReversed() }) });
  expect(() => runPasses(graph, [breaker], { verify: true })).toThrow("order");
});

test("a graph given by a broken pass is not taken for granted by facts either", () => {
  const relapse = pass("relapse", { run: () => parseGraph("graph g(%x: f32[2])\n  %0 = stop_gradient %x : f32[2]\n  return y=%0\n", ops) });
  const given = pass("given", { gives: ["simplified"] });
  expect(() => runPasses(graph, [given, relapse], { verify: true })).toThrow("g is not simplified: stop_gradient");
});

/** For each fact, a graph of which it does not hold. */
const offenders = {
  differentiated: '  %w = param "w" : f32[]\n  %0 = gradient %w, %w : f32[]\n  return y=%0',
  simplified: "  %0 = reshape %x {shape=[4]} : f32[4]\n  %1 = reshape %0 {shape=[2,2]} : f32[2,2]\n  return y=%1",
  frozen: '  %w = param "w" : f32[2]\n  return y=%w',
  chosen: "  %0 = conv %x, %x {stride=[1], padding=[[1,1]], dilation=[1], groups=1} : f32[2,3,2]\n  return y=%0",
  staged: '  %w = param "w" : f32[2]\n  %0 = neg %w : f32[2]\n  %1 = neg %0 : f32[2] @weights\n  %2 = add %1, %x : f32[2]\n  return y=%2',
  fused: "  %0 = neg %x : f32[2]\n  return y=%0",
  inlined: "  %0 = checkpoint %x : f32[2]\n    body(%x: f32[2]) {\n      %0 = neg %x : f32[2]\n      return y=%0\n    }\n  return y=%0",
  planned: "  %0 = neg %x : f32[2] @group=0\n  return y=%0",
} satisfies Record<Fact, string>;

const shapes: Partial<Record<Fact, string>> = { simplified: "[2,2]", chosen: "[2,2,2]" };

test.each(Object.entries(offenders))("what is not %s is found", (name, body) => {
  const fact = name as Fact;
  const offending = parseGraph(`graph f(%x: f32${shapes[fact] ?? "[2]"})\n${body}\n`, ops);
  expect(() => checkFact(fact, offending, { frozen: new Map([["w", new Float64Array(2)]]) })).toThrow(`f is not ${fact}`);
});
