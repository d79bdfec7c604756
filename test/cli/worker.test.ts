// A built model in a worker computes what it computes in the page, in the order of the calls.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { compileModule } from "dlc/compiler";
import { afterAll, expect, test } from "vitest";
import { buildArtefact, type ArtefactOptions } from "../../cli/build/artefact.ts";
import { createResolver } from "../../cli/host/resolver.ts";
import type { AnyModel, DlcError, LoadOptions, ModelOf } from "../../runtime/index.ts";
import { createRandom, firstIntegers, shuffled } from "../../runtime/random.ts";
import type { LoadInWorkerOptions, TrainProgress, Training, WorkerModelOf } from "../../runtime/worker-model.ts";
import { run } from "./dlc.ts";

const root = mkdtempSync(join(tmpdir(), "dlc-worker-"));
afterAll(() => rmSync(root, { recursive: true }));

const text = `dl 1

setting scale: f32 = 2 in (0, 4)

model M(x: f32[N, 3]) -> f32[N, 2] {
  x |> dense(4) |> dropout(0.25) |> dense(2)
}

entry predict(x: f32[N, 3]) { y: M(x) * scale }

train entry step(x: f32[N, 3], label: i32[N]) {
  let logits = M(x)
  let loss = mean(cross_entropy(logits, label))
  minimize loss over M with adam(lr: 0.1)
  { loss, logits }
}
`;

type InWorker = WorkerModelOf<AnyModel> & Training<AnyModel>;

interface Built {
  readonly load: (options?: LoadOptions) => Promise<ModelOf<AnyModel>>;
  readonly loadInWorker: (options?: LoadInWorkerOptions) => Promise<InWorker>;
}

const module = compileModule({ name: "m.dl", text }, { dims: { N: 2 }, resolve: createResolver(null) });

async function open(options: Partial<ArtefactOptions> = {}): Promise<Built & { readonly folder: string }> {
  const folder = mkdtempSync(join(root, "build-"));
  const { files } = await buildArtefact(module, { target: "wasm", mode: "strict", worker: true, ...options });
  for (const [name, data] of files) writeFileSync(join(folder, name), data);
  const [direct, client] = await Promise.all(
    ["module.mjs", "client.mjs"].map((name) => import(pathToFileURL(join(folder, name)).href) as Promise<Built>),
  );
  return { load: direct?.load as Built["load"], loadInWorker: client?.loadInWorker as Built["loadInWorker"], folder };
}

/** A program that uses the types of a client; lines below `@ts-expect-error` must be errors. */
const typed = `
import { DlcError, loadInWorker, type WorkerModel } from "./client.mjs";
export async function use(signal: AbortSignal): Promise<number> {
  const model: WorkerModel = await loadInWorker({ seed: 1, signal });
  const x = new Float32Array(6);
  const { y } = await model.run("predict", { x }, { transfer: true, signal });
  const shape: readonly [2, 2] = y.shape;
  const w: Float32Array = (await model.state.get("M.dense1.w")).data;
  await model.set("scale", 1);
  await model.set({ scale: 2 });
  const file: Uint8Array = await model.save({ only: "param" });
  await model.bind("predict", { x }).run();
  const { outputs } = await model.train("step", { x, label: new Int32Array(2) }, { every: 2 });
  await model.train("step", [{ x, label: [0, 1] }], { onProgress: ({ outputs }) => void outputs.loss });
  // @ts-expect-error
  void outputs.logits;
  // @ts-expect-error
  model.touch();
  // @ts-expect-error
  await model.train("step", { x });
  // @ts-expect-error
  await loadInWorker({ fetch });
  return outputs.loss + shape[0] + w.length + (await model.load(file)).loaded.length + Number(new DlcError().code);
}
`;

test("the types of a client are those of the model, as promises", async () => {
  const { folder } = await open();
  writeFileSync(join(folder, "use.mts"), typed);
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: "es2024",
    lib: ["es2024", "dom"],
    module: "nodenext",
    types: [],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["use.mts"] }));
  const { stdout } = await run(folder, [
    fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url)),
  ]);
  expect(stdout).toBe("");
});

const built = await open();
const { load, loadInWorker } = built;

/** A model in a worker that ends with the test. */
async function started(options?: LoadInWorkerOptions, from: Built = built): Promise<InWorker & Disposable> {
  const model = await from.loadInWorker(options);
  return { ...model, [Symbol.dispose]: () => model.terminate() };
}

const x = Float32Array.of(1, -2, 3, 4, 5, -6);
const label = Int32Array.of(0, 1);
const errorOf = (work: Promise<unknown>): Promise<DlcError> =>
  work.then(
    () => expect.unreachable("no error"),
    (error: DlcError) => error,
  );

