import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createResolver } from "../../cli/host/resolver.ts";
import { diagnosticOfVerdict, jsonOfVerdict, reportOfVerdict, type Bisected } from "../../cli/trust/bisect-report.ts";
import { bisect, type Verdict } from "../../compiler/trust/bisect.ts";
import { compareGraphs } from "../../compiler/trust/compare.ts";
import { printGraph } from "../../compiler/graph/print.ts";
import type { Pass } from "../../compiler/passes/pass.ts";
import { pipeline } from "../../compiler/pipeline.ts";
import { randomData } from "../../compiler/trust/sample-data.ts";
import { renderDiagnostic } from "../../dsl/render.ts";
import { overlapScratch, roundSums, swapConstantSubs, withFault, withRule } from "./faulty-passes.ts";

const source = {
  name: "net.dl",
  text: `dl 1

model Net(x: f32[N, 8]) -> f32[N, 3] {
  x |> dense(6) |> tanh |> dense(3)
}

entry predict(x: f32[N, 8]) {
  let logits = Net(x)
  let shifted = exp(logits) - 1.0
  { y: shifted * logits, s: mean(shifted) }
}

train entry step(x: f32[N, 8], label: i32[N]) {
  let loss = mean(cross_entropy(Net(x), label))
  minimize loss over Net with adam(lr: 1e-2)
  { loss }
}

entry recurrent(x: f32[T, 4]) {
  let h = scan row in x along T carry h = zeros([4]) {
    next h = tanh(h - 1.0) * row
    yield next h
  }
  { h }
}
`,
};

const verdictOf = async (entry: string, passes: readonly Pass[] = pipeline): Promise<Verdict> =>
  (
    await bisect(source, {
      entry,
      passes,
      dims: { N: 5, T: 4 },
      mode: "strict",
      seed: 3,
      resolve: createResolver(source.name),
    })
  ).verdict;

const bisected: Bisected = {
  entry: "predict",
  code: "wasm (strict)",
  assumed: {},
  optional: new Set(["merge-common"]),
};

test.each(["predict", "step"])("%s: every pass and the code agree", async (entry) => {
  const verdict = await verdictOf(entry);
  expect(verdict.kind).toBe("agrees");
  expect(diagnosticOfVerdict(verdict, bisected)).toBeNull();
  expect(reportOfVerdict(verdict, bisected)).toMatch(
    /^every pass agrees: \d+ stages, largest difference .*; wasm \(strict\) agrees, largest difference /,
  );
  if (verdict.kind !== "agrees") return;
  expect(verdict.code?.share).toBeGreaterThan(0);
  expect(verdict.code?.share).toBeLessThan(1);
  expect(verdict.passes?.share).toBeLessThan(1);
  expect(verdict.stages).toBe(pipeline.length);
});

test("dims without a value get the smallest size that fits, and the report lists them", async () => {
  const { verdict, assumed } = await bisect(source, {
    entry: "predict",
    mode: "strict",
    resolve: createResolver(source.name),
  });
  expect(assumed).toEqual({ N: 2 });
  expect(reportOfVerdict(verdict, { ...bisected, assumed })).toMatch(/^with N = 2: every pass agrees/);
});

test("a pass that swaps operands is found, with a two-node graph that shows it", async () => {
  const verdict = await verdictOf("predict", withFault("merge-common.2", swapConstantSubs));
  const diagnostic = diagnosticOfVerdict(verdict, bisected);
  const report = `${diagnostic === null ? "" : renderDiagnostic(diagnostic, { color: false })}\n\n${reportOfVerdict(verdict, bisected)}\n`;
  const golden = new URL("../golden/bisect/swapped-operands.txt", import.meta.url);
  if (process.env["BLESS"]) writeFileSync(golden, report);
  expect(existsSync(golden)).toBe(true);
  expect(report).toBe(readFileSync(golden, "utf8"));
  expect(jsonOfVerdict(verdict, "predict")).toMatchObject({
    agrees: false,
    stage: "merge-common.2",
    small: { at: "net.dl:9:17" },
  });
});

test("a wrong rule is named", async () => {
  const verdict = await verdictOf("predict", withRule("exp(x) - y => exp(x)"));
  expect(verdict).toMatchObject({ kind: "pass", stage: "simplify" });
  if (verdict.kind !== "pass") return;
  expect(verdict.small.rewrite).toEqual({ rule: "exp(x) - y => exp(x)", position: 1, count: 1 });
  expect(diagnosticOfVerdict(verdict, bisected)?.says).toBe(
    'the rule "exp(x) - y => exp(x)" of simplify changes the results of `predict`',
  );
  expect(reportOfVerdict(verdict, bisected)).toContain('the rule:     "exp(x) - y => exp(x)"\n');
});

test("a shrunk graph still disagrees, also inside of loops", async () => {
  for (const [entry, stage, op] of [
    ["predict", "simplify", "sub"],
    ["recurrent", "fold-constants", "scan"],
  ] as const) {
    const verdict = await verdictOf(entry, withFault(stage, swapConstantSubs));
    expect(verdict).toMatchObject({ kind: "pass", stage });
    if (verdict.kind !== "pass") return;
    const { before, after, node } = verdict.small;
    expect(before.nodes.filter(({ op: own }) => own.form.kind !== "leaf").length).toBe(1);
    expect(node.op.name).toBe(op);
    expect(printGraph(before)).toMatch(/sub .*, 1/);
    expect(compareGraphs(before, after, verdict.pass.exact, randomData(before, 3))).not.toBeNull();
  }
});

test("a pass that may round must stay within its error bound", async () => {
  expect(await verdictOf("predict", withFault("choose-algorithms", roundSums(1e-17)))).toMatchObject({
    kind: "agrees",
  });
  expect(await verdictOf("predict", withFault("choose-algorithms", roundSums(1e-5)))).toMatchObject({
    kind: "pass",
    stage: "choose-algorithms",
  });
});

test("if the passes agree, the code is compared with the last graph", async () => {
  const verdict = await verdictOf("predict", withFault("plan-memory", overlapScratch));
  expect(verdict.kind).toBe("code");
  if (verdict.kind !== "code") return;
  expect(diagnosticOfVerdict(verdict, bisected)?.code).toBe("E1023");
  expect(verdict.small.before.nodes.length).toBeLessThan(8);
  expect(reportOfVerdict(verdict, bisected)).toContain(printGraph(verdict.small.before).trimEnd());
});
