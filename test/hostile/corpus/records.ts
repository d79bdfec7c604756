import { tinyPlan } from "../../runtime/tiny-plan.ts";
import { bad, bytesOf, joined, type Bad } from "../build.ts";

export const soundManifest = {
  format: "dlc-model-1",
  build: "0123456789abcdef",
  code: { kind: "wasm", relaxed: null, strict: "module.wasm" },
  weights: "weights.safetensors",
  plan: tinyPlan,
};

/** The manifest with one value replaced, given by its path of keys; undefined removes it. */
function changed(path: string, value: unknown): string {
  const manifest = structuredClone(soundManifest) as unknown as Record<string, unknown>;
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  const holder = keys.reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, manifest);
  Object.defineProperty(holder, last, { value, enumerable: true });
  return JSON.stringify(manifest);
}

const wrong = (path: string, value: unknown, message: string): Bad =>
  bad(`${path} = ${JSON.stringify(value)?.slice(0, 40)}`, changed(path, value), "E0806", message);
const nested = (depth: number): unknown =>
  Array.from({ length: depth }).reduce<unknown>((body) => [{ kind: "loop", turns: 1, body }], []);
const step = (value: unknown): string => changed("plan.entries.0.steps", [value]);
const indices = (change: object): readonly unknown[] => [
  { allowed: [[0, 9]], start: 0, counts: [2], strides: [1], ...change },
];

