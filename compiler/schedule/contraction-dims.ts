import type { ContractionDim } from "../graph/op.ts";
import { invariant } from "../support/invariant.ts";

/** The dims of a contraction by what moves with them, neighbours that are contiguous merged. Outermost first. */
export interface ContractionShape {
  /** Move in all three buffers. */
  readonly batch: readonly ContractionDim[];
  /** Rows (M): move in lhs and out. */
  readonly rows: readonly ContractionDim[];
  /** Columns (N): move in rhs and out. */
  readonly columns: readonly ContractionDim[];
  /** Reduced (K): move in lhs and rhs. */
  readonly reduced: readonly ContractionDim[];
}

/** Dims of size 1 move nothing and are left out. */
export function shapeOf(dims: readonly ContractionDim[]): ContractionShape {
  const shape = { batch: [] as ContractionDim[], rows: [] as ContractionDim[], columns: [] as ContractionDim[], reduced: [] as ContractionDim[] };
  for (const dim of dims) if (dim.size > 1) shape[roleOf(dim)].push(dim);
  return {
    batch: shape.batch,
    rows: merged(shape.rows, ["lhs", "out"]),
    columns: merged(shape.columns, ["out"]),
    reduced: merged(shape.reduced, ["lhs"]),
  };
}

function roleOf({ name, lhs, rhs, out }: ContractionDim): keyof ContractionShape {
  if (out === 0) return "reduced";
  if (rhs === 0) return "rows";
  if (lhs === 0) return "columns";
  invariant(lhs !== 0 && rhs !== 0, `${name} moves in no operand`);
  return "batch";
}

export const sizeOf = (dims: readonly ContractionDim[]): number => dims.reduce((size, dim) => size * dim.size, 1);

/** Joins neighbours that are one run in the given buffers. */
function merged(dims: readonly ContractionDim[], buffers: readonly ("lhs" | "out")[]): readonly ContractionDim[] {
  const joined: ContractionDim[] = [];
  for (const dim of dims) {
    const last = joined.at(-1);
    const joins = last !== undefined && buffers.every((buffer) => last[buffer] === dim[buffer] * dim.size);
    if (joins) joined[joined.length - 1] = { ...dim, name: `${last.name}_${dim.name}`, size: last.size * dim.size };
    else joined.push(dim);
  }
  return joined;
}

/** `size` in as few parts of at most `most` as it takes, as even as can be: 13 by 6 is 5 + 4 + 4. Larger parts come first; at most two sizes. */
export function evenParts(size: number, most: number): readonly { readonly start: number; readonly size: number; readonly count: number }[] {
  const parts = Math.ceil(size / most);
  const small = Math.floor(size / parts);
  const larger = size - small * parts;
  return [
    { start: 0, size: small + 1, count: larger },
    { start: larger * (small + 1), size: small, count: parts - larger },
  ].filter((part) => part.count > 0);
}

/** The largest divisor of `size` that is at most `most`. */
export function divisorUpTo(size: number, most: number): number {
  for (let divisor = Math.min(size, Math.floor(most)); divisor > 1; divisor--) if (size % divisor === 0) return divisor;
  return 1;
}
