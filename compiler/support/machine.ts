/**
 * The facts about the machine that the schedule uses: every choice of a tile, a block, an unroll factor or a fusion
 * takes it as an argument, so that a test or a benchmark can pass a variant
 * (`{ ...defaultMachine, tile: { ...defaultMachine.tile, accumulators: 8 } }`).
 *
 * Unless noted otherwise, figures were measured on one core of x86-64 with V8 13.6 (Node 24), as percentages of the
 * peak of `schedule/peak-kernel.ts`, timed at the same time. `npm run bench:choices` measures the plans that follow
 * from these numbers against their neighbours; `test/golden/kernels` shows them.
 */
export interface Machine {
  /** f32 elements of one vector: WebAssembly's v128. */
  readonly lanes: 4;
  /**
   * Vectors that V8 keeps in registers: of the 16 of x86-64 it reserves one as scratch. One more vector is spilled, and
   * costs a third of the speed.
   */
  readonly vectorRegisters: number;
  /** Alignment of tensors in bytes: the size of a vector. */
  readonly alignment: number;
  /** Alignment of memory areas in bytes: the size of a cache line. */
  readonly cacheLine: number;
  /**
   * The most distinct constant offsets of splat loads through one pointer. V8 folds the offset of a plain load into the
   * instruction, but computes an address for each distinct offset of `v128.load32_splat` and holds it in a general
   * register; with more than these, the pointer moves between unrolled iterations (product: 86 -> 98 %).
   */
  readonly splatOffsets: number;
  readonly tile: TileLimits;
  /**
   * The limits of tiles in strict mode, where a product takes a register before it is added: 6x8 and 2x24 would spill
   * (256x256x256: 51 % of the peak of strict code, 5x8 93 %). The order of sums is the same. Null if they are those of
   * `tile`.
   */
  readonly strictTile: Pick<TileLimits, "accumulators" | "panelsOfFewRows"> | null;
  readonly pack: PackLimits;
  readonly loops: LoopLimits;
  readonly fusion: FusionLimits;
  readonly limits: SizeLimits;
}

/** Register tiles of products, after Goto and van de Geijn (2008). */
export interface TileLimits {
  /** f32 elements of one of the sums' registers: those of a vector, or 1 on a target without vectors. */
  readonly lanes: 1 | 4;
  /**
   * Registers of sums in a tile. With the two vectors of a panel and one splat they fill the 15 registers. 16 spill
   * (64 % of the peak). 8 take 0.75 loads per multiply-add instead of 0.67: 55 % of the peak on Zen 5, where loads
   * bound them, and no slower on Zen 3.
   */
  readonly accumulators: number;
  /**
   * The most columns of a tile without vectors: a panel that has more is computed in parts of even size. A tile of
   * vectors has whole panels.
   */
  readonly columns: number;
  /** Rows of a tile. V8 keeps an address for each; with more they are spilled. */
  readonly rows: number;
  /**
   * Panels of a tile for 1 row, 2 rows, ...; 1 for more rows. For few rows, one panel has too few sums to hide the
   * latency of a multiply-add.
   */
  readonly panelsOfFewRows: readonly number[];
  /** Columns up to which a tile has one vector for each row instead of the two of a panel. */
  readonly narrow: number;
  readonly resident: {
    /** Elements of lhs (256 KiB) that stay in the second-level cache (1 MiB) while all panels pass over them. */
    readonly elements: number;
    /** The least number of rows of a part, where rows are split to fit. */
    readonly rows: number;
    /** Rows without a divisor of at least this size are not split. */
    readonly leastRows: number;
    /**
     * Bytes of both operands that the sums of one tile may read, a quarter of the second-level cache. For longer sums,
     * one block of all sums is computed before the next block (product of transposes 256x8192x256: 1.8 times as fast).
     */
    readonly tileBytes: number;
    /** The most elements of the totals, which are then in scratch (1 MiB). */
    readonly totals: number;
  };
  /**
   * Unrolling of the innermost loop of a sum. A factor of 4 reduces the loop overhead to 1 %, since an address is
   * bumped once for all 4 iterations.
   */
  readonly unroll: {
    /** A sum up to this length is unrolled completely. */
    readonly whole: number;
    /**
     * Factors in order of preference: the first that divides the length is used; without one, the first, and the
     * remainder is unrolled after the loop.
     */
    readonly factors: readonly [number, ...number[]];
  };
  /**
   * The least part of the results that a tile computes whose sums are unrolled. Rolled sums are 2 to 5 % slower, which
   * does not show in a smaller part (LeNet with training: 0.7 of 23 kB).
   */
  readonly leastUnrolled: number;
}

/** When an operand of a product is packed into panels. */
export interface PackLimits {
  /** Columns of a panel: two vectors, so that a tile of 6 rows has 12 sums. The layout of every packed operand. */
  readonly panelWidth: number;
  /**
   * The least number of rows for packing at every call (packing costs 40 % of a product of few rows). Weights are
   * packed once, for any number of rows.
   */
  readonly leastRows: number;
  /** The least number of terms of the sum: a shorter sum is an outer product, bound by its stores in any layout. */
  readonly leastTerms: number;
  /**
   * The largest growth of a packed operand: fewer than 4 columns leave most of a panel empty, and overlapping windows
   * are copied many times.
   */
  readonly mostGrowth: number;
  /**
   * The cost of an operand whose columns are not contiguous in the result, so that lanes are stored one by one,
   * relative to full panels.
   */
  readonly scatteredStores: number;
}