export const badManifests: readonly Bad[] = [
  bad("an empty file", "", "E0806", "is not valid JSON in UTF-8"),
  bad("half of it", JSON.stringify(soundManifest).slice(0, 300), "E0806", "is not valid JSON in UTF-8"),
  bad("invalid UTF-8", joined('{"a":"', [0xff], '"}'), "E0806", "is not valid JSON in UTF-8"),
  bad("null", "null", "E0806", "it is not an object"),
  bad("a list", "[]", "E0806", "it is not an object"),
  bad("deep lists", "[".repeat(100_000), "E0806", "is not valid JSON in UTF-8"),
  bad("2 million lists", `[${"[],".repeat(2_000_000)}0]`, "E0806", "contains too many lists for its length"),
  bad("no format", "{}", "E0802", "but the manifest has undefined"),
  bad("another format", '{"format":"dlc-model-2"}', "E0802", 'but the manifest has "dlc-model-2"'),
  bad("a long format", JSON.stringify({ format: "x".repeat(100_000) }), "E0802", /^.{1,200}$/),
  bad("__proto__", '{"__proto__":{"format":"dlc-model-1"}}', "E0802", "but the manifest has undefined"),
  bad("an HTML page", "<!doctype html>", "E0806", "is an HTML page; the file is not there"),
  wrong("build", undefined, "build is not a string"),
  wrong("plan", undefined, "plan is not an object"),
  wrong("plan", [], "plan is not an object"),
  wrong("code", null, "code is not an object"),
  wrong("code.kind", "native", "code.kind is not one of wasm, js"),
  wrong("code.strict", "../../etc/passwd", "code.strict is not a file name"),
  wrong("code.strict", "https://example.org/x.wasm", "code.strict is not a file name"),
  wrong("code.strict", "", "code.strict is not a file name"),
  wrong("code.relaxed", 3, "code.relaxed is not a file name"),
  wrong("code", { kind: "js", module: "data:text/javascript,0" }, "code.module is not a file name"),
  wrong("code", { kind: "js", module: ".." }, "code.module is not a file name"),
  wrong("weights", "/dev/zero", "weights is not a file name"),
  wrong("weights", "a\u0000b", "weights is not a file name"),
  wrong("plan.model", 1, "plan.model is not a string"),
  wrong("plan.arenaBytes", -1, "plan.arenaBytes is not a size"),
  wrong("plan.arenaBytes", 1.5, "plan.arenaBytes is not a size"),
  wrong("plan.arenaBytes", "160", "plan.arenaBytes is not a size"),
  wrong("plan.arenaBytes", 2 ** 53, "plan.arenaBytes is not a size"),
  wrong("plan.arenaBytes", 16, "is outside the arena"),
  wrong("plan.persistent", {}, "plan.persistent is not a list"),
  wrong("plan.persistent.0", null, "plan.persistent[0] is not an object"),
  wrong("plan.persistent.0.kind", "input", "plan.persistent[0].kind is not one of param, state"),
  wrong("plan.persistent.0.path", undefined, "plan.persistent[0].path is not a string"),
  wrong("plan.persistent.0.path", "w", "it has two tensors with the same path"),
  wrong("plan.persistent.0.dtype", "f16", "plan.persistent[0].dtype is not one of f32"),
  wrong("plan.persistent.0.dtype", "constructor", "plan.persistent[0].dtype is not one of f32"),
  wrong("plan.persistent.0.shape", 2, "plan.persistent[0].shape is not a list"),
  wrong("plan.persistent.0.shape", [-1], "plan.persistent[0].shape[0] is not a size"),
  wrong("plan.persistent.0.shape", ["2"], "plan.persistent[0].shape[0] is not a size"),
  wrong("plan.persistent.0.shape", [2 ** 32, 2 ** 32], "rng.seed is outside the arena"),
  wrong("plan.persistent.0.shape", [2 ** 53 - 1, 2 ** 53 - 1, 2 ** 53 - 1], "rng.seed is outside the arena"),
  wrong(
    "plan.persistent.0.shape",
    Array.from({ length: 100_000 }, () => 2),
    "rng.seed is outside the arena",
  ),
  wrong("plan.persistent.0.shape", [...Array.from({ length: 100 }, () => 2 ** 52), 0], "rng.seed is outside the arena"),
  wrong("plan.persistent.0.offset", 2, "rng.seed is not aligned"),
  wrong("plan.persistent.0.offset", 160, "rng.seed is outside the arena"),
  wrong("plan.constants.0.offset", 158, "a constant is outside the arena"),
  wrong("plan.constants.0.base64", "AAA", "plan.constants[0].base64 is not base64"),
  wrong("plan.constants.0.base64", "AA(=", "plan.constants[0].base64 is not base64"),
  wrong("plan.constants.0.base64", null, "plan.constants[0].base64 is not base64"),
  wrong("plan.entries.0", "init", "plan.entries[0] is not an object"),
  wrong("plan.entries.0.name", null, "plan.entries[0].name is not a string"),
  wrong("plan.entries.0.call", 7, "plan.entries[0].call is not a string"),
  wrong("plan.entries.0.prepare", false, "plan.entries[0].prepare is not a string"),
  wrong("plan.entries.0.outdates", 1, "plan.entries[0].outdates is not a boolean"),
  wrong("plan.entries.0.dims", [], "plan.entries[0].dims is not an object"),
  wrong("plan.entries.1.dims", { N: "2" }, "plan.entries[1].dims.N is not a size"),
  wrong("plan.entries.1.inputs.0.offset", 2 ** 52, "x of predict is outside the arena"),
  wrong("plan.entries.1.inputs.0.indices", {}, "plan.entries[1].inputs[0].indices is not a list"),
  wrong("plan.entries.1.inputs.0.indices", indices({ allowed: [[0, "9"]] }), "allowed[0][1] is not an integer"),
  wrong("plan.entries.1.inputs.0.indices", indices({ start: 1 }), "x has indices outside of it"),
  wrong("plan.entries.1.inputs.0.indices", indices({ counts: [2 ** 40, 2] }), "x has indices outside of it"),
  wrong("plan.entries.1.inputs.0.indices", indices({ strides: [-1] }), "strides[0] is not a size"),
  wrong("plan.entries.1.outputs.0.offset", 1, "y of predict is not aligned"),
  wrong("plan.entries.1.outputs.0.name", 1, "plan.entries[1].outputs[0].name is not a string"),
  wrong("plan.entries.0.steps", nested(200), "is nested too deeply"),
  bad("a step that is null", step(null), "E0806", "plan.entries[0].steps[0] is not an object"),
  bad("a step of no kind", step({}), "E0806", "plan.entries[0].steps[0].kind is not one of call, loop, while, branch"),
  bad(
    "a step of another kind",
    step({ kind: "toString" }),
    "E0806",
    "plan.entries[0].steps[0].kind is not one of call",
  ),
  bad(
    "a call without arguments",
    step({ kind: "call", kernel: "k", flops: 0, bytes: 0 }),
    "E0806",
    "plan.entries[0].steps[0].args is not a list",
  ),
  bad(
    "a negative address",
    step({ kind: "call", kernel: "k", args: [-1], flops: 0, bytes: 0 }),
    "E0806",
    "steps[0].args[0] is not a size",
  ),
  bad(
    "an address without strides",
    step({ kind: "call", kernel: "k", args: [{ offset: 0 }], flops: 0, bytes: 0 }),
    "E0806",
    "args[0].strides is not a list",
  ),
  bad(
    "a broken stride",
    step({ kind: "call", kernel: "k", args: [{ offset: 0, strides: [0.5] }], flops: 0, bytes: 0 }),
    "E0806",
    "strides[0] is not an integer",
  ),
  bad(
    "flops that are text",
    step({ kind: "call", kernel: "k", args: [], flops: "0", bytes: 0 }),
    "E0806",
    "steps[0].flops is not a number",
  ),
  bad(
    "a while without a flag",
    step({ kind: "while", condition: [], body: [] }),
    "E0806",
    "steps[0].flag is not an object",
  ),
  bad(
    "a branch with half its sides",
    step({ kind: "branch", flag: 0, then: [] }),
    "E0806",
    "steps[0].otherwise is not a list",
  ),
  wrong("plan.profiled", [1], "plan.profiled[0] is not a string"),
  wrong("plan.settings", [{ name: "lr" }], "plan.settings[0].path is not a string"),
  wrong(
    "plan.settings",
    [{ name: "lr", path: "w", default: 1, low: "0", high: null, scale: "log" }],
    "plan.settings[0].low is not a number",
  ),
  wrong("plan.settings", null, "plan.settings is not a list"),
];

