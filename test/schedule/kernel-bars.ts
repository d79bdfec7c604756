// Bounds for the kernels of test/golden/kernels: counts of instructions, not times, so that a worse choice fails on any
// machine.

/** Bounds for the kernels of a golden's call stage. */
export interface Bars {
  /** The most loads per operator in the kernel with the most work: a better register tile has fewer. */
  readonly loads: number;
  /** The most stores per operator in that kernel. */
  readonly stores: number;
  /**
   * The fewest independent sums of its innermost loop: they hide the latency of an operator, 4 cycles at two operators
   * per cycle.
   */
  readonly chains: number;
  /** The most live vectors of any innermost loop. 15 fit in registers; one more is spilled in each iteration. */
  readonly live: number;
  /** The largest fraction of scalar instructions of each kernel: it is 1 in a loop that is not vectorized. */
  readonly scalar: number;
  readonly why: string;
}

const registers = 15;

export const bars: Readonly<Record<string, Bars>> = {
  product: {
    loads: 0.68,
    stores: 0.01,
    chains: 10,
    live: registers,
    scalar: 0,
    why: "6x8 tiles: 2 + 6 loads for 12 multiply-adds; 128 rows are 18 times 6 and 4 times 5",
  },
  "product-two-rows": {
    loads: 0.67,
    stores: 0.01,
    chains: 12,
    live: registers,
    scalar: 0,
    why: "2x24 tiles: one panel would have 4 sums",
  },
  "product-one-row": {
    loads: 1.13,
    stores: 0.01,
    chains: 8,
    live: registers,
    scalar: 0,
    why: "1x32 tiles: each weight is loaded for one multiply-add, one splat for 8",
  },
  "product-one-column": {
    loads: 1.3,
    stores: 0.02,
    chains: 4,
    live: registers,
    scalar: 0.01,
    why: "sums along memory: four terms of four rows are transposed, for four vectors of rows",
  },
  "product-transposed": {
    loads: 0.67,
    stores: 0.01,
    chains: 12,
    live: registers,
    scalar: 0,
    why: "6x8 tiles read the transposed operand in place",
  },
  "product-long-sum": {
    loads: 0.7,
    stores: 0.01,
    chains: 10,
    live: registers,
    scalar: 0,
    why: "16 rows are 6 + 5 + 5; after each of four blocks of 512 terms, their sums are added to totals",
  },
  "dense-relu": {
    loads: 0.72,
    stores: 0.04,
    chains: 8,
    live: registers,
    scalar: 0.02,
    why: "19 rows are 5 + 5 + 5 + 4; of 13 columns the last is stored alone",
  },
  "conv-3x3": {
    loads: 0.72,
    stores: 0.01,
    chains: 10,
    live: registers,
    scalar: 0,
    why: "14 pixels are 5 + 5 + 4; bias and relu follow on the sums",
  },
  "conv-strided": {
    loads: 0.72,
    stores: 0.04,
    chains: 8,
    live: registers,
    scalar: 0,
    why: "7 pixels of 2 images: tiles of 3x2 and 2x2 rows",
  },
  "conv-depthwise": {
    loads: 2,
    stores: 0.12,
    chains: 0,
    live: registers,
    scalar: 0,
    why: "vectors along channels; the window is unrolled, so that no loop carries a sum",
  },
  "reduce-rows": {
    loads: 0.81,
    stores: 0.033,
    chains: 4,
    live: registers,
    scalar: 0.08,
    why: "four partial sums per row of 100; the lanes are added once per row",
  },
  "reduce-max-rows": {
    loads: 0.62,
    stores: 0.03,
    chains: 4,
    live: registers,
    scalar: 0.1,
    why: "four partial maxima per row of 100; the lanes are joined once per row",
  },
  "reduce-columns": {
    loads: 1,
    stores: 0.04,
    chains: 4,
    live: registers,
    scalar: 0,
    why: "four vectors of columns side by side",
  },
  softmax: {
    loads: 0.05,
    stores: 0.04,
    chains: 0,
    live: 18,
    scalar: 0.25,
    why: "50 = 48 + 2; the constants of exp do not fit beside two vectors, and are read from the stack as operands",
  },
  "pointwise-tail": {
    loads: 0.67,
    stores: 0.34,
    chains: 0,
    live: registers,
    scalar: 0.15,
    why: "63 = 56 + 4 + 3: only the last three elements are scalar",
  },
  "recurrent-cell": {
    loads: 0.35,
    stores: 0.02,
    chains: 8,
    live: registers,
    scalar: 0,
    why: "8 rows are 4 + 4; tanh on the sums",
  },
  adam: {
    loads: 0.35,
    stores: 0.26,
    chains: 0,
    live: registers,
    scalar: 0.07,
    why: "one pass over param and both moments; 130 = 128 + 2",
  },
};
