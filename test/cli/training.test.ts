import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createResolver } from "../../cli/host/resolver.ts";
import { imagesAndLabels, type Dataset, type Split } from "../../cli/data/dataset.ts";
import { createRandom } from "../../runtime/random.ts";
import { batchSizes, epochOrder } from "../../cli/training/batches.ts";
import type { HistoryLine } from "../../cli/training/saved-run.ts";
import { evaluate } from "../../cli/training/evaluate.ts";
import { sampleEntry } from "../../cli/training/model.ts";
import { train, type TrainingResult } from "../../cli/training/train.ts";
import { compileModule } from "../../compiler/index.ts";
import { createSession, readSafetensors, type Session } from "../../runtime/index.ts";
import { writeSafetensors } from "../../runtime/write-safetensors.ts";
import { softmaxModel } from "./softmax-model.ts";

const root = mkdtempSync(join(tmpdir(), "dlc-training-"));
afterAll(() => rmSync(root, { recursive: true }));

/** Images of class c have a bright pixel c and noise. */
function samples(count: number, seed: number): Split {
  const random = createRandom(seed);
  const labels = Uint8Array.from({ length: count }, () => random.below(3));
  const pixels = Uint8Array.from(
    { length: count * 4 },
    (_, i) => random.below(120) + (labels[Math.floor(i / 4)] === i % 4 ? 120 : 0),
  );
  return imagesAndLabels([2, 2, 1], pixels, labels);
}

const dataset: Dataset = { name: "dots", train: samples(51, 1), test: samples(20, 2) };
const batch = 8;
const sizes = batchSizes([51, 20], batch);

interface Overrides {
  readonly epochs?: number;
  readonly seed?: number;
  readonly resume?: boolean;
  readonly stopAfter?: number;
  readonly data?: Dataset;
}

async function trained(
  folder: string,
  { epochs = 3, seed = 4, resume = false, stopAfter = Infinity, data = dataset }: Overrides = {},
): Promise<{
  result: TrainingResult;
  session: Session;
  lines: HistoryLine[];
}> {
  const { plan, code } = softmaxModel(sizes);
  const session = await createSession(plan, code);
  const lines: HistoryLine[] = [];
  let steps = 0;
  const result = await train({
    session,
    dataset: data,
    step: sampleEntry(session, data, "step", { batchDim: "N" }),
    predict: sampleEntry(session, data, "predict", { batchDim: "N" }),
    settings: { data: data.name, samples: data.train.count, entry: "step", batch, seed },
    epochs,
    folder: join(root, folder),
    resume,
    stopped: () => steps >= stopAfter,
    onStep: () => steps++,
    onEpoch: (line) => lines.push(line),
  });
  return { result, session, lines };
}

const withoutTime = (history: readonly HistoryLine[]): object[] => history.map((line) => ({ ...line, seconds: 0 }));

test("a run learns, writes its history and weights, and is repeatable", async () => {
  const { result, lines, session } = await trained("whole");
  expect(result.finished).toBe(true);
  expect(lines.map((line) => line.epoch)).toEqual([1, 2, 3]);
  expect(lines[2]?.loss).toBeLessThan((lines[0]?.loss ?? 0) * 0.95);
  expect(lines[2]?.testAccuracy).toBeGreaterThan(0.9);
  expect(session.state.get("step.step")?.data[0]).toBe(3 * 7);
  const folder = join(root, "whole");
  expect(readdirSync(folder).toSorted()).toEqual(["best.safetensors", "history.ndjson", "last.safetensors"]);
  expect(readFileSync(join(folder, "history.ndjson"), "utf8")).toBe(
    lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
  );
  const saved = readSafetensors(readFileSync(join(folder, "last.safetensors"))).tensors.get("w")?.bytes;
  expect(new Float32Array(new Uint8Array(saved ?? []).buffer)).toEqual(session.state.get("w")?.data);
  const again = await trained("again");
  expect(again.result.sha256).toBe(result.sha256);
  const other = await trained("other", { seed: 5 });
  expect(other.result.sha256).not.toBe(result.sha256);
});

test.each([3, 7, 10, 14])(
  "a run that is stopped after %i steps and resumed ends with the same bits",
  async (stopAfter) => {
    const whole = await trained(`through-${stopAfter}`);
    const folder = `stopped-${stopAfter}`;
    const first = await trained(folder, { stopAfter });
    expect(first.result.finished).toBe(false);
    expect(first.session.state.get("step.step")?.data[0]).toBe(stopAfter);
    const second = await trained(folder, { resume: true });
    expect(second.result.finished).toBe(true);
    expect(second.result.sha256).toBe(whole.result.sha256);
    expect(withoutTime(second.result.history)).toEqual(withoutTime(whole.result.history));
  },
);