export const goodManifests: readonly Uint8Array[] = [
  JSON.stringify(soundManifest),
  JSON.stringify(soundManifest, null, 1),
  changed("code", { kind: "js", module: "kernels.mjs" }),
  changed("plan.settings", [{ name: "lr", path: "w", default: 1, low: null, high: 2, scale: "log" }]),
  changed("plan.constants.0.base64", "AAA="),
  changed("plan.constants.0.base64", "AAAA"),
  changed("plan.entries.0.steps", nested(20)),
  step({
    kind: "while",
    flag: { offset: 0, strides: [-4] },
    condition: [],
    body: [{ kind: "branch", flag: 3, then: [], otherwise: [] }],
  }),
].map(bytesOf);

const settings = { data: "mnist", samples: 100, entry: "step", batch: 8, seed: 0 };
const epoch = { epoch: 1, steps: 2, samples: 16, weight: 16, lossSum: 3.5, accuracySum: null };
const run = (changes: object, more: object = {}): string =>
  JSON.stringify({ settings: { ...settings, ...more }, epoch: { ...epoch, ...changes } });
const none = (name: string, file: string): Bad =>
  bad(name, file, "E1007", "this is not a checkpoint of a training run");

export const badRuns: readonly Bad[] = [
  none("an empty file", ""),
  none("half of it", run({}).slice(0, -9)),
  none("null", "null"),
  none("a list", "[]"),
  none("no settings", JSON.stringify({ epoch })),
  none("no epoch", JSON.stringify({ settings })),
  none("an epoch that is a list", JSON.stringify({ settings, epoch: [] })),
  none("__proto__ instead", `{"__proto__":${run({})}}`),
  none("a field less", run({ steps: undefined })),
  none("a negative epoch", run({ epoch: -1 })),
  none("a broken epoch", run({ epoch: 0.5 })),
  none("an epoch that is a string", run({ epoch: "1" })),
  none("an epoch past 2^53", run({ epoch: 2 ** 60 })),
  none("a loss that is null", run({ lossSum: null })),
  none("an infinite loss", run({}).replace("3.5", "1e999")),
  none("samples that do not fit the steps", run({ samples: 17 })),
  none("more samples than the data has", run({ steps: 50, samples: 400 })),
  none("a batch of 0", run({ steps: 0, samples: 0 }, { batch: 0 })),
  none("a seed that is null", run({}, { seed: null })),
  none("data that are an object", run({}, { data: {} })),
  none("deep lists", "[".repeat(9000)),
  none("a long text", run({}, { data: "x".repeat(100_000) })),
];
export const goodRuns: readonly Uint8Array[] = [
  run({}),
  run({ steps: 0, samples: 0, accuracySum: 1 }),
  run({ steps: 13, samples: 100 }),
].map(bytesOf);

const line = JSON.stringify({ epoch: 1, loss: 0.5, accuracy: null, testLoss: 1, testAccuracy: 0.25, seconds: 3 });
const damaged = (name: string, file: string): Bad => bad(name, file, "E1007", "the history is damaged");

export const badHistories: readonly Bad[] = [
  damaged("half a line", `${line}\n${line.slice(0, 20)}`),
  damaged("null", "null\n"),
  damaged("a list", "[]\n"),
  damaged("a number", "3\n"),
  damaged("an empty object", "{}\n"),
  damaged("a field less", line.replace('"seconds":3', '"second":3')),
  damaged("a loss that is null", line.replace("0.5", "null")),
  damaged("an epoch that is a string", line.replace('"epoch":1', '"epoch":"1"')),
  damaged("a long line", `${line}${" ".repeat(20_000)}`),
  damaged("1 million lists", `[${"[],".repeat(1_000_000)}`),
  damaged("NUL", `\0${line}`),
];
export const goodHistories: readonly Uint8Array[] = ["", "\n\n", line, `${line}\n${line}\r\n\n`].map(bytesOf);
