// Weights of another model, and weights that the caller writes.
import { compile, DlcError, type Model } from "dlc";
import { expect, test } from "vitest";
import { readSafetensors } from "../../runtime/safetensors.ts";
import { writeSafetensors } from "../../runtime/write-safetensors.ts";

const net = (classes: number, head = "head"): string =>
  `dl 1

model Net(x: f32[N, 8]) -> f32[N, ${classes}] {
  let base = dense(16) -> batch_norm
  let ${head} = dense(${classes})
  x |> base |> relu |> ${head}
}

entry predict(x: f32[N, 8]) {
  { y: Net(x) }
}

train entry step(x: f32[N, 8], y: i32[N]) {
  let loss = mean(cross_entropy(Net(x), y))
  minimize loss over Net with adam
  { loss }
}
`
    .replace("dense(16) -> batch_norm", "dense(16)")
    .replace("|> relu", "|> batch_norm |> relu");

const compiled = (classes: number, seed: number, head?: string): Promise<Model> =>
  compile(net(classes, head), { dims: { N: 2 }, seed });
const [old, fresh, again, other] = await Promise.all([
  compiled(2, 1),
  compiled(5, 2),
  compiled(2, 3),
  compiled(2, 4, "classifier"),
]);
const x = Float32Array.from({ length: 16 }, (_, i) => Math.sin(i));
const file = old.save();
const params = old.save({ only: "param" });
const valuesOf = (model: Model, path: string): unknown => model.state.get(path)?.data.slice();
const isOptimizer = (path: string): boolean =>
  fresh.plan.persistent.some((slot) => slot.path === path && slot.role === "optimizer");

function errorOf(run: () => unknown): DlcError {
  try {
    run();
  } catch (error) {
    if (error instanceof DlcError) return error;
    throw error;
  }
  throw new Error("no error");
}

test("partial loads all but a head of another size, and names what it left out", () => {
  const before = fresh.snapshot();
  expect(errorOf(() => fresh.load(file))).toMatchObject({
    code: "E0821",
    says: expect.stringContaining("`Net.head.w` is f32[16,5] in the model and f32[16,2] in the file") as unknown,
    help: expect.stringContaining("`partial: true` loads what fits") as unknown,
  });
  expect(fresh.snapshot()).toEqual(before);
  const head = valuesOf(fresh, "Net.head.w");
  const { loaded, skipped } = fresh.load(file, { partial: true });
  expect(loaded).toContain("Net.base.w");
  expect(valuesOf(fresh, "Net.base.w")).toEqual(valuesOf(old, "Net.base.w"));
  expect(valuesOf(fresh, "Net.head.w")).toEqual(head);
  expect(skipped.filter(({ name }) => !isOptimizer(name))).toEqual([
    { name: "Net.head.w", reason: "f32[16,5] in the model and f32[16,2] in the file" },
    { name: "Net.head.b", reason: "f32[5] in the model and f32[2] in the file" },
  ]);
});

test("partial without a common tensor is an error, although both have a random state", async () => {
  const alone = await compile(
    "dl 1\n\nmodel Other(x: f32[2]) = x |> dense(2)\n\nentry f(x: f32[2]) {\n  { y: Other(x) }\n}\n",
  );
  expect(errorOf(() => alone.load(file, { partial: true })).says).toMatch(/nothing fits: the file has .*Net\.base/);
});

test("partial without a common param is an error, although both train with the same optimizer", async () => {
  const trained = await compile(net(2).replaceAll("Net", "Other"), { dims: { N: 2 } });
  expect(errorOf(() => trained.load(file, { partial: true })).says).toMatch(/nothing fits: the file has .*Net\.base/);
  expect(trained.load(trained.save(), { only: "step.adam.*" }).loaded).toContain("step.adam.t");
});

test("only takes names and patterns; those must be in the file", () => {
  fresh.reset(5);
  const { loaded, skipped } = fresh.load(file, { only: ["Net.base.*", "Net.batch_norm1.gamma"] });
  expect([loaded, skipped]).toEqual([["Net.base.w", "Net.base.b", "Net.batch_norm1.gamma"], []]);
  expect(errorOf(() => fresh.load(file, { only: ["Net.base.*", "Nt.*"] })).says).toContain(
    "`only` matches no tensor of the model: Nt.*",
  );
  expect(errorOf(() => fresh.load(file, { only: "Net.*.w" })).says).toContain("`Net.head.w` is f32[16,5]");
});

