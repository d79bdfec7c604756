import { bad, bytesOf, type Bad } from "../build.ts";

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
