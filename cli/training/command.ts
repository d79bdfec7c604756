import { basename, join } from "node:path";
import { exitCodes, printDiagnostics } from "../host/errors.ts";
import { reject } from "../host/reject.ts";
import { loadTrained } from "../host/weights.ts";
import { entriesOf, entryNamed, readSource, trainEntry } from "../host/source.ts";
import { duration, liveLine, percent, thousands } from "../host/terminal.ts";
import type { Session } from "../../runtime/session.ts";
import { warnOfAverages } from "./averages.ts";
import { stepsPerEpoch } from "./batches.ts";
import type { EpochState } from "./epoch.ts";
import type { HistoryLine } from "./saved-run.ts";
import { sampleEntry } from "./model.ts";
import { compileForBatches, openLimited, type DataFlags } from "./setup.ts";
import { train } from "./train.ts";

export interface TrainFlags extends DataFlags {
  readonly entry?: string;
  readonly predict?: string;
  readonly epochs: number;
  readonly out?: string;
  readonly weights?: string;
  readonly partial?: true;
  readonly resume?: true;
}

/** Returns the exit code: 130 if Ctrl-C stopped the run, which is saved first. */
export async function trainCommandAction(file: string, flags: TrainFlags): Promise<number> {
  const source = readSource(file);
  const entry = trainEntry(source, flags.entry).name.text;
  // The default may be missing; a name that was given may not.
  const predict =
    flags.predict === undefined
      ? entriesOf(source).find(({ name }) => name.text === "predict")?.name.text
      : entryNamed(source, flags.predict).name.text;
  const dataset = openLimited(flags);
  const entries = predict === undefined ? [entry] : [entry, predict];
  const { session } = await compileForBatches(source, flags, entries, [
    dataset.train.count,
    ...(predict === undefined ? [] : [dataset.test.count]),
  ]);
  printDiagnostics(warnOfAverages(source, entry, flags), false);
  const step = sampleEntry(session, dataset, entry, flags);
  step.check(dataset.train, flags.batch);
  if (predict !== undefined) step.check(dataset.test, flags.batch);
  if (flags.weights !== undefined) startFrom(session, flags.weights, flags);

  const folder = flags.out ?? join("runs", basename(file, ".dl"));
  const line = liveLine(process.stderr, flags.json === undefined);
  const stop = stopOnInterrupt();
  try {
    const result = await train({
      session,
      dataset,
      step,
      predict: predict === undefined ? null : sampleEntry(session, dataset, predict, flags),
      settings: { data: dataset.name, samples: dataset.train.count, entry, batch: flags.batch, seed: flags.seed },
      epochs: flags.epochs,
      folder,
      resume: flags.resume === true,
      stopped: stop.asked,
      onStep: (state, seconds, samples) => line.show(liveText(state, flags, dataset.train.count, samples / seconds)),
      onEpoch: (history) => {
        line.clear();
        console.log(flags.json ? JSON.stringify(history) : epochText(history, flags.epochs, dataset.train.count));
      },
    });
    line.clear();
    const { finished, sha256, state } = result;
    if (flags.json) console.log(JSON.stringify({ finished, folder, epochs: state.epoch, sha256 }));
    else if (finished) console.log(`weights ${join(folder, "last.safetensors")}\nsha256 of the params ${sha256}`);
    else console.log(`stopped in epoch ${state.epoch + 1} after ${state.steps} steps; continue with --resume`);
    return finished ? exitCodes.ok : exitCodes.interrupted;
  } finally {
    line.clear();
    stop.release();
  }
}

/** Loads the weights of another run, and prints which params keep their initial values. */
function startFrom(session: Session, path: string, flags: TrainFlags): void {
  if (flags.resume === true)
    reject("E1007", "--weights starts a run, and --resume continues one", "omit one of the two");
  const { skipped } = loadTrained(session, path, { partial: flags.partial === true });
  const kept = skipped.filter(({ name }) => session.state.get(name)?.kind === "param");
  if (flags.json !== true)
    for (const { name, reason } of kept) console.log(`${name} keeps its initial value: ${reason}`);
}

/** The first Ctrl-C asks the loop to save and stop, the second one exits at once. */
function stopOnInterrupt(): { asked: () => boolean; release: () => void } {
  let asked = false;
  const onSignal = (): void => {
    if (asked) process.exit(exitCodes.interrupted);
    asked = true;
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, onSignal);
  return {
    asked: () => asked,
    release: () => ["SIGINT", "SIGTERM"].forEach((signal) => process.off(signal, onSignal)),
  };
}

function liveText(state: EpochState, flags: TrainFlags, count: number, perSecond: number): string {
  const left = ((flags.epochs - state.epoch) * count - state.samples) / perSecond;
  return [
    `epoch ${state.epoch + 1}/${flags.epochs}`,
    `step ${state.steps}/${stepsPerEpoch(count, flags.batch)}`,
    `loss ${(state.lossSum / state.weight).toFixed(4)}`,
    ...accuracyText("accuracy", state.accuracySum / state.weight),
    `${thousands(perSecond)} samples/s`,
    `${duration(left)} left`,
  ].join("  ");
}

function epochText(line: HistoryLine, epochs: number, count: number): string {
  return [
    `epoch ${line.epoch}/${epochs}`,
    `loss ${line.loss.toFixed(4)}`,
    ...accuracyText("accuracy", line.accuracy),
    ...(line.testLoss === null ? [] : [`test loss ${line.testLoss.toFixed(4)}`]),
    ...accuracyText("test accuracy", line.testAccuracy),
    `${line.seconds.toFixed(1)} s`,
    `${thousands(count / line.seconds)} samples/s`,
  ].join("  ");
}

const accuracyText = (name: string, value: number | null): string[] =>
  value === null || Number.isNaN(value) ? [] : [`${name} ${percent(value)}`];
