import type { Split } from "../data/dataset.ts";
import { complain } from "../host/complain.ts";
import { batches, epochOrder, stepsPerEpoch } from "./batches.ts";
import type { SampleEntry } from "./model.ts";

/** Where a run stands within an epoch; it is saved with the weights, so that a run goes on as if it had never stopped. */
export interface EpochState {
  /** From 0. */
  readonly epoch: number;
  /** Batches of this epoch that are done. */
  readonly steps: number;
  readonly samples: number;
  readonly lossSum: number;
  readonly accuracySum: number;
}

export const startOf = (epoch: number): EpochState => ({ epoch, steps: 0, samples: 0, lossSum: 0, accuracySum: 0 });

export interface EpochOptions {
  readonly batch: number;
  readonly seed: number;
  readonly onStep: (state: EpochState) => void;
  /** Asked after every step, when whatever waited for the event loop has run. */
  readonly stopped: () => boolean;
}

/**
 * Runs the training entry over the rest of an epoch. `lossSum` and `accuracySum` weigh each batch by its samples.
 * Throws E1005 at a loss that is no number, E1006 for an entry without an output `loss`.
 */
export async function runEpoch(entry: SampleEntry, split: Split, from: EpochState, options: EpochOptions): Promise<EpochState> {
  let state = from;
  for (const indices of batches(epochOrder(split.count, options.seed, from.epoch), options.batch, from.steps)) {
    if (options.stopped()) break;
    const { loss, accuracy } = entry.run(split, indices);
    const lossNow = loss?.data[0] ?? complain("E1006", `\`${entry.name}\` has no output \`loss\``, "let it end in { loss }");
    if (!Number.isFinite(lossNow)) {
      complain("E1005", `the loss is ${lossNow} at step ${state.steps + 1} of epoch ${state.epoch + 1}`, "lower the learning rate, or clip the gradients");
    }
    state = {
      epoch: state.epoch,
      steps: state.steps + 1,
      samples: state.samples + indices.length,
      lossSum: state.lossSum + lossNow * indices.length,
      accuracySum: state.accuracySum + (accuracy?.data[0] ?? NaN) * indices.length,
    };
    options.onStep(state);
    await new Promise((resume) => setImmediate(resume));
  }
  return state;
}

export const isWhole = (state: EpochState, count: number, batch: number): boolean => state.steps === stepsPerEpoch(count, batch);
