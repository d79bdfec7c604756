import type { BoundEntry, Outputs, Session } from "../../runtime/session.ts";
import { createFeeder, type Feeder } from "../data/feed.ts";
import type { Dataset, Split } from "../data/dataset.ts";
import { complain } from "../host/complain.ts";

/** An entry that runs on samples, whatever the size of the batch. Outputs are views, valid until the next call. */
export interface SampleEntry {
  readonly name: string;
  readonly outputs: readonly string[];
  run(split: Split, indices: Int32Array): Outputs;
}

/** Throws E1003 where no variant of the entry was compiled for a size of batch. */
export function sampleEntry(session: Session, dataset: Dataset, name: string, batchDim: string): SampleEntry {
  const variants = session.plan.entries.filter((entry) => entry.name === name);
  const bound = new Map<number, { readonly feeder: Feeder; readonly entry: BoundEntry }>();
  const bind = (samples: number): { readonly feeder: Feeder; readonly entry: BoundEntry } => {
    const variant = variants.find((entry) => entry.dims[batchDim] === samples);
    if (variant === undefined) {
      return complain(
        "E1003",
        `\`${name}\` has no variant for a batch of ${samples}`,
        `the entry must take its samples along the dim ${batchDim}, or --batch-dim must name the dim`,
      );
    }
    const feeder = createFeeder(dataset, variant);
    const made = { feeder, entry: session.bind(name, feeder.inputs, { dims: variant.dims }) };
    bound.set(samples, made);
    return made;
  };
  return {
    name,
    outputs: variants[0]?.outputs.map((output) => output.name) ?? [],
    run(split, indices) {
      const { feeder, entry } = bound.get(indices.length) ?? bind(indices.length);
      feeder.fill(split, indices);
      return entry.run();
    },
  };
}
