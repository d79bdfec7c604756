// Draws of lookups in a table of which a step uses few rows, so that training may write these rows alone.
import type { Value } from "../../../compiler/graph/ir.ts";
import { indices } from "./draw-reduce.ts";
import type { Draw } from "./grower.ts";
import { iota } from "./random.ts";

/** Rows of a param that nothing else uses, by one or two lookups. */
export const rowsOfTable: Draw = (b) => {
  const { r } = b;
  if (b.inRegion) return null;
  const width = r.pick([[], [r.between(1, 4)], [2, 3]]);
  const height = r.between(8, 30);
  const table = b.param({ dtype: "f32", shape: [height, ...width] });
  const lookups = iota(r.between(1, 2)).map((): Value => {
    const shape = r.pick([[], [r.between(1, 4)], [2, r.between(1, 2)]]);
    return b.call("take", [table, indices(b, shape, height)], { axis: 0 });
  });
  return lookups;
};
