import type { ContractionDim } from "../graph/op.ts";
import { KernelBuilder, type Register } from "../kernel/build.ts";
import { f32x4, type Buffer, type Expr, type Kernel, type Lanes } from "../kernel/ir.ts";
import { present } from "../support/invariant.ts";
import { panelWidth, shapeOf, sizeOf } from "./contraction-dims.ts";
import { columnOffset, indexOf, type OutputSite } from "./contraction-output.ts";
import { planContraction, type ColumnTiles } from "./contraction-plan.ts";
import { emitSum } from "./contraction-sum.ts";

/** What becomes of the finished sums. */
export interface Finish {
  /**
   * An f32 buffer with the layout of the result, in which long sums rest between blocks (`sumsInBlocks`); no operand of the kernel may lie in the same
   * place. Null where there is none, and sums are done in one go.
   */
  readonly partials: Buffer | null;
  /** Stores one value, or 4 that are neighbours in the result. */
  readonly store: (value: Expr, at: OutputSite, lanes: Lanes) => void;
}

export interface ContractionSpec {
  readonly name: string;
  readonly origin: string;
  /** As `Op.form.contraction` gives them: batch, rows, columns, reduced; strides in elements. */
  readonly dims: readonly ContractionDim[];
  /** In elements. */
  readonly lhsSize: number;
  readonly outSize: number;
  readonly lhsName?: string;
  readonly packedName?: string;
  /**
   * Called once, after the buffers of `lhs` and of the packed operand are made: makes its own buffers and says what to do with the sums. By default they
   * are stored to a third buffer, `out`.
   */
  readonly finish?: (k: KernelBuilder) => Finish;
}

/** Elements of the packed right operand: f32[batch, panels, K, 8]. */
export function packedSize(dims: readonly ContractionDim[]): number {
  const { batch, columns, reduced } = shapeOf(dims);
  return sizeOf(batch) * Math.ceil(sizeOf(columns) / panelWidth) * sizeOf(reduced) * panelWidth;
}

/**
 * A sum of products by register tiles, after Goto and van de Geijn (2008): the right operand lies packed in panels of 8 columns, a tile of at most 6 rows by
 * 8 columns keeps its sums in registers, and the loops around it keep a panel in the first-level cache and the rows in the second. The left operand is read
 * where it lies, so a convolution is the same loop with other strides. The order of each sum is that of the reduced dims, whatever the tiles.
 */
