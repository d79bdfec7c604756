import { sizeOf } from "../graph/contraction.ts";
import type { ContractionDim } from "../graph/op.ts";
import type { Machine } from "../support/machine.ts";
import { divisorUpTo, evenParts, type ContractionShape } from "./contraction-dims.ts";

type Parts = ReturnType<typeof evenParts>;

/**
 * Consecutive column tiles of one size: `count` tiles of `panels` panels and `columns` columns, from panel `start` on.
 */
export interface ColumnTiles {
  readonly start: number;
  readonly panels: number;
  readonly count: number;
  readonly columns: number;
  /** Accumulators of each row. */
  readonly vectors: number;
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
  /** Blocks of the reduced dims; partial sums are stored between blocks. Empty if the sum is computed in one block. */
  readonly blocks: readonly ContractionDim[];
  /** The reduced dims within a block. */
  readonly reduced: readonly ContractionDim[];
}

const single: ContractionDim = { name: "row", size: 1, lhs: 0, rhs: 0, out: 0 };

/** Chooses tiles and the loop order, from the shape and the machine only. */
export function planContraction(shape: ContractionShape, mayBlock: boolean, machine: Machine): ContractionPlan {
  const columnCount = sizeOf(shape.columns);
  const rowCount = sizeOf(shape.rows);
  const { tile, pack } = machine;
  const panels = Math.ceil(columnCount / pack.panelWidth);
  const panelsAtOnce = Math.min(panels, tile.panelsOfFewRows[rowCount - 1] ?? 1);
  const panelVectors = pack.panelWidth / machine.lanes;
  const tiled = tileRows(shape.rows, rowsBeside(columnCount <= tile.narrow ? 1 : panelVectors * panelsAtOnce, machine));
  const [blocks, reduced] =
    mayBlock && rowCount > tile.accumulators ? blocked(shape.reduced, machine) : [[], shape.reduced];
  const others = shape.rows.filter((dim) => dim !== tiled.along && dim !== tiled.whole);
  const { outer, inner, rows } = residentRows(others, tiled, reduced, machine);
  return {
    columns: tileColumns(columnCount, panels, panelsAtOnce, rows, machine),
    rows,
    outerRows: outer,
    innerRows: inner,
    blocks,
    reduced,
  };
}

/** The most rows of a tile that has `vectors` vectors of sums for each row. */
const rowsBeside = (vectors: number, { tile }: Machine): number =>
  Math.min(tile.rows, Math.floor(tile.accumulators / vectors));

/** Tiles of `atOnce` panels; the last tile has the remaining columns, and more rows if these are few. */
function tileColumns(
  columns: number,
  panels: number,
  atOnce: number,
  { along, whole }: RowTiles,
  machine: Machine,
): readonly ColumnTiles[] {
  const { panelWidth } = machine.pack;
  const tiles: ColumnTiles[] = [];
  const add = (start: number, size: number, count: number, width: number): void => {
    if (count === 0) return;
    const vectors = Math.ceil(width / machine.lanes);
    const most = Math.floor(rowsBeside(vectors, machine) / (whole?.size ?? 1));
    tiles.push({ start, panels: size, count, columns: width, vectors, rows: evenParts(along.size, Math.max(1, most)) });
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

/** Splits long sums into equal blocks. */
function blocked(
  dims: readonly ContractionDim[],
  { tile }: Machine,
): readonly [blocks: readonly ContractionDim[], within: readonly ContractionDim[]] {
  const { terms, uncut, stretch, least } = tile.block;
  if (sizeOf(dims) <= terms * uncut) return [[], dims];
  let inner = dims.length;
  while (inner > 0 && sizeOf(dims.slice(inner - 1)) <= terms) inner--;
  const cut = dims[inner - 1];
  if (cut === undefined) return [[], dims];
  const rest = dims.slice(inner);
  const piece = divisorUpTo(cut.size, (terms * stretch) / sizeOf(rest));
  // A size without large divisors would be split into tiny blocks.
  if (piece * sizeOf(rest) < terms * least) return [[], dims];
  const [pieces, part] = split(cut, piece);
  return [
    [...dims.slice(0, inner - 1), pieces].filter((dim) => dim.size > 1),
    [part, ...rest].filter((dim) => dim.size > 1),
  ];
}

function split(dim: ContractionDim, piece: number): readonly [pieces: ContractionDim, part: ContractionDim] {
  return [
    { ...dim, name: `${dim.name}_block`, size: dim.size / piece, lhs: dim.lhs * piece, out: dim.out * piece },
    { ...dim, size: piece },
  ];
}
