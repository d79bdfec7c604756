import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { neverFired, sumFired, type Fired } from "../fuzz/counters.ts";
import { corpusText, examine, plannedAt, type Mix } from "../fuzz/examine.ts";
import { slice, type Report, type Task } from "./graphs-slice.ts";
import { runPool } from "./pool.ts";

// `npm run fuzz -- --seconds 60 --seed 1`: random graphs through every oracle of test/fuzz. Failures are shrunk and
// added to the corpus.

const { values } = parseArgs({
  options: {
    seconds: { type: "string" },
    count: { type: "string" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    jobs: { type: "string", default: "1" },
    training: { type: "string", default: "0.5" },
    special: { type: "string", default: "0.1" },
    thin: { type: "string", default: "1" },
    /** Stops at the first finding, without shrinking it or adding it to the corpus. */
    stop: { type: "boolean", default: false },
    /** Index of the first graph. */
    first: { type: "string", default: "0" },
    /** Checks only the graph with this index. */
    show: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const say = (line: string): boolean => process.stdout.write(`${line}\n`);
const tell = (line: string): boolean => process.stderr.write(`${line}\n`);

const usage = `npm run fuzz -- [--seconds N] [--count N] [--seed S] [--jobs K] [--training 0.5] [--special 0.1] [--thin 1] [--stop] [--first INDEX] [--show INDEX]
Runs random graphs through every oracle, for N seconds (default 60) or N graphs. Equal seeds generate equal graphs.
With --thin 3 the oracles that check only a sample of the graphs check a third of it.
A finding is shrunk, printed, and written to test/fuzz/corpus/, which every test run replays. Exit status 1 if there is a finding.`;

const seed = Number(values.seed);
const mix: Mix = { training: Number(values.training), special: Number(values.special), thin: Number(values.thin) };
const seconds = Number(values.seconds ?? (values.count === undefined ? 60 : Infinity));
const count = Number(values.first) + Number(values.count ?? Infinity);
const started = performance.now();
const elapsed = (): number => (performance.now() - started) / 1000;
const chunk = values.stop ? 4 : 200;
const corpus = new URL("../fuzz/corpus/", import.meta.url);

let next = Number(values.first);
let ended = false;
const total = { graphs: 0, training: 0, special: 0, findings: 0 };
const checked = new Map<string, number>();
const faults = new Map<string, number>();
const firedBy: Fired[] = [];

function nextTask(): Task | null {
  if (ended || next >= count || elapsed() >= seconds) return null;
  const first = next;
  next = Math.min(count, next + chunk);
  return { seed, mix, first, end: next, shrink: !values.stop };
}

function account(report: Report): void {
  total.graphs += report.graphs;
  total.training += report.training;
  total.special += report.special;
  for (const [name, n] of Object.entries(report.checked)) checked.set(name, (checked.get(name) ?? 0) + n);
  for (const { fault, oracle, text, index } of report.findings) {
    total.findings++;
    const known = faults.get(oracle) ?? 0;
    faults.set(oracle, known + 1);
    say(`graph ${index} of seed ${seed}, ${oracle}: ${fault}`);
    if (values.stop) ended = true;
    else if (known < 20) {
      say(text);
      mkdirSync(corpus, { recursive: true });
      writeFileSync(new URL(`${oracle}-${seed}-${index}.ir`, corpus), text);
    }
  }
}

function progress(): void {
  const rate = (total.graphs / Math.max(1e-3, elapsed())).toFixed(0);
  tell(
    `${elapsed().toFixed(0)} s: ${total.graphs} graphs (${rate}/s), ${total.training} with training, ${total.special} with special values, ${total.findings} findings`,
  );
}

/** Runs a campaign with one job in this process. */
async function inProcess(): Promise<void> {
  for (let task = nextTask(); task !== null; task = nextTask()) account(await slice(task));
  firedBy.push((await import("../fuzz/counters.ts")).fired());
}

const pooled = (jobs: number): Promise<void> =>
  runPool<Task, { readonly report?: Report; readonly fired?: Fired }>({
    jobs,
    worker: new URL("./graphs-worker.ts", import.meta.url),
    mostPerProcess: 20_000,
    next: nextTask,
    onMessage: ({ report, fired }) => {
      if (fired !== undefined) firedBy.push(fired);
      if (report !== undefined) account(report);
      return report !== undefined;
    },
    onCrash: ({ first, end }, code) => {
      total.findings++;
      say(`a worker ended with ${code} among the graphs ${first} to ${end} of seed ${seed}`);
    },
    over: () => ended || next >= count || elapsed() >= seconds,
  });

function summary(): void {
  const all = sumFired(firedBy);
  say(
    `${total.graphs} graphs in ${elapsed().toFixed(0)} s, seed ${seed}: ${total.training} with training, ${total.special} with special values`,
  );
  say(`oracles: ${[...checked].map(([name, n]) => `${name} ${n}`).join(" · ")}`);
  for (const [group, counts] of Object.entries(all)) {
    const never = neverFired(counts);
    say(
      `${group}: ${Object.keys(counts).length - never.length} of ${Object.keys(counts).length} fired${never.length === 0 ? "" : `; never: ${never.join(" · ")}`}`,
    );
  }
  say(
    total.findings === 0
      ? "no mismatch"
      : `${total.findings} findings: ${[...faults].map(([name, n]) => `${name} ${n}`).join(" · ")}`,
  );
  process.exitCode = total.findings === 0 ? 0 : 1;
}

if (values.help) say(usage);
else if (values.show !== undefined) {
  const { finding } = await examine(plannedAt(seed, Number(values.show), mix));
  say(finding === null ? "no mismatch" : corpusText(finding));
} else {
  const timer = setInterval(progress, 10_000);
  const jobs = Number(values.jobs);
  // An interrupted campaign still prints its summary.
  process.once("SIGINT", () => (ended = true));
  await (jobs === 1 ? inProcess() : pooled(jobs));
  clearInterval(timer);
  summary();
}
