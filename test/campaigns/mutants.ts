import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Mutant } from "../mutants/mutant.ts";
import { mutants } from "../mutants/mutants.ts";

// `npm run mutants -- --total 590 --seed 1`: applies one mutant after another, and reports which of them the fuzzer
// detects, and by which oracle. Each gets a few seconds first; the rest of the time goes to the undetected ones, whose
// fuzzing continues at the graph where it stopped.

const { values } = parseArgs({
  options: {
    /** For each mutant in the first round. */
    seconds: { type: "string", default: "6" },
    /** For all of them, in seconds. */
    total: { type: "string", default: "590" },
    seed: { type: "string", default: "1" },
    jobs: { type: "string", default: "2" },
    /** Only mutants whose name starts with one of these prefixes, separated by commas. */
    only: { type: "string", default: "" },
  },
});
const { seed } = values;
const [seconds, total, jobs] = [Number(values.seconds), Number(values.total), Number(values.jobs)];
/** Seconds that a process takes to start, to load and to finish its last graph. */
const overhead = 2;
/** Percent of the mutants that must be detected. */
const required = 95;
const say = (line: string): boolean => process.stdout.write(`${line}\n`);
const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

interface Run {
  readonly graphs: number;
  readonly seconds: number;
  /** `oracle: difference`, of the first graph that fails. */
  readonly finding: string | null;
  /** Why the fuzzer itself did not finish; null if it did. */
  readonly broken: string | null;
}

/** Runs the fuzzer, with a mutant or without, up to its first finding. */
function fuzz(mutant: Mutant | null, first: number, time: number, mix: readonly string[] = []): Promise<Run> {
  return new Promise((done) => {
    const hook = mutant === null ? [] : ["--import", path("../mutants/hook.ts")];
    const started = performance.now();
    const child = spawn(
      process.execPath,
      [
        ...hook,
        path("graphs.ts"),
        "--seconds",
        String(time),
        "--seed",
        seed,
        "--first",
        String(first),
        "--stop",
        ...mix,
      ],
      {
        env: { ...process.env, DLC_MUTANT: mutant?.name ?? "" },
        timeout: Math.ceil(1000 * (time + 60)),
        killSignal: "SIGKILL",
      },
    );
    let [out, err] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
    child.on("close", (_, signal) => {
      const found = /^graph (\d+) of seed \d+, (.*)$/m.exec(out);
      const end = /^(\d+) graphs in /m.exec(out);
      done({
        graphs: found === null ? first + Number(end?.[1] ?? 0) : Number(found[1]) + 1,
        seconds: (performance.now() - started) / 1000,
        finding: found?.[2] ?? null,
        broken:
          end !== null
            ? null
            : signal === null
              ? (/^.*Error.*$/m.exec(err)?.[0] ?? "it exits early")
              : "it does not terminate",
      });
    });
  });
}

/** After the first round: more of the oracles that check only a sample of the graphs, and of special values. */
const laterRounds = ["--thin", "0.25", "--special", "0.3", "--training", "0.3"];

const widest = Math.max(...mutants.map(({ name }) => name.length));
const cut = (text: string): string => (text.length > 150 ? `${text.slice(0, 150)}…` : text);

async function campaign(): Promise<void> {
  const started = performance.now();
  const elapsed = (): number => (performance.now() - started) / 1000;
  const chosen = mutants.filter(({ name }) => values.only.split(",").some((start) => name.startsWith(start)));
  const clean = await fuzz(null, 0, seconds);
  if (clean.finding !== null) say(`without a mutant, graph ${clean.graphs - 1} already fails: ${cut(clean.finding)}`);
  let found = 0;
  const open: { readonly mutant: Mutant; readonly run: Run }[] = [];
  const tell = (verdict: string, mutant: Mutant, { graphs, seconds: time }: Run, note: string): void => {
    say(
      `${verdict} ${mutant.name.padEnd(widest)} ${`${graphs} graphs, ${time.toFixed(1)} s`.padStart(20)}  ${cut(note)}`,
    );
  };
  const look = async (mutant: Mutant, before: Run | null, time: number): Promise<void> => {
    const part = await fuzz(mutant, before?.graphs ?? 0, time, before === null ? [] : laterRounds);
    const run = { ...part, seconds: part.seconds + (before?.seconds ?? 0) };
    // A graph that fails without the mutant too does not detect it.
    const seen = run.finding !== null && !(run.graphs === clean.graphs && run.finding === clean.finding);
    if (run.broken !== null) tell("BROKEN", mutant, run, run.broken);
    else if (!seen) open.push({ mutant, run });
    else {
      found++;
      tell("found ", mutant, run, run.finding ?? "");
    }
  };
  const all = async (work: () => Promise<void> | null): Promise<void> => {
    const one = async (): Promise<void> => {
      for (let task = work(); task !== null; task = work()) await task;
    };
    await Promise.all(Array.from({ length: jobs }, one));
  };
  const first = [...chosen];
  await all(() => {
    const mutant = first.shift();
    return mutant === undefined ? null : look(mutant, null, seconds);
  });
  // Rounds while time is left: the share of mutants detected early goes to the rest.
  const share = (count: number): number => (jobs * (total - elapsed())) / Math.max(jobs, count) / 2 - overhead;
  while (open.length > 0 && share(open.length) >= 3) {
    const round = open.splice(0);
    const time = share(round.length);
    await all(() => {
      const next = round.shift();
      return next === undefined ? null : look(next.mutant, next.run, time);
    });
  }
  for (const { mutant, run } of open) tell("MISSED", mutant, run, mutant.effect);
  say(`${found} of ${chosen.length} found in ${elapsed().toFixed(0)} s`);
  if (100 * found < required * chosen.length) process.exitCode = 1;
}

await campaign();
