import { sizeOf, type SumBlocks } from "../graph/contraction.ts";
import type { ContractionDim } from "../graph/op.ts";
import type { KernelBuilder, Register } from "../kernel/build.ts";
import { addBlock, valueOf } from "../kernel/compensated.ts";
import { inMemory } from "./contraction-tile.ts";
import { f32x4, f32, type Buffer, type Expr, type RegType } from "../kernel/ir.ts";
import { present } from "../support/invariant.ts";
import type { Machine, TileLimits } from "../support/machine.ts";

export interface Sum {
  readonly lhs: Buffer;
  readonly packed: Buffer;
  /** The reduced dims. */
  readonly blocks: SumBlocks;
  /** The flat index of the tile's first row in lhs, and of its first panel in `packed`. */
  readonly lhsAt: Expr;
  readonly packedAt: Expr;
  /** Elements from one panel to the next. */
  readonly panelSize: number;
  readonly vectors: number;
  /** Whether long sums are loops that are not unrolled. */
  readonly rolled: boolean;
  /** Offset of each row in lhs from the first row of the tile. */
  readonly rowOffsets: readonly number[];
  /** Loops over the rows of the tile, unrolled, with the offset of each in lhs. */
  readonly rows: (use: (row: Expr, lhsAt: Expr) => void) => void;
}

const sumType = ({ tile }: Machine): RegType => (tile.lanes === 4 ? f32x4 : f32);

/** Where the terms with one index of the dims outside begin in lhs and in the packed operand. */
interface Start {
  readonly lhs: Expr;
  readonly packed: Expr;
}

/**
 * Computes the sums of a tile, `[rows, vectors]`. A sum of several blocks has three registers: the block's,
 * and two of the compensated total. The total is not used while a block is summed, so the engine keeps it on the stack.
 */
export function emitSum(k: KernelBuilder, sum: Sum, machine: Machine): Register {
  const { outer, cut, inner } = sum.blocks;
  const size = [sum.rowOffsets.length, sum.vectors];
  const start: Start = { lhs: sum.lhsAt, packed: sum.packedAt };
  const register = (hint: string): Register => k.register(hint, size, sumType(machine), 0);
  if (cut === null) {
    const sums = register("sum");
    addTerms(k, sum, sums, inner, start, machine);
    return settled(k, sums);
  }
  const unroll = machine.tile.lanes > 1;
  const total = { hi: register("hi"), lo: register("lo") };
  const each = (use: (at: readonly Expr[]) => void): void =>
    k.loop("i", 0, sum.rowOffsets.length, 1, (i) => k.loop("j", 0, sum.vectors, 1, (j) => use([i, j]), { unroll }), {
      unroll,
    });
  const within = sizeOf([cut.dim, ...inner]);
  nest(k, outer, within * machine.pack.panelWidth, start, (from) =>
    k.loop(`${cut.dim.name}_block`, 0, Math.ceil(cut.dim.size / cut.piece), 1, (block) => {
      const terms = register("sum");
      addBlockTerms(k, sum, terms, { ...cut, inner, block }, from, machine);
      const sums = settled(k, terms);
      const add = (): void => each((at) => addBlock(k, total, sums.at(...at), at));
      // The first block is the total so far, without a rounding error: that halves the additions of two blocks.
      if (outer.length > 0) add();
      else k.when(k.eq(block, 0), () => each((at) => total.hi.set(at, sums.at(...at))), add);
    }),
  );
  each((at) => total.hi.set(at, valueOf(k, { hi: total.hi.at(...at), lo: total.lo.at(...at) })));
  return total.hi;
}

const unrolled = { unroll: true };

/** Finished sums: vectors stay in registers, single floats go to memory, and what follows is a loop over them. */
const settled = (k: KernelBuilder, sums: Register): Register => (sums.type.lanes === 1 ? inMemory(k, sums) : sums);

/** Computes one block of the sums of a tile; `at` are the indices along `blockLoops`. */
export function emitBlock(k: KernelBuilder, sum: Sum, at: readonly Expr[], machine: Machine): Register {
  const { outer, cut, inner } = sum.blocks;
  const { dim, piece } = present(cut, "the sum has blocks");
  const sums = k.register("sum", [sum.rowOffsets.length, sum.vectors], sumType(machine), 0);
  const indexOf = (i: number): Expr => present(at[i], "a loop over blocks lacks its index");
  const start = outer.reduce(
    ({ lhs, packed }, { lhs: stride }, i): Start => ({
      lhs: k.add(lhs, k.mul(indexOf(i), stride)),
      packed: k.add(
        packed,
        k.mul(indexOf(i), sizeOf([...outer.slice(i + 1), dim, ...inner]) * machine.pack.panelWidth),
      ),
    }),
    { lhs: sum.lhsAt, packed: sum.packedAt },
  );
  addBlockTerms(k, sum, sums, { dim, piece, inner, block: indexOf(outer.length) }, start, machine);
  return settled(k, sums);
}

/** The loops over the blocks of a sum; the last one is over the pieces of a dim. */
export const blockLoops = ({ outer, cut }: SumBlocks): readonly { readonly name: string; readonly size: number }[] => [
  ...outer,
  ...(cut === null ? [] : [{ name: `${cut.dim.name}_block`, size: Math.ceil(cut.dim.size / cut.piece) }]),
];

