// Each `.ir` file shows a graph before and after the pass that it is named after, and the two are run against each other.
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
import { expectSameFunction, randomData } from "./data.ts";
import { fuse } from "../../compiler/passes/fuse/fuse.ts";
import { planMemory } from "../../compiler/passes/plan-memory/plan-memory.ts";
import { passes as rewriting } from "./passes.ts";

const passes: readonly Pass[] = [...rewriting, fuse, planMemory];
const folder = "test/golden/passes";
const bless = process.env["BLESS"] === "1";

const files = readdirSync(folder).filter((name) => name.endsWith(".ir") && passOf(name) !== undefined);

function passOf(file: string): Pass | undefined {
  return passes.findLast(({ name }) => file === `${name}.ir` || file.startsWith(`${name}-`));
}

/** Weights for the paths under `frozen.`, the same that the graph before the pass is run with. */
function optionsFor(before: Graph): PassOptions {
  const paths = before.nodes.flatMap((node) => pathOf(node) ?? []).filter((path) => path.startsWith("frozen."));
  const { persistent } = randomData(before, 1);
  return paths.length === 0 ? {} : { frozen: new Map(paths.map((path) => [path, persistent.get(path) ?? new Float64Array()])) };
}

test("every pass has a golden", () => {
  expect(passes.map(({ name }) => name).filter((name) => !files.some((file) => passOf(file)?.name === name))).toEqual([]);
});

for (const file of files) {
  test(file, () => {
    const pass = passOf(file);
    if (pass === undefined) return;
    const text = readFileSync(`${folder}/${file}`, "utf8");
    const before = parseGraph(text.split(/^----.*\n/m)[0] ?? "", ops);
    verify(before);
    const options = optionsFor(before);
    const after = runPasses(before, [pass], { ...options, verify: true });
    const seeds = options.frozen === undefined ? [1, 2] : [1];
    // Constants that were folded are rounded to f32, also where all else is f64.
    expectSameFunction(before, after, "f64", pass.name === "fold-constants" ? 1e-6 : 1e-12, seeds);
    expectSameFunction(before, after, "f32", pass.exact ? "exact" : 1e-5, seeds);
    const shown = `${printGraph(before)}---- ${pass.name}\n${printGraph(after)}`;
    if (bless) writeFileSync(`${folder}/${file}`, shown);
    expect(shown).toBe(bless ? shown : text);
  });
}

test("every rule of simplify fires in a golden", () => {
  const idle = [
    ...simplifyRules.rules.filter(({ fired }) => fired === 0).map(({ text }) => text),
    ...simplifyLocalRules.filter(({ fired }) => fired === 0).map(({ name }) => name),
  ];
  expect(idle).toEqual([]);
});
