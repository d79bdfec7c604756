import { PerformanceObserver } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";
import { parseArgs } from "node:util";
import { garbagePerRun, trainingStep } from "./steady.ts";

// `npm run soak -- --steps 100000`: trains a small convolutional, a recurrent and a dense net for that many steps.
// Memory must not grow, and a step must not allocate.

const { values } = parseArgs({
  options: { steps: { type: "string", default: "100000" }, target: { type: "string", default: "wasm" } },
});
const steps = Number(values.steps);
const target = values.target === "js" ? "js" : "wasm";
const models = [
  ["examples/mnist/lenet.dl", { N: 2 }],
  ["examples/bi-lstm-classifier.dl", { N: 2, T: 4 }],
  ["examples/dqn.dl", { N: 4 }],
] as const;
const limits = {
  garbage: 1,
  /** bytes of the heap after a collection */ heap: 100_000,
  /** bytes */ resident: 8 * 2 ** 20,
};

const collect = globalThis.gc;
if (collect === undefined) throw new TypeError("run this with --expose-gc, as `npm run soak` does");
const say = (line: string): boolean => process.stdout.write(`${line}\n`);
const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(2)} MiB`;

/** Buffers gc entries until `takeRecords`. */
const collections = new PerformanceObserver(() => undefined);
collections.observe({ entryTypes: ["gc"] });

/** Bytes of the heap and of the process after a collection. */
async function settled(): Promise<{ readonly heap: number; readonly resident: number }> {
  collect?.();
  await setImmediate();
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: heapUsed, resident: rss };
}

for (const [name, dims] of models) {
  const { session, step } = await trainingStep(name, dims, target);
  const loss = (): number => step.outputs["loss"]?.data[0] ?? Number.NaN;
  const garbage = garbagePerRun(() => void step.run(), { runs: Math.min(10_000, Math.ceil(steps / 20)), windows: 5 });
  const buffer = [...session.state.values()][0]?.data.buffer;
  const arena = buffer?.byteLength ?? 0;
  const first = await settled();
  const firstLoss = loss();
  collections.takeRecords();
  const begin = performance.now();
  let peak = 0;
  for (let done = 0; done < steps; done++) {
    step.run();
    if (done % 10_000 === 9_999) peak = Math.max(peak, process.memoryUsage.rss());
  }
  const seconds = (performance.now() - begin) / 1000;
  const during = collections.takeRecords().length;
  const last = await settled();
  const state = [...session.state.values()].every(
    ({ data }) => data.buffer === buffer && data.every((x) => Number.isFinite(x)),
  );
  const sound =
    garbage <= limits.garbage &&
    last.heap - first.heap <= limits.heap &&
    Math.max(peak, last.resident) - first.resident <= limits.resident &&
    buffer?.byteLength === arena &&
    state;
  say(
    [
      `${name}: ${steps} steps, ${((seconds / steps) * 1e6).toFixed(0)} us each, loss ${firstLoss.toPrecision(3)} to ${loss().toPrecision(3)}`,
      `  garbage ${garbage.toFixed(3)} bytes a step, ${during} collections`,
      `  heap ${mib(first.heap)} to ${mib(last.heap)}, process ${mib(first.resident)} to ${mib(last.resident)} (at most ${mib(Math.max(peak, last.resident))}), arena ${mib(arena)}`,
      `  ${sound ? "constant" : "NOT CONSTANT"}`,
    ].join("\n"),
  );
  if (!sound) process.exitCode = 1;
}