test("rename maps names of the file to names of the model", () => {
  expect(errorOf(() => other.load(params, { need: "params" })).says).toMatch(
    /missing from the file: Net\.classifier\.w, Net\.classifier\.b, unknown to the model: Net\.head\./,
  );
  for (const rename of [
    { "Net.head.*": "Net.classifier.*" },
    (name: string) => (name.startsWith("Net.head.") ? name.replace("head", "classifier") : undefined),
  ]) {
    other.reset(8);
    expect(other.load(params, { need: "params", rename }).loaded).toContain("Net.classifier.b");
    expect(valuesOf(other, "Net.classifier.w")).toEqual(valuesOf(old, "Net.head.w"));
  }
  expect(errorOf(() => other.load(params, { rename: { "Net.haed.*": "x.*" } })).says).toContain(
    "`rename` matches no tensor of the file: Net.haed.*",
  );
  expect(errorOf(() => other.load(params, { rename: () => "Net.base.w" })).says).toContain("the same name");
});

test("a file needs what the results depend on: not the state of optimizers and random numbers", () => {
  again.load(file);
  expect(again.run("predict", { x })["y"]).toEqual(old.run("predict", { x })["y"]);
  again.reset(6);
  expect(errorOf(() => again.load(params)).says).toMatch(
    /missing from the file: Net\.batch_norm1\.mean, Net\.batch_norm1\.var$/,
  );
  const { skipped } = again.load(params, { need: "params" });
  expect(skipped).toContainEqual({ name: "Net.batch_norm1.mean", reason: "not in the file" });
  expect(skipped.map(({ name }) => name)).not.toContain("rng.seed");
  expect(errorOf(() => again.load(params, { need: "all" })).says).toContain("rng.seed");
});

test("weights with the counter of an earlier version load, and the report lists it as skipped", () => {
  const { tensors } = readSafetensors(file);
  const counter = { dtype: "i32", shape: [], bytes: new Uint8Array([7, 0, 0, 0]) } as const;
  const { skipped, loaded } = again.load(writeSafetensors(new Map([...tensors, ["rng.step", counter]])));
  expect(skipped).toContainEqual({ name: "rng.step", reason: "not in the model" });
  expect(loaded).toContain("Net.head.w");
  expect(valuesOf(again, "Net.head.w")).toEqual(valuesOf(old, "Net.head.w"));
});

test("weights from elsewhere need no random state, and a missing param is noticed", async () => {
  const model = await compile(
    "dl 1\n\nmodel Net(x: f32[1, 2]) = x |> dense(2)\n\nentry predict(x: f32[1, 2]) {\n  { y: Net(x) }\n}\n",
  );
  const weights = model.save({ only: "param" });
  expect(model.load(weights).loaded).toEqual(["Net.dense1.w", "Net.dense1.b"]);
  expect(model.load(weights.buffer).loaded).toEqual(["Net.dense1.w", "Net.dense1.b"]);
  expect(errorOf(() => model.load(weights, { rename: { "*.b": "*.bias" } })).says).toContain(
    "missing from the file: Net.dense1.b, unknown to the model: Net.dense1.bias",
  );
  expect(errorOf(() => model.load("w.safetensors" as never)).message).toContain("pass its bytes, not its path");
});

test("what is written to the state takes effect at the next call", async () => {
  const model = await compile(net(2), { dims: { N: 2 }, target: "wasm" });
  const y = (): Float32Array => model.run("predict", { x })["y"]?.data as Float32Array;
  const bound = model.bind("predict", { x });
  const before = y();
  model.state.get("Net.head.w")?.data.fill(0);
  expect([...y()]).toEqual([0, 0, 0, 0]);
  // A view that was taken long ago.
  const bias = model.state.get("Net.head.b");
  const kept = bias?.data as Float32Array;
  for (const value of [1, 2, 2, 3]) {
    kept.fill(value);
    expect([...(bound.run()["y"] as { data: Float32Array }).data]).toEqual([value, value, value, value]);
  }
  expect(bias?.data).toBe(kept);
  model.state.get("Net.base.w")?.data.fill(1);
  model.state.get("Net.head.w")?.data.fill(1);
  expect(y()).not.toEqual(before);
});
