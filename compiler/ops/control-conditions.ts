// Conditions and types of ops that run regions.
import type { Condition } from "../graph/op.ts";
import { sameTypes } from "../graph/facts.ts";
import type { Attrs, Graph } from "../graph/ir.ts";
import { carryTypes, changes, inputTypes, isClosed, outputTypes, scanParts } from "../graph/regions.ts";
import { present } from "../support/invariant.ts";
import { type TensorType, isFloat, tensor } from "../types/tensor-type.ts";
import { integers, nth } from "./lists.ts";

type Types = readonly TensorType[];

export const regionOf = (regions: readonly Graph[], index: number): Graph =>
  present(regions[index], `region ${index} of a control op is missing`);

/** The type of one item of a sequence, along the first axis. */
export const itemType = ({ dtype, shape }: TensorType): TensorType => tensor(dtype, shape.slice(1));

/**
 * The type of a result of a scan, from the output of its region: the items of all iterations along a new first axis.
 */
export const stackType = ({ dtype, shape }: TensorType, length: number): TensorType =>
  tensor(dtype, [length, ...shape]);

const carryCount = ({ carries }: Attrs): number => carries as number;
const floatTypes = (types: Types): Types => types.filter(({ dtype }) => isFloat(dtype));
const withoutState = (...regions: readonly Graph[]): boolean =>
  regions.every((region) => isClosed(region) && region.carries.length === 0);
const carriesFit = (region: Graph, types: Types): boolean => isClosed(region) && sameTypes(carryTypes(region), types);

export const scanConditions: Readonly<Record<string, Condition>> = {
  c1: {
    message: "`carries`, `sequences` and `length` are ints of at least 0, and there are as many operands",
    about: ["carries", "sequences", "length"],
    holds: (types, { carries, sequences, length }) =>
      integers([carries, sequences, length] as readonly number[], 0) &&
      (carries as number) + (sequences as number) <= types.length,
  },
  c2: {
    message: "every sequence has `length` items along its first axis",
    about: ["operands", "length"],
    holds: (types, attrs) =>
      scanParts(types, attrs).sequences.every(({ shape }) => shape.length > 0 && nth(shape, 0) === attrs["length"]),
  },
  c3: {
    message: "the body takes one item of each sequence, then the invariants",
    about: ["body"],
    holds: (types, attrs, regions) => {
      const { sequences, invariants } = scanParts(types, attrs);
      return (
        regions.length === 1 && sameTypes(inputTypes(regionOf(regions, 0)), [...sequences.map(itemType), ...invariants])
      );
    },
  },
  c4: {
    message: "the body has the carries in their types, and no other state",
    about: ["body"],
    holds: (types, attrs, regions) => carriesFit(regionOf(regions, 0), scanParts(types, attrs).carries),
  },
};

export const whileConditions: Readonly<Record<string, Condition>> = {
  c1: {
    message: "there are as many operands as `carries`, and at least one",
    about: ["carries"],
    holds: (types, { carries }) => integers([carries as number], 1) && (carries as number) <= types.length,
  },
  c2: {
    message: "condition and body take the invariants",
    about: ["condition", "body"],
    holds: (types, attrs, regions) =>
      regions.length === 2 && regions.every((region) => sameTypes(inputTypes(region), types.slice(carryCount(attrs)))),
  },
  c3: {
    message: "the condition returns one bool scalar and does not change the carries",
    about: ["condition"],
    holds: (_, __, regions) =>
      sameTypes(outputTypes(regionOf(regions, 0)), [tensor("bool", [])]) && !regionOf(regions, 0).carries.some(changes),
  },
  c4: {
    message: "the body returns only the carries",
    about: ["body"],
    holds: (_, __, regions) => regionOf(regions, 1).outputs.length === 0,
  },
  c5: {
    message: "condition and body have the carries in their types, and no other state",
    about: ["condition", "body"],
    holds: (types, attrs, regions) => regions.every((region) => carriesFit(region, types.slice(0, carryCount(attrs)))),
  },
};

export const condConditions: Readonly<Record<string, Condition>> = {
  c1: {
    message: "the first operand is a bool scalar",
    about: ["operands"],
    holds: ([pred]) => pred !== undefined && pred.dtype === "bool" && pred.shape.length === 0,
  },
  c2: {
    message: "both branches take the other operands",
    about: ["then", "else"],
    holds: ([, ...types], _, regions) =>
      regions.length === 2 && regions.every((region) => sameTypes(inputTypes(region), types)),
  },
  c3: {
    message: "both branches return results of the same types",
    about: ["then", "else"],
    holds: (_, __, regions) => sameTypes(outputTypes(regionOf(regions, 0)), outputTypes(regionOf(regions, 1))),
  },
  c4: {
    message: "the branches have no state",
    about: ["then", "else"],
    holds: (_, __, regions) => withoutState(...regions),
  },
};

export const checkpointConditions: Readonly<Record<string, Condition>> = {
  c1: {
    message: "the body takes the operands",
    about: ["body"],
    holds: (types, _, regions) => regions.length === 1 && sameTypes(inputTypes(regionOf(regions, 0)), types),
  },
  c2: { message: "the body has no state", about: ["body"], holds: (_, __, regions) => withoutState(...regions) },
};

export const customConditions: Readonly<Record<string, Condition>> = {
  c1: {
    message: "`forward` takes the operands",
    about: ["forward"],
    holds: (types, _, regions) => regions.length === 2 && sameTypes(inputTypes(regionOf(regions, 0)), types),
  },
  c2: {
    message: "`backward` takes the operands, the results, and the gradient of each floating-point result",
    about: ["backward"],
    holds: (types, _, regions) => {
      const results = outputTypes(regionOf(regions, 0));
      return sameTypes(inputTypes(regionOf(regions, 1)), [...types, ...results, ...floatTypes(results)]);
    },
  },
  c3: {
    message: "`backward` returns the gradient of each floating-point operand",
    about: ["backward"],
    holds: (types, _, regions) => sameTypes(outputTypes(regionOf(regions, 1)), floatTypes(types)),
  },
  c4: {
    message: "`forward` and `backward` have no state",
    about: ["forward", "backward"],
    holds: (_, __, regions) => withoutState(...regions),
  },
};
