// Maxima and minima of the items with the same index: of segments, of the edges of a node.
import type { Value } from "../graph/ir.ts";
import { hull, interval } from "../types/interval.ts";
import { elements, strides } from "../types/tensor-type.ts";
import { extreme, type Side } from "./extreme.ts";
import { compare, zeroUnless } from "./gradient-helpers.ts";
import { selectedAt } from "./index-helpers.ts";
import { eachIndex, flatten, item, reader } from "./ndarray.ts";
import { type Attrs, type Operands, scatteredItems, selectionOf } from "./scattered-items.ts";
import { type Entry, type Rule, family, numbers } from "./signature.ts";

declare module "../graph/form.ts" {
  interface OpNames {
    segments: "take_max" | "take_min";
  }
}

/** The extreme of nothing. */
const empty = (side: Side, dtype: string): number =>
  dtype === "i32" ? (side === "max" ? -(2 ** 31) : 2 ** 31 - 1) : side === "max" ? -Infinity : Infinity;

/** Divides the gradient equally among the items that equal the extreme of their index, or are NaN as it is. */
const sharedGradient: Rule<Operands, Attrs> = (g, { y, indices }, { out, dout, attrs: { axis, size: count } }) => {
  const own = (x: Value): Value => g.call("take", [x, indices], { axis });
  const attained = g.call("or", [compare(g, "eq", y, own(out)), compare(g, "ne", y, y)]);
  const ties = g.call("take_add", [g.convert(attained, y.type.dtype), indices], { axis, size: count });
  return { y: zeroUnless(g, attained, g.div(own(dout), own(ties))) };
};

const extremes = (side: Side, doc: string): Entry =>
  scatteredItems({
    doc,
    on: numbers,
    combine: side,
    init: ({ out }) => empty(side, out.dtype),
    gradient: sharedGradient,
    range: ({ y }, { out: { dtype } }) => hull(y, interval(empty(side, dtype), empty(side, dtype))),
    reference: ({ y, indices }, use) => {
      const [{ out }, indexAt, join] = [use, reader(indices), extreme[side]];
      const [steps, where] = [strides(out.shape), selectionOf(use)];
      const data = new Float64Array(elements(out.shape)).fill(empty(side, out.dtype));
      eachIndex(y.type.shape, (d, flat) => {
        const to = flatten(selectedAt(d, indexAt, where), steps);
        data[to] = join(item(data, to), item(y.data, flat));
      });
      return data;
    },
  });

export const segments = family<"segments">({
  take_max: extremes(
    "max",
    "the largest of the items of y with each index: `size` items along `axis`, NaN if one is NaN, -inf (the least i32) for an index that does not occur. An index out of range counts as the nearest one in range. The gradient is shared equally among ties",
  ),
  take_min: extremes(
    "min",
    "the smallest of the items of y with each index: `size` items along `axis`, NaN if one is NaN, inf (the largest i32) for an index that does not occur. An index out of range counts as the nearest one in range. The gradient is shared equally among ties",
  ),
});
