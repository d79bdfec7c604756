import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { dlc, dlcInterrupted, run } from "./dlc.ts";
import { createWorkspace } from "./workspace.ts";

const folder = createWorkspace();
afterAll(() => rmSync(folder, { recursive: true }));

const train = ["train", "net.dl", "--data", "mnist:.", "--batch", "16"];
const hashOf = (stdout: string): string => /sha256 of the params (\w{64})/.exec(stdout)?.[1] ?? "none";

test("train learns, eval scores the saved weights, and a repeated run produces the same weights", async () => {
  const { code, stdout, stderr } = await dlc(folder, ...train, "--epochs", "20");
  expect(stderr).toBe("");
  expect(code).toBe(0);
  expect(stdout.match(/^epoch \d+\/20 {2}loss \d\.\d{4} {2}accuracy .* test accuracy .*samples\/s$/gm)).toHaveLength(
    20,
  );
  const lines = readFileSync(join(folder, "runs/net/history.ndjson"), "utf8").trim().split("\n");
  const last = JSON.parse(lines[19] ?? "") as { epoch: number; testAccuracy: number; testLoss: number };
  expect(last.epoch).toBe(20);
  expect(last.testAccuracy).toBeGreaterThan(0.9);
  const scored = await dlc(
    folder,
    "eval",
    "net.dl",
    "--data",
    "mnist:.",
    "--weights",
    "runs/net/last.safetensors",
    "--json",
    "--batch",
    "16",
  );
  expect(JSON.parse(scored.stdout)).toEqual({ accuracy: last.testAccuracy, loss: last.testLoss, samples: 20 });
  const again = await dlc(folder, ...train, "--epochs", "20", "--out", "again");
  expect(hashOf(again.stdout)).toMatch(/^[0-9a-f]{64}$/);
  expect(hashOf(again.stdout)).toBe(hashOf(stdout));
});

test("Ctrl-C saves, and --resume ends with the same bits as an uninterrupted run", async () => {
  const stopped = await dlcInterrupted(folder, 1, ...train, "--epochs", "100000", "--out", "stopped");
  expect(stopped.stdout).toMatch(/stopped in epoch \d+ after \d+ steps; continue with --resume\n$/);
  expect(stopped.code).toBe(130);
  const done = Number(/stopped in epoch (\d+)/.exec(stopped.stdout)?.[1]);
  const epochs = ["--epochs", String(done + 1)];
  const resumed = await dlc(folder, ...train, ...epochs, "--out", "stopped", "--resume");
  expect(resumed.code).toBe(0);
  const whole = await dlc(folder, ...train, ...epochs, "--out", "whole");
  expect(hashOf(resumed.stdout)).toBe(hashOf(whole.stdout));
  expect(readFileSync(join(folder, "stopped/history.ndjson"), "utf8").trim().split("\n")).toHaveLength(done + 1);
});

test("an entry that was asked for must exist, and the batch is no dim of its own", async () => {
  const predict = await dlc(folder, ...train, "--predict", "predct");
  expect([predict.code, predict.stderr]).toEqual([
    1,
    expect.stringMatching(/no entry `predct`[^]*did you mean `predict`/),
  ]);
  const batch = await dlc(folder, ...train, "--dim", "N=32");
  expect([batch.code, batch.stderr]).toEqual([1, expect.stringMatching(/`N` is the batch[^]*write --batch 32/)]);
  const other = await dlc(folder, ...train, "--dim", "M=32");
  expect([other.code, other.stderr]).toEqual([1, expect.stringContaining("unknown dim `M`")]);
});

test("train prints JSON lines on request", async () => {
  const { stdout } = await dlc(
    folder,
    ...train,
    "--epochs",
    "1",
    "--limit",
    "20",
    "--out",
    "json",
    "--json",
    "--seed",
    "3",
  );
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toMatchObject([{ epoch: 1 }, { finished: true, folder: "json", epochs: 1 }]);
});

test("train starts from the weights of another run; a head of another size is told apart", async () => {
  const train = ["--data", "mnist:.", "--epochs", "1", "--limit", "8"] as const;
  expect((await dlc(folder, "train", "net.dl", ...train, "--out", "first")).stderr).toBe("");
  writeFileSync(
    join(folder, "head.dl"),
    readFileSync(join(folder, "net.dl"), "utf8").replace("dense(10)", "dense(12)").replace("10]", "12]"),
  );
  const start = ["--weights", join("first", "best.safetensors"), "--out", "second"];
  const refused = await dlc(folder, "train", "head.dl", ...train, ...start);
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr).toContain("`Net.dense2.w` is f32[16,12] in the model and f32[16,10] in the file");
  const { stdout, code } = await dlc(folder, "train", "head.dl", ...train, ...start, "--partial");
  expect(stdout).toMatch(
    /^Net\.dense2\.w keeps its initial value: f32\[16,12\] .*\nNet\.dense2\.b keeps .*\nepoch 1\/1/,
  );
  expect(code).toBe(0);
  const both = await dlc(folder, "train", "net.dl", ...train, ...start, "--resume");
  expect(both.stderr).toContain("--weights starts a run, and --resume continues one");
});

