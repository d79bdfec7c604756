import { sizeOf, sumBlocks, type SumBlocks } from "../graph/contraction.ts";
import type { ContractionDim } from "../graph/op.ts";
import type { Machine } from "../support/machine.ts";
import { scratchElements } from "../analysis/contraction-scratch.ts";
import { divisorUpTo, evenParts, type ContractionShape } from "../analysis/contraction-dims.ts";

type Parts = ReturnType<typeof evenParts>;

/**
 * Column tiles of one size. Each of `count` consecutive strips of `panels` panels, from panel `start` on, has `parts`
 * tiles of `columns` columns, from column `first` of the strip on.
 */
export interface ColumnTiles {
  readonly start: number;
  readonly panels: number;
  readonly count: number;
  readonly first: number;
  readonly parts: number;
  readonly columns: number;
  /** Accumulators of each row. */
  readonly vectors: number;
  /** The first element of their totals in scratch. */
  readonly totals: number;
  /** The row tiles for these columns. */
  readonly rows: Parts;
}

/** Register tiles of rows: parts of the dim `along`, times all of the dim `whole` if there is one. */
export interface RowTiles {
  readonly along: ContractionDim;
  readonly whole: ContractionDim | null;
}

export interface ContractionPlan {
  readonly columns: readonly ColumnTiles[];
  readonly rows: RowTiles;
  /** Row dims of the loops outside of the loop over panels, and inside it; without the tiled dims. */
  readonly outerRows: readonly ContractionDim[];
  readonly innerRows: readonly ContractionDim[];
  readonly sum: SumBlocks;
  /**
   * f32 elements of scratch for the totals of the sums with one index of the outer rows: one block of all these sums is
   * computed before the next block. 0 if the totals are in registers.
   */
  readonly scratch: number;
}

const single: ContractionDim = { name: "row", size: 1, lhs: 0, rhs: 0, out: 0 };

/** Chooses tiles and the loop order, from the shape, the available scratch and the machine only. */
export function planContraction(shape: ContractionShape, mostScratch: number, machine: Machine): ContractionPlan {
  const columnCount = sizeOf(shape.columns);
  const rowCount = sizeOf(shape.rows);
  const { tile, pack } = machine;
  const panels = Math.ceil(columnCount / pack.panelWidth);
  const panelsAtOnce = tile.lanes === 1 ? 1 : Math.min(panels, tile.panelsOfFewRows[rowCount - 1] ?? 1);
  const widest = partWidth(pack.panelWidth * panelsAtOnce, machine);
  const tiled = tileRows(shape.rows, rowsBeside(columnCount <= tile.narrow ? 1 : widest / tile.lanes, machine));
  const others = shape.rows.filter((dim) => dim !== tiled.along && dim !== tiled.whole);
  const sum = sumBlocks(shape.reduced);
  // Scratch that is planned is used, so that the fast and the strict code of a kernel have the same buffers.
  const isPlanned = mostScratch < Infinity;
  const isBlocked = panelsAtOnce === 1 && (isPlanned ? mostScratch : scratchElements(shape, machine)) > 0;
  const { outer, inner, rows } = residentRows(others, tiled, isBlocked ? dimsOfBlock(sum) : shape.reduced, machine);
  const rowsInside = sizeOf([...inner, rows.along]) * (rows.whole?.size ?? 1);
  const columns = tileColumns(columnCount, panels, panelsAtOnce, rows, rowsInside, machine);
  const scratch = columns.reduce((size, tiles) => size + sizeOfTotals(tiles, rowsInside, machine), 0);
  return {
    columns,
    rows,
    outerRows: outer,
    innerRows: inner,
    sum,
    scratch: isBlocked && scratch <= mostScratch ? scratch : 0,
  };
}

const dimsOfBlock = ({ cut, inner }: SumBlocks): readonly ContractionDim[] =>
  cut === null ? inner : [{ ...cut.dim, size: cut.piece }, ...inner];

/** The most columns of a part of a strip. */
const partWidth = (width: number, { tile }: Machine): number =>
  tile.lanes === 1 ? Math.min(width, tile.columns) : width;

/** `hi` and `lo` of each sum. */
const sizeOfTotals = ({ count, parts, vectors }: ColumnTiles, rows: number, { tile: { lanes } }: Machine): number =>
  2 * count * parts * rows * vectors * lanes;

