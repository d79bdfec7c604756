import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readNpy } from "../../compiler/formats/npy.ts";
import { explainCode } from "../../cli/host/explain.ts";
import { dlc } from "./dlc.ts";
import { createWorkspace } from "./workspace.ts";

const folder = createWorkspace();
afterAll(() => rmSync(folder, { recursive: true }));

test("check reports nothing for valid files, and the location of an error for an invalid one", async () => {
  expect(await dlc(folder, "check", "twice.dl", "net.dl", "--dim", "N=2")).toEqual({
    code: 0,
    stdout: "2 files: no errors\n",
    stderr: "",
  });
  const { code, stdout, stderr } = await dlc(folder, "check", "broken.dl", "--dim", "N=2");
  expect(code).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).toMatch(/error\[E\d{4}\].*`?dens`?/);
  expect(stderr).toContain("broken.dl:4:11");
  expect(stderr).not.toMatch(/\.ts:\d+|\bat .*\(/);
});

test("diagnostics are JSON on request", async () => {
  const { code, stdout } = await dlc(folder, "check", "broken.dl", "--dim", "N=2", "--json");
  expect(code).toBe(1);
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { at: { file: string; line: number } }[] };
  expect(diagnostics[0]?.at).toMatchObject({ file: "broken.dl", line: 4, column: 11 });
  const missing = await dlc(folder, "check", "nowhere.dl", "--json");
  expect(JSON.parse(missing.stdout)).toMatchObject({ diagnostics: [{ code: "E1001", at: null }] });
});

test.each([
  [[], 2, "Usage: dlc"],
  [["train", "net.dl"], 2, "required option '--data <spec>' not specified"],
  [["dump", "net.dl", "--dim", "N"], 2, "Expected a size such as N=32."],
  [["dump", "net.dl", "--dim", "N=1", "--dim", "N=2"], 2, "The dim N is given more than once."],
  [["dump", "net.dl", "--threads", "4"], 2, "Only one thread is supported in this version."],
  [["nonsense"], 2, "unknown command 'nonsense'"],
  [["check", "nowhere.dl"], 1, "error[E1001]: cannot read nowhere.dl: no such file"],
  [["check", "."], 1, "is a folder"],
  [["check", "nowhere.dl", "twice.dl", "nothing.dl"], 1, "cannot read nothing.dl: no such file"],
  [["check", "twice.dl", "--entry", "twise"], 1, "unknown entry `twise`\n  = help: did you mean `twice`?"],
  [["summary", "twice.dl", "--without", "simplfy"], 1, "unknown pass `simplfy`"],
  [["check", "twice.dl", "--dim", "Q=1"], 1, "error[E0903]: unknown dim `Q`\n  = help: the dims are N"],
  [["check", "twice.dl", "net.dl", "--dim", "Q=1", "--verify"], 1, "unknown dim `Q`"],
  [["check", "twice.dl", "--dim", "Q=1", "--shapes", "--json"], 1, ""],
  [["check", "twice.dl", "--without", "simplfy"], 1, "unknown pass `simplfy`\n  = help: did you mean `simplify`?"],
  [["summary", "twice.dl", "--dim", "Q=1"], 1, "unknown dim `Q`"],
  [["dump", "twice.dl", "--dim", "Q=1", "--dim", "N=1"], 1, "unknown dim `Q`"],
  [["build", "twice.dl", "--dim", "N=1", "--dim", "Q=1", "-o", "out"], 1, "unknown dim `Q`"],
  [["build", "twice.dl", "--variant", "N=1,Q=1", "-o", "out"], 1, "unknown dim `Q`"],
  [["build", "twice.dl", "--dim", "N=1", "--variant", "N=4", "-o", "out"], 1, "give it with --dim or with --variant"],
  [["build", "twice.dl", "--variant", "twce:N=1", "-o", "out"], 1, "did you mean `twice`?"],
  [["build", "twice.dl", "--variant", "twice:N=1", "--variant", "N=4", "-o", "out"], 2, "an entry, as in predict:N=1"],
  [["build", "twice.dl", "-o", "out"], 1, "= help: give it with --dim N=32"],
  [["dump", "twice.dl", "--stage", "nothing"], 1, "unknown stage `nothing`"],
  [
    ["dump", "twice.dl", "--dim", "N=1", "--without", "simplify", "--stage", "simplify.2"],
    1,
    "the stage `simplify.2` does not exist, since its pass is disabled",
  ],
  [["dump", "twice.dl", "--entry", "thrice"], 1, "twice.dl has no entry `thrice`"],
  [["dump", "twice.dl"], 1, "N"],
  [["build", "twice.dl", "--tap", "Net.h", "-o", "out"], 2, "an entry and a part, such as predict:Net.block1"],
  [["run", "twice.dl", "--entry", "twice", "--input", "x=x.npy", "--tap", "Net.h"], 1, "error[E0633]"],
  [["run", "twice.dl", "--entry", "twice"], 1, "N"],
  [["run", "twice.dl", "--entry", "twice", "--input", "x=words.txt"], 1, "error[E0701]: words.txt: not a .npy file"],
  [["run", "twice.dl", "--entry", "twice", "--input", "z=x.npy", "--dim", "N=3"], 1, "error[E0810]"],
  [
    ["run", "twice.dl", "--entry", "twice", "--input", "x=x.npy", "--dim", "N=4"],
    1,
    "error[E0812]: input `x` of `twice` has shape [3,2]\n --> twice.dl:3:13\n  |\n3 | entry twice(x: f32[N, 2]) { y: x * 2.0 }\n  |             ^ declared here",
  ],
  [["train", "net.dl", "--data", "cifar"], 1, "unknown data source `cifar`"],
  [["train", "twice.dl", "--data", "mnist:."], 1, "twice.dl has no `train entry`"],
  [["eval", "net.dl", "--data", "mnist:.", "--weights", "words.txt"], 1, "error[E0820]"],
  [
    ["build", "twice.dl", "--dim", "N=1", "-o", "out", "--target", "reference"],
    1,
    "the target `reference` cannot be built",
  ],
  [["bench"], 1, "nothing to measure"],
  [["bench", "twice.dl", "--product", "3x3x3"], 1, "`--product` measures a product, not a file"],
  [["bench", "twice.dl", "--dim", "N=1", "--target", "reference"], 1, "the target `reference` cannot be measured"],
  [["build", "twice.dl", "--dim", "N=1", "-o", "words.txt"], 1, "part of the path is not a folder"],
  [["explain", "E9999"], 1, "unknown diagnostic code E9999"],
] as const)("dlc %j exits with status %i", async (args, code, message) => {
  const outcome = await dlc(folder, ...args);
  expect(outcome.stderr).toContain(message);
  expect(outcome.code).toBe(code);
  expect(outcome.stderr).not.toMatch(/internal error|\.ts:\d+/);
});

