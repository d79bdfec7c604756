import { sizeOf, sumBlocks } from "../graph/contraction.ts";
import { keepsTotals, resultOf, siteOf } from "../graph/facts.ts";
import type { Node } from "../graph/ir.ts";
import { defaultMachine, roundUp, type Machine } from "../support/machine.ts";
import { bytes } from "../types/tensor-type.ts";
import { shapeOf, type ContractionShape } from "./contraction-dims.ts";

/**
 * The most f32 elements of scratch that the kernel of a product may use: the totals of its sums, if it computes one
 * block of all sums before the next block, so that what a block reads stays in the cache. 0 if the totals are kept in
 * registers, for sums that are short enough to be computed one tile after the other.
 */
export function scratchElements(shape: ContractionShape, machine: Machine = defaultMachine): number {
  const { tile, pack, cacheLine } = machine;
  const terms = sizeOf(shape.reduced);
  const rows = sizeOf(shape.rows);
  const columns = sizeOf(shape.columns);
  if (sumBlocks(shape.reduced).cut === null || rows <= tile.accumulators) return 0;
  // A row of a tile reads neighbours in memory, or a cache line for each term, which the other rows may share.
  const isAlong = shape.reduced.at(-1)?.lhs === 1;
  const tileRows = Math.floor(tile.accumulators / (pack.panelWidth / tile.lanes));
  const read = terms * 4 * (pack.panelWidth + (isAlong ? tileRows : cacheLine / 4));
  if (read <= tile.resident.tileBytes) return 0;
  return Math.min(2 * rows * roundUp(columns, tile.lanes), tile.resident.totals);
}

/** Bytes of scratch of a node's kernel, in addition to its operands and results. */
export function kernelScratch(node: Node): number {
  const { form } = node.op;
  if (keepsTotals(node)) return bytes(resultOf(node).type);
  if (form.kind !== "contract") return 0;
  const contraction = form.contraction(siteOf(node));
  return contraction?.panel === undefined ? 0 : 4 * scratchElements(shapeOf(contraction.dims));
}
