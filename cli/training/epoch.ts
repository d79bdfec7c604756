import type { Split } from "../data/dataset.ts";
import { reject } from "../host/reject.ts";
import { batches, epochOrder, stepsPerEpoch } from "./batches.ts";
import type { SampleEntry } from "./model.ts";

/** The progress of a run within an epoch; saved with the weights, so that a resumed run continues exactly. */
export interface EpochState {
  /** Counted from 0. */
  readonly epoch: number;
  /** Completed batches of this epoch. */
  readonly steps: number;
  readonly samples: number;
  /** What the sums are to be divided by. */
  readonly weight: number;
  readonly lossSum: number;
  readonly accuracySum: number;
}

export const startOf = (epoch: number): EpochState => ({
  ...{ epoch, steps: 0, samples: 0, weight: 0 },
  ...{ lossSum: 0, accuracySum: 0 },
});

export interface EpochOptions {
  readonly batch: number;
  readonly seed: number;
  readonly onStep: (state: EpochState) => void;
  /** Called after every step, once the event loop has run its pending callbacks. */
  readonly stopped: () => boolean;
}

/**
 * Runs the training entry over the rest of an epoch. `lossSum` and `accuracySum` weigh each batch by its samples, or by
 * the output `weight: f32[]`.
 * Throws E1005 for a loss that is not finite, E1006 for an entry without an output `loss`.
 */
export async function runEpoch(
  entry: SampleEntry,
  split: Split,
  from: EpochState,
  options: EpochOptions,
): Promise<EpochState> {
  let state = from;
  for (const indices of batches(epochOrder(split.count, options.seed, from.epoch), options.batch, from.steps)) {
    if (options.stopped()) break;
    const last = state.steps + 1 === stepsPerEpoch(split.count, options.batch);
    const { loss, accuracy, weight } = entry.run(split, indices, last);
    const lossNow =
      loss?.data[0] ?? reject("E1006", `\`${entry.name}\` has no output \`loss\``, "end the entry with { loss }");
    const share = weight?.shape.length === 0 ? Number(weight.data[0]) : indices.length;
    for (const [name, value] of Object.entries({ loss: lossNow, weight: share }))
      if (!Number.isFinite(value))
        reject(
          "E1005",
          `the ${name} is ${value} at step ${state.steps + 1} of epoch ${state.epoch + 1}`,
          "lower the learning rate, or clip the gradients",
        );
    state = {
      epoch: state.epoch,
      steps: state.steps + 1,
      samples: state.samples + indices.length,
      weight: state.weight + share,
      lossSum: state.lossSum + lossNow * share,
      accuracySum: state.accuracySum + (accuracy?.data[0] ?? NaN) * share,
    };
    options.onStep(state);
    await new Promise((resume) => setImmediate(resume));
  }
  return state;
}

export const isWhole = (state: EpochState, count: number, batch: number): boolean =>
  state.steps === stepsPerEpoch(count, batch);
