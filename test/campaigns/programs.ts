import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { corpusText, examine, programAt, shrunk } from "../fuzz/language/examine.ts";
import { runPool } from "./pool.ts";
import type { ProgramReport, ProgramTask } from "./programs-slice.ts";

// `npm run fuzz:programs -- --seconds 60 --seed 1`: random programs through every oracle of test/fuzz/language.
// Failures are shrunk and added to the corpus.

const { values } = parseArgs({
  options: {
    seconds: { type: "string" },
    count: { type: "string" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    jobs: { type: "string", default: "1" },
    /** Stops at the first finding, without shrinking it or adding it to the corpus. */
    stop: { type: "boolean", default: false },
    /** Checks only the program with this index. */
    show: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const say = (line: string): boolean => process.stdout.write(`${line}\n`);
const tell = (line: string): boolean => process.stderr.write(`${line}\n`);

const usage = `npm run fuzz:programs -- [--seconds N] [--count N] [--seed S] [--jobs K] [--stop] [--show INDEX]
Runs random programs through the whole compiler, for N seconds (default 60) or N programs. Equal seeds generate equal programs.
A finding is shrunk, printed, and written to test/fuzz/programs/, which every test run replays. Exit status 1 if there is a finding.`;

const seed = Number(values.seed);
const seconds = Number(values.seconds ?? (values.count === undefined ? 60 : Infinity));
const count = Number(values.count ?? Infinity);
const started = performance.now();
const elapsed = (): number => (performance.now() - started) / 1000;
const chunk = values.stop ? 5 : 25;
const corpus = new URL("../fuzz/programs/", import.meta.url);

let next = 0;
let ended = false;
let programs = 0;
let findings = 0;
const checked = new Map<string, number>();

const over = (): boolean => ended || next >= count || elapsed() >= seconds;

function nextTask(): ProgramTask | null {
  if (over()) return null;
  const first = next;
  next = Math.min(count, next + chunk);
  return { seed, first, end: next, shrink: !values.stop };
}

function account(report: ProgramReport): void {
  programs += report.programs;
  for (const [name, n] of Object.entries(report.checked)) checked.set(name, (checked.get(name) ?? 0) + n);
  for (const { fault, oracle, text, index } of report.findings) {
    findings++;
    say(`program ${index} of seed ${seed}, ${oracle}: ${fault}`);
    if (values.stop) ended = true;
    else if (findings <= 20) {
      say(text);
      mkdirSync(corpus, { recursive: true });
      writeFileSync(new URL(`${oracle}-${seed}-${index}.dl`, corpus), text);
    }
  }
}

const progress = (): boolean =>
  tell(
    `${elapsed().toFixed(0)} s: ${programs} programs (${(programs / Math.max(1e-3, elapsed())).toFixed(1)}/s), ${findings} findings`,
  );

const pooled = (jobs: number): Promise<void> =>
  runPool<ProgramTask, ProgramReport>({
    jobs,
    worker: new URL("./programs-worker.ts", import.meta.url),
    mostPerProcess: 2000,
    next: nextTask,
    onMessage: (report) => {
      account(report);
      return true;
    },
    onCrash: ({ first, end }, code) => {
      findings++;
      say(`a worker ended with ${code} among the programs ${first} to ${end} of seed ${seed}`);
    },
    over,
  });

if (values.help) say(usage);
else if (values.show !== undefined) {
  const program = programAt(seed, Number(values.show));
  const { finding } = await examine(program);
  say(finding === null ? `${program.text}\n// no mismatch` : corpusText(values.stop ? finding : await shrunk(finding)));
} else {
  const timer = setInterval(progress, 10_000);
  // An interrupted campaign still prints its summary.
  process.once("SIGINT", () => (ended = true));
  await pooled(Number(values.jobs));
  clearInterval(timer);
  say(`${programs} programs in ${elapsed().toFixed(0)} s, seed ${seed}`);
  say(`oracles: ${[...checked].map(([name, n]) => `${name} ${n}`).join(" · ")}`);
  say(findings === 0 ? "no mismatch" : `${findings} findings`);
  process.exitCode = findings === 0 ? 0 : 1;
}
