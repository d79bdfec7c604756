/**
 * Control flow: ops that run graphs, their regions. A region reads values from outside through the operands of the op,
 * which are its inputs in order. A carry is a `carry` leaf of the region, which also has the next value of the carry.
 */
import type { Attrs, Graph } from "../graph/ir.ts";
import type { NdArray } from "../graph/op.ts";
import { outputTypes, scanParts } from "../graph/regions.ts";
import { elements } from "../types/tensor-type.ts";
import { checkpointBatch, condBatch, customGradientBatch, scanBatch, whileBatch } from "./control-batch.ts";
import {
  checkpointConditions,
  condConditions,
  customConditions,
  itemType,
  regionOf,
  scanConditions,
  stackType,
  whileConditions,
} from "./control-conditions.ts";
import { checkpointGradient, condGradient, customGradient } from "./control-gradient.ts";
import { range } from "./lists.ts";
import { scanGradient } from "./scan-gradient.ts";
import { type Entry, family, none } from "./signature.ts";

const lengthOf = ({ length }: Attrs): number => length as number;
const carriesOf = ({ carries }: Attrs): number => carries as number;

const itemOf = ({ type, data }: NdArray, index: number): NdArray => {
  const item = itemType(type);
  const size = elements(item.shape);
  return { type: item, data: data.subarray(index * size, (index + 1) * size) };
};

const dataOf = (arrays: readonly NdArray[]): readonly Float64Array[] => arrays.map(({ data }) => data);
const typesOf = (regions: readonly Graph[], index: number) => outputTypes(regionOf(regions, index));

/** The fields shared by all control ops. Their samples are graphs, in the tests of control flow. */
const common = {
  operands: "variadic",
  defaults: {},
  linear: null,
  samples: [],
  exact: false,
} as const satisfies Partial<Entry>;

declare module "../graph/form.ts" {
  interface OpNames {
    control: "scan" | "while" | "cond" | "checkpoint" | "custom_gradient";
  }
}

export const control = family<"control">({
  scan: {
    ...common,
    doc: "runs `body` once for each of `length` items; the operands are carries, sequences (split along their first axis) and invariants, the results the final carries, then the values yielded by the iterations, stacked along a new first axis",
    attrs: { carries: "int", sequences: "int", length: "int", reverse: "bool" },
    defaults: { reverse: false },
    regions: ["body"],
    requires: scanConditions,
    type: (types, attrs, regions) => [
      ...types.slice(0, carriesOf(attrs)),
      ...typesOf(regions, 0).map((type) => stackType(type, lengthOf(attrs))),
    ],
    gradient: { kind: "rule", rule: scanGradient },
    batch: scanBatch,
    form: { kind: "scan" },
    reference: {
      kind: "region",
      apply: (args, { results, attrs }, run) => {
        const { carries, sequences, invariants } = scanParts(args, attrs);
        const stacks = results.slice(carries.length).map(({ shape }) => new Float64Array(elements(shape)));
        const iterations = range(lengthOf(attrs));
        let current = carries;
        for (const iteration of attrs["reverse"] === true ? iterations.toReversed() : iterations) {
          const step = run(0, [...sequences.map((sequence) => itemOf(sequence, iteration)), ...invariants], current);
          step.outputs.forEach(({ data }, i) => stacks[i]?.set(data, iteration * data.length));
          current = step.carries;
        }
        return [...dataOf(current), ...stacks];
      },
    },
  },

  while: {
    ...common,
    doc: "runs `body` as long as `condition` holds; the operands are carries, then invariants, the results the last carries",
    attrs: { carries: "int" },
    regions: ["condition", "body"],
    requires: whileConditions,
    type: (types, attrs) => types.slice(0, carriesOf(attrs)),
    gradient: none("a loop of unknown length stores no values for the backward pass"),
    batch: whileBatch,
    form: { kind: "while" },
    reference: {
      kind: "region",
      apply: (args, { attrs }, run) => {
        const invariants = args.slice(carriesOf(attrs));
        let carries = args.slice(0, carriesOf(attrs));
        while (run(0, invariants, carries).outputs[0]?.data[0] === 1)
          carries = [...run(1, invariants, carries).carries];
        return dataOf(carries);
      },
    },
  },

  cond: {
    ...common,
    doc: "the results of `then` if the first operand is true, otherwise those of `else`; both take the other operands",
    attrs: {},
    regions: ["then", "else"],
    requires: condConditions,
    type: (_, __, regions) => typesOf(regions, 0),
    gradient: { kind: "rule", rule: condGradient },
    batch: condBatch,
    form: { kind: "cond" },
    reference: {
      kind: "region",
      apply: ([pred, ...args], _, run) => dataOf(run(pred?.data[0] === 1 ? 0 : 1, args, []).outputs),
    },
  },

  checkpoint: {
    ...common,
    doc: "the results of `body` on the operands; it is recomputed in the backward pass, so that no intermediate value is stored",
    attrs: {},
    regions: ["body"],
    requires: checkpointConditions,
    type: (_, __, regions) => typesOf(regions, 0),
    gradient: { kind: "rule", rule: checkpointGradient },
    batch: checkpointBatch,
    form: { kind: "inline" },
    reference: { kind: "region", apply: (args, _, run) => dataOf(run(0, args, []).outputs) },
  },

  custom_gradient: {
    ...common,
    doc: "the results of `forward` on the operands; `backward` takes the operands, the results and the gradients of the floating-point results, and returns those of the floating-point operands",
    attrs: {},
    regions: ["forward", "backward"],
    requires: customConditions,
    type: (_, __, regions) => typesOf(regions, 0),
    gradient: { kind: "rule", rule: customGradient },
    batch: customGradientBatch,
    form: { kind: "inline" },
    reference: { kind: "region", apply: (args, _, run) => dataOf(run(0, args, []).outputs) },
  },
});
