import { sizeOf } from "../graph/contraction.ts";
import type { ContractionDim } from "../graph/op.ts";
import { KernelBuilder } from "../kernel/build.ts";
import type { Expr, Kernel, Lanes } from "../kernel/ir.ts";
import { present } from "../support/invariant.ts";
import { defaultMachine, type Machine } from "../support/machine.ts";
import { shapeOf } from "../analysis/contraction-dims.ts";
import { columnOffset, indexOf, type OutputSite } from "./contraction-output.ts";
import { planContraction, type ColumnTiles } from "./contraction-plan.ts";
import { blockLoops, emitBlock, emitSum, type Sum } from "./contraction-sum.ts";
import { addToTotals } from "./contraction-totals.ts";
import { storeTile, type Tile } from "./contraction-tile.ts";

/** The end of the kernel: processes the finished sums and stores the results. */
export interface Epilogue {
  /** Stores one value, or 4 that are contiguous in the result. */
  readonly store: (value: Expr, at: OutputSite, lanes: Lanes) => void;
}

export interface ContractionSpec {
  readonly name: string;
  readonly origin: string;
  /** As `Op.form.contraction` returns them: batch, rows, columns, reduced; strides in elements. */
  readonly dims: readonly ContractionDim[];
  /** In elements. */
  readonly lhsSize: number;
  readonly outSize: number;
  readonly lhsName?: string;
  readonly packedName?: string;
  /** The most f32 elements of scratch, the kernel's last buffer if it needs any; no limit by default. */
  readonly mostScratch?: number;
  /**
   * Called once, after the buffers of `lhs` and of the packed operand are made: makes further buffers and returns the
   * epilogue. By default, sums are stored to a third buffer, `out`.
   */
  readonly epilogue?: (k: KernelBuilder) => Epilogue;
}

/** Elements of the packed right operand: f32[batch, panels, K, panel width]. */
export function packedSize(
  dims: readonly ContractionDim[],
  { pack: { panelWidth } }: Machine = defaultMachine,
): number {
  const { batch, columns, reduced } = shapeOf(dims);
  return sizeOf(batch) * Math.ceil(sizeOf(columns) / panelWidth) * sizeOf(reduced) * panelWidth;
}

/**
 * A sum of products by register tiles, after Goto and van de Geijn (2008): the right operand is packed in panels of 8
 * columns, a tile of at most 6 rows by 8 columns keeps its sums in registers, and the enclosing loops keep a panel in
 * the first-level cache and the rows in the second. The left operand is read in place, so a convolution is the same
 * loop with other strides. The order of each sum is that of `sumBlocks`, for all tile sizes.
 */
