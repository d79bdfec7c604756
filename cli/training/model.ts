import type { Session } from "../../runtime/session.ts";
import type { BoundEntry, Outputs } from "../../runtime/model.ts";
import { createFeeder, type Feeder } from "../data/feed.ts";
import type { Dataset, Split } from "../data/dataset.ts";
import { firstIntegers } from "../../runtime/random.ts";
import { reject } from "../host/reject.ts";
import { batches } from "./batches.ts";
import type { DataFlags } from "./setup.ts";

/** An entry that runs on batches of any compiled size. Outputs are views, valid until the next call. */
export interface SampleEntry {
  readonly name: string;
  readonly outputs: readonly string[];
  /** False if labels and ids out of range count as the nearest in range. */
  readonly checked: boolean;
  /** `last`: the batch ends a pass over the data. */
  run(split: Split, indices: Int32Array, last: boolean): Outputs;
  /** Throws E1012 if a sample has a label or an id out of range, unless unchecked. Runs nothing. */
  check(split: Split, batch: number): void;
}

type EntryFlags = Pick<DataFlags, "batchDim" | "unchecked">;

/** Throws E1003 if no variant of the entry was compiled for a batch size. */
export function sampleEntry(
  session: Session,
  dataset: Dataset,
  name: string,
  { batchDim, unchecked }: EntryFlags,
): SampleEntry {
  const variants = session.plan.entries.filter((entry) => entry.name === name);
  const bound = new Map<number, { readonly feeder: Feeder; readonly entry: BoundEntry }>();
  const bind = (samples: number): { readonly feeder: Feeder; readonly entry: BoundEntry } => {
    const variant = variants.find((entry) => entry.dims[batchDim] === samples);
    if (variant === undefined) {
      return reject(
        "E1003",
        `\`${name}\` was not compiled for a batch of ${samples}`,
        `its inputs must have the batch dim ${batchDim}; use --batch-dim if the dim has another name`,
      );
    }
    const feeder = createFeeder(dataset, variant);
    const made = { feeder, entry: session.bind(name, feeder.inputs, { dims: variant.dims }) };
    bound.set(samples, made);
    return made;
  };
  const boundFor = (samples: number) => bound.get(samples) ?? bind(samples);
  return {
    name,
    checked: unchecked !== true,
    outputs: variants[0]?.outputs.map((output) => output.name) ?? [],
    run(split, indices, last) {
      const { feeder, entry } = boundFor(indices.length);
      feeder.fill(split, indices, last);
      return entry.run();
    },
    check(split, batch) {
      if (unchecked === true) return;
      for (const indices of batches(firstIntegers(split.count), batch))
        boundFor(indices.length).feeder.check(split, indices);
    },
  };
}