test("check of several files takes a dim that one of them has", async () => {
  writeFileSync(join(folder, "rows.dl"), "dl 1\n\nentry same(x: f32[T, 2]) {\n  let y = x + 1\n  { y }\n}\n");
  expect((await dlc(folder, "check", "twice.dl", "rows.dl", "--dim", "T=2")).stdout).toBe("2 files: no errors\n");
});

test("a warning is printed, and is not an error", async () => {
  const text = "dl 1\n\nentry loss(x: f32[N, 3], y: i32[N]) {\n  { loss: mean(cross_entropy(softmax(x), y)) }\n}\n";
  writeFileSync(join(folder, "warned.dl"), text);
  const checked = await dlc(folder, "check", "warned.dl");
  expect(checked).toMatchObject({ code: 0, stdout: "warned.dl: no errors\n" });
  expect(checked.stderr).toContain("warning[W0504]: `logits` of cross_entropy");
  const built = await dlc(folder, "build", "warned.dl", "--dim", "N=2", "-o", "warned");
  expect(built.code).toBe(0);
  expect(built.stderr).toContain("warning[W0504]");
  const json = await dlc(folder, "check", "warned.dl", "--json");
  expect(JSON.parse(json.stdout)).toMatchObject({ diagnostics: [{ severity: "warning", code: "W0504" }] });
  expect(json.code).toBe(0);
});

test("check --shapes prints JSON on request", async () => {
  const { stdout } = await dlc(folder, "check", "rows.dl", "--dim", "T=3", "--shapes", "--json");
  expect(JSON.parse(stdout)).toEqual({
    diagnostics: [],
    shapes: [{ file: "rows.dl", line: 4, types: [["f32[T=3, 2]"]] }],
  });
});

test("fmt rewrites files that differ; with --check it only lists them", async () => {
  expect(await dlc(folder, "fmt", "twice.dl", "untidy.dl", "--check")).toMatchObject({
    code: 1,
    stdout: "untidy.dl would change\n",
  });
  expect(await dlc(folder, "fmt", "twice.dl", "untidy.dl")).toMatchObject({ code: 0, stdout: "untidy.dl\n" });
  expect(readFileSync(join(folder, "untidy.dl"), "utf8")).toBe(readFileSync(join(folder, "twice.dl"), "utf8"));
  expect(await dlc(folder, "fmt", "untidy.dl", "--check")).toMatchObject({ code: 0, stdout: "" });
});

