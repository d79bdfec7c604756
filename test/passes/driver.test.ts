import { expect, test } from "vitest";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { printGraph } from "../../compiler/graph/print.ts";
import { ops } from "../../compiler/ops/table.ts";
import { checkNeeds, required, runPasses } from "../../compiler/passes/driver.ts";
import { checkFact } from "../../compiler/passes/facts.ts";
import type { Fact, Pass } from "../../compiler/passes/pass.ts";
import { requiredPasses } from "../../compiler/pipeline.ts";
import { passes, rewriting } from "./passes.ts";

const graph = parseGraph(
  "graph f(%x: f32[2])\n  %0 = neg %x : f32[2]\n  %1 = neg %0 : f32[2]\n  %2 = exp %x : f32[2]\n  return y=%1\n",
  ops,
);

const pass = (name: string, given: Partial<Pass>): Pass => ({
  name,
  doc: name,
  needs: [],
  provides: [],
  exact: true,
  run: (g) => g,
  ...given,
});

test("a pass runs after the passes that establish the facts that it needs", () => {
  const first = pass("first", { provides: ["chosen"] });
  const other = pass("other", {});
  const last = pass("last", { needs: ["chosen"] });
  expect(() => checkNeeds([first, other, last])).not.toThrow();
  expect(() => checkNeeds([last, first])).toThrow("the pass last needs a graph that is chosen");
  expect([...required([first, other, last])]).toEqual(["first"]);
  expect([...required([first, pass("plan", { provides: ["planned"] })], ["planned"])]).toEqual(["plan"]);
});

test("a fact that is a note does not survive a pass that does not need it", () => {
  const stage = pass("stage", { provides: ["staged"] });
  const group = pass("group", { needs: ["staged"], provides: ["fused"] });
  const other = pass("other", {});
  expect(() => checkNeeds([stage, group], ["staged", "fused"])).not.toThrow();
  expect(() => checkNeeds([stage, other, group])).toThrow("the pass group needs a graph that is staged");
  expect(() => checkNeeds([stage, group, other], ["fused"])).toThrow("code generation needs a graph that is fused");
});

test("every fact is established by a required pass", () => {
  expect(passes.flatMap(({ provides }) => provides).toSorted()).toEqual(Object.keys(offenders).toSorted());
  expect(passes.filter(({ provides, name }) => provides.length > 0 && !requiredPasses.has(name))).toEqual([]);
});

test("passes run in order, each reported with the graphs around it", () => {
  const seen: string[] = [];
  const after = runPasses(graph, rewriting, {
    onStage: ({ name }, before, now, ms) => {
      expect(ms).toBeGreaterThanOrEqual(0);
      if (printGraph(before) !== printGraph(now)) seen.push(name);
    },
  });
  expect(seen).toEqual(["differentiate", "simplify"]);
  expect(after.nodes.map(({ op }) => op.name)).toEqual(["input"]);
});

test("a pass can be omitted by name", () => {
  const after = runPasses(graph, rewriting, { without: new Set(["simplify"]) });
  expect(after.nodes.map(({ op }) => op.name)).toEqual(["input", "neg", "neg"]);
});

test("verification reports a pass that does not establish its fact", () => {
  const liar = pass("liar", { provides: ["differentiated"] });
  const lossy = parseGraph('graph f()\n  %w = param "w" : f32[]\n  %0 = gradient %w, %w : f32[]\n  return y=%0\n', ops);
  expect(() => runPasses(lossy, [liar], { verify: true })).toThrow("f is not differentiated: gradient");
  expect(() => runPasses(lossy, [liar], {})).not.toThrow();
  const breaker = pass("breaker", { run: (g) => ({ ...g, nodes: g.nodes.toReversed() }) });
  expect(() => runPasses(graph, [breaker], { verify: true })).toThrow("order");
});

test("a fact is still checked after later passes", () => {
  const relapse = pass("relapse", {
    run: () => parseGraph('graph g()\n  %w = param "w" : f32[]\n  %0 = gradient %w, %w : f32[]\n  return y=%0\n', ops),
  });
  const given = pass("given", { provides: ["differentiated"] });
  expect(() => runPasses(graph, [given, relapse], { verify: true })).toThrow("g is not differentiated: gradient");
});

/** For each fact, a graph for which it does not hold. */
const offenders = {
  differentiated: '  %w = param "w" : f32[]\n  %0 = gradient %w, %w : f32[]\n  return y=%0',
  chosen: "  %0 = conv %x, %x {stride=[1], padding=[[1,1]], dilation=[1], groups=1} : f32[2,3,2]\n  return y=%0",
  staged:
    '  %w = param "w" : f32[2]\n  %0 = neg %w : f32[2]\n  %1 = neg %0 : f32[2] @weights\n  %2 = add %1, %x : f32[2]\n  return y=%2',
  fused: "  %0 = neg %x : f32[2]\n  return y=%0",
  inlined:
    "  %0 = checkpoint %x : f32[2]\n    body(%x: f32[2]) {\n      %0 = neg %x : f32[2]\n      return y=%0\n    }\n  return y=%0",
  planned: "  %0 = neg %x : f32[2] @group=0\n  return y=%0",
} satisfies Record<Fact, string>;

const shapes: Partial<Record<Fact, string>> = { chosen: "[2,2,2]" };

test.each(Object.entries(offenders))("a graph that is not %s is reported", (name, body) => {
  const fact = name as Fact;
  const offending = parseGraph(`graph f(%x: f32${shapes[fact] ?? "[2]"})\n${body}\n`, ops);
  expect(() => checkFact(fact, offending)).toThrow(`f is not ${fact}`);
});
