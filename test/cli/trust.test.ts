import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { pipeline } from "../../compiler/pipeline.ts";
import { dlc, mutatedDlc } from "./dlc.ts";
import { createWorkspace } from "./workspace.ts";

const folder = createWorkspace();
afterAll(() => rmSync(folder, { recursive: true }));

test("bisect reports in one line, or as JSON, that every pass agrees", async () => {
  const [plain, json] = await Promise.all([
    dlc(folder, "bisect", "net.dl", "--entry", "step", "--dim", "N=3", "--mode", "strict"),
    dlc(folder, "bisect", "net.dl", "--dim", "N=3", "--json", "--without", "simplify", "--target", "js"),
  ]);
  expect(plain).toMatchObject({ code: 0, stderr: "" });
  expect(plain.stdout).toMatch(
    /^every pass agrees: \d+ stages, largest difference .*; wasm \(strict\) agrees, largest difference .*\n$/,
  );
  expect(json.code).toBe(0);
  const found = JSON.parse(json.stdout) as { readonly stages: number };
  expect(found).toMatchObject({ diagnostics: [], entry: "predict", agrees: true });
  expect(plain.stdout).toContain(`${found.stages + pipeline.filter(({ name }) => name === "simplify").length} stages`);
});

test("check --verify compares the values of every entry", async () => {
  const [plain, json] = await Promise.all([
    dlc(folder, "check", "net.dl", "--dim", "N=3", "--verify"),
    dlc(folder, "check", "net.dl", "--dim", "N=3", "--verify", "--entry", "predict", "--mode", "strict", "--json"),
  ]);
  expect(plain).toMatchObject({ code: 0, stderr: "" });
  expect(plain.stdout).toMatch(/^predict N=3: \d+ values of wasm \(fast\) match the reference; largest difference /);
  expect(plain.stdout).toMatch(/^step N=3: \d+ values/m);
  expect(plain.stdout).toMatch(/^ {2}value of +at +difference +allowed +share$/m);
  expect(plain.stdout).toMatch(/ net\.dl:4:\d+ /);
  expect(json.code).toBe(0);
  const { entries } = JSON.parse(json.stdout) as {
    readonly entries: readonly { readonly nodes: readonly { readonly share: number }[] }[];
  };
  expect(entries).toHaveLength(1);
  expect(entries[0]?.nodes.every(({ share }) => share <= 1)).toBe(true);
});

test.each([
  [["bisect", "net.dl", "--entry", "nothing"], 1, "net.dl has no entry `nothing`"],
  [["bisect", "net.dl", "--dim", "N=3", "--without", "fuse"], 1, "the pass `fuse` cannot be left out"],
  [["check", "net.dl", "--verify", "--entry", "nothing", "--dim", "N=2"], 1, "unknown entry `nothing`"],
  [["check", "net.dl", "--verify", "--test"], 2, "cannot be used with"],
] as const)("dlc %j exits with status %i", async (args, code, message) => {
  const outcome = await dlc(folder, ...args);
  expect(outcome.stderr).toContain(message);
  expect(outcome.code).toBe(code);
  expect(outcome.stderr).not.toMatch(/internal error|\.ts:\d+/);
});

// The bound of a long sum is that of a block: with one rounding per term, a twentieth of the terms could be missing.
test(
  "check --verify finds code that leaves out 16 of 1024 terms of a sum of a million",
  { timeout: 60_000 },
  async () => {
    writeFileSync(join(folder, "million.dl"), "dl 1\n\nentry f(x: f32[1000000]) { { y: sum(x) } }\n");
    const found = await mutatedDlc(folder, "sum-row", "check", "million.dl", "--verify");
    expect(found.stderr).toContain("error[E1023]: wasm (fast) code of `f` computes other values than its graph");
    expect(found.code).toBe(1);
  },
);