/** The most rows of a tile that has `vectors` vectors of sums for each row. */
const rowsBeside = (vectors: number, { tile }: Machine): number =>
  Math.min(tile.rows, Math.floor(tile.accumulators / vectors));

/** Strips of `atOnce` panels, in parts; the last strip has the remaining columns, and more rows if these are few. */
function tileColumns(
  columns: number,
  panels: number,
  atOnce: number,
  { along, whole }: RowTiles,
  rowsInside: number,
  machine: Machine,
): readonly ColumnTiles[] {
  const { panelWidth } = machine.pack;
  const tiles: ColumnTiles[] = [];
  let totals = 0;
  const add = (start: number, size: number, count: number, width: number): void => {
    if (count === 0) return;
    for (const part of evenParts(width, partWidth(width, machine))) {
      const vectors = Math.ceil(part.size / machine.tile.lanes);
      const most = Math.floor(rowsBeside(vectors, machine) / (whole?.size ?? 1));
      const rows = evenParts(along.size, Math.max(1, most));
      const inStrip = { first: part.start, parts: part.count, columns: part.size };
      const made: ColumnTiles = { start, panels: size, count, ...inStrip, vectors, totals, rows };
      tiles.push(made);
      totals += sizeOfTotals(made, rowsInside, machine);
    }
  };
  for (const { start, size, count } of evenParts(panels, atOnce)) {
    const ends = start + size * count;
    const cut = ends * panelWidth > columns ? 1 : 0;
    add(start, size, count - cut, size * panelWidth);
    add(ends - size, size, cut, columns - (ends - size) * panelWidth);
  }
  return tiles;
}

/** The dim, or pair of dims, that fills the register tile best; on a tie, the innermost. */
function tileRows(dims: readonly ContractionDim[], most: number): RowTiles {
  let best: RowTiles = { along: dims.at(-1) ?? single, whole: null };
  let bestFill = 0;
  const offer = (along: ContractionDim, whole: ContractionDim | null, handicap: number): void => {
    const size = whole?.size ?? 1;
    const tiles = evenParts(along.size, Math.floor(most / size)).reduce((count, part) => count + part.count, 0);
    const fill = (size * along.size) / tiles - handicap;
    if (fill > bestFill) [best, bestFill] = [{ along, whole }, fill];
  };
  const innermostFirst = [...dims].reverse();
  for (const along of innermostFirst) offer(along, null, 0);
  for (const whole of innermostFirst)
    for (const along of innermostFirst) if (along !== whole && whole.size * 2 <= most) offer(along, whole, 0.5);
  return best;
}

/**
 * Puts as many rows inside the loop over panels as stay in the cache; a tiled dim that is too long by itself is split.
 */
function residentRows(
  others: readonly ContractionDim[],
  rows: RowTiles,
  reduced: readonly ContractionDim[],
  machine: Machine,
): { readonly outer: readonly ContractionDim[]; readonly inner: readonly ContractionDim[]; readonly rows: RowTiles } {
  const { along, whole } = rows;
  const { resident } = machine.tile;
  const tile = whole === null ? reduced : [...reduced, whole];
  if (footprint([along, ...tile]) > resident.elements) {
    const piece = divisorUpTo(along.size, Math.max(resident.rows, resident.elements / footprint(tile)));
    if (piece < resident.leastRows || piece === along.size) return { outer: others, inner: [], rows };
    const [pieces, part] = split(along, piece);
    return { outer: [...others, pieces], inner: [], rows: { along: part, whole } };
  }
  let cut = others.length;
  while (cut > 0 && footprint([...others.slice(cut - 1), along, ...tile]) <= resident.elements) cut--;
  return { outer: others.slice(0, cut), inner: others.slice(cut), rows };
}

/** An upper bound on the elements of lhs that the dims access. */
function footprint(dims: readonly ContractionDim[]): number {
  return Math.min(
    sizeOf(dims),
    dims.reduce((span, dim) => span + (dim.size - 1) * Math.abs(dim.lhs), 1),
  );
}

function split(dim: ContractionDim, piece: number): readonly [pieces: ContractionDim, part: ContractionDim] {
  return [
    { ...dim, name: `${dim.name}_block`, size: dim.size / piece, lhs: dim.lhs * piece, out: dim.out * piece },
    { ...dim, size: piece },
  ];
}
