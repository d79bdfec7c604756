import { dtypes, type TensorData } from "../../runtime/dtype.ts";
import type { Inputs } from "../../runtime/input.ts";
import type { EntryPlan, NamedSlot } from "../../runtime/plan.ts";
import { count, showType } from "../../runtime/tensor.ts";
import { complain } from "../host/complain.ts";
import { itemSize, type Dataset, type Field, type Split } from "./dataset.ts";

/**
 * Fills the inputs of an entry with samples, input by input from the field of the same name. The arrays are used again for every batch.
 * Throws E1012 for an input that the data cannot feed.
 */
export function createFeeder(dataset: Dataset, entry: EntryPlan): (split: Split, indices: Int32Array) => Inputs {
  const buffers = new Map(entry.inputs.map((slot) => [slot.name, new dtypes[slot.dtype].array(count(slot.shape)) as TensorData]));
  return (split, indices) =>
    Object.fromEntries(
      entry.inputs.map((slot) => {
        const buffer = buffers.get(slot.name) as TensorData;
        gather(buffer, slot, fieldOf(dataset, split, entry, slot, indices.length), indices);
        return [slot.name, buffer];
      }),
    );
}

function fieldOf(dataset: Dataset, split: Split, entry: EntryPlan, slot: NamedSlot, samples: number): Field {
  const field = split.fields.get(slot.name);
  if (field === undefined) {
    return complain(
      "E1012",
      `${dataset.name} has nothing for the input \`${slot.name}\` of \`${entry.name}\``,
      `it feeds ${[...split.fields.keys()].join(" and ")}`,
    );
  }
  if (slot.dtype !== "f32" && (field.data instanceof Float32Array || !["u8", "i32", "f64"].includes(slot.dtype))) {
    return complain("E1012", `the input \`${slot.name}\` of \`${entry.name}\` is ${slot.dtype}, which ${dataset.name} does not give`);
  }
  if (count(slot.shape) !== samples * itemSize(field)) {
    const item = `[${[samples, ...field.item].join(",")}]`;
    return complain("E1012", `the input \`${slot.name}\` of \`${entry.name}\` is ${showType(slot)}, and ${samples} samples of ${dataset.name} are ${item}`);
  }
  return field;
}

function gather(to: TensorData, slot: NamedSlot, field: Field, indices: Int32Array): void {
  const size = itemSize(field);
  const divisor = slot.dtype === "f32" ? field.divisor : 1;
  for (let sample = 0; sample < indices.length; sample++) {
    const from = (indices[sample] ?? 0) * size;
    if (divisor === 1) to.set(field.data.subarray(from, from + size), sample * size);
    else for (let i = 0; i < size; i++) to[sample * size + i] = (field.data[from + i] ?? 0) / divisor;
  }
}