test("a finished run resumes with more epochs", async () => {
  await trained("short", { epochs: 1 });
  const { result, lines } = await trained("short", { epochs: 3, resume: true });
  const whole = await trained("long", { epochs: 3 });
  expect(lines.map((line) => line.epoch)).toEqual([2, 3]);
  expect(result.sha256).toBe(whole.result.sha256);
});

test("a run does not resume with other settings, without a checkpoint, or from another file", async () => {
  await trained("settings", { epochs: 1 });
  await expect(trained("settings", { seed: 9, resume: true })).rejects.toThrow(
    "has other settings: seed was 4 and is 9",
  );
  await expect(trained("nowhere", { resume: true })).rejects.toThrow(/no run to resume/);
  const { session } = await trained("foreign", { epochs: 1 });
  writeFileSync(join(root, "foreign", "last.safetensors"), session.save());
  await expect(trained("foreign", { resume: true })).rejects.toThrow(/is not a checkpoint of a training run/);
});

/** Rewrites the checkpoint with other names of its tensors. */
function renameSaved(folder: string, rename: (name: string) => string): void {
  const path = join(root, folder, "last.safetensors");
  const { tensors, metadata } = readSafetensors(readFileSync(path));
  const renamed = new Map([...tensors].map(([name, tensor]) => [rename(name), tensor]));
  writeFileSync(path, writeSafetensors(renamed, Object.fromEntries(metadata)));
}

test("a checkpoint of an earlier version, with one counter for all entries, resumes with the same bits", async () => {
  const whole = await trained("new-counters");
  await trained("one-counter", { stopAfter: 10 });
  renameSaved("one-counter", (name) => (name === "step.step" ? "rng.step" : name));
  const { result, session } = await trained("one-counter", { resume: true });
  expect(result.sha256).toBe(whole.result.sha256);
  expect(session.state.get("step.step")?.data[0]).toBe(3 * 7);
});

test("a checkpoint of another model does not resume, and both differences are named", async () => {
  await trained("other-names", { epochs: 1 });
  renameSaved("other-names", (name) => (name === "w" ? "v" : name));
  await expect(trained("other-names", { resume: true })).rejects.toThrow(
    "the weights do not match the model: missing from the file: w, unknown to the model: v",
  );
});

test("a loss that is not finite ends the run and keeps the last good weights", async () => {
  await trained("nan", { epochs: 1 });
  const before = readFileSync(join(root, "nan", "last.safetensors"));
  const huge: Dataset = {
    ...dataset,
    train: {
      count: 51,
      fields: new Map([
        ...dataset.train.fields,
        ["image", { item: [4], data: new Float32Array(51 * 4).fill(1e30), divisor: 1 }],
      ]),
    },
  };
  await expect(trained("nan", { data: huge, resume: true })).rejects.toThrow(
    /E1005\]: the loss is (NaN|Infinity) at step/,
  );
  expect(readFileSync(join(root, "nan", "last.safetensors"))).toEqual(before);
});

test("a prediction of NaN is not scored", async () => {
  const broken: Dataset = {
    ...dataset,
    test: {
      ...dataset.test,
      fields: new Map([
        ...dataset.test.fields,
        ["image", { item: [4], data: new Float32Array(dataset.test.count * 4).fill(NaN), divisor: 1 }],
      ]),
    },
  };
  await expect(trained("nan-score", { data: broken })).rejects.toThrow(
    "error[E1005]: the output `logits` of `predict` is NaN for test sample 0",
  );
});

test("the last batch of an epoch applies the rest of a group of accumulated gradients", async () => {
  const text = `
model Net(image: f32[N, 2, 2, 1]) -> f32[N, 3] = image |> flatten |> dense(3)
train entry step(image: f32[N, 2, 2, 1], label: i32[N], last: bool[]) {
  let loss = mean(cross_entropy(Net(image), label))
  minimize loss over Net with accumulate(3, weight: N, last: last) |> adam
  { loss }
}`;
  const variants = batchSizes([51], batch).map((N) => ({ N }));
  const compiled = compileModule({ name: "last.dl", text }, { variants, resolve: createResolver(null) });
  const session = await createSession(compiled.plan, await compiled.code("js"), { seed: 1 });
  await train({
    session,
    dataset,
    step: sampleEntry(session, dataset, "step", { batchDim: "N" }),
    predict: null,
    settings: { data: "dots", samples: 51, entry: "step", batch, seed: 4 },
    epochs: 2,
    folder: join(root, "last"),
    resume: false,
    stopped: () => false,
    onStep: () => {},
    onEpoch: () => {},
  });
  // An epoch has 7 batches: groups of 3, 3 and 1.
  expect(session.state.get("step.adam.t")?.data).toEqual(Int32Array.of(6));
  expect(session.state.get("step.accumulate.calls")?.data).toEqual(Int32Array.of(0));
});

