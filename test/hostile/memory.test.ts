import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { largeBytes, type Large } from "./memory-worker.ts";
import { limits } from "./readers.ts";

/** The heap of a worker with the readers loaded, before it reads a file, in MB; measured, with a margin. */
const loaded = 20;
const most = limits.timesTheFile * largeBytes + limits.bytesBeside;

interface Outcome {
  readonly code: string | null;
  readonly thrown: string | null;
  readonly buffers: number;
}

/**
 * Reads the files in a worker whose heap is limited to 4 times their size plus 16 MB; the list ends at the first file
 * that needs more.
 */
function readWithLimit(files: readonly Large[]): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  return new Promise((done) => {
    const worker = new Worker(new URL("./memory-worker.ts", import.meta.url), {
      workerData: files,
      resourceLimits: { maxOldGenerationSizeMb: loaded + most / 2 ** 20, maxYoungGenerationSizeMb: 4 },
    });
    worker.on("message", (outcome: Outcome) => outcomes.push(outcome));
    worker.on("error", (error) => outcomes.push({ code: null, thrown: error.message, buffers: 0 }));
    worker.on("exit", () => done(outcomes));
  });
}

const large = (format: Large["format"], head: string, piece: string, tail = "", framed = false): Large => ({
  format,
  head,
  piece,
  tail,
  framed,
});

const files: readonly Large[] = [
  large("safetensors", '{"a":{"dtype":"U8","shape":', "[],", "", true),
  large("safetensors", '{"a":', '{"":', "", true),
  large("safetensors", '{"a":{"dtype":"U8","data_offsets":[0,0],"shape":[', "1,", "1]}}", true),
  large("safetensors", '{"', "a", '":0}', true),
  large("npy", "\u0001NUMPY", ","),
  large("run", "[", "[],", "0]"),
  large("history", "", "\n", "x"),
  large("ir", "graph g", "("),
  large("ir", "", "\n", "x"),
  large("ir", "graph g(%x: f32[", "1,"),
  large("ir", "graph g()\n", "# a:99999:1\n", "x"),
  large("kir", "kernel k", "("),
  large("kir", "", "\n", "x"),
  large("kir", "kernel k(out b: f32[1])\n  b[0] = 1", "+1"),
];

test("rejecting a file takes at most 4 times its size plus 16 MB", async () => {
  const outcomes = await readWithLimit(files);
  expect(outcomes.map(({ thrown }) => thrown)).toEqual(files.map(() => null));
  expect(outcomes.every(({ code }) => code !== null)).toBe(true);
  expect(Math.max(...outcomes.map(({ buffers }) => buffers))).toBeLessThanOrEqual(most);
}, 60_000);
