import type { BoundEntry, Outputs, Session } from "../../runtime/session.ts";
import { createFeeder, type Feeder } from "../data/feed.ts";
import type { Dataset, Split } from "../data/dataset.ts";
import { reject } from "../host/reject.ts";

/** An entry that runs on batches of any compiled size. Outputs are views, valid until the next call. */
export interface SampleEntry {
  readonly name: string;
  readonly outputs: readonly string[];
  run(split: Split, indices: Int32Array): Outputs;
}

/** Throws E1003 if no variant of the entry was compiled for a batch size. */
export function sampleEntry(session: Session, dataset: Dataset, name: string, batchDim: string): SampleEntry {
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
