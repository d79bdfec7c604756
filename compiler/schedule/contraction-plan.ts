import type { ContractionDim } from "../graph/op.ts";
import { divisorUpTo, evenParts, panelWidth, sizeOf, type ContractionShape } from "./contraction-dims.ts";

/** V8 has 15 vector registers: 12 accumulators, two vectors of the panel and one splat. */
const accumulators = 12;
/** Elements of K whose panel (16 KiB) stays in the first-level cache beside the rows that read it; much longer sums are done in blocks. */
const block = 512;
/** Elements of lhs (256 KiB) that stay in the second-level cache while all panels pass over them. */
const resident = 65536;

/** Consecutive columns of panels that one tile covers: `count` tiles of `columns` columns from panel `start` on. */
export interface ColumnTiles {
  readonly start: number;
  readonly panels: number;
  readonly count: number;
  readonly columns: number;
}

/** Register tiles of rows: `sizes` parts of the dim `along`, times all of the dim `whole` if there is one. */
export interface RowTiles {
  readonly along: ContractionDim;
  readonly whole: ContractionDim | null;
  readonly sizes: ReturnType<typeof evenParts>;
}

export interface ContractionPlan {
  readonly columns: readonly ColumnTiles[];
  readonly rows: RowTiles;
  /** Rows that are looped over outside of the panels, and inside; the tiled dims are in neither. */
  readonly outerRows: readonly ContractionDim[];
  readonly innerRows: readonly ContractionDim[];
  /** Blocks of the sum, between which it rests in memory; empty where the sum is done in one go. */
  readonly blocks: readonly ContractionDim[];
  /** The dims of the sum within a block. */
  readonly reduced: readonly ContractionDim[];
}

const single: ContractionDim = { name: "row", size: 1, lhs: 0, rhs: 0, out: 0 };

/** Chooses tiles and the order of the loops from the shape alone. */
export function planContraction(shape: ContractionShape, mayBlock: boolean): ContractionPlan {
  const columnCount = sizeOf(shape.columns);
  const rowCount = sizeOf(shape.rows);
  const panels = Math.ceil(columnCount / panelWidth);
  // One panel has too few accumulators to hide the latency of a single row's sums.
  const panelsAtOnce = Math.min(panels, [4, 4, 3, 2][rowCount] ?? 1);
  const vectors = columnCount <= 4 ? 1 : 2 * panelsAtOnce;
  const rows = tileRows(shape.rows, Math.floor(accumulators / vectors));
  const [blocks, reduced] = mayBlock && rowCount > accumulators ? blocked(shape.reduced) : [[], shape.reduced];
  const others = shape.rows.filter((dim) => dim !== rows.along && dim !== rows.whole);
  const { outer, inner, tiled } = residentRows(others, rows, reduced);
  return { columns: tileColumns(columnCount, panels, panelsAtOnce), rows: tiled, outerRows: outer, innerRows: inner, blocks, reduced };
}

function tileColumns(columns: number, panels: number, atOnce: number): readonly ColumnTiles[] {
  const tiles: ColumnTiles[] = [];
  for (const { start, size, count } of evenParts(panels, atOnce)) {
    const ends = start + size * count;
    const cut = ends * panelWidth > columns ? 1 : 0;
    if (count > cut) tiles.push({ start, panels: size, count: count - cut, columns: size * panelWidth });
    if (cut === 1) tiles.push({ start: ends - size, panels: size, count: 1, columns: columns - (ends - size) * panelWidth });
  }
  return tiles;
}

/** The dim, or pair of dims, that fills the register tile best; of equals the innermost. */
function tileRows(dims: readonly ContractionDim[], most: number): RowTiles {
  let best: RowTiles = { along: dims.at(-1) ?? single, whole: null, sizes: evenParts((dims.at(-1) ?? single).size, most) };
  let bestFill = fillOf(best);
  const offer = (candidate: RowTiles, handicap: number): void => {
    const fill = fillOf(candidate) - handicap;
    if (fill > bestFill) [best, bestFill] = [candidate, fill];
  };
  for (const along of [...dims].reverse()) offer({ along, whole: null, sizes: evenParts(along.size, most) }, 0);
  for (const whole of [...dims].reverse())
    for (const along of [...dims].reverse()) if (along !== whole && whole.size * 2 <= most) offer({ along, whole, sizes: evenParts(along.size, Math.floor(most / whole.size)) }, 0.5);
  return best;
}

/** Rows of a tile, on average. */
const fillOf = ({ along, whole, sizes }: RowTiles): number => ((whole?.size ?? 1) * along.size) / sizes.reduce((count, part) => count + part.count, 0);

/** As many rows inside the loop over panels as stay in the cache; a tiled dim that is too long by itself is cut. */
function residentRows(
  others: readonly ContractionDim[],
  rows: RowTiles,
  reduced: readonly ContractionDim[],
): { readonly outer: readonly ContractionDim[]; readonly inner: readonly ContractionDim[]; readonly tiled: RowTiles } {
  const { along, whole } = rows;
  const tile = whole === null ? reduced : [...reduced, whole];
  const perRow = footprint(tile);
  if (footprint([along, ...tile]) > resident) {
    const piece = divisorUpTo(along.size, Math.max(48, resident / perRow));
    if (piece >= 24 && piece < along.size) {
      const [pieces, part] = split(along, piece);
      const most = Math.max(...rows.sizes.map((size) => size.size));
      return { outer: [...others, pieces], inner: [], tiled: { along: part, whole, sizes: evenParts(piece, most) } };
    }
    return { outer: others, inner: [], tiled: rows };
  }
  let cut = others.length;
  while (cut > 0 && footprint([...others.slice(cut - 1), along, ...tile]) <= resident) cut--;
  return { outer: others.slice(0, cut), inner: others.slice(cut), tiled: rows };
}

/** Elements of lhs that a walk over the dims touches, at most. */
function footprint(dims: readonly ContractionDim[]): number {
  return Math.min(
    sizeOf(dims),
    dims.reduce((span, dim) => span + (dim.size - 1) * Math.abs(dim.lhs), 1),
  );
}

/** Cuts long sums into equal blocks. */
function blocked(dims: readonly ContractionDim[]): readonly [blocks: readonly ContractionDim[], within: readonly ContractionDim[]] {
  if (sizeOf(dims) <= block * 1.5) return [[], dims];
  let inner = dims.length;
  while (inner > 0 && sizeOf(dims.slice(inner - 1)) <= block) inner--;
  const cut = dims[inner - 1];
  if (cut === undefined) return [[], dims];
  const rest = dims.slice(inner);
  const piece = divisorUpTo(cut.size, (block * 1.25) / sizeOf(rest));
  // A size without divisors would be cut into crumbs.
  if (piece * sizeOf(rest) < block / 4) return [[], dims];
  const [pieces, part] = split(cut, piece);
  return [[...dims.slice(0, inner - 1), pieces].filter((dim) => dim.size > 1), [part, ...rest].filter((dim) => dim.size > 1)];
}

function split(dim: ContractionDim, piece: number): readonly [pieces: ContractionDim, part: ContractionDim] {
  return [
    { ...dim, name: `${dim.name}_block`, size: dim.size / piece, lhs: dim.lhs * piece, out: dim.out * piece },
    { ...dim, size: piece },
  ];
}
