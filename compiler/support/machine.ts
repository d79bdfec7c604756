/**
 * What the schedule knows of the machine, as data: every choice of a tile, a block, an unrolling or a fusion takes it as an argument, so that a test or a
 * benchmark can pass a variant (`{ ...defaultMachine, tile: { ...defaultMachine.tile, accumulators: 8 } }`).
 *
 * Unless said otherwise, figures were measured on one core of x86-64 with V8 13.6 (Node 24), as shares of the peak of `schedule/peak-kernel.ts` timed beside
 * them. `npm run bench:choices` measures the plans that follow from these numbers against their neighbours; `test/golden/kernels` shows them.
 */
export interface Machine {
  /** f32 elements of one vector: WebAssembly's v128. */
  readonly lanes: 4;
  /** Vectors that V8 keeps in registers at a time: of the 16 of x86-64 it reserves one as scratch. One more is spilled, and costs a third of the speed. */
  readonly vectorRegisters: number;
  /** Bytes: every tensor begins at a multiple of one vector. */
  readonly alignment: number;
  /** Bytes: areas of memory begin at a multiple of a cache line. */
  readonly cacheLine: number;
  /**
   * Different constant offsets of splatting loads through one pointer. V8 folds the offset of a plain load into the instruction, but computes an address for
   * each distinct offset of `v128.load32_splat` and holds it in a general register; with more than these, the pointer moves between unrolled iterations
   * (product: 86 -> 98 %).
   */
  readonly splatOffsets: number;
  readonly tile: TileLimits;
  readonly pack: PackLimits;
  readonly loops: LoopLimits;
  readonly fusion: FusionLimits;
  readonly limits: SizeLimits;
}

/** Register tiles of products, after Goto and van de Geijn (2008). */
export interface TileLimits {
  /** Vectors of sums in a tile. With the two vectors of a panel and one splat they fill the 15 registers. 8 reach 55 % of the peak, 16 spill (64 %). */
  readonly accumulators: number;
  /** Rows of a tile. V8 keeps an address for each; with more they are spilled. */
  readonly rows: number;
  /** Panels that one tile covers where there is 1 row, 2 rows, ...; 1 for more. One panel has too few sums to hide the latency of a multiply-add. */
  readonly panelsOfFewRows: readonly number[];
  /** Columns up to which a tile has one vector for each row instead of the two of a panel. */
  readonly narrow: number;
  readonly block: {
    /** Terms of a sum that are done in one go: their panel (16 KiB) stays in the first-level cache (32 KiB) beside the rows that read it. */
    readonly terms: number;
    /** Sums up to this many times `terms` are not cut: resting the sums in memory costs more than the panel that leaves the cache. */
    readonly uncut: number;
    /** A block may be this many times `terms`, where that is a divisor. */
    readonly stretch: number;
    /** A sum whose divisors leave blocks shorter than this share of `terms` is not cut. */
    readonly least: number;
  };
  readonly resident: {
    /** Elements of lhs (256 KiB) that stay in the second-level cache (1 MiB) while all panels pass over them. */
    readonly elements: number;
    /** Rows of a piece, at least, where rows are cut to fit. */
    readonly rows: number;
    /** Rows that have no divisor of this size or more are not cut. */
    readonly leastRows: number;
  };
  /** Iterations of the innermost loop of a sum that are written out. 4 take the loop's own cost to 1 %; an address is bumped once for all of them. */
  readonly unroll: {
    /** A sum up to this length is written out whole. */
    readonly whole: number;
    /** Preferred numbers, of which the first that divides the length is taken; without one, the first, and the rest is written out after the loop. */
    readonly factors: readonly [number, ...number[]];
  };
}

/** When one side of a product is copied into panels before it is read. */
export interface PackLimits {
  /** Columns of a panel: two vectors, so that a tile of 6 rows has 12 sums. The layout of every packed operand. */
  readonly panelWidth: number;
  /** Rows: fewer do not pay for packing at every call (packing costs 40 % of a product of few rows); weights are packed once, for any number of rows. */
  readonly leastRows: number;
  /** Terms of the sum: a shorter one is an outer product, bound by its stores whatever the layout. */
  readonly leastTerms: number;
  /** The packed operand may be this many times as large: fewer than 4 columns leave most of a panel empty, and windows that overlap are many copies. */
  readonly mostGrowth: number;
  /** What a side costs whose columns are apart in the result, so that lanes are stored one by one, in units of wholly filled panels. */
  readonly scatteredStores: number;
}

/** Loop nests other than tiled products. */
export interface LoopLimits {
  /** Iterations of a loop without loops inside that is written out where lanes cannot do it: its indices become constants. */
  readonly unroll: number;
  /** Iterations, of nested loops together, of a window that is written out: 3 by 3. */
  readonly window: number;
  /** Vectors that the iterations of a vector loop compute side by side (unroll and jam), so that one hides the latency of another. */
  readonly jam: {
    /** Of a body with loops of its own, whose sums are chains of dependent operators. */
    readonly nests: number;
    readonly plain: number;
    /** Statements of a body that is already long enough; a copy of it would spill, and its tail is a loop. */
    readonly large: number;
  };
  /** Vectors of partial results of a reduction along memory, by its least number of terms; the first entry that fits. Shorter rows stay scalar. */
  readonly partials: readonly { readonly terms: number; readonly vectors: number }[];
}

/** What becomes one kernel. */
export interface FusionLimits {
  /** Nodes of a group. Longer expressions have more live values than registers, and compile slowly in the engine. */
  readonly members: number;
  /** Buffers that a kernel takes: each is a pointer in a general register or on the stack. */
  readonly buffers: number;
  /** Operators after a product, which are written out for each of the register tile's dozen vectors. */
  readonly epilogue: number;
  /** Operators that a call of a math function counts for: a polynomial. */
  readonly call: number;
}

/** Sizes beyond which a rewrite costs more memory than it saves time. */
export interface SizeLimits {
  /** Elements of a value of all iterations of a loop together, where work moves out of the loop: 64 MiB. */
  readonly stacked: number;
  /** Elements of a constant that is computed at compile time (256 KiB): a module should not carry what it can compute in the weights stage. */
  readonly folded: number;
  /** Elements of a table of no operands (iota) that takes part in folding; of a larger one a kernel computes its elements as it needs them. */
  readonly table: number;
}

/** 128-bit vectors on x86-64 under V8. */
export const defaultMachine: Machine = {
  lanes: 4,
  vectorRegisters: 15,
  alignment: 16,
  cacheLine: 64,
  splatOffsets: 8,
  tile: {
    accumulators: 12,
    rows: 8,
    panelsOfFewRows: [4, 3],
    narrow: 4,
    block: { terms: 512, uncut: 1.5, stretch: 1.25, least: 1 / 4 },
    resident: { elements: 65536, rows: 48, leastRows: 24 },
    unroll: { whole: 9, factors: [4, 5, 6, 7, 8] },
  },
  pack: { panelWidth: 8, leastRows: 4, leastTerms: 2, mostGrowth: 2, scatteredStores: 10 },
  loops: {
    unroll: 8,
    window: 9,
    jam: { nests: 4, plain: 2, large: 40 },
    partials: [
      { terms: 64, vectors: 4 },
      { terms: 16, vectors: 2 },
      { terms: 8, vectors: 1 },
    ],
  },
  fusion: { members: 96, buffers: 24, epilogue: 24, call: 20 },
  limits: { stacked: 2 ** 24, folded: 65536, table: 64 },
};

/** The least multiple of `unit` that is not less. */
export const roundUp = (size: number, unit: number): number => Math.ceil(size / unit) * unit;
