import { dtypes } from "../../runtime/dtype.ts";
import type { TensorData } from "../../runtime/model.ts";
import type { EntryPlan, NamedSlot } from "../../runtime/plan.ts";
import { invalidIndex } from "../../runtime/index-range.ts";
import { count, showType } from "../../runtime/tensor.ts";
import { reject } from "../host/reject.ts";
import { itemSize, type Dataset, type Field, type Split } from "./dataset.ts";

/** The arrays of an entry's inputs, refilled for every batch. */
export interface Feeder {
  readonly inputs: Readonly<Record<string, TensorData>>;
  /** `last`: the batch ends a pass over the data. Throws E1012 for an input that the data does not provide. */
  fill(split: Split, indices: Int32Array, last: boolean): void;
  /** Throws E1012 for a sample with a label or an id out of range. */
  check(split: Split, indices: Int32Array): void;
}

/**
 * Feeds samples to an entry: each input comes from the field of the same name. Without such a field, `last: bool[]` is
 * true in the last batch of a pass.
 */
export function createFeeder(dataset: Dataset, entry: EntryPlan): Feeder {
  const inputs = entry.inputs.map((slot) => ({ slot, array: new dtypes[slot.dtype].array(count(slot.shape)) }));
  const fill = ({ slot, array }: (typeof inputs)[number], split: Split, indices: Int32Array): void =>
    gather(array, slot, fieldOf(dataset, split, entry, slot, indices.length), indices);
  return {
    inputs: Object.fromEntries(inputs.map(({ slot, array }) => [slot.name, array])),
    fill(split, indices, last) {
      for (const input of inputs)
        if (isLast(input.slot) && !split.fields.has(input.slot.name)) input.array[0] = Number(last);
        else fill(input, split, indices);
    },
    check(split, indices) {
      for (const input of inputs) {
        const { slot, array } = input;
        if (slot.indices === undefined) continue;
        fill(input, split, indices);
        const invalid = invalidIndex(slot, array);
        if (invalid === null) continue;
        const sample = indices[Math.floor(invalid.at / (array.length / indices.length))] ?? 0;
        const samples = split === dataset.test ? "test" : "training";
        reject(
          "E1012",
          `\`${slot.name}\` of ${samples} sample ${sample} of ${dataset.name} is ${invalid.value}; \`${entry.name}\` accepts ${invalid.allowed}`,
          invalid.help,
        );
      }
    },
  };
}

const isLast = ({ name, dtype, shape }: NamedSlot): boolean =>
  name === "last" && dtype === "bool" && shape.length === 0;

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
