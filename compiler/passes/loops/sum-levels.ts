// Sums over the iterations of a loop that stay in it, since the stack of their terms would be too large.
import type { GraphBuilder } from "../../graph/build.ts";
import { intAttr, nameOf } from "../../graph/facts.ts";
import { moveRegion, RegionBuilder } from "../../graph/inline.ts";
import type { Node, Value } from "../../graph/ir.ts";
import { copyNode } from "../../graph/rebuild.ts";
import { scanParts } from "../../graph/regions.ts";
import { at, iota } from "../../support/lists.ts";
import { sumOrder } from "../../support/sum-order.ts";
import { isFloat, tensor } from "../../types/tensor-type.ts";
import { sumsOf } from "./batched-sums.ts";

/**
 * Carries that only sum terms become levels of sums: blocks of 64 iterations, 64 such blocks, and so on, so that a term
 * passes through at most 64 roundings for each level. An iteration's place follows from its index, so terms of 0 in
 * further iterations change no bit. A compensated total has a smaller error, but as arithmetic of the body its error
 * bound would grow with every block.
 */
export function levelSums(g: GraphBuilder, node: Node, operands: readonly Value[]): readonly Value[] | null {
  const body = at(node.regions, 0);
  const length = intAttr(node.attrs, "length");
  const { carries, sequences, invariants } = scanParts(operands, node.attrs);
  const sums = sumsOf(body).filter(({ term }) => isFloat(term.type.dtype));
  if (length <= sumOrder.block || sums.length === 0) return null;
  const b = new RegionBuilder(body.name, g);
  const inputs = body.inputs.map((value) => b.input(nameOf(value), value.type));
  const leaves = b.carriesLike(body);
  const above = iota(depthOf(length) - 1);
  const levels = sums.map(({ carry, term }) => above.map(() => b.carry(nameOf(at(leaves, carry)), term.type)));
  const count = b.carry("count", tensor("i32", []));
  const inner = moveRegion(b.g, body, inputs, leaves);
  body.outputs.forEach(({ name }, index) => b.output(name, at(inner.outputs, index)));
  inner.carries.forEach((value, index) => b.next(index, value));
  const reverse = node.attrs["reverse"] === true;
  b.g.next(count, b.g.add(count, reverse ? -1 : 1));
  const ends = above.map((level) => b.g.isMultiple(count, sumOrder.block ** (level + 1)));
  sums.forEach(({ carry, term }, index) => {
    const own = [at(leaves, carry), ...at(levels, index)];
    const select = (end: number, a: Value, other: Value): Value =>
      b.g.select(b.g.broadcast(at(ends, end), term.type.shape, []), a, other);
    let sum = at(inner.carries, carry);
    for (const [level, value] of own.entries()) {
      if (level > 0) sum = b.g.add(value, sum);
      const kept = level < above.length ? select(level, b.g.zeros(term.type), sum) : sum;
      b.g.next(value, level > 0 ? select(level - 1, kept, value) : kept);
    }
  });
  const starts = [
    ...carries,
    ...sums.flatMap(({ term }) => above.map(() => g.zeros(term.type))),
    g.constant(count.type, reverse ? length - 1 : 1),
  ];
  const attrs = { ...node.attrs, carries: starts.length };
  const { results } = copyNode(g, node, [...starts, ...sequences, ...invariants], [b.build()], attrs);
  return node.results.map((_, index) => {
    if (index >= carries.length) return at(results, starts.length + index - carries.length);
    const found = sums.findIndex(({ carry }) => carry === index);
    const higher = found < 0 ? [] : above.map((level) => at(results, carries.length + found * above.length + level));
    return higher.reduce((sum, level) => g.add(level, sum), at(results, index));
  });
}

/** The number of levels for this many terms. */
const depthOf = (length: number): number => (length <= sumOrder.block ? 1 : 1 + depthOf(length / sumOrder.block));
