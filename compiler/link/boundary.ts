import { intAttr } from "../graph/facts.ts";
import type { Node, Value } from "../graph/ir.ts";
import { fail } from "../support/invariant.ts";
import { at } from "../support/lists.ts";

/**
 * Memory that a graph uses and does not own: the params and state of an entry; the carries of a region, and the
 * operands and results of its control op. `T` is an address, or, in the notes for checked runs, the number of the value
 * at that address.
 */
export interface Boundary<T> {
  readonly persistent: (path: string) => T;
  readonly carry: (index: number) => T;
  /** By the region's own numbering: input `index` of the region. */
  readonly operand: (index: number) => T;
  /** Output `index` of the region. */
  readonly result: (index: number) => T;
}

export const notInEntry = (): never => fail("only a region has operands, results and carries of a node");
const notInRegion = (): never => fail("a region has neither params nor state");

export const entryBoundary = <T>(persistent: (path: string) => T): Boundary<T> => ({
  persistent,
  carry: notInEntry,
  operand: notInEntry,
  result: notInEntry,
});

/** The leading operands and results of a control op that are its carries. */
export const carryCount = (node: Node): number => (node.op.form.kind === "cond" ? 0 : intAttr(node.attrs, "carries"));

/**
 * The boundary of a control op's regions, where each input and output of a region is a whole operand or result of the
 * op.
 */
export function regionBoundary<T>(node: Node, of: (value: Value) => T): Boundary<T> {
  const carries = carryCount(node);
  const firstOperand = node.op.form.kind === "cond" ? 1 : carries;
  return {
    persistent: notInRegion,
    carry: (index) => of(at(node.results, index)),
    operand: (index) => of(at(node.operands, firstOperand + index)),
    result: (index) => of(at(node.results, carries + index)),
  };
}