export function contractionKernel(spec: ContractionSpec, machine: Machine = defaultMachine): Kernel {
  const { panelWidth } = machine.pack;
  const k = new KernelBuilder();
  const shape = shapeOf(spec.dims);
  const lhs = k.buffer(spec.lhsName ?? "lhs", "f32", spec.lhsSize, "in");
  const packed = k.buffer(spec.packedName ?? "packed", "f32", packedSize(spec.dims, machine), "in");
  const { store } = (spec.epilogue ?? plain(spec.outSize))(k);
  const plan = planContraction(shape, spec.mostScratch ?? Infinity, machine);
  const { rows, outerRows, innerRows } = plan;
  const panels = Math.ceil(sizeOf(shape.columns) / panelWidth);
  const panelSize = sizeOf(shape.reduced) * panelWidth;
  const loops = [...shape.batch, ...outerRows, ...innerRows];
  const columnAt = columnOffset(k, shape.columns);

  const totals = plan.scratch > 0 ? k.buffer("totals", "f32", plan.scratch, "inout") : null;
  const blocks = totals === null ? [] : blockLoops(plan.sum);
  nest(k, shape.batch, (batch) =>
    nest(k, outerRows, (outer) =>
      nest(k, blocks, (block) =>
        eachTile((tile, panel, part) =>
          nest(k, innerRows, (inner) => rowTiles({ batch, outer, inner, block }, tile, panel, part)),
        ),
      ),
    ),
  );
  return k.build(spec.name, spec.origin);

  function eachTile(body: (tile: ColumnTiles, panel: Expr, part: Expr) => void): void {
    for (const tile of plan.columns)
      k.loop("panel", tile.start, tile.start + tile.panels * tile.count, tile.panels, (panel) =>
        k.loop("part", 0, tile.parts, 1, (part) => body(tile, panel, part)),
      );
  }

  /** The part of the results that the tiles compute. */
  function shareOf(columns: ColumnTiles, tiles: ColumnTiles["rows"][number]): number {
    const width = columns.count * columns.parts * columns.columns;
    return (width / sizeOf(shape.columns)) * ((tiles.count * tiles.size) / rows.along.size);
  }

  function rowTiles(at: LoopIndices, columns: ColumnTiles, panel: Expr, part: Expr): void {
    const { along, whole } = rows;
    const { batch } = at;
    const outer = [...batch, ...at.outer, ...at.inner];
    const column = k.add(k.mul(part, columns.columns), columns.first);
    const packedAt = k.add(k.mul(k.add(k.mul(flat(k, shape.batch, batch), panels), panel), panelSize), column);
    for (const tiles of columns.rows)
      k.loop(along.name, 0, tiles.count, 1, (index) => {
        const first = k.add(k.mul(index, tiles.size), tiles.start);
        const width = whole?.size ?? 1;
        const start = (buffer: "lhs" | "out"): Expr => offset(k, [...loops, along], [...outer, first], buffer);
        const step = (i: Expr, j: Expr, buffer: "lhs" | "out"): Expr =>
          k.add(k.mul(i, along[buffer]), k.mul(j, whole?.[buffer] ?? 0));
        const isRolled = machine.tile.lanes === 1;
        const eachRow = (use: (row: Expr, i: Expr, j: Expr) => void, unroll: boolean): void =>
          k.loop(
            "i",
            0,
            tiles.size,
            1,
            (i) => k.loop("j", 0, width, 1, (j) => use(k.add(k.mul(i, width), j), i, j), { unroll }),
            { unroll },
          );
        const sum: Sum = {
          lhs,
          packed,
          blocks: plan.sum,
          lhsAt: start("lhs"),
          packedAt,
          panelSize,
          vectors: columns.vectors,
          rolled: shareOf(columns, tiles) < machine.tile.leastUnrolled,
          rowOffsets: Array.from(
            { length: tiles.size * width },
            (_, row) => Math.floor(row / width) * along.lhs + (row % width) * (whole?.lhs ?? 0),
          ),
          rows: (use) => eachRow((row, i, j) => use(row, step(i, j, "lhs")), true),
        };
        const sums = totals === null ? emitSum(k, sum, machine) : emitBlock(k, sum, at.block, machine);
        const tileOf = (values: Tile["sums"], unroll: boolean): Tile => ({
          sums: values,
          columns: columns.columns,
          firstColumn: k.add(k.mul(panel, panelWidth), column),
          columnOffset: columnAt,
          rows: (use) =>
            eachRow((row, i, j) => {
              const at = k.add(start("out"), step(i, j, "out"));
              const indices = [
                ...loops.map((dim, n) => ({ dim, index: present(outer[n], "a loop lacks its index") })),
                { dim: along, index: k.add(first, i) },
              ];
              use(
                row,
                at,
                indexOf(k, spec.dims, whole === null ? indices : [...indices, { dim: whole, index: j }], at),
              );
            }, unroll),
        });
        if (totals === null) return storeTile(k, tileOf(sums, !isRolled), store);
        const inside = [...innerRows, along, ...(whole === null ? [] : [whole])];
        const vectorsAt = (i: Expr, j: Expr): Expr =>
          k.add(
            k.mul(k.add(k.mul(k.sub(panel, columns.start), columns.parts), part), sizeOf(inside)),
            flat(k, inside, [...at.inner, k.add(first, i), ...(whole === null ? [] : [j])]),
          );
        addToTotals(
          k,
          {
            buffer: totals,
            rowAt: (row) => {
              const [i, j] = [k.div(row, width), k.rem(row, width)];
              return k.add(k.mul(vectorsAt(i, j), 2 * columns.vectors * machine.tile.lanes), columns.totals);
            },
            rows: (use) => eachRow(use, !isRolled),
          },
          sums,
          {
            isFirst: k.eq(flat(k, blocks, at.block), 0),
            isLast: k.eq(flat(k, blocks, at.block), blocks.reduce((count, { size }) => count * size, 1) - 1),
          },
          // Once for each tile, so that its rows are a loop.
          (values) => storeTile(k, tileOf(values, false), store),
          machine,
        );
      });
  }
}

const plain =
  (size: number) =>
  (k: KernelBuilder): Epilogue => {
    const out = k.buffer("out", "f32", size, "out");
    return { store: (value, at) => k.store(out, at.out, value) };
  };

/** Indices of the loops around a register tile. */
interface LoopIndices {
  readonly batch: readonly Expr[];
  readonly outer: readonly Expr[];
  readonly inner: readonly Expr[];
  /** Empty if the totals are in registers. */
  readonly block: readonly Expr[];
}

/** Loops over the dims, outermost first. */
function nest(
  k: KernelBuilder,
  dims: readonly { readonly name: string; readonly size: number }[],
  body: (at: readonly Expr[]) => void,
  at: readonly Expr[] = [],
): void {
  const dim = dims[at.length];
  if (dim === undefined) body(at);
  else k.loop(dim.name, 0, dim.size, 1, (index) => nest(k, dims, body, [...at, index]));
}

/** Row-major flat index. */
const flat = (k: KernelBuilder, dims: readonly { readonly size: number }[], at: readonly Expr[]): Expr =>
  dims.reduce((sum: Expr, dim, index) => k.add(k.mul(sum, dim.size), at[index] ?? 0), k.int(0));

const offset = (k: KernelBuilder, dims: readonly ContractionDim[], at: readonly Expr[], buffer: "lhs" | "out"): Expr =>
  dims.reduce((sum: Expr, dim, index) => k.add(sum, k.mul(at[index] ?? 0, dim[buffer])), k.int(0));
