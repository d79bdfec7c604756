import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createResolver } from "../../cli/host/resolver.ts";
import { compileModule, type CompiledModule } from "../../compiler/index.ts";
import { at } from "../../compiler/support/lists.ts";
import { dtypes } from "../../runtime/dtype.ts";
import type { EntryPlan } from "../../runtime/plan.ts";
import { createSession } from "../../runtime/session.ts";
import { Stages } from "../provenance/gaps.ts";

const root = new URL("../../", import.meta.url);

/** A line `// try: N=4 T=8` in an example names the dims to run it with. */
const tried = globSync("examples/**/*.dl", { cwd: root })
  .sort()
  .flatMap((name) => {
    const text = readFileSync(new URL(name, root), "utf8");
    const line = /^\/\/ try:(.*)$/m.exec(text)?.[1];
    return line === undefined ? [] : [{ name, text, dims: dimsOf(line) }];
  });

function dimsOf(line: string): Record<string, number> {
  const pairs = line
    .trim()
    .split(/\s+/)
    .filter((word) => word !== "")
    .map((word) => word.split("="));
  return Object.fromEntries(pairs.map(([name = "", size]) => [name, Number(size)]));
}

/** Pseudorandom numbers in [0, 1). */
function sequence(seed: number): () => number {
  let state = (seed * 2654435761 + 97) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Floats in [0, 1), and integers 0 and 1, which are valid for every label, token, action and length. */
function draw(entry: EntryPlan, next: () => number) {
  return Object.fromEntries(
    entry.inputs.map(({ name, dtype, shape }) => [
      name,
      new dtypes[dtype].array(
        Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () =>
          dtype === "f32" || dtype === "f64" ? next() : Number(next() < 0.5),
        ),
      ),
    ]),
  );
}

/** A sum of magnitudes is finite only if every term is; fast enough for tens of millions of params. */
function finite(values: ArrayLike<number>): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.abs(values[i] ?? Number.NaN);
  return Number.isFinite(sum);
}

function differ(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return true;
  return false;
}

async function run(module: CompiledModule): Promise<void> {
  const session = await createSession(module.plan, await module.code("wasm"), { seed: 1 });
  const next = sequence(5);
  const before = new Map([...session.state].map(([path, { data }]) => [path, data.slice()]));
  for (const entry of module.plan.entries.filter(({ name }) => name !== "init"))
    for (const call of [1, 2]) {
      const outputs = session.run(entry.name, draw(entry, next));
      for (const [name, { data }] of Object.entries(outputs))
        expect(finite(data), `${entry.name}.${name} in call ${call}`).toBe(true);
    }
  for (const [path, { data }] of session.state) expect(finite(data), path).toBe(true);
  // Values learned without gradients, such as cluster centres, are states.
  const params = [...session.state].filter(([, { kind }]) => kind === "param");
  const learned = params.length > 0 ? params : [...session.state].filter(([path]) => !path.startsWith("rng."));
  const changed = learned.filter(([path, { data }]) => differ(data, before.get(path) ?? []));
  expect(changed.length, "params that training changed").toBeGreaterThan(0);
}

test("more than five examples have a `// try:` line", () => {
  expect(tried.length).toBeGreaterThan(5);
});

/** The tests of one example share its module. */
let latest: { readonly name: string; readonly module: CompiledModule } | null = null;

function compiled({ name, text, dims }: (typeof tried)[number]): CompiledModule {
  if (latest?.name !== name)
    latest = { name, module: compileModule({ name, text }, { dims, resolve: createResolver(name) }) };
  return latest.module;
}

describe.each(tried)("$name", (example) => {
  test("runs and trains with finite values", async () => {
    const module = compiled(example);
    expect(module.plan.entries.some((entry) => entry.name === "predict")).toBe(true);
    expect(module.entries.some(({ name, graph }) => graph.writes.length > 0 && name !== "init")).toBe(true);
    await run(module);
  }, 180_000);

  test("has a layer, a role, a location and an origin for each node of every stage", () => {
    for (const { name, stages } of compiled(example).entries) {
      const checked = new Stages(at(stages, 0).graph, { located: true });
      expect(stages.length, name).toBeGreaterThan(8);
      for (const stage of stages)
        expect([name, stage.name, ...checked.gaps(stage.graph).slice(0, 3)]).toEqual([name, stage.name]);
    }
  });
});
