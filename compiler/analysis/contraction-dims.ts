import { isSummed, keepsBlocks, roleOf, withRole } from "../graph/contraction.ts";
import type { ContractionDim } from "../graph/op.ts";

/** The dims of a contraction by their roles, outermost first. Neighbours that are contiguous in memory are merged. */
export interface ContractionShape {
  readonly batch: readonly ContractionDim[];
  /** M */
  readonly rows: readonly ContractionDim[];
  /** N */
  readonly columns: readonly ContractionDim[];
  /** K */
  readonly reduced: readonly ContractionDim[];
}

/** Dims of size 1 are dropped. */
export function shapeOf(dims: readonly ContractionDim[]): ContractionShape {
  const moving = dims.filter((dim) => dim.size > 1);
  moving.forEach(roleOf);
  return {
    batch: withRole(moving, "batch"),
    rows: merged(withRole(moving, "row"), ["lhs", "out"]),
    columns: merged(withRole(moving, "column"), ["out"]),
    reduced: merged(withRole(moving, "reduced"), ["lhs"]),
  };
}

/** Merges neighbours that are contiguous in the given buffers, unless that changes the blocks of a sum. */
function merged(dims: readonly ContractionDim[], buffers: readonly ("lhs" | "out")[]): readonly ContractionDim[] {
  const joined: ContractionDim[] = [];
  for (const [index, dim] of dims.entries()) {
    const last = joined.at(-1);
    const joins =
      last !== undefined &&
      buffers.every((buffer) => last[buffer] === dim[buffer] * dim.size) &&
      (!isSummed(dim) || keepsBlocks(last, dim, dims.slice(index + 1)));
    if (joins) joined[joined.length - 1] = { ...dim, name: `${last.name}_${dim.name}`, size: last.size * dim.size };
    else joined.push(dim);
  }
  return joined;
}

/**
 * Splits `size` into as few parts as possible of at most `most`, as even as possible: 13 by 6 is 5 + 4 + 4. Larger
 * parts come first; at most two sizes.
 */
export function evenParts(
  size: number,
  most: number,
): readonly { readonly start: number; readonly size: number; readonly count: number }[] {
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