test("the loss of an epoch weighs each batch by the output `weight`", async () => {
  const text = `
model Net(image: f32[N, 2, 2, 1]) -> f32[N, 3] = image |> flatten |> dense(3)
train entry step(image: f32[N, 2, 2, 1], label: i32[N]) {
  let mask = convert(label == 0, dtype: "f32")
  let loss = masked_mean(image[:, 0, 0, 0], mask)
  minimize sum(Net(image)) over Net with sgd(lr: 0)
  { loss, weight: sum(mask) }
}`;
  const variants = batchSizes([51], batch).map((N) => ({ N }));
  const compiled = compileModule({ name: "weight.dl", text }, { variants, resolve: createResolver(null) });
  const session = await createSession(compiled.plan, await compiled.code("js"), { seed: 1 });
  const { history } = await train({
    session,
    dataset,
    step: sampleEntry(session, dataset, "step", { batchDim: "N" }),
    predict: null,
    settings: { data: "dots", samples: 51, entry: "step", batch, seed: 4 },
    epochs: 1,
    folder: join(root, "weight"),
    resume: false,
    stopped: () => false,
    onStep: () => {},
    onEpoch: () => {},
  });
  const [pixels, labels] = ["image", "label"].map((name) => dataset.train.fields.get(name)?.data ?? []);
  const chosen = [...Array(51).keys()].filter((k) => labels?.[k] === 0).map((k) => Number(pixels?.[4 * k]) / 255);
  expect(history[0]?.loss).toBeCloseTo(chosen.reduce((a, b) => a + b, 0) / chosen.length, 6);
});

test("an error for data that do not match an entry names the input and the shapes", async () => {
  const { plan, code } = softmaxModel(sizes);
  const session = await createSession(plan, code);
  const wide: Dataset = { ...dataset, train: imagesAndLabels([3, 3, 1], new Uint8Array(9 * 8), new Uint8Array(8)) };
  const none: Dataset = { ...dataset, train: { count: 8, fields: new Map() } };
  const indices = Int32Array.from({ length: 8 }, (_, i) => i);
  expect(() => sampleEntry(session, wide, "step", { batchDim: "N" }).run(wide.train, indices, false)).toThrow(
    "the input `image` of `step` is f32[8,4], and 8 samples of dots are [8,3,3,1]",
  );
  expect(() => sampleEntry(session, none, "step", { batchDim: "N" }).run(none.train, indices, false)).toThrow(
    "the data source dots has no field for the input `image` of `step`",
  );
  expect(() =>
    sampleEntry(session, dataset, "step", { batchDim: "N" }).run(dataset.train, indices.subarray(0, 5), false),
  ).toThrow("`step` was not compiled for a batch of 5");
});

test("scores count every sample once, the last partial batch too", async () => {
  const { plan, code } = softmaxModel(sizes);
  const session = await createSession(plan, code);
  // Only class 1 has weights, on every pixel: it always wins.
  session.state.get("w")?.data.set([0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0]);
  const labels = dataset.test.fields.get("label")?.data ?? new Uint8Array();
  const score = evaluate(sampleEntry(session, dataset, "predict", { batchDim: "N" }), dataset.test, batch);
  expect(score.samples).toBe(20);
  expect(score.accuracy).toBe(labels.filter((label) => label === 1).length / 20);
  const pixels = dataset.test.fields.get("image")?.data as Uint8Array;
  const losses = Array.from(labels, (label, i) => {
    const x = pixels.subarray(i * 4, i * 4 + 4).reduce((sum, p) => sum + p / 255, 0);
    return Math.log(2 + Math.exp(x)) - (label === 1 ? x : 0);
  });
  expect(score.loss).toBeCloseTo(losses.reduce((a, b) => a + b, 0) / 20, 5);
});

test("batches cover all samples, in an order that depends on seed and epoch", () => {
  expect(batchSizes([9000, 1000], 64)).toEqual([64, 40]);
  expect(batchSizes([128, 10], 64)).toEqual([64, 10]);
  expect([...epochOrder(50, 1, 2)].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect(epochOrder(50, 1, 2)).toEqual(epochOrder(50, 1, 2));
  expect(epochOrder(50, 1, 2)).not.toEqual(epochOrder(50, 1, 3));
  expect(epochOrder(50, 1, 2)).not.toEqual(epochOrder(50, 2, 2));
});
