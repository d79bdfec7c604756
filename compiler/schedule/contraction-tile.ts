import type { KernelBuilder, Register } from "../kernel/build.ts";
import type { Expr, Lanes, RegType } from "../kernel/ir.ts";
import type { ColumnOffset, OutputSite } from "./contraction-output.ts";

/** A register tile and the indices of its sums in the result. */
export interface Tile {
  /** `[rows, vectors]` of f32x4; of f32 in memory, so that loops over rows and columns stay rolled. */
  readonly sums: {
    readonly type: RegType;
    readonly at: (row: Expr, vector: Expr | number) => Expr;
  };
  /** Columns of the result; the vectors may extend past the last one. */
  readonly columns: number;
  readonly firstColumn: Expr;
  readonly columnOffset: ColumnOffset;
  /** Loops over the rows: the flat index of each in the result, without its column, and its indices. */
  readonly rows: (use: (row: Expr, at: Expr, dim: OutputSite["dim"]) => void) => void;
}

/** Passes each sum to `store`: 4 at once if they are contiguous in the result, otherwise one by one. */
export function storeTile(
  k: KernelBuilder,
  { sums, columns, firstColumn, columnOffset, rows }: Tile,
  store: (value: Expr, at: OutputSite, lanes: Lanes) => void,
): void {
  const { lanes } = sums.type;
  rows((row, at, dim) => {
    const site = (index: Expr | number): OutputSite => {
      const column = k.add(firstColumn, index);
      return { out: k.add(at, columnOffset.offset(column)), column, dim };
    };
    if (lanes === 1) return k.loop("column", 0, columns, 1, (index) => store(sums.at(row, index), site(index), 1));
    for (let first = 0; first < columns; first += lanes) {
      const value = sums.at(row, first / lanes);
      const count = Math.min(lanes, columns - first);
      if (count === lanes && columnOffset.contiguous) store(value, site(first), lanes);
      else for (let lane = 0; lane < count; lane++) store(k.lane(value, lane), site(first + lane), 1);
    }
  });
}

/** The sums of a tile of single floats, in memory. */
export function inMemory(k: KernelBuilder, sums: Register): Register {
  const [rows = 1, columns = 1] = sums.dims;
  const tile = k.register("tile", sums.dims, sums.type, 0);
  k.loop(
    "i",
    0,
    rows,
    1,
    (i) => k.loop("j", 0, columns, 1, (j) => tile.set([i, j], sums.at(i, j)), unrolled),
    unrolled,
  );
  return tile;
}

const unrolled = { unroll: true };