test("dump prints every kind of stage, and writes to a file", async () => {
  const stages = ["ast", "graph", "simplify", "final", "kernels", "plan", "wat", "js"];
  const texts = await Promise.all(
    stages.map((stage) => dlc(folder, "dump", "twice.dl", "--dim", "N=2", "--stage", stage, "--verify-ir")),
  );
  expect(texts.map(({ code, stderr }) => ({ code, stderr }))).toEqual(stages.map(() => ({ code: 0, stderr: "" })));
  expect(texts[1]?.stdout).toMatch(/^graph twice\(%x: f32\[2,2\]\)/);
  expect(texts[6]?.stdout).toMatch(/^\(module/);
  await dlc(folder, "dump", "twice.dl", "--dim", "N=2", "--stage", "graph", "-o", "sub/twice.ir");
  expect(readFileSync(join(folder, "sub/twice.ir"), "utf8")).toBe(texts[1]?.stdout);
});

test.each(["wasm", "js", "reference"])(
  "run takes its dims from the input, prints and writes the outputs: %s",
  async (target) => {
    const { code, stdout } = await dlc(
      folder,
      "run",
      "twice.dl",
      "--entry",
      "twice",
      "--input",
      "x=x.npy",
      "-o",
      `out-${target}`,
      "--target",
      target,
    );
    expect(stdout).toBe("y: f32[3,2] = 2 4 6 8 10 12\n");
    expect(code).toBe(0);
    const file = readFileSync(join(folder, `out-${target}`, "y.npy"));
    expect(readNpy(file, "y.npy")).toEqual({
      dtype: "f32",
      shape: [3, 2],
      data: new Float32Array([2, 4, 6, 8, 10, 12]),
    });
  },
);

test("run prints an inner value of a model on request", async () => {
  const text = `dl 1

model Net(x: f32[N, 2]) -> f32[N, 2] {
  let h = 3 * x
  h + 1
}

entry f(x: f32[N, 2]) {
  { y: Net(x) }
}
`;
  writeFileSync(join(folder, "tap.dl"), text);
  const { stdout } = await dlc(folder, "run", "tap.dl", "--entry", "f", "--input", "x=x.npy", "--tap", "Net.h");
  expect(stdout).toBe("y: f32[3,2] = 4 7 10 13 16 19\nNet.h: f32[3,2] = 3 6 9 12 15 18\n");
});

test("bench shows time, rate and memory", async () => {
  const text = await dlc(folder, "bench", "--product", "32x32x32", "--ms", "20");
  expect(text.stderr).toBe("");
  expect(text.stdout).toMatch(
    /^product: best \d+\.\d+ ms, median .*GFLOP\/s, .* % of the measured peak of .*memory: arena/s,
  );
  expect(text.stdout).toMatch(/^ {2}product: forward, <product>:4:8; contraction \d+ %$/m);
  const json = JSON.parse(
    (await dlc(folder, "bench", "net.dl", "--entry", "step", "--dim", "N=8", "--ms", "20", "--json")).stdout,
  ) as Record<string, unknown>;
  expect(json).toMatchObject({ entry: "step", dims: { N: 8 } });
  expect(json["bestMs"]).toBeGreaterThan(0);
  expect(json["kernels"]).toContainEqual(
    expect.objectContaining({
      layers: expect.any(Array),
      roles: expect.any(Array),
      lines: expect.any(Array),
      costs: expect.any(Array),
    }),
  );
  expect(json["byRole"]).toContainEqual({ name: "optimizer", bestMs: expect.any(Number) });
});

test.each([
  [["train", "net.dl", "--dataset", "mnist"], "unknown option '--dataset'\n(Did you mean --data?)"],
  [["train", "net.dl", "--data", "mnist", "--batch-size=8"], "unknown option '--batch-size'\n(Did you mean --batch?)"],
  [["train", "net.dl", "--lr", "0.1"], "unknown option '--lr'\n(the learning rate is written in the file"],
  [["eval", "net.dl", "--wieghts", "w"], "unknown option '--wieghts'\n(Did you mean --weights?)"],
  [["check", "net.dl", "--frobnicate"], "unknown option '--frobnicate'\n(--help lists the options)"],
])("an unknown option is named with the one that was meant: %j", async (args, says) => {
  const { code, stderr } = await dlc(folder, ...args);
  expect([code, stderr]).toEqual([2, expect.stringContaining(says)]);
});

test("explain takes a code without its letter or its zeros", () => {
  for (const asked of ["E0817", "e0817", "817", "0817", "E817"]) expect(explainCode(asked).code).toBe("E0817");
  expect(explainCode("1013").code).toBe("W1013");
  expect(explainCode("Dot-C2").code).toBe("dot-c2");
  for (const asked of ["99999", "E", ""]) expect(() => explainCode(asked)).toThrow("unknown diagnostic code");
});

test("a draw entry prints a sample, the same for the same seed", async () => {
  writeFileSync(join(folder, "draws.dl"), "draw entry sample() { { z: normal([3]) } }\n");
  const sample = async (...seed: readonly string[]) =>
    (await dlc(folder, "run", "draws.dl", "--entry", "sample", ...seed)).stdout;
  const first = await sample();
  expect(first).toMatch(/^z: f32\[3\] = \S+ \S+ \S+\n$/);
  expect(await sample()).toBe(first);
  expect(await sample("--seed", "7")).not.toBe(first);
});
