// What a program does with a model between calls: settings, parts of its state, and the types of its entries.
import { compile, type DlcError, type Model } from "dlc";
import { compileModule } from "dlc/compiler";
import { expect, test } from "vitest";
import { modelTypes } from "../../cli/build/declarations.ts";
import { createResolver } from "../../cli/host/resolver.ts";

const text = `dl 1

setting lr: f32 = 0.5 in log(0.01, 1)
setting scale: f32 = 1

model Net(x: f32[N, 2]) -> f32[N, 1] {
  let body = dense(3)
  let head = dense(1)
  x |> body |> head
}

entry predict(x: f32[N, 2]) {
  { y: Net(x) * scale }
}

train entry step(x: f32[N, 2], y: f32[N, 1]) {
  let loss = mean((Net(x) - y) ^ 2)
  minimize loss over Net with adam(lr: lr)
  { loss }
}

draw entry sample(n: f32[]) {
  { noise: n * normal([2]) }
}
`;
const make = (seed: number): Promise<Model> => compile(text, { dims: { N: 1 }, seed });
const [a, b] = [await make(1), await make(2)];

const value = (model: Model, path: string): readonly number[] => [...(model.state.get(path)?.data ?? [])];
const noise = (model: Model): unknown => model.run("sample", { n: 1 })["noise"]?.data;
const train = (model: Model): unknown => model.run("step", { x: [[1, 2]], y: [[3]] });
const codeOf = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return (error as DlcError).code;
  }
};

test("settings and random state are saved and loaded only if asked for", () => {
  a.reset(1);
  b.reset(2);
  train(a);
  a.set({ lr: 0.25, scale: 3 });
  const paths = [...b.state.keys()];
  const extras = ["rng.seed", "step.step", "sample.step", "setting.lr", "setting.scale"];
  const rest = paths.filter((path) => !extras.includes(path));
  expect(paths.length - rest.length).toBe(extras.length);
  expect([...b.load(a.save()).loaded].sort()).toEqual([...rest].sort());
  for (const options of [{}, { settings: true, random: true }])
    expect(b.load(a.save({ settings: true, random: true }), options).loaded).toHaveLength(
      "random" in options ? paths.length : rest.length,
    );
  expect([value(b, "setting.scale"), value(b, "step.step"), value(b, "rng.seed")]).toEqual([[3], [1], [1, 0]]);
  expect(noise(b)).toEqual(noise(a));
});

