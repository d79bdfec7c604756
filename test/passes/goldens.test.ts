// Each `.ir` file has a graph before and after the pass that it is named after; both are executed and compared.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { pathOf } from "../../compiler/graph/facts.ts";
import type { Graph } from "../../compiler/graph/ir.ts";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { printGraph } from "../../compiler/graph/print.ts";
import { verify } from "../../compiler/graph/verify.ts";
import { ops } from "../../compiler/ops/table.ts";
import { runPasses } from "../../compiler/passes/driver.ts";
import type { Pass, PassOptions } from "../../compiler/passes/pass.ts";
import { simplifyLocalRules, simplifyRules } from "../../compiler/passes/simplify/simplify.ts";
import { present } from "../../compiler/support/invariant.ts";
import { expectSameFunction, randomData } from "./data.ts";
import { passes } from "./passes.ts";

const folder = "test/golden/passes";
const bless = process.env["BLESS"] === "1";
/** The separator between the graphs before and after the pass. */
const separator = /^----.*(?:\n|$)/m;
const blessing = "BLESS=1 npx vitest run test/passes/goldens.test.ts";
const files = readdirSync(folder);

/** The pass of a golden by its longest matching name: `fold-affine-batchnorm.ir` belongs to fold-affine. */
function passOf(file: string): Pass | undefined {
  const fitting = passes.filter(
    ({ name }) => file === `${name}.ir` || (file.startsWith(`${name}-`) && file.endsWith(".ir")),
  );
  return fitting.toSorted((a, b) => b.name.length - a.name.length)[0];
}

/** Weights for the paths under `frozen.`, equal to those with which the graph before the pass is executed. */
function optionsFor(before: Graph): PassOptions {
  const paths = before.nodes.flatMap((node) => pathOf(node) ?? []).filter((path) => path.startsWith("frozen."));
  const { persistent } = randomData(before, 1);
  return paths.length === 0
    ? {}
    : { frozen: new Map(paths.map((path) => [path, persistent.get(path) ?? new Float64Array()])) };
}

test.each(passes.map(({ name }) => name))("%s has a golden", (name) => {
  const parts = files
    .filter((file) => passOf(file)?.name === name)
    .map((file) => readFileSync(`${folder}/${file}`, "utf8").split(separator));
  const changed = parts.filter(([before, after]) => before !== after);
  expect(
    changed.length,
    `no golden shows what ${name} changes: write a graph to ${folder}/${name}.ir, then run ${blessing}`,
  ).toBeGreaterThan(0);
});

test.each(files)("%s", (file) => {
  const path = `${folder}/${file}`;
  const pass = present(
    passOf(file),
    `${path} is not a golden of any pass in compiler/pipeline.ts: it has to be called <pass>.ir or <pass>-<variant>.ir`,
  );
  const text = readFileSync(path, "utf8");
  const before = parseGraph(text.split(separator)[0] ?? "", ops);
  verify(before);
  const options = optionsFor(before);
  const after = runPasses(before, [pass], { ...options, verify: true });
  const seeds = options.frozen === undefined ? [1, 2] : [1];
  // Folded constants are rounded to f32, even if everything else is f64.
  expectSameFunction(before, after, "f64", pass.name === "fold-constants" ? 1e-6 : 1e-12, seeds);
  expectSameFunction(before, after, "f32", pass.exact ? "exact" : 1e-5, seeds);
  const shown = `${printGraph(before)}---- ${pass.name}\n${printGraph(after)}`;
  if (bless) writeFileSync(path, shown);
  expect(shown, `${path} does not show what ${pass.name} does; ${blessing} writes it`).toBe(bless ? shown : text);
});

test("every rule of simplify fires in a golden", () => {
  const idle = [
    ...simplifyRules.rules.filter(({ fired }) => fired === 0).map(({ text }) => text),
    ...simplifyLocalRules.filter(({ fired }) => fired === 0).map(({ name }) => name),
  ];
  expect(idle).toEqual([]);
});
