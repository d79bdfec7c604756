// The rows of tables of zeros to which `take_add` adds.
import type { GraphBuilder } from "../graph/build.ts";
import type { Value } from "../graph/ir.ts";
import type { AddedRows, LoweringSite } from "../graph/op.ts";
import { at } from "../support/lists.ts";
import { elements } from "../types/tensor-type.ts";

/**
 * Each index of each use is a row. The sum of rows with one index is in a slot of a small table, which all of them
 * read; so the order of a sum is that of the large table.
 */
export function addedRows(g: GraphBuilder, uses: readonly LoweringSite[]): AddedRows {
  const parts = uses.map(({ operands }) => {
    const indices = at(operands, 1);
    return g.reshape(indices, [elements(indices.type.shape)]);
  });
  const sizes = parts.map(({ type }) => elements(type.shape));
  const count = sizes.reduce((sum, size) => sum + size, 0);
  const height = at(at(at(uses, 0).results, 0).shape, 0);
  const indices = count === 1 ? joined(g, parts) : g.call("clamp_index", [joined(g, parts)], { size: height });
  const slots = count === 1 ? null : slotsOf(g, indices, count);
  let start = 0;
  const once = uses.map(({ operands, results }, i) => {
    const size = at(sizes, i);
    const rows = g.reshape(at(operands, 0), [size, ...at(results, 0).shape.slice(1)]);
    if (slots === null) return rows;
    const own = uses.length === 1 ? slots : part(g, slots, start, start + size);
    start += size;
    return g.call("take_add", [rows, own], { axis: 0, size: count });
  });
  return {
    count,
    once,
    sums: once.map((rows) => (slots === null ? rows : g.call("take", [rows, slots], { axis: 0 }))),
    take: (x) => g.call("take", [x, indices], { axis: 0 }),
    put: (x, rows) => g.call("take_put", [x, rows, indices], { axis: 0 }),
  };
}

/** A number below `count` for each index, the same for equal indices only: its place among all that occur. */
function slotsOf(g: GraphBuilder, indices: Value, count: number): Value {
  const order = g.call("argsort", [indices], { axis: 0 });
  const sorted = g.call("take", [indices, order], { axis: 0 });
  const before = joined(g, [part(g, sorted, 0, 1), part(g, sorted, 0, count - 1)]);
  const isNext = g.call("convert", [g.call("ne", [sorted, before])], { dtype: "i32" });
  const places = g.call("cumsum", [isNext], { axis: 0 });
  return g.call("take_put", [g.constant(indices.type, 0), places, order], { axis: 0 });
}

const joined = (g: GraphBuilder, parts: readonly Value[]): Value =>
  parts.length === 1 ? at(parts, 0) : g.call("concat", parts, { axis: 0 });

const part = (g: GraphBuilder, x: Value, start: number, limit: number): Value =>
  g.call("slice", [x], { start: [start], limit: [limit], stride: [1] });
