import type { Tensor } from "../../runtime/model.ts";
import { firstIntegers } from "../../runtime/random.ts";
import type { Split } from "../data/dataset.ts";
import { reject } from "../host/reject.ts";
import { batches } from "./batches.ts";
import type { SampleEntry } from "./model.ts";

export interface Score {
  readonly accuracy: number;
  /** Mean cross-entropy in nats. */
  readonly loss: number;
  readonly samples: number;
}

/**
 * Accuracy and mean cross-entropy of a classifier on all samples, from its output `logits` or `probs`, f32[N, classes].
 * The sums are f64, in the order of the samples. Throws E1004 for an entry without such an output, E1005 for a NaN in
 * it.
 */
export function evaluate(entry: SampleEntry, split: Split, batch: number): Score {
  const output = ["logits", "probs"].find((name) => entry.outputs.includes(name));
  const labels = split.fields.get("label")?.data;
  if (output === undefined || labels === undefined)
    return reject(
      "E1004",
      `\`${entry.name}\` has no output \`logits\` or \`probs\` to evaluate`,
      `its outputs are ${entry.outputs.join(", ")}`,
    );
  let hits = 0;
  let loss = 0;
  let done = 0;
  for (const indices of batches(firstIntegers(split.count), batch)) {
    done += indices.length;
    const { data, shape } = entry.run(split, indices, done === split.count)[output] as Tensor;
    const classes = shape[1] ?? 1;
    if (shape.length !== 2)
      reject(
        "E1004",
        `the output \`${output}\` of \`${entry.name}\` has shape [${shape.join(",")}]; expected [N, classes]`,
      );
    indices.forEach((index, sample) => {
      const row = data.subarray(sample * classes, (sample + 1) * classes);
      if (row.some(Number.isNaN))
        reject(
          "E1005",
          `the output \`${output}\` of \`${entry.name}\` is NaN for test sample ${index}`,
          "the weights have diverged: lower the learning rate, or clip the gradients",
        );
      const label = classOf(entry, labels[index] ?? 0, index, classes);
      if (argmax(row) === label) hits++;
      loss += output === "logits" ? crossEntropy(row, label) : -Math.log(row[label] ?? 0);
    });
  }
  return { accuracy: hits / split.count, loss: loss / split.count, samples: split.count };
}

/** A class of the output; an unchecked label out of range is the nearest, as in the entries. */
function classOf({ name, checked }: SampleEntry, label: number, index: number, classes: number): number {
  const nearest = Math.max(0, Math.min(label, classes - 1));
  if (checked && nearest !== label)
    reject(
      "E1012",
      `the label of test sample ${index} is ${label}; the classes of \`${name}\` are 0 to ${classes - 1}`,
    );
  return nearest;
}

type Row = Tensor["data"];

/** The index of the largest value; of equal ones the first. */
function argmax(row: Row): number {
  let best = 0;
  for (let i = 1; i < row.length; i++) if ((row[i] ?? NaN) > (row[best] ?? NaN)) best = i;
  return best;
}

function crossEntropy(logits: Row, label: number): number {
  const top = logits[argmax(logits)] ?? 0;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - top);
  return Math.log(sum) + top - (logits[label] ?? 0);
}
