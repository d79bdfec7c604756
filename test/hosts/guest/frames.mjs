// Times the frames of a page while LeNet trains: not at all, in a worker, and in the page, between frames.
import { load } from "./model/module.mjs";
import { loadInWorker } from "./model/client.mjs";

const seconds = 10;
const batch = 256;
const rows = 6400;
const image = Float32Array.from({ length: rows * 784 }, (_, i) => (Math.imul(i, 0x9e3779b1) >>> 8) / 0x1000000);
const label = Int32Array.from({ length: rows }, (_, i) => i % 10);

/** Intervals between frames in milliseconds, and the steps per second, while `train` runs until its signal aborts. */
async function measured(train) {
  const stop = new AbortController();
  const steps = { made: 0 };
  const work = train(stop.signal, steps).catch((error) => {
    if (!stop.signal.aborted) throw error;
  });
  const times = [];
  const end = performance.now() + 1000 * seconds;
  while (performance.now() < end) times.push(await new Promise((frame) => requestAnimationFrame(frame)));
  const { made } = steps;
  stop.abort();
  await work;
  const intervals = times.slice(1).map((time, i) => time - times[i]);
  const sorted = intervals.toSorted((a, b) => a - b);
  return {
    median: sorted[Math.floor(sorted.length / 2)],
    p95: sorted[Math.floor(sorted.length * 0.95)],
    longest: sorted.at(-1),
    stepsPerSecond: made / seconds,
  };
}

async function inPage(signal, steps) {
  const model = await load();
  const turn = new MessageChannel();
  for (let i = 0; !signal.aborted; i++) {
    const at = (i % (rows / batch)) * batch;
    model.run("step", { image: image.subarray(at * 784, (at + batch) * 784), label: label.subarray(at, at + batch) });
    steps.made++;
    const next = new Promise((go) => (turn.port1.onmessage = go));
    turn.port2.postMessage(null);
    await next;
  }
}

async function inWorker(signal, steps) {
  const model = await loadInWorker();
  try {
    const onProgress = ({ step }) => (steps.made = step);
    await model.train("step", { image, label }, { steps: Infinity, signal, onProgress });
  } finally {
    model.terminate();
  }
}

const shows = JSON.stringify({
  "no training": await measured(async () => {}),
  "in a worker": await measured(inWorker),
  "in the page": await measured(inPage),
});
await fetch("/outcome", { method: "POST", body: JSON.stringify({ shows }) });
