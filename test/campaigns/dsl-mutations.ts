import { globSync } from "node:fs";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { programText, sourceAt, type Outcome, type Task } from "./dsl-worker.ts";

// `npm run fuzz:dsl -- --count 100000 --seed 1`: mutated programs through parser and elaboration. They may only produce
// diagnostics; none may take more than 2 seconds of CPU time or 256 MB. `--show 17` prints source 17 of that seed
// instead.

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    show: { type: "string" },
  },
});
const [count, seed] = [Number(values.count), Number(values.seed)];
const root = new URL("../../", import.meta.url).pathname;
const found = (pattern: string): string[] => globSync(pattern, { cwd: root }).toSorted();
/** The example programs, eight times each, so that most sources are whole programs that reach elaboration. */
const programs = [
  ...Array.from({ length: 8 }, () => found("examples/**/*.dl")).flat(),
  ...found("dsl/std/*.dl"),
  ...found("test/golden/{dsl,frontend,diagnostics}/**/*.dl"),
].map((name) => root + name);
const limits = {
  milliseconds: 2000,
  megabytes: 256,
  /** milliseconds without a message before a worker counts as hung; generous for a loaded machine */ silence: 60_000,
};

const say = (line: string): boolean => process.stdout.write(`${line}\n`);

const codes = new Map<string, number>();
let failed = 0;
const total = { done: 0, syntax: 0, clean: 0, slowest: 0, slowestIndex: 0 };

/** Prints a failure immediately, because a campaign takes long. */
function failure(message: string): void {
  failed++;
  say(message);
}

function account({ index, milliseconds, thrown, syntax, codes: found }: Outcome): void {
  total.done++;
  if (syntax) total.syntax++;
  else if (found.length === 0) total.clean++;
  for (const code of new Set(found)) codes.set(code, (codes.get(code) ?? 0) + 1);
  if (milliseconds > total.slowest) [total.slowest, total.slowestIndex] = [milliseconds, index];
  if (thrown !== null) failure(`source ${index} throws: ${thrown}`);
  if (milliseconds > limits.milliseconds) failure(`source ${index} takes ${Math.round(milliseconds)} ms`);
}

/** Runs from `first` until the end or a source that kills the worker; resolves to the number of the next source. */
function runFrom(first: number): Promise<number> {
  return new Promise((done) => {
    const workerData: Task = { seed, first, count, programs, root };
    const worker = new Worker(new URL("./dsl-worker.ts", import.meta.url), {
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: limits.megabytes },
    });
    let next = first;
    const killed = (why: string): void => {
      failure(`source ${next} ${why}`);
      total.done++;
      next++;
    };
    let watch: ReturnType<typeof setTimeout> | undefined;
    const rearm = (): void => {
      clearTimeout(watch);
      watch = setTimeout(() => {
        killed("does not terminate");
        void worker.terminate();
      }, limits.silence);
    };
    rearm();
    worker.on("message", (outcome: Outcome) => {
      account(outcome);
      next = outcome.index + 1;
      rearm();
    });
    worker.on("error", (error: NodeJS.ErrnoException) =>
      killed(
        error.code === "ERR_WORKER_OUT_OF_MEMORY"
          ? `needs more than ${limits.megabytes} MB`
          : `stops the worker: ${error.stack}`,
      ),
    );
    worker.on("exit", () => {
      clearTimeout(watch);
      done(next);
    });
  });
}

function report(): void {
  const others = total.done - total.syntax - total.clean;
  say(
    `${total.done} sources, seed ${seed}: ${total.syntax} with syntax errors, ${others} with other errors, ${total.clean} without errors`,
  );
  say(`slowest: source ${total.slowestIndex}, ${Math.round(total.slowest)} ms`);
  const named = [...codes].toSorted(([a], [b]) => a.localeCompare(b));
  say(named.map(([code, n]) => `${code} ${n}`).join(" · "));
  say(failed === 0 ? "no failures" : `${failed} failures`);
  process.exitCode = failed === 0 ? 0 : 1;
}

if (values.show === undefined) {
  // An interrupted campaign still prints its report.
  process.once("SIGINT", () => {
    report();
    process.exit();
  });
  for (let next = 0; next < count;) next = await runFrom(next);
  report();
} else {
  process.stdout.write(sourceAt(seed, Number(values.show), programs.map(programText)));
}
