// How a region speaks: inputs in order, carries as state leaves with paths of their own, outputs in order.
import { sameType, type TensorType } from "../types/tensor-type.ts";
import { intAttr, isInput, isPersistent, pathOf } from "./facts.ts";
import type { Attrs, Graph, Node, Value } from "./ir.ts";

/** The path under which a region reads and writes carry `index`. */
export const carryPath = (index: number): string => `carry${index}`;

/** The number of the carry that a path names; null for the path of a param or state of the program. */
export function carryIndex(path: string): number | null {
  const digits = /^carry(0|[1-9]\d*)$/.exec(path)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** The carry that a leaf reads; null for any other node. */
export function carryOf(node: Node): number | null {
  const path = pathOf(node);
  return path === null ? null : carryIndex(path);
}

/** The next value of a carry, or null where the region leaves it as it is. */
export const nextCarry = (region: Graph, index: number): Value | null => region.writes.find(({ path }) => path === carryPath(index))?.value ?? null;

export const inputTypes = (region: Graph): readonly TensorType[] => region.inputs.map(({ type }) => type);
export const outputTypes = (region: Graph): readonly TensorType[] => region.outputs.map(({ value }) => value.type);

/** Every carry that the region reads or writes is one of those types. */
export function carriesFit(region: Graph, types: readonly TensorType[]): boolean {
  const fits = (path: string, type: TensorType): boolean => {
    const wanted = types[carryIndex(path) ?? -1];
    return wanted !== undefined && sameType(wanted, type);
  };
  return (
    region.nodes.filter(isPersistent).every((node) => node.results.every(({ type }) => fits(pathOf(node) ?? "", type))) &&
    region.writes.every(({ path, value }) => fits(path, value.type))
  );
}

/** Whether a node reads something that is given to the region from outside, or from the turn before. */
export const isGiven = (node: Node): boolean => isInput(node) || isPersistent(node);

export interface ScanParts<T> {
  readonly carries: readonly T[];
  readonly sequences: readonly T[];
  readonly invariants: readonly T[];
}

/** The operands of a `scan` by their roles. */
export function scanParts<T>(operands: readonly T[], attrs: Attrs): ScanParts<T> {
  const [carries, sequences] = [intAttr(attrs, "carries"), intAttr(attrs, "sequences")];
  return { carries: operands.slice(0, carries), sequences: operands.slice(carries, carries + sequences), invariants: operands.slice(carries + sequences) };
}
