import type { KernelBuilder, Register } from "../kernel/build.ts";
import type { Expr, Lanes } from "../kernel/ir.ts";
import type { ColumnOffset, OutputSite } from "./contraction-output.ts";

/** A register tile and the indices of its sums in the result. */
export interface Tile {
  /** `[rows, vectors]` of f32x4, or of f32. */
  readonly sums: Register;
  readonly vectors: number;
  /** Columns of the result; the vectors may extend past the last one. */
  readonly columns: number;
  readonly firstColumn: Expr;
  readonly columnOffset: ColumnOffset;
  /** Loops over the rows, unrolled: the flat index of each in the result, without its column, and its indices. */
  readonly rows: (use: (row: Expr, at: Expr, dim: OutputSite["dim"]) => void) => void;
}

/** Passes each sum to `store`: 4 at once if they are contiguous in the result, otherwise one by one. */
export function storeTile(
  k: KernelBuilder,
  tile: Tile,
  store: (value: Expr, at: OutputSite, lanes: Lanes) => void,
): void {
  eachVector(k, tile, (row, vector, lanes, site) => {
    const value = tile.sums.at(row, vector);
    if (value.type.lanes === 1) store(value, site(0), 1);
    else if (lanes === 4 && tile.columnOffset.contiguous) store(value, site(0), 4);
    else for (let lane = 0; lane < lanes; lane++) store(k.lane(value, lane), site(lane), 1);
  });
}

function eachVector(
  k: KernelBuilder,
  tile: Tile,
  use: (row: Expr, vector: number, lanes: number, site: (lane: number) => OutputSite) => void,
): void {
  const { lanes } = tile.sums.type;
  tile.rows((row, at, dim) => {
    for (let vector = 0; vector < tile.vectors; vector++)
      use(row, vector, Math.min(lanes, tile.columns - vector * lanes), (lane) => {
        const column = k.add(tile.firstColumn, vector * lanes + lane);
        return { out: k.add(at, tile.columnOffset.offset(column)), column, dim };
      });
  });
}
