import type { KernelBuilder, Register } from "../kernel/build.ts";
import { valueOf, withBlock } from "../kernel/compensated.ts";
import type { Buffer, Expr } from "../kernel/ir.ts";
import type { Machine } from "../support/machine.ts";
import type { Tile } from "./contraction-tile.ts";

/** The compensated totals of the sums of a tile, in scratch: for each vector `hi`, then `lo`. */
export interface Totals {
  readonly buffer: Buffer;
  /** The first element of the tile's row. */
  readonly rowAt: (row: Expr) => Expr;
  /** Loops over the rows of the tile. */
  readonly rows: (use: (row: Expr) => void) => void;
}

/**
 * Adds one block of the sums of a tile to their totals. In the last block `finish` follows, with the values of the
 * totals.
 */
export function addToTotals(
  k: KernelBuilder,
  { buffer, rowAt, rows }: Totals,
  sums: Register,
  block: { readonly isFirst: Expr; readonly isLast: Expr },
  finish: (values: Tile["sums"]) => void,
  { tile: { lanes } }: Machine,
): void {
  const [, vectors = 0] = sums.dims;
  const hiAt = (row: Expr, vector: Expr | number): Expr =>
    k.add(rowAt(row), k.mul(typeof vector === "number" ? k.int(vector) : vector, 2 * lanes));
  const each = (use: (at: readonly [row: Expr, vector: Expr], hi: Expr, lo: Expr) => void): void =>
    rows((row) => {
      const step = (vector: Expr): void => {
        const hi = hiAt(row, vector);
        use([row, vector], hi, k.add(hi, lanes));
      };
      if (lanes === 1) k.loop("column", 0, vectors, 1, step);
      else for (let vector = 0; vector < vectors; vector++) step(k.int(vector));
    });
  const total = (hi: Expr, lo: Expr): { hi: Expr; lo: Expr } => ({
    hi: k.let(k.load(buffer, hi, lanes), "hi"),
    lo: k.let(k.load(buffer, lo, lanes), "lo"),
  });
  const begin = (): void =>
    each((at, hi, lo) => {
      k.store(buffer, hi, sums.at(...at));
      k.store(buffer, lo, lanes === 1 ? 0 : k.splat(k.float(0), lanes));
    });
  const add = (): void =>
    each((at, hi, lo) => {
      const next = withBlock(k, total(hi, lo), sums.at(...at));
      k.store(buffer, hi, next.hi);
      k.store(buffer, lo, next.lo);
    });
  k.when(block.isFirst, begin, add);
  const value = (row: Expr, vector: Expr | number): Expr => {
    const hi = hiAt(row, vector);
    return k.let(valueOf(k, total(hi, k.add(hi, lanes))), "sum");
  };
  k.when(block.isLast, () => finish({ type: sums.type, at: value }));
}
