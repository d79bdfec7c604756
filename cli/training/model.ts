import type { EntryPlan } from "../../runtime/plan.ts";
import type { Session } from "../../runtime/session.ts";
import type { Inputs } from "../../runtime/input.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { createFeeder } from "../data/feed.ts";
import type { Dataset, Split } from "../data/dataset.ts";
import { complain } from "../host/complain.ts";

/** An entry that runs on samples, whatever the size of the batch. Outputs are views, valid until the next call. */
export interface SampleEntry {
  readonly name: string;
  readonly outputs: readonly string[];
  run(split: Split, indices: Int32Array): Record<string, Tensor>;
}

/** Throws E1003 where no variant of the entry was compiled for a size of batch. */
export function sampleEntry(session: Session, dataset: Dataset, name: string, batchDim: string): SampleEntry {
  const variants = session.plan.entries.filter((entry) => entry.name === name);
  const feeders = new Map<EntryPlan, (split: Split, indices: Int32Array) => Inputs>();
  const feed = (split: Split, indices: Int32Array): { inputs: Inputs; dims: Readonly<Record<string, number>> } => {
    const variant = variants.find((entry) => entry.dims[batchDim] === indices.length);
    if (variant === undefined) {
      return complain(
        "E1003",
        `\`${name}\` has no variant for a batch of ${indices.length}`,
        `the entry must take its samples along the dim ${batchDim}, or --batch-dim must name the dim`,
      );
    }
    const feeder = feeders.get(variant) ?? createFeeder(dataset, variant);
    feeders.set(variant, feeder);
    return { inputs: feeder(split, indices), dims: variant.dims };
  };
  return {
    name,
    outputs: variants[0]?.outputs.map((output) => output.name) ?? [],
    run(split, indices) {
      const { inputs, dims } = feed(split, indices);
      return session.run(name, inputs, { view: true, dims });
    },
  };
}
