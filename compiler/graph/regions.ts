// The signature of a region: inputs, carries and outputs, in the order of its node's operands and results.
import { intAttr, isPersistent } from "./facts.ts";
import type { Attrs, Carry, Graph, Node, Value } from "./ir.ts";
import { present } from "../support/invariant.ts";
import type { TensorType } from "../types/tensor-type.ts";

export const inputTypes = (region: Graph): readonly TensorType[] => region.inputs.map(({ type }) => type);
export const carryTypes = (region: Graph): readonly TensorType[] => region.carries.map(({ value }) => value.type);
export const outputTypes = (region: Graph): readonly TensorType[] => region.outputs.map(({ value }) => value.type);

/** A region of a control op, by its position in `op.regions`. */
export const regionOf = ({ op, regions }: Node, index: number): Graph =>
  present(regions[index], `${op.name} has no region ${index}`);

/** Whether a graph can be a region: no params, no state. */
export const isClosed = ({ nodes, writes }: Graph): boolean => writes.length === 0 && !nodes.some(isPersistent);

/** Whether the region changes the carry. */
export const changes = ({ value, next }: Carry): boolean => value !== next;

/** The index of the carry that each carry leaf of the region reads. */
export const carryIndices = (region: Graph): ReadonlyMap<Node, number> =>
  new Map(region.carries.map(({ value }, index) => [value.node, index]));

/** The values that leave the graph: outputs, values written to params and state, next values of changing carries. */
export const exitValues = ({ outputs, writes, carries }: Graph): readonly Value[] => [
  ...outputs.map(({ value }) => value),
  ...writes.map(({ value }) => value),
  ...carries.filter(changes).map(({ next }) => next),
];

/** Carries with replaced values; an unchanging carry stays unchanging. */
export const mapCarries = (carries: readonly Carry[], now: (value: Value) => Value): readonly Carry[] =>
  carries.map((carry) => {
    const value = now(carry.value);
    return { value, next: changes(carry) ? now(carry.next) : value };
  });

export interface ScanParts<T> {
  readonly carries: readonly T[];
  readonly sequences: readonly T[];
  readonly invariants: readonly T[];
}

/** The operands of a `scan` by their roles. */
export function scanParts<T>(operands: readonly T[], attrs: Attrs): ScanParts<T> {
  const [carries, sequences] = [intAttr(attrs, "carries"), intAttr(attrs, "sequences")];
  return {
    carries: operands.slice(0, carries),
    sequences: operands.slice(carries, carries + sequences),
    invariants: operands.slice(carries + sequences),
  };
}