test.each([{}, { inline: true }, { hashed: true }, { full: true }, { target: "js" as const }])(
  "a model in a worker, built with %j, has the bits of one in the page",
  async (options) => {
    const own = await open(options);
    const direct = await own.load({ seed: 5 });
    using model = await started({ seed: 5 }, own);
    expect(model.entries).toEqual(direct.entries);
    expect([...Object.keys(model), "touch"].sort()).toEqual([...Object.keys(direct), "terminate", "train"].sort());
    for (let turn = 0; turn < 3; turn++)
      expect(await model.run("step", { x, label })).toEqual(direct.run("step", { x, label }));
    expect(await model.save()).toEqual(direct.save());
    expect([...model.state.keys()]).toEqual([...direct.state.keys()]);
    expect(await model.state.get("M.dense1.w")).toEqual({ ...direct.state.get("M.dense1.w") });
    await model.set("scale", 3);
    direct.set("scale", 3);
    expect(await model.run("predict", { x: [x.subarray(0, 3), x.subarray(3)] })).toEqual(
      direct.run("predict", { x: [x.subarray(0, 3), x.subarray(3)] }),
    );
    const kept = await model.snapshot();
    await model.reset(1);
    expect(await model.snapshot()).not.toEqual(kept);
    await model.restore(kept);
    expect(await model.snapshot()).toEqual(direct.snapshot());
    expect((await model.load(direct.save())).loaded).toContain("M.dense1.w");
  },
);

test("calls run in order, on the inputs that they were made with", async () => {
  const direct = await load();
  using model = await started();
  const input = x.slice();
  const answers = [model.run("step", { x: input, label }), model.set("scale", 1), model.run("predict", { x: input })];
  const bound = model.bind("predict", { x: input });
  input.fill(7);
  answers.push(bound.run());
  input.fill(0);
  const step = direct.run("step", { x, label });
  direct.set("scale", 1);
  const filled = direct.run("predict", { x: x.slice().fill(7) });
  expect(await Promise.all(answers)).toEqual([step, undefined, direct.run("predict", { x }), filled]);
});

test("inputs are copied, or moved if asked for; a view takes only its own bytes along", async () => {
  using model = await started();
  const large = new Float32Array(1e6);
  large.set(x, 10);
  const expected = (await load()).run("predict", { x });
  expect(await model.run("predict", { x: large.subarray(10, 16) })).toEqual(expected);
  expect(large.length).toBe(1e6);
  const own = x.slice();
  const running = model.run("predict", { x: own }, { transfer: true });
  expect(own.length).toBe(0);
  expect(await running).toEqual(expected);
});

test("an error is the same as in the page, with the stack of its caller", async () => {
  const direct = await load();
  using model = await started();
  const wrong = [
    ["predict", { x: [1] }],
    ["predict", { x: ["a", 0, 0, 0, 0, 0] }],
    ["prdict", {}],
  ] as const;
  for (const [entry, inputs] of wrong) {
    const error = await errorOf(theCaller(model, entry, inputs));
    const expected = await errorOf(Promise.resolve().then(() => direct.run(entry, inputs as never)));
    for (const name of ["code", "says", "help", "at", "message"] as const) expect(error[name]).toBe(expected[name]);
    expect(error.stack).toMatch(/^DlcError: error\[E08[\s\S]*theCaller/);
  }
  expect(await errorOf(model.set("scale", 9))).toMatchObject({ code: "E0816" });
  expect(await errorOf(model.run("predict", { x: (() => x) as never }))).toMatchObject({ code: "E0818" });
  expect(await model.run("predict", { x })).toEqual(direct.run("predict", { x }));
});

const theCaller = (model: InWorker, entry: string, inputs: object): Promise<unknown> =>
  model.run(entry, inputs as never);

test("a signal takes back a call that waits, and drops the result of one that runs", async () => {
  using model = await started();
  const direct = await load();
  const { signal, abort } = aborting();
  const runs = [
    model.run("step", { x, label }, { signal }),
    model.run("step", { x, label }, { signal }),
    model.run("step", { x, label }),
  ];
  abort("enough");
  expect(await Promise.allSettled(runs)).toMatchObject([
    { reason: "enough" },
    { reason: "enough" },
    { status: "fulfilled" },
  ]);
  // The first was running, the second was taken back.
  direct.run("step", { x, label });
  direct.run("step", { x, label });
  expect(await model.snapshot()).toEqual(direct.snapshot());
  expect(await errorOf(model.run("predict", { x }, { signal }))).toBe("enough");
});

function aborting(): { readonly signal: AbortSignal; abort(reason: unknown): void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: (reason) => controller.abort(reason) };
}

test("loading tells its progress, and ends with a signal", async () => {
  const seen: number[] = [];
  using model = await started({ onProgress: ({ loaded, total }) => seen.push(loaded / total) });
  expect(model.entries.size).toBe(2);
  expect(seen.at(-1)).toBe(1);
  const { signal, abort } = aborting();
  const loading = loadInWorker({ signal });
  abort("stop");
  expect(await errorOf(loading)).toBe("stop");
  expect(await errorOf(loadInWorker({ signal }))).toBe("stop");
});