interface Block {
  readonly dim: ContractionDim;
  readonly piece: number;
  readonly inner: readonly ContractionDim[];
  readonly block: Expr;
}

/** Adds the terms of one block of a dim that is cut into pieces; the last piece may be shorter. */
function addBlockTerms(
  k: KernelBuilder,
  sum: Sum,
  sums: Register,
  { dim, piece, inner, block }: Block,
  start: Start,
  machine: Machine,
): void {
  const stride = sizeOf(inner) * machine.pack.panelWidth;
  const from = k.mul(block, piece);
  const at = ({ lhs, packed }: Start, index: Expr | number): Start => ({
    lhs: k.add(lhs, k.mul(index, dim.lhs)),
    packed: k.add(packed, k.mul(index, stride)),
  });
  const here = at(start, from);
  // A piece of the innermost dim is unrolled; its remainder is in the last block.
  const step =
    inner.length > 0 || sum.rolled ? 1 : (machine.tile.unroll.factors.find((factor) => piece % factor === 0) ?? 1);
  const rest = dim.size % step;
  const count = dim.size % piece === 0 ? k.int(piece) : k.let(k.min(k.sub(dim.size - rest, from), piece), "count");
  k.loop(dim.name, 0, count, step, (index) =>
    k.loop("u", 0, step, 1, (u) => addTerms(k, sum, sums, inner, at(here, k.add(index, u)), machine), unrolled),
  );
  if (rest > 0)
    k.when(k.eq(block, Math.ceil(dim.size / piece) - 1), () =>
      k.loop(
        "u",
        0,
        rest,
        1,
        (u) => addTerms(k, sum, sums, inner, at(start, k.add(u, dim.size - rest)), machine),
        unrolled,
      ),
    );
}

/** Adds the products of all terms to the tile. */
function addTerms(
  k: KernelBuilder,
  sum: Sum,
  sums: Register,
  dims: readonly ContractionDim[],
  start: Start,
  machine: Machine,
): void {
  const { panelWidth } = machine.pack;
  const innermost = dims.at(-1);
  const step = (at: Start): void => addProducts(k, sum, sums, at, machine);
  if (innermost === undefined) return step(start);
  nest(k, dims.slice(0, -1), innermost.size * panelWidth, start, (from) => {
    const factor = unrollOf(innermost.size, sum.rolled, machine.tile);
    const whole = innermost.size - (innermost.size % factor);
    const run = (first: Expr, count: number): void =>
      k.loop(
        "u",
        0,
        count,
        1,
        (u) => {
          const index = k.add(first, u);
          step({
            lhs: k.add(from.lhs, k.mul(index, innermost.lhs)),
            packed: k.add(from.packed, k.mul(index, panelWidth)),
          });
        },
        unrolled,
      );
    k.loop(innermost.name, 0, whole, factor, (index) => run(index, factor));
    if (whole < innermost.size) run(k.int(whole), innermost.size - whole);
  });
}

/** Loops over dims; `inside` are the elements of the packed operand for one index of all of them. */
function nest(
  k: KernelBuilder,
  dims: readonly ContractionDim[],
  inside: number,
  start: Start,
  body: (start: Start) => void,
): void {
  const [dim, ...rest] = dims;
  if (dim === undefined) return body(start);
  const stride = sizeOf(rest) * inside;
  k.loop(dim.name, 0, dim.size, 1, (index) =>
    nest(
      k,
      rest,
      inside,
      { lhs: k.add(start.lhs, k.mul(index, dim.lhs)), packed: k.add(start.packed, k.mul(index, stride)) },
      body,
    ),
  );
}

/**
 * Adds the products with one index of the reduced dims: it loads the vectors of the panels, then for each row a splat
 * and its products. V8 keeps this order.
 */
function addProducts(
  k: KernelBuilder,
  sum: Sum,
  sums: Register,
  { lhs: lhsAt, packed: packedAt }: Start,
  { tile: { lanes }, pack }: Machine,
): void {
  const panelVectors = pack.panelWidth / lanes;
  const panelOffset = (vector: number): number =>
    Math.floor(vector / panelVectors) * sum.panelSize + (vector % panelVectors) * lanes;
  const panelLoad = (vector: number): Expr =>
    k.let(k.load(sum.packed, k.add(packedAt, panelOffset(vector)), lanes), "b");
  const lhsLoad = (at: Expr | number): Expr => {
    const a = k.load(sum.lhs, k.add(lhsAt, at));
    return k.let(lanes === 1 ? a : k.splat(a, lanes), "a");
  };
  const multiply = (row: Expr | number, vector: number, a: Expr, b: Expr): void =>
    sums.set([row, vector], k.madd(a, b, sums.at(row, vector)));
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

/**
 * The unroll factor of the innermost loop: a short loop is unrolled completely, otherwise a divisor of the trip count
 * is preferred.
 */
function unrollOf(size: number, rolled: boolean, { unroll: { whole, factors } }: TileLimits): number {
  if (size <= whole) return size;
  if (rolled) return 1;
  return factors.find((factor) => size % factor === 0) ?? factors[0];
}
