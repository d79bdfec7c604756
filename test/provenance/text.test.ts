import { expect, test } from "vitest";
import { createResolver } from "../../cli/host/resolver.ts";
import { elaborateSource, stagesOfGraph, type GraphStage } from "../../compiler/compile.ts";
import { DiagnosticError } from "../../dsl/diagnostic-error.ts";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { printGraph } from "../../compiler/graph/print.ts";
import { showCalls } from "../../compiler/graph/print-provenance.ts";
import { ops } from "../../compiler/ops/table.ts";
import { present } from "../../compiler/support/invariant.ts";
import { generate } from "../fuzz/generator/index.ts";
import { everyNode } from "./gaps.ts";

const printed = (graph: GraphStage["graph"]): string => printGraph(graph, { origins: true });

const blocks = `dl 1

layer block(x: f32[N, D]) -> f32[N, D] {
  x |> dense(D) |> layer_norm |> relu
}

model Net(x: f32[N, 8]) -> f32[N, 8] {
  x |> block |> block |> dropout(0.5)
}

train entry step(x: f32[N, 8]) {
  let y = Net(x)
  let loss = mean(y * y)
  minimize loss over Net with adam(lr: 1e-3)
  { loss, least: min(y, axis: [0, 1]) }
}
`;

const stagesOf = (text: string): readonly GraphStage[] => {
  const { program } = elaborateSource(
    { name: "net.dl", text },
    { dims: { N: 4 }, entries: ["step"], resolve: createResolver("net.dl") },
  );
  return stagesOfGraph(present(program.entries[0], "an entry").graph, {});
};

test("provenance round-trips through text, in every stage", () => {
  for (const { name, graph } of stagesOf(blocks)) {
    const text = printed(graph);
    expect([name, printed(parseGraph(text, ops))]).toEqual([name, text]);
  }
});

test("the name of a file may look like the rest of a record", () => {
  const name = "a > b by c: d from #1.dl";
  const { program } = elaborateSource(
    { name, text: blocks },
    { dims: { N: 4 }, entries: ["step"], resolve: createResolver(name) },
  );
  for (const { graph } of stagesOfGraph(present(program.entries[0], "an entry").graph, {})) {
    const text = printed(graph);
    expect(text).toContain(`> [${name}:4:8] >`);
    expect(printed(parseGraph(text, ops))).toBe(text);
  }
});

test("a record names the pass, the rule or gradient, and the sources", () => {
  const text = printed(present(stagesOf(blocks).at(-1), "a last stage").graph);
  expect(text).toMatch(
    /^ *# #\d+ Net\.block1\.dense1 backward of #\d+ at .* by differentiate: gradient of \w+ from #\d+/m,
  );
  expect(text).toMatch(/ by simplify: \S.* => \S.* from #\d+/);
});

test("provenance of random graphs round-trips through text", () => {
  for (let seed = 1; seed <= 20; seed++) {
    for (const { graph } of stagesOfGraph(generate(seed, { trains: seed % 2 === 0, special: false }), {})) {
      const text = printed(graph);
      expect(printed(parseGraph(text, ops))).toBe(text);
    }
  }
});

test("a text with provenance must have that of every node, and valid values", () => {
  const text = printed(present(stagesOf(blocks).at(-1), "a last stage").graph);
  const broken = [
    text.replace(/# #\d+ .*\n/, ""),
    text.replace(/ backward of #\d+/, " backward of #99999"),
    text.replace(/ (forward|backward) /, " sideways "),
  ];
  for (const each of broken) expect(() => parseGraph(each, ops)).toThrow(DiagnosticError);
});

test("two uses of a layer have different provenance, in the backward pass too", () => {
  const { graph } = present(stagesOf(blocks).at(-1), "a last stage");
  const records = everyNode(graph).map(({ provenance }) => provenance.attribution);
  for (const role of ["forward", "backward"] as const) {
    const paths = new Set(records.filter((each) => each.role === role).map(({ path }) => path));
    for (const path of ["Net.block1.layer_norm1", "Net.block2.layer_norm1", "Net.block1.dense1"])
      expect([...paths]).toContain(path);
  }
  const norms = records
    .filter(({ path, role, location }) => path === "Net.block2.layer_norm1" && role !== "optimizer" && location?.caller)
    .map(showCalls);
  expect(norms.length).toBeGreaterThan(0);
  for (const calls of norms) expect(calls).toMatch(/^net\.dl:12:11 > net\.dl:8:17 > \[net\.dl:4:20\] > std\/\S+/);
});

test("the role of a node", () => {
  const { graph } = present(stagesOf(blocks)[0], "a first stage");
  const roleOf = (op: string): readonly string[] => [
    ...new Set(
      everyNode(graph).flatMap(({ op: { name }, provenance }) => (name === op ? [provenance.attribution.role] : [])),
    ),
  ];
  expect(roleOf("reduce_min")).toEqual(["metric"]);
  expect(roleOf("threefry")).toEqual(["random"]);
  expect(roleOf("gradient")).toEqual(["backward"]);
  expect(roleOf("sqrt")).toContain("optimizer");
  expect(roleOf("dot")).toEqual(["forward"]);
});

test("the diff of two dumps has only the changed lines", () => {
  const stages = stagesOf(blocks);
  // Spaces align the columns of the whole text, and removed nodes are listed at its end.
  const linesOf = (graph: GraphStage["graph"]): readonly string[] =>
    printed(graph)
      .split("\n")
      .map((line) => line.replace(/ +/g, " "))
      .filter((line) => !line.startsWith("# "));
  const changed = (index: number): number => {
    const before = new Set(linesOf(present(stages[index - 1], "a stage before").graph));
    return linesOf(present(stages[index], "a stage").graph).filter((line) => !before.has(line)).length;
  };
  const merged = stages.findIndex(({ name }) => name === "merge-common");
  const total = linesOf(present(stages[merged], "a stage").graph).length;
  // Merging changes only the lines of users: with dense numbers it would change most lines.
  expect(changed(merged)).toBeGreaterThan(0);
  expect(changed(merged)).toBeLessThan(total / 5);
});