test.each([
  [{ settings: true }, ["setting.lr", "setting.scale"]],
  [{ random: true }, ["rng.seed", "sample.step", "step.step"]],
])("save(%j) adds these, and a file without them is noticed if they are asked for", (options, names) => {
  const plain = new Set(a.load(a.save()).loaded);
  const added = a.load(a.save(options), options).loaded.filter((name) => !plain.has(name));
  expect([...added].sort()).toEqual(names);
  expect(() => a.load(a.save(), options)).toThrow(/missing from the file/);
  expect(a.load(a.save(options), { only: names }).loaded).toHaveLength(names.length);
  expect(a.load(a.save(options)).skipped.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
});

test("several settings are set at once, or none", () => {
  a.set({ lr: 0.1, scale: 2 });
  a.set("scale", 4);
  expect([value(a, "setting.lr")[0], value(a, "setting.scale")[0]]).toEqual([Math.fround(0.1), 4]);
  expect(codeOf(() => a.set({ scale: 5, lr: 7 }))).toBe("E0816");
  expect(codeOf(() => a.set({ scale: 5, rate: 7 }))).toBe("E0815");
  expect(value(a, "setting.scale")).toEqual([4]);
});

test("a part of a model is restored, and reset", () => {
  a.reset(1);
  const first = { body: value(a, "Net.body.w"), head: value(a, "Net.head.w") };
  const start = a.snapshot();
  train(a);
  const after = value(a, "Net.body.w");
  a.restore(start, { only: "Net.head.*" });
  expect(value(a, "Net.head.w")).toEqual(first.head);
  expect([value(a, "Net.body.w"), value(a, "step.step")]).toEqual([after, [1]]);
  train(a);
  a.reset({ only: ["Net.head.*"] });
  expect(value(a, "Net.head.w")).toEqual(first.head);
  expect(value(a, "step.step")).toEqual([2]);
  a.reset({ seed: 2, only: "Net.head.w" });
  b.reset(2);
  expect(value(a, "Net.head.w")).toEqual(value(b, "Net.head.w"));
  expect(value(a, "rng.seed")).toEqual([1, 0]);
  a.reset({});
  expect(a.snapshot()).toEqual(start);
  a.reset({ seed: 2 });
  expect(a.snapshot()).toEqual(b.snapshot());
  expect(() => a.reset({ only: "Net.haed.*" })).toThrow("`only` of `reset` matches no tensor of the model");
  expect(() => a.restore(start, { only: "Net.haed.w" })).toThrow("matches no tensor of the model: Net.haed.w");
});

test("a part of a model is an output of an entry, and without one the module is the same", async () => {
  const options = { dims: { N: 1 }, seed: 1 };
  const tapped = await compile(text, { ...options, taps: { predict: ["Net.body", "Net.head", "Net.body"] } });
  const x = [0.5, -2] as const;
  const out = tapped.run("predict", { x: [x] });
  expect(Object.keys(out)).toEqual(["y", "Net.body", "Net.head"]);
  const [w, bias] = [value(tapped, "Net.body.w"), value(tapped, "Net.body.b")];
  const expected = [0, 1, 2].map((k) => x[0] * (w[k] ?? 0) + x[1] * (w[3 + k] ?? 0) + (bias[k] ?? 0));
  expected.forEach((each, k) => expect(out["Net.body"]?.data[k]).toBeCloseTo(each, 6));
  expect(out["Net.head"]?.data).toEqual(out["y"]?.data);
  expect(Object.keys(tapped.entries.get("predict")?.variants[0]?.outputs ?? {})).toEqual(Object.keys(out));
  const source = { name: "net.dl", text };
  const [plain, none] = [undefined, { predict: [] }].map((taps) =>
    compileModule(source, { dims: { N: 1 }, resolve: createResolver(null), ...(taps && { taps }) }),
  );
  expect(none?.wasm("strict").bytes).toEqual(plain?.wasm("strict").bytes);
  expect(none?.plan).toEqual(plain?.plan);
  expect(modelTypes(tapped.plan)).toContain('readonly "Net.body": Tensor<Float32Array, readonly [1, 3]>;');
});

test("a tap with the name of an output is an error", async () => {
  const twice = `${text}\nentry again(x: f32[N, 2]) { { Net: { body: Net(x) } } }\n`;
  await expect(compile(twice, { dims: { N: 1 }, taps: { again: ["Net.body"] } })).rejects.toThrow(
    "the entry `again` has an output `Net.body` already",
  );
});

test.each([
  [{ predct: ["Net.body"] }, "unknown entry `predct`\n  = help: did you mean `predict`?"],
  [{ predict: ["Net.boddy"] }, "did you mean `Net.body`?"],
  [{ predict: "Net.body" }, "lists of parts of models by entry, such as"],
])("taps %j are an error", async (taps, message) => {
  await expect(compile(text, { dims: { N: 1 }, taps: taps as never })).rejects.toThrow(message);
});

test("the entries say their kinds, and the types of their inputs and outputs", () => {
  expect([...a.entries].map(([name, { kind }]) => [name, kind])).toEqual([
    ["predict", "plain"],
    ["step", "train"],
    ["sample", "draw"],
  ]);
  expect(a.entries.get("predict")?.variants).toEqual([
    {
      dims: { N: 1 },
      inputs: { x: { dtype: "f32", shape: [1, 2], dims: ["N", null] } },
      outputs: { y: { dtype: "f32", shape: [1, 1], dims: ["N", null] } },
    },
  ]);
  expect(a.entries.get("sample")?.variants[0]?.inputs).toEqual({ n: { dtype: "f32", shape: [], dims: [] } });
});
