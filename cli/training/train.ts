import type { Session } from "../../runtime/session.ts";
import type { Dataset } from "../data/dataset.ts";
import { isWhole, runEpoch, startOf, type EpochState } from "./epoch.ts";
import { evaluate, type Score } from "./evaluate.ts";
import { resumeRun, saveBest, saveRun, weightsHash } from "./checkpoint.ts";
import type { SampleEntry } from "./model.ts";
import type { HistoryLine, RunSettings } from "./saved-run.ts";

export interface TrainingRun {
  readonly session: Session;
  readonly dataset: Dataset;
  readonly step: SampleEntry;
  /** Evaluates the test samples after every epoch; null if the model has no such entry. */
  readonly predict: SampleEntry | null;
  readonly settings: RunSettings;
  readonly epochs: number;
  readonly folder: string;
  readonly resume: boolean;
  readonly stopped: () => boolean;
  readonly onStep: (state: EpochState, secondsInEpoch: number, samplesInRun: number) => void;
  readonly onEpoch: (line: HistoryLine) => void;
}

export interface TrainingResult {
  /** False if the run was stopped; it was saved, and can be resumed. */
  readonly finished: boolean;
  readonly state: EpochState;
  readonly history: readonly HistoryLine[];
  readonly sha256: string;
}

export async function train(run: TrainingRun): Promise<TrainingResult> {
  const { session, settings, folder } = run;
  const samples = run.dataset.train;
  const resumed = run.resume ? resumeRun(folder, session, settings) : { state: startOf(0), history: [] };
  const history: HistoryLine[] = [...resumed.history];
  let state = resumed.state;
  while (state.epoch < run.epochs) {
    const begin = performance.now();
    const seconds = (): number => (performance.now() - begin) / 1000;
    const before = state.samples;
    state = await runEpoch(run.step, samples, state, {
      batch: settings.batch,
      seed: settings.seed,
      onStep: (now) => run.onStep(now, seconds(), now.samples - before),
      stopped: run.stopped,
    });
    if (!isWhole(state, samples.count, settings.batch)) break;
    const line = lineOf(
      state,
      seconds(),
      run.predict === null ? null : evaluate(run.predict, run.dataset.test, settings.batch),
    );
    if (isBest(line, history)) saveBest(folder, session);
    history.push(line);
    state = startOf(state.epoch + 1);
    saveRun(folder, session, settings, state, history);
    run.onEpoch(line);
  }
  saveRun(folder, session, settings, state, history);
  return { finished: state.epoch >= run.epochs, state, history, sha256: weightsHash(session) };
}

/** `seconds` is the time of the training alone. */
function lineOf(state: EpochState, seconds: number, score: Score | null): HistoryLine {
  const weight = state.weight === 0 ? 1 : state.weight;
  const accuracy = state.accuracySum / weight;
  return {
    epoch: state.epoch + 1,
    loss: state.lossSum / weight,
    accuracy: Number.isNaN(accuracy) ? null : accuracy,
    testLoss: score?.loss ?? null,
    testAccuracy: score?.accuracy ?? null,
    seconds,
  };
}

/** Compares test accuracies, or losses if there is no test accuracy. */
function isBest(line: HistoryLine, history: readonly HistoryLine[]): boolean {
  const { testAccuracy } = line;
  return testAccuracy === null
    ? history.every((other) => line.loss < other.loss)
    : history.every((other) => testAccuracy > (other.testAccuracy ?? 0));
}
