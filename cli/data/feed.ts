import { dtypes, type TensorData } from "../../runtime/dtype.ts";
import type { EntryPlan, NamedSlot } from "../../runtime/plan.ts";
import { count, showType } from "../../runtime/tensor.ts";
import { reject } from "../host/reject.ts";
import { itemSize, type Dataset, type Field, type Split } from "./dataset.ts";

/** The arrays of an entry's inputs, refilled for every batch. */
export interface Feeder {
  readonly inputs: Readonly<Record<string, TensorData>>;
  /** Throws E1012 for an input that the data does not provide. */
  fill(split: Split, indices: Int32Array): void;
}

/** Feeds samples to an entry: each input comes from the field of the same name. */
export function createFeeder(dataset: Dataset, entry: EntryPlan): Feeder {
  const arrays = entry.inputs.map((slot): TensorData => new dtypes[slot.dtype].array(count(slot.shape)));
  return {
    inputs: Object.fromEntries(entry.inputs.map((slot, i) => [slot.name, arrays[i] as TensorData])),
    fill(split, indices) {
      entry.inputs.forEach((slot, i) =>
        gather(arrays[i] as TensorData, slot, fieldOf(dataset, split, entry, slot, indices.length), indices),
      );
    },
  };
}

function fieldOf(dataset: Dataset, split: Split, entry: EntryPlan, slot: NamedSlot, samples: number): Field {
  const field = split.fields.get(slot.name);
  if (field === undefined) {
    return reject(
      "E1012",
      `the data source ${dataset.name} has no field for the input \`${slot.name}\` of \`${entry.name}\``,
      `its fields are ${[...split.fields.keys()].join(" and ")}`,
    );
  }
  if (slot.dtype !== "f32" && (field.data instanceof Float32Array || !["u8", "i32", "f64"].includes(slot.dtype))) {
    return reject(
      "E1012",
      `the input \`${slot.name}\` of \`${entry.name}\` is ${slot.dtype}, and ${dataset.name} cannot be converted to that dtype`,
    );
  }
  if (count(slot.shape) !== samples * itemSize(field)) {
    const item = `[${[samples, ...field.item].join(",")}]`;
    return reject(
      "E1012",
      `the input \`${slot.name}\` of \`${entry.name}\` is ${showType(slot)}, and ${samples} samples of ${dataset.name} are ${item}`,
    );
  }
  return field;
}

function gather(to: TensorData, slot: NamedSlot, field: Field, indices: Int32Array): void {
  const size = itemSize(field);
  const divisor = slot.dtype === "f32" ? field.divisor : 1;
  for (let sample = 0; sample < indices.length; sample++) {
    const from = (indices[sample] ?? 0) * size;
    const start = sample * size;
    // A loop, because `set` would need a view of each sample.
    for (let i = 0; i < size; i++) to[start + i] = (field.data[from + i] ?? 0) / divisor;
  }
}