/** Loop nests other than tiled products. */
export interface LoopLimits {
  /** Whether loops along memory are vectorized. */
  readonly vectors: boolean;
  /**
   * An innermost loop of up to this many iterations is unrolled if it cannot be vectorized: its indices become
   * constants.
   */
  readonly unroll: number;
  /** A window of up to this many iterations, over all its nested loops, is unrolled: 3 by 3. */
  readonly window: number;
  /**
   * Vectors that an iteration of a vector loop computes side by side (unroll-and-jam), so that each hides the latency
   * of the others.
   */
  readonly jam: {
    /** For a body with nested loops, whose sums are chains of dependent operators. */
    readonly nests: number;
    readonly plain: number;
    /**
     * A body with more than this many statements is not jammed, since copies of it would spill; its remainder is a
     * loop.
     */
    readonly large: number;
  };
  /**
   * The remainder of a body with more than this many statements, without nested loops, is a loop: such a body takes
   * longer than the loop's overhead.
   */
  readonly remainder: number;
  /**
   * Vectors of partial results of a reduction along memory in any order: the first entry with at most as many `terms`
   * as the reduction. Shorter rows stay scalar, those of f32 sums too, whose partial sums are given
   * (`support/sum-order.ts`).
   */
  readonly partials: readonly { readonly terms: number; readonly vectors: number }[];
}

/** The size of fused kernels. */
export interface FusionLimits {
  /**
   * The most nodes of a group. Longer expressions have more live values than registers, and compile slowly in the
   * engine.
   */
  readonly members: number;
  /** The most indices at which a kernel computes one node: its code is repeated for each. */
  readonly places: number;
  /** The most buffers of a kernel: each is a pointer in a general register or on the stack. */
  readonly buffers: number;
  /** The most operators of a product's epilogue, which is unrolled for each of the register tile's twelve vectors. */
  readonly epilogue: number;
  /**
   * The most operators of the epilogue of a reduction with at least so many terms: it is unrolled for each vector of a
   * jam. A longer one, such as the update of a bias, is a kernel of its own, which costs less than a hundredth of the
   * reduction and is alike for all of them (LeNet with training: 1.2 of 22.3 kB, no slower).
   */
  readonly reduction: { readonly terms: number; readonly epilogue: number };
  /** The number of operators that a call of a math function counts as: a polynomial. */
  readonly call: number;
}

/** Sizes beyond which a rewrite costs more memory than it saves time. */
export interface SizeLimits {
  /** The most elements of a value stacked over all iterations when work moves out of a loop: 64 MiB. */
  readonly stacked: number;
  /**
   * The most elements of a constant computed at compile time (256 KiB): a module should not contain data that the
   * weights stage can compute.
   */
  readonly folded: number;
  /**
   * The most elements of a value without operands (iota) that is folded; kernels compute the elements of larger ones
   * where they are used.
   */
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
    lanes: 4,
    accumulators: 12,
    columns: Infinity,
    rows: 8,
    panelsOfFewRows: [4, 3],
    narrow: 4,
    resident: { elements: 65536, rows: 48, leastRows: 24, tileBytes: 2 ** 18, totals: 2 ** 18 },
    unroll: { whole: 9, factors: [4, 5, 6, 7, 8] },
    leastUnrolled: 0.4,
  },
  strictTile: { accumulators: 10, panelsOfFewRows: [4, 2] },
  pack: { panelWidth: 8, leastRows: 4, leastTerms: 2, mostGrowth: 2, scatteredStores: 10 },
  loops: {
    vectors: true,
    unroll: 8,
    window: 9,
    jam: { nests: 4, plain: 2, large: 40 },
    remainder: 12,
    partials: [
      { terms: 64, vectors: 4 },
      { terms: 16, vectors: 2 },
      { terms: 8, vectors: 1 },
    ],
  },
  fusion: {
    members: 96,
    places: 32,
    buffers: 24,
    epilogue: 24,
    reduction: { terms: 16, epilogue: 4 },
    call: 20,
  },
  limits: { stacked: 2 ** 24, folded: 65536, table: 64 },
};

/**
 * JavaScript: no vectors. Loops stay scalar and rolled, and a tile is 4 rows by 4 columns of floats, half a panel. V8
 * computes `Math.fround(Math.fround(a * b) + c)` in doubles, with four conversions: they bound every tile from 2x3 on
 * alike (4 cycles for each multiply-add on Zen 4), and a tile of whole panels, 2x8, reached 80 % of the others.
 * Finished sums and partial sums are arrays in memory, and what follows is a loop over them: written out for each, a
 * kernel of 50 KB took Maglev 0.4 s to compile, and TurboFan refused it. The order of a sum does not depend on the
 * machine, so the bits are those of strict WebAssembly.
 */
export const jsMachine: Machine = {
  ...defaultMachine,
  strictTile: null,
  tile: {
    ...defaultMachine.tile,
    lanes: 1,
    accumulators: 16,
    columns: 4,
    rows: 4,
    panelsOfFewRows: [],
    narrow: 1,
    unroll: { whole: 0, factors: [1] },
    leastUnrolled: 0,
  },
  loops: {
    ...defaultMachine.loops,
    vectors: false,
    unroll: 1,
    window: 1,
    jam: { nests: 1, plain: 1, large: 0 },
  },
};

/** The machine as strict code sees it. */
export const strictly = (machine: Machine): Machine =>
  machine.strictTile === null ? machine : { ...machine, tile: { ...machine.tile, ...machine.strictTile } };

/** The least multiple of `unit` that is not less. */
export const roundUp = (size: number, unit: number): number => Math.ceil(size / unit) * unit;
