import { expect, test } from "vitest";
import { createResolver } from "../../cli/host/resolver.ts";
import { diagnosticOf, showVerified } from "../../cli/trust/verify.ts";
import { elaborateSource } from "../../compiler/compile.ts";
import type { Pass } from "../../compiler/passes/pass.ts";
import { pipeline } from "../../compiler/pipeline.ts";
import { verifyEntry, type VerifiedEntry } from "../../compiler/trust/verify-entry.ts";
import { position } from "../../dsl/span.ts";
import { present } from "../../compiler/support/invariant.ts";
import { overlapScratch, withFault, withRule } from "./faulty-passes.ts";

const source = {
  name: "net.dl",
  text: `dl 1

entry predict(x: f32[N, 8]) {
  let hidden = x |> dense(6) |> tanh
  let wide = softmax(hidden)
  { y: wide |> dense(3), hidden }
}
`,
};

async function verified(passes: readonly Pass[], target: "wasm" | "js"): Promise<VerifiedEntry> {
  const { program } = elaborateSource(source, { dims: { N: 5 }, resolve: createResolver(source.name) });
  return verifyEntry(program, present(program.entries[0], "there is an entry"), {
    passes,
    target,
    mode: "strict",
    seed: 2,
  });
}

test.each(["wasm", "js"] as const)(
  "%s: every value that reaches memory is within its bound, and some are not exact",
  async (target) => {
    const found = await verified(pipeline, target);
    expect(found.wrong).toBeNull();
    expect(found.compared).toBeGreaterThanOrEqual(3);
    expect(found.nodes[0]?.difference.share).toBeGreaterThan(0);
    expect(found.nodes[0]?.difference.share).toBeLessThan(1);
    expect(diagnosticOf(found, "net.dl", target)).toBeNull();
    expect(showVerified(found, target)).toMatch(
      new RegExp(
        `^predict N=5: ${found.compared} values of ${target} match the reference; largest difference [\\d.]+ % .*; no pass changes an output or a write \\(2 compared\\)`,
      ),
    );
  },
);

test("a verification says which pass and which value it has reached", async () => {
  const { program } = elaborateSource(source, { dims: { N: 5 }, resolve: createResolver(source.name) });
  const said: string[] = [];
  const entry = present(program.entries[0], "there is an entry");
  const found = await verifyEntry(program, entry, { mode: "strict", onProgress: (line) => void said.push(line) });
  const passes = `comparing the passes of predict in the reference: `;
  expect(said[0]).toBe(`${passes}hoist, 1 of ${pipeline.length}`);
  expect(said[pipeline.length - 1]).toBe(`${passes}plan-memory, ${pipeline.length} of ${pipeline.length}`);
  expect(said[pipeline.length]).toMatch(/^comparing the code of predict with the reference: value 0 of \d+$/);
  const values = found.compared + found.unbounded;
  expect(said.at(-1)).toBe(`comparing the code of predict with the reference: value ${values} of ${values}`);
});

test("a pass that changes a result is found, where the code matches its graph", async () => {
  const found = await verified(withRule("tanh(x) => neg(x)"), "wasm");
  expect(found.wrong).toBeNull();
  expect(found.wrongPass).toMatchObject({ stage: "simplify", difference: { what: "output y" } });
  const diagnostic = diagnosticOf(found, "net.dl", "wasm (strict)");
  expect(diagnostic?.code).toBe("E1022");
  expect(diagnostic?.says).toMatch(/^the pass simplify changes the results of `predict`: output /);
  expect(showVerified(found, "wasm")).toMatch(/; the pass simplify changes a result$/m);
});

test("the location is that of the first wrong value", async () => {
  const found = await verified(withFault("plan-memory", overlapScratch), "wasm");
  const diagnostic = diagnosticOf(found, "net.dl", "wasm (strict)");
  expect(diagnostic?.code).toBe("E1023");
  const at = present(diagnostic?.at, "the diagnostic has a location");
  expect(position(at.span.source, at.span.start).line).toBe(4);
  expect(showVerified(found, "wasm")).toContain("differ from the reference");
});
