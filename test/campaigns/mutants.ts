import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Mutant } from "../mutants/mutant.ts";
import { mutants } from "../mutants/mutants.ts";

// `npm run mutants -- --seconds 12 --seed 1`: plants one bug after another, and says which of them the fuzzer finds in so many seconds each, and how.

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "12" },
    seed: { type: "string", default: "1" },
    jobs: { type: "string", default: "2" },
    /** Mutants whose name begins so. */
    only: { type: "string", default: "" },
  },
});
const { seed, seconds } = values;
/** Percent of the mutants. */
const aim = 95;
const say = (line: string): boolean => process.stdout.write(`${line}\n`);
const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

interface Run {
  readonly graphs: number;
  readonly seconds: number;
  /** `oracle: what is wrong`, of the first graph on which something is. */
  readonly finding: string | null;
  /** The fuzzer itself did not get to its end. */
  readonly broken: string | null;
}

/** The fuzzer, up to its first finding, with a bug planted or without. */
function fuzz(mutant: Mutant | null): Promise<Run> {
  return new Promise((done) => {
    const hook = mutant === null ? [] : ["--import", path("../mutants/hook.ts")];
    const started = performance.now();
    const child = spawn(process.execPath, [...hook, path("graphs.ts"), "--seconds", seconds, "--seed", seed, "--stop"], {
      env: { ...process.env, DLC_MUTANT: mutant?.name ?? "" },
      timeout: 1000 * (Number(seconds) + 60),
      killSignal: "SIGKILL",
    });
    let [out, err] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
    child.on("close", (_, signal) => {
      const found = /^graph (\d+) of seed \d+, (.*)$/m.exec(out);
      const end = /^(\d+) graphs in /m.exec(out);
      done({
        graphs: found === null ? Number(end?.[1] ?? 0) : Number(found[1]) + 1,
        seconds: (performance.now() - started) / 1000,
        finding: found?.[2] ?? null,
        broken: end !== null ? null : signal === null ? (/^.*Error.*$/m.exec(err)?.[0] ?? "it ends early") : "it does not end",
      });
    });
  });
}

const widest = Math.max(...mutants.map(({ name }) => name.length));
const cut = (text: string): string => (text.length > 150 ? `${text.slice(0, 150)}…` : text);

async function campaign(): Promise<void> {
  const started = performance.now();
  const chosen = mutants.filter(({ name }) => name.startsWith(values.only));
  const clean = await fuzz(null);
  if (clean.finding !== null) say(`without a planted bug, graph ${clean.graphs - 1} already fails: ${cut(clean.finding)}`);
  let found = 0;
  const waiting = [...chosen];
  const work = async (): Promise<void> => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const run = await fuzz(mutant);
      // What fails without the bug too does not show it.
      const seen = run.broken === null && run.finding !== null && !(run.graphs === clean.graphs && run.finding === clean.finding);
      if (seen) found++;
      const verdict = run.broken !== null ? "BROKEN" : seen ? "found " : "MISSED";
      const after = `${run.graphs} graphs, ${run.seconds.toFixed(1)} s`.padStart(20);
      say(`${verdict} ${mutant.name.padEnd(widest)} ${after}  ${cut(run.broken ?? (seen ? (run.finding ?? "") : mutant.says))}`);
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, work));
  say(`${found} of ${chosen.length} found in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  if (100 * found < aim * chosen.length) process.exitCode = 1;
}

await campaign();
