import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { openDataset } from "../../cli/data/open.ts";
import { resumeRun, saveRun } from "../../cli/training/checkpoint.ts";
import { createSession, readSafetensors, writeSafetensors, type Session } from "../../runtime/index.ts";
import { softmaxModel } from "../cli/softmax-model.ts";
import { tinyCode, tinyPlan } from "../runtime/tiny-plan.ts";
import { be32, joined } from "./build.ts";
import { badHistories, badRuns } from "./corpus/records.ts";

const root = mkdtempSync(join(tmpdir(), "dlc-hostile-"));
afterAll(() => rmSync(root, { recursive: true }));

let made = 0;
function folder(files: Readonly<Record<string, string | Uint8Array>>): string {
  const path = join(root, String(made++));
  mkdirSync(path);
  for (const [name, data] of Object.entries(files)) writeFileSync(join(path, name), data);
  return path;
}

const images = (count: number, data: readonly number[]): Uint8Array => joined([0, 0, 8, 3], be32(count, 1, 2), data);
const labels = (...data: readonly number[]): Uint8Array => joined([0, 0, 8, 1], be32(data.length), data);
const sound = {
  "train-images-idx3-ubyte": images(2, [1, 2, 3, 4]),
  "train-labels-idx1-ubyte": labels(0, 1),
  "t10k-images-idx3-ubyte": images(1, [5, 6]),
  "t10k-labels-idx1-ubyte": labels(1),
};
const { "train-images-idx3-ubyte": trainImages, ...withoutImages } = sound;
const packed = (data: Uint8Array): Readonly<Record<string, Uint8Array>> => ({
  ...withoutImages,
  "train-images-idx3-ubyte.gz": data,
});

test.each([
  ["no files", {}, /E1011\]: .* contains neither train-images-idx3-ubyte nor/],
  ["no test images", { ...sound, "t10k-images-idx3-ubyte": "" }, /E0703\]: .* not an IDX file/],
  [
    "labels for images",
    { ...sound, "train-images-idx3-ubyte": labels(0, 1) },
    /E1011\]: .* the train images must be u8/,
  ],
  [
    "images for labels",
    { ...sound, "train-labels-idx1-ubyte": images(2, [1, 2, 3, 4]) },
    /E1011\]: .* the train labels must be u8/,
  ],
  [
    "floats for images",
    { ...sound, "t10k-images-idx3-ubyte": joined([0, 0, 0x0d, 3], be32(0, 1, 1)) },
    /E1011\]: .* the t10k images must be u8/,
  ],
  [
    "words for labels",
    { ...sound, "t10k-labels-idx1-ubyte": joined([0, 0, 0x0c, 1], be32(1, 7)) },
    /E1011\]: .* the t10k labels must be u8/,
  ],
  ["a label too many", { ...sound, "train-labels-idx1-ubyte": labels(0, 1, 2) }, /E1011\]: .* one for each image/],
  [
    "no samples",
    { ...sound, "t10k-images-idx3-ubyte": images(0, []), "t10k-labels-idx1-ubyte": labels() },
    /E1011\]: .* images are empty/,
  ],
  [
    "images of nothing",
    { ...sound, "train-images-idx3-ubyte": joined([0, 0, 8, 3], be32(2, 0, 28)) },
    /E1011\]: .* images are empty: 2 of 0 x 28 pixels/,
  ],
  ["gzip cut short", packed(gzipSync(trainImages).subarray(0, 12)), /E1011\]: .*: not a valid gzip file/],
  [
    "gzip with a wrong sum",
    packed(gzipSync(trainImages).map((byte, i, all) => (i === all.length - 8 ? byte ^ 1 : byte))),
    /E1011\]: .*: not a valid gzip file/,
  ],
  [
    "40 MB in 40 KB",
    packed(gzipSync(new Uint8Array(40 * 2 ** 20), { level: 9 })),
    /E1011\]: .* its content is too large/,
  ],
])("data with %s are rejected", (_, files, message) => {
  expect(() => openDataset(`mnist:${folder(files)}`)).toThrow(message);
});

test("compressed images are accepted", () => {
  expect(openDataset(`mnist:${folder(packed(gzipSync(trainImages)))}`).train.count).toBe(2);
});

const settings = { data: "dots", samples: 20, entry: "step", batch: 4, seed: 3 };
const state = { epoch: 1, steps: 2, samples: 8, weight: 8, lossSum: 2.5, accuracySum: NaN };
const line = { epoch: 1, loss: 0.5, accuracy: null, testLoss: null, testAccuracy: 0.5, seconds: 1 };
const { plan, code } = softmaxModel([4]);

async function run(): Promise<{
  path: string;
  session: Session;
  tensors: ReturnType<typeof readSafetensors>["tensors"];
}> {
  const session = await createSession(plan, code);
  const path = folder({});
  saveRun(path, session, settings, state, [line]);
  return { path, session, tensors: readSafetensors(readFileSync(join(path, "last.safetensors"))).tensors };
}

test("a checkpoint round-trips byte for byte", async () => {
  const { path, session } = await run();
  const before = readFileSync(join(path, "last.safetensors"));
  const resumed = resumeRun(path, session, settings);
  expect(resumed).toEqual({ state, history: [line] });
  saveRun(path, session, settings, resumed.state, resumed.history);
  expect(readFileSync(join(path, "last.safetensors"))).toEqual(before);
  rmSync(join(path, "history.ndjson"));
  expect(resumeRun(path, session, settings).history).toEqual([]);
});

test("a run with a damaged checkpoint is not resumed", async () => {
  const { path, session, tensors } = await run();
  const before = session.snapshot();
  for (const { file } of badRuns) {
    writeFileSync(join(path, "last.safetensors"), writeSafetensors(tensors, { run: String(file) }));
    expect(() => resumeRun(path, session, settings)).toThrow(
      /^error\[E1007\]: .* is not a checkpoint of a training run$/,
    );
  }
  expect(session.snapshot()).toEqual(before);
});

test("a run with a damaged history is not resumed", async () => {
  const { path, session } = await run();
  for (const { file } of badHistories) {
    writeFileSync(join(path, "history.ndjson"), file);
    expect(() => resumeRun(path, session, settings)).toThrow(/^error\[E1007\]: .* is damaged$/);
  }
});

test("weights with an invalid bool are rejected and change nothing", async () => {
  const session = await createSession(tinyPlan, tinyCode());
  const before = session.save();
  const tensors = new Map(readSafetensors(before).tensors);
  tensors.set("mask", { dtype: "bool", shape: [3], bytes: Uint8Array.of(0, 1, 2) });
  expect(() => session.load(writeSafetensors(tensors))).toThrow("`mask` contains a byte that is not a bool");
  expect(session.save()).toEqual(before);
});

test("an invalid snapshot is rejected and changes nothing", async () => {
  const session = await createSession(tinyPlan, tinyCode());
  const before = session.snapshot();
  const flipped = (at: number): Uint8Array => before.map((byte, i) => (i === at ? byte ^ 255 : byte));
  for (const bad of [
    new Uint8Array(0),
    before.slice(0, 7),
    before.slice(0, -1),
    flipped(0),
    flipped(4),
    new Uint8Array(before.length),
  ])
    expect(() => session.restore(bad)).toThrow("not a snapshot of this model");
  expect(session.snapshot()).toEqual(before);
});