test("a worker starts from a compiled module and weights of its page", async () => {
  const compiled = await WebAssembly.compile(readFileSync(join(built.folder, "module.wasm")));
  const direct = await load({ seed: 3 });
  using model = await started({ module: compiled, weights: direct.save() });
  expect(await model.run("predict", { x })).toEqual(direct.run("predict", { x }));
  expect(await errorOf(loadInWorker({ weights: new Uint8Array(9) }))).toMatchObject({ code: "E0820" });
});

test("terminate ends all calls, and those to come", async () => {
  const model = await loadInWorker();
  const runs = [model.run("predict", { x }), model.run("predict", { x })];
  model.terminate();
  model.terminate();
  for (const run of [...runs, model.save()]) expect(await errorOf(run)).toMatchObject({ code: "E0819" });
});

test("a worker whose script is missing is an error", async () => {
  const own = await open();
  rmSync(join(own.folder, "worker.mjs"));
  expect(await errorOf(own.loadInWorker())).toMatchObject({ code: "E0806" });
});

const rows = 7;
const all = {
  x: Float32Array.from({ length: rows * 3 }, (_, i) => Math.sin(i)),
  label: Int32Array.from({ length: rows }, (_, i) => i % 2),
};

test("training on rows takes them in a new order in each pass, and reports the means", async () => {
  const direct = await load();
  const losses: number[] = [];
  for (let step = 0; step < 8; step++) {
    const order = shuffled(firstIntegers(rows), createRandom(4, Math.floor(step / 3)));
    const batch = [...order.subarray((step % 3) * 2, (step % 3) * 2 + 2)];
    const inputs = {
      x: batch.map((i) => all.x.subarray(i * 3, i * 3 + 3)),
      label: batch.map((i) => all.label[i] ?? 0),
    };
    losses.push(direct.run("step", inputs)["loss"]?.data[0] ?? NaN);
  }
  const mean = (from: number, to: number): number => losses.slice(from, to).reduce((a, b) => a + b, 0) / (to - from);
  using model = await started();
  const seen: TrainProgress[] = [];
  const result = await model.train("step", all, { steps: 8, seed: 4, every: 3, onProgress: (one) => seen.push(one) });
  expect(seen).toEqual([
    { step: 3, outputs: { loss: mean(0, 3) } },
    { step: 6, outputs: { loss: mean(3, 6) } },
  ]);
  expect(result).toEqual({ step: 8, outputs: { loss: expect.closeTo(mean(0, 8), 12) as unknown } });
  expect(await model.snapshot()).toEqual(direct.snapshot());
  expect((await model.train("step", all)).step).toBe(3);
});

test("training on an iterable runs each batch, and ends with it", async () => {
  const direct = await load();
  using model = await started();
  const buffer = x.slice();
  let ended = 0;
  function* batches(): Generator<{ readonly x: Float32Array; readonly label: Int32Array }> {
    try {
      for (let i = 0; i < 5; i++) yield { x: buffer.fill(i), label };
    } finally {
      ended++;
    }
  }
  const losses = [0, 1, 2, 3, 4].map((i) => direct.run("step", { x: x.slice().fill(i), label })["loss"]?.data[0] ?? 0);
  const seen: number[] = [];
  const result = await model.train("step", batches(), { onProgress: ({ outputs }) => seen.push(outputs["loss"] ?? 0) });
  expect([result.step, seen, ended]).toEqual([5, losses, 1]);
  async function* endless(): AsyncGenerator<{ readonly x: Float32Array; readonly label: Int32Array }> {
    for (;;) yield* batches();
  }
  expect((await model.train("step", endless(), { steps: 7 })).step).toBe(7);
});

test("calls that are made while a model trains run between steps, and a signal ends the training", async () => {
  using model = await started();
  const { signal, abort } = aborting();
  let seen = 0;
  const training = model.train("step", all, { steps: 1e9, signal, onProgress: ({ step }) => (seen = step) });
  await model.run("predict", { x });
  const before = await model.run("predict", { x });
  while (seen === 0) await model.set("scale", 2);
  expect(await model.run("predict", { x })).not.toEqual(before);
  abort("enough");
  expect(await errorOf(training)).toBe("enough");
  const after = await model.snapshot();
  expect(await model.snapshot()).toEqual(after);
});

test.each([
  [{ x: all.x }, /takes rows of \(x: f32\[2,3\], label: i32\[2\]\); got \(x: Float32Array\(21\)\)/],
  [{ ...all, label: all.label.subarray(1) }, /got .*label: Int32Array\(6\)/],
  [{ ...all, label: [...all.label] }, /got .*label: Array\(7\)/],
  [{ x: all.x.subarray(0, 3), label: all.label.subarray(0, 1) }, /at least a batch/],
  [{ ...all, weight: all.x }, /weight: Float32Array\(21\)/],
])("rows %# that do not fit are an error", async (given, message) => {
  using model = await started();
  expect((await errorOf(model.train("step", given as never))).message).toMatch(message);
  expect(await errorOf(model.train("stp", given as never))).toMatchObject({ code: "E0803" });
});
