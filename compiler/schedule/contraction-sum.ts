import { sizeOf } from "../graph/contraction.ts";
import type { ContractionDim } from "../graph/op.ts";
import type { KernelBuilder, Register } from "../kernel/build.ts";
import type { Buffer, Expr } from "../kernel/ir.ts";
import type { Machine, TileLimits } from "../support/machine.ts";

export interface Sum {
  readonly lhs: Buffer;
  readonly packed: Buffer;
  /** `[rows, vectors]` of f32x4. */
  readonly sums: Register;
  /** The reduced dims, outermost first. */
  readonly dims: readonly ContractionDim[];
  /** The flat index of the tile's first row in lhs, and of its first panel in `packed`. */
  readonly lhsAt: Expr;
  readonly packedAt: Expr;
  /** Elements from one panel to the next. */
  readonly panelSize: number;
  readonly vectors: number;
  /** Offset of each row in lhs from the first row of the tile. */
  readonly rowOffsets: readonly number[];
  /** Loops over the rows of the tile, unrolled, with the offset of each in lhs. */
  readonly rows: (use: (row: Expr, lhsAt: Expr) => void) => void;
}

/**
 * Adds the products to the tile: for each k it loads the vectors of the panels, then for each row a splat and its
 * products. V8 keeps this order.
 */
export function emitSum(k: KernelBuilder, sum: Sum, { lanes, pack, tile }: Machine): void {
  nest(sum.dims, sum.lhsAt, sum.packedAt);

  function nest(dims: readonly ContractionDim[], lhsAt: Expr, packedAt: Expr): void {
    const [dim, ...inner] = dims;
    if (dim === undefined) return step(lhsAt, packedAt);
    const stride = sizeOf(inner) * pack.panelWidth;
    const at = (index: Expr): readonly [Expr, Expr] => [
      k.add(lhsAt, k.mul(index, dim.lhs)),
      k.add(packedAt, k.mul(index, stride)),
    ];
    if (inner.length > 0) return k.loop(dim.name, 0, dim.size, 1, (index) => nest(inner, ...at(index)));
    const unrolled = unrollOf(dim.size, tile);
    const whole = dim.size - (dim.size % unrolled);
    const run = (from: Expr, count: number): void =>
      k.loop("u", 0, count, 1, (u) => step(...at(k.add(from, u))), { unroll: true });
    k.loop(dim.name, 0, whole, unrolled, (index) => run(index, unrolled));
    if (whole < dim.size) run(k.int(whole), dim.size - whole);
  }

  function step(lhsAt: Expr, packedAt: Expr): void {
    const panelVectors = pack.panelWidth / lanes;
    const panelOffset = (vector: number): number =>
      Math.floor(vector / panelVectors) * sum.panelSize + (vector % panelVectors) * lanes;
    const panelLoad = (vector: number): Expr =>
      k.let(k.load(sum.packed, k.add(packedAt, panelOffset(vector)), lanes), "b");
    const lhsLoad = (at: Expr | number): Expr => k.let(k.splat(k.load(sum.lhs, k.add(lhsAt, at)), lanes), "a");
    const multiply = (row: Expr | number, vector: number, a: Expr, b: Expr): void =>
      sum.sums.set([row, vector], k.madd(a, b, sum.sums.at(row, vector)));
    const vectors = Array.from({ length: sum.vectors }, (_, vector) => vector);
    if (sum.vectors > sum.rowOffsets.length) {
      // A tile with few rows keeps its splats in registers, and loads each vector of the panels where it is used.
      const splats = sum.rowOffsets.map(lhsLoad);
      for (const vector of vectors) {
        const b = panelLoad(vector);
        splats.forEach((a, row) => multiply(row, vector, a, b));
      }
      return;
    }
    const loaded = vectors.map(panelLoad);
    sum.rows((row, rowAt) => {
      const a = lhsLoad(rowAt);
      loaded.forEach((b, vector) => multiply(row, vector, a, b));
    });
  }
}

/**
 * The unroll factor of the innermost loop: a short loop is unrolled completely, otherwise a divisor of the trip count
 * is preferred.
 */
function unrollOf(size: number, { unroll: { whole, factors } }: TileLimits): number {
  if (size <= whole) return size;
  return factors.find((factor) => size % factor === 0) ?? factors[0];
}