export function contractionKernel(spec: ContractionSpec): Kernel {
  const k = new KernelBuilder();
  const shape = shapeOf(spec.dims);
  const lhs = k.buffer(spec.lhsName ?? "lhs", "f32", spec.lhsSize, "in");
  const packed = k.buffer(spec.packedName ?? "packed", "f32", packedSize(spec.dims), "in");
  const { partials, store } = (spec.finish ?? plain(spec.outSize))(k);
  const { columns, rows, outerRows, innerRows, blocks, reduced } = planContraction(shape, partials !== null);
  const depth = sizeOf(shape.reduced);
  const panelSize = depth * panelWidth;
  const panels = Math.ceil(sizeOf(shape.columns) / panelWidth);
  const outputAt = columnOffset(k, shape.columns);

  nest(k, shape.batch, [], (batch) => {
    const batchPacked = k.mul(flat(k, shape.batch, batch), panels * panelSize);
    nest(k, blocks, [], (blockAt) => {
      const blockIndex = flat(k, blocks, blockAt);
      nest(k, outerRows, [], (outer) => eachTile(k, columns, (tile, panel) => nest(k, innerRows, [], (inner) => eachRows(tile, panel, outer, inner))));

      function eachRows(tile: ColumnTiles, panel: Expr, outer: readonly Expr[], inner: readonly Expr[]): void {
        for (const part of tile.rows)
          k.loop(rows.along.name, 0, part.count, 1, (index) => {
            const first = k.add(k.mul(index, part.size), part.start);
            const size = rows.whole?.size ?? 1;
            const { vectors } = tile;
            const dims = [...shape.batch, ...outerRows, ...innerRows, rows.along];
            const at = [...batch, ...outer, ...inner, first];
            const outAt = offset(k, dims, at, "out");
            const sums = k.register("sum", [part.size * size, vectors], f32x4, 0);
            const each = (use: (row: Expr, i: Expr, j: Expr) => void): void =>
              k.loop("i", 0, part.size, 1, (i) => k.loop("j", 0, size, 1, (j) => use(k.add(k.mul(i, size), j), i, j), { unroll: true }), { unroll: true });

            if (blocks.length > 0 && partials !== null) k.when(k.ne(blockIndex, 0), () => resume(partials));
            emitSum(k, {
              lhs,
              packed,
              sums,
              dims: reduced,
              lhsAt: k.add(offset(k, dims, at, "lhs"), offset(k, blocks, blockAt, "lhs")),
              packedAt: k.add(k.add(batchPacked, k.mul(panel, panelSize)), k.mul(blockIndex, sizeOf(reduced) * panelWidth)),
              panelSize,
              vectors,
              rowOffsets: Array.from({ length: part.size * size }, (_, row) => Math.floor(row / size) * rows.along.lhs + (row % size) * (rows.whole?.lhs ?? 0)),
              rows: (use) => each((row, i, j) => use(row, k.add(k.mul(i, rows.along.lhs), k.mul(j, rows.whole?.lhs ?? 0)))),
            });
            if (blocks.length > 0 && partials !== null)
              k.when(
                k.eq(blockIndex, sizeOf(blocks) - 1),
                () => put(store),
                () => put((value, site) => k.store(partials, site.out, value)),
              );
            else put(store);

            function rowAt(position: number, i: Expr, j: Expr): Expr {
              if (position >= at.length) return j;
              return position === at.length - 1 ? k.add(first, i) : present(at[position], "each dim has its index");
            }

            function sites(use: (row: Expr, vector: number, lanes: number, site: (lane: number) => OutputSite) => void): void {
              each((row, i, j) => {
                const rowOut = k.add(outAt, k.add(k.mul(i, rows.along.out), k.mul(j, rows.whole?.out ?? 0)));
                const loops = [...dims, ...(rows.whole === null ? [] : [rows.whole])].map((dim, position) => ({ dim, index: rowAt(position, i, j) }));
                const index = indexOf(k, spec.dims, loops, rowOut);
                for (let vector = 0; vector < vectors; vector++) {
                  const site = (lane: number): OutputSite => {
                    const column = k.add(k.mul(panel, panelWidth), vector * 4 + lane);
                    return { out: k.add(rowOut, outputAt.offset(column)), column, dim: index };
                  };
                  use(row, vector, Math.min(4, tile.columns - vector * 4), site);
                }
              });
            }

            function put(how: Finish["store"]): void {
              sites((row, vector, lanes, site) => {
                const value = sums.at(row, vector);
                if (lanes === 4 && outputAt.contiguous) how(value, site(0), 4);
                else for (let lane = 0; lane < lanes; lane++) how(k.lane(value, lane), site(lane), 1);
              });
            }

            function resume(from: Buffer): void {
              sites((row, vector, lanes, site) => {
                if (lanes === 4 && outputAt.contiguous) sums.set([row, vector], k.load(from, site(0).out, 4));
                else for (let lane = 0; lane < lanes; lane++) setLane(k, sums, [row, vector], lane, k.load(from, site(lane).out));
              });
            }
          });
      }
    });
  });
  const kernel = k.build(spec.name, spec.origin);
  if (blocks.length === 0) return kernel;
  return { ...kernel, buffers: kernel.buffers.map((buffer) => (buffer.name === partials?.name ? { ...buffer, access: "inout" } : buffer)) };
}

/** Whether the sums would rest in memory between blocks, so that the result must not lie where an operand does. */
export const sumsInBlocks = (dims: readonly ContractionDim[]): boolean => planContraction(shapeOf(dims), true).blocks.length > 0;

const plain =
  (size: number) =>
  (k: KernelBuilder): Finish => {
    const out = k.buffer("out", "f32", size, "out");
    return { partials: out, store: (value, at) => k.store(out, at.out, value) };
  };

/** Loops over the dims, outermost first. */
function nest(k: KernelBuilder, dims: readonly ContractionDim[], at: readonly Expr[], body: (at: readonly Expr[]) => void): void {
  const dim = dims[at.length];
  if (dim === undefined) body(at);
  else k.loop(dim.name, 0, dim.size, 1, (index) => nest(k, dims, [...at, index], body));
}

function eachTile(k: KernelBuilder, tiles: readonly ColumnTiles[], body: (tile: ColumnTiles, panel: Expr) => void): void {
  for (const tile of tiles) k.loop("panel", tile.start, tile.start + tile.panels * tile.count, tile.panels, (panel) => body(tile, panel));
}

/** Row-major number of an index. */
const flat = (k: KernelBuilder, dims: readonly ContractionDim[], at: readonly Expr[]): Expr =>
  dims.reduce((sum: Expr, dim, index) => k.add(k.mul(sum, dim.size), at[index] ?? 0), k.int(0));

const offset = (k: KernelBuilder, dims: readonly ContractionDim[], at: readonly Expr[], buffer: "lhs" | "out"): Expr =>
  dims.reduce((sum: Expr, dim, index) => k.add(sum, k.mul(at[index] ?? 0, dim[buffer])), k.int(0));

function setLane(k: KernelBuilder, sums: Register, index: readonly (Expr | number)[], lane: number, value: Expr): void {
  sums.set(index, k.select(k.eq(k.ramp(), lane), k.splat(value, 4), sums.at(...index)));
}
