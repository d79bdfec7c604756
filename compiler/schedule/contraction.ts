import { sizeOf } from "../graph/contraction.ts";
import type { ContractionDim } from "../graph/op.ts";
import { KernelBuilder } from "../kernel/build.ts";
import { f32x4, type Buffer, type Expr, type Kernel, type Lanes } from "../kernel/ir.ts";
import { present } from "../support/invariant.ts";
import { defaultMachine, type Machine } from "../support/machine.ts";
import { shapeOf } from "./contraction-dims.ts";
import { columnOffset, indexOf, type OutputSite } from "./contraction-output.ts";
import { planContraction, type ColumnTiles } from "./contraction-plan.ts";
import { emitSum, type Sum } from "./contraction-sum.ts";
import { resumeTile, storeTile, type Tile } from "./contraction-tile.ts";

/** The end of the kernel: processes the finished sums and stores the results. */
export interface Epilogue {
  /**
   * An f32 buffer with the layout of the result, for partial sums between blocks of long sums (`sumsInBlocks`); no
   * operand of the kernel may have the same address. Null if there is none; sums are then not split into blocks.
   */
  readonly partials: Buffer | null;
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
 * loop with other strides. Each sum is in the order of the reduced dims, for all tile sizes.
 */
export function contractionKernel(spec: ContractionSpec, machine: Machine = defaultMachine): Kernel {
  const { panelWidth } = machine.pack;
  const k = new KernelBuilder();
  const shape = shapeOf(spec.dims);
  const lhs = k.buffer(spec.lhsName ?? "lhs", "f32", spec.lhsSize, "in");
  const packed = k.buffer(spec.packedName ?? "packed", "f32", packedSize(spec.dims, machine), "in");
  const { partials, store } = (spec.epilogue ?? plain(spec.outSize))(k);
  const plan = planContraction(shape, partials !== null, machine);
  const { rows, outerRows, innerRows, blocks, reduced } = plan;
  const panels = Math.ceil(sizeOf(shape.columns) / panelWidth);
  const panelSize = sizeOf(shape.reduced) * panelWidth;
  const loops = [...shape.batch, ...outerRows, ...innerRows];
  const columnAt = columnOffset(k, shape.columns);

  nest(k, shape.batch, (batch) =>
    nest(k, blocks, (blockAt) =>
      nest(k, outerRows, (outer) =>
        eachPanel((tile, panel) =>
          nest(k, innerRows, (inner) => rowTiles([...batch, ...outer, ...inner], batch, blockAt, tile, panel)),
        ),
      ),
    ),
  );
  const kernel = k.build(spec.name, spec.origin);
  if (blocks.length === 0) return kernel;
  return {
    ...kernel,
    buffers: kernel.buffers.map((buffer) => (buffer.name === partials?.name ? { ...buffer, access: "inout" } : buffer)),
  };

  function eachPanel(body: (tile: ColumnTiles, panel: Expr) => void): void {
    for (const tile of plan.columns)
      k.loop("panel", tile.start, tile.start + tile.panels * tile.count, tile.panels, (panel) => body(tile, panel));
  }

  function rowTiles(
    outer: readonly Expr[],
    batch: readonly Expr[],
    blockAt: readonly Expr[],
    columns: ColumnTiles,
    panel: Expr,
  ): void {
    const { along, whole } = rows;
    const blockIndex = flat(k, blocks, blockAt);
    const packedAt = k.add(
      k.mul(k.add(k.mul(flat(k, shape.batch, batch), panels), panel), panelSize),
      k.mul(blockIndex, sizeOf(reduced) * panelWidth),
    );
    for (const part of columns.rows)
      k.loop(along.name, 0, part.count, 1, (index) => {
        const first = k.add(k.mul(index, part.size), part.start);
        const width = whole?.size ?? 1;
        const sums = k.register("sum", [part.size * width, columns.vectors], f32x4, 0);
        const start = (buffer: "lhs" | "out"): Expr => offset(k, [...loops, along], [...outer, first], buffer);
        const step = (i: Expr, j: Expr, buffer: "lhs" | "out"): Expr =>
          k.add(k.mul(i, along[buffer]), k.mul(j, whole?.[buffer] ?? 0));
        const eachRow = (use: (row: Expr, i: Expr, j: Expr) => void): void =>
          k.loop(
            "i",
            0,
            part.size,
            1,
            (i) => k.loop("j", 0, width, 1, (j) => use(k.add(k.mul(i, width), j), i, j), { unroll: true }),
            { unroll: true },
          );
        const tile: Tile = {
          sums,
          vectors: columns.vectors,
          columns: columns.columns,
          firstColumn: k.mul(panel, panelWidth),
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
            }),
        };
        const blocked = blocks.length > 0 ? partials : null;
        if (blocked !== null) k.when(k.ne(blockIndex, 0), () => resumeTile(k, tile, blocked));
        const sum: Sum = {
          lhs,
          packed,
          sums,
          dims: reduced,
          lhsAt: k.add(start("lhs"), offset(k, blocks, blockAt, "lhs")),
          packedAt,
          panelSize,
          vectors: columns.vectors,
          rowOffsets: Array.from(
            { length: part.size * width },
            (_, row) => Math.floor(row / width) * along.lhs + (row % width) * (whole?.lhs ?? 0),
          ),
          rows: (use) => eachRow((row, i, j) => use(row, step(i, j, "lhs"))),
        };
        emitSum(k, sum, machine);
        if (blocked === null) return storeTile(k, tile, store);
        const last = k.eq(blockIndex, sizeOf(blocks) - 1);
        const rest = (): void => storeTile(k, tile, (value, { out }) => k.store(blocked, out, value));
        k.when(last, () => storeTile(k, tile, store), rest);
      });
  }
}

/** Whether partial sums are stored between blocks: the result must then not alias an operand. */
export const sumsInBlocks = (dims: readonly ContractionDim[], machine: Machine = defaultMachine): boolean =>
  planContraction(shapeOf(dims), true, machine).blocks.length > 0;

const plain =
  (size: number) =>
  (k: KernelBuilder): Epilogue => {
    const out = k.buffer("out", "f32", size, "out");
    return { partials: out, store: (value, at) => k.store(out, at.out, value) };
  };

/** Loops over the dims, outermost first. */
function nest(
  k: KernelBuilder,
  dims: readonly ContractionDim[],
  body: (at: readonly Expr[]) => void,
  at: readonly Expr[] = [],
): void {
  const dim = dims[at.length];
  if (dim === undefined) body(at);
  else k.loop(dim.name, 0, dim.size, 1, (index) => nest(k, dims, body, [...at, index]));
}

/** Row-major flat index. */
const flat = (k: KernelBuilder, dims: readonly ContractionDim[], at: readonly Expr[]): Expr =>
  dims.reduce((sum: Expr, dim, index) => k.add(k.mul(sum, dim.size), at[index] ?? 0), k.int(0));

const offset = (k: KernelBuilder, dims: readonly ContractionDim[], at: readonly Expr[], buffer: "lhs" | "out"): Expr =>
  dims.reduce((sum: Expr, dim, index) => k.add(sum, k.mul(at[index] ?? 0, dim[buffer])), k.int(0));