test.each(["wasm", "js"])("a built folder predicts and trains from a short script: %s", async (target) => {
  const out = `built-${target}`;
  const built = await dlc(
    folder,
    "build",
    "net.dl",
    "--variant",
    "N=1",
    "--variant",
    "N=4",
    "-o",
    out,
    "--target",
    target,
    "--json",
  );
  expect(built.stderr).toBe("");
  const sizes = new Map(
    (JSON.parse(built.stdout) as { files: { name: string; gzip: number }[] }).files.map(({ name, gzip }) => [
      name,
      gzip,
    ]),
  );
  // Emitted JavaScript has its lanes unrolled; as the fallback it may be larger.
  if (target === "wasm")
    expect((sizes.get("module.wasm") ?? Infinity) + (sizes.get("module.mjs") ?? Infinity)).toBeLessThan(40_000);
  writeFileSync(
    join(folder, `user-${target}.mjs`),
    `import { load } from "./${out}/module.mjs";
const model = await load();
const image = new Float32Array(16).fill(0.5);
const before = model.run("predict", { image }).probs.data[3];
const batch = { image: new Float32Array(64).fill(0.5), label: new Int32Array(4).fill(3) };
for (let i = 0; i < 40; i++) model.run("step", batch);
const after = model.run("predict", { image }).probs.data[3];
console.log(before < 0.5, after > 0.9, model.state.get("Net.dense1.w").shape.join());
try { model.run("predict", { image: new Float32Array(3) }); } catch (error) { console.log(error.code); }
`,
  );
  const { stdout, stderr } = await run(folder, ["--disallow-code-generation-from-strings", `user-${target}.mjs`]);
  expect(stderr).toBe("");
  expect(stdout).toBe("true true 16,16\nE0812\n");
});

test("labels that are no classes are an error before anything runs, unless --unchecked", async () => {
  const data = join(folder, "wide");
  mkdirSync(data);
  for (const file of ["train-images-idx3-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
    copyFileSync(join(folder, file), join(data, file));
  const labels = readFileSync(join(folder, "train-labels-idx1-ubyte"));
  labels[8 + 37] = 247;
  writeFileSync(join(data, "train-labels-idx1-ubyte"), labels);
  const wide = ["train", "net.dl", "--data", "mnist:wide", "--batch", "16", "--epochs", "1", "--out", "wide-run"];
  const refused = await dlc(folder, ...wide);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(
    "error[E1012]: `label` of training sample 37 of mnist:wide is 247; `step` accepts 0 to 9",
  );
  expect(existsSync(join(folder, "wide-run"))).toBe(false);
  expect(await dlc(folder, ...wide, "--unchecked")).toMatchObject({ code: 0, stderr: "" });

  writeFileSync(join(data, "train-labels-idx1-ubyte"), readFileSync(join(folder, "train-labels-idx1-ubyte")));
  const held = readFileSync(join(folder, "t10k-labels-idx1-ubyte"));
  held[8 + 3] = 10;
  writeFileSync(join(data, "t10k-labels-idx1-ubyte"), held);
  const score = ["eval", "net.dl", "--data", "mnist:wide", "--weights", "wide-run/last.safetensors"];
  expect((await dlc(folder, ...score)).stderr).toContain(
    "error[E1012]: the label of test sample 3 is 10; the classes of `predict` are 0 to 9",
  );
  expect((await dlc(folder, ...score, "--unchecked")).code).toBe(0);
  const tested = await dlc(folder, ...wide);
  expect(tested.stderr).toContain("`label` of test sample 3 of mnist:wide is 10; `step` accepts 0 to 9");
  expect(tested.stderr).toContain("labels start at 0: subtract 1 from those that start at 1");
});

test("a repeated build is byte-identical", async () => {
  const weights = ["--weights", "runs/net/best.safetensors"];
  const plain = await dlc(folder, "build", "net.dl", "--dim", "N=2", "-o", "seeded");
  expect(plain.stderr).toContain("--weights runs/net/best.safetensors has trained ones");
  for (const out of ["one", "two"])
    expect((await dlc(folder, "build", "net.dl", "--dim", "N=2", "-o", out, ...weights)).stderr).toBe("");
  for (const name of [
    "module.wasm",
    "module.strict.wasm",
    "module.mjs",
    "module.d.ts",
    "weights.safetensors",
    "report.txt",
  ]) {
    expect(readFileSync(join(folder, "one", name)).equals(readFileSync(join(folder, "two", name)))).toBe(true);
  }
});
