// The parts of an op that do not refer to graphs: name, attributes, form, reference and samples.
import type { KernelBuilder } from "../kernel/build.ts";
import type { ExprBuilder } from "../kernel/builder-types.ts";
import type { Expr } from "../kernel/ir.ts";
import type { Round } from "../support/sum-order.ts";
import type { Shape, TensorType } from "../types/tensor-type.ts";

export type Attr = number | boolean | string | readonly number[] | readonly (readonly number[])[];
export type Attrs = Readonly<Record<string, Attr>>;

/** `dtype` is a string that names one; `pairs` is a list of lists of ints. */
export type AttrKind = "int" | "ints" | "float" | "floats" | "bool" | "string" | "dtype" | "pairs";

/**
 * The op names, by family. Each family's file adds its names beside its entries; `family` requires an entry for each
 * name and a name for each entry.
 */
export interface OpNames {}

/** A misspelt op name is a type error. */
export type OpName = OpNames[keyof OpNames];

/** The types and attributes at one use of an op. */
export interface Site {
  readonly operands: readonly TensorType[];
  readonly results: readonly TensorType[];
  readonly attrs: Attrs;
}

/** Types of operands, and attributes; those with a default may be left out. */
export type Example = readonly [operands: readonly TensorType[], attrs?: Attrs];

export type Operator = "+" | "-" | "*" | "/";

/** `repeat`: along new axes; `cut`: a strided slice; `order`: a permutation of the elements. */
export type Movement = "repeat" | "cut" | "order";

/**
 * An operand of indices along an axis of `size` items. An index out of range counts as the nearest one in range, on all
 * targets and in gradients.
 */
export interface Indices {
  readonly operand: number;
  readonly size: number;
  /**
   * The axes of the result that are the axes of the indices: an index affects only the elements at its own position
   * there. Null if it may affect any element.
   */
  readonly axes: readonly number[] | null;
}

/** The operands in which the op is linear: f(a x + b y) = a f(x) + b f(y), the other operands fixed. */
export interface Linearity {
  /** Positions of operands; the op is jointly linear in those of one set. */
  readonly sets: readonly (readonly number[])[] | "all";
  /** Restricts linearity to these attributes and operand types; by default to none. */
  readonly where?: (attrs: Attrs, operands: readonly TensorType[]) => boolean;
}

/** A row-major array of the reference interpreter: f64 numbers for every dtype; booleans are 0 and 1. */
export interface NdArray {
  readonly type: TensorType;
  readonly data: Float64Array;
}

/** Slow and plain, in f64. The interpreter rounds every result to its dtype when it runs as exact f32. */
export type Reference =
  | {
      readonly kind: "scalar";
      readonly apply: (args: readonly number[], attrs: Attrs, operands: readonly TensorType[]) => number;
    }
  | {
      readonly kind: "array";
      /** `round` is applied to the intermediate results of sums, whose order is that of `support/sum-order.ts`. */
      readonly apply: (args: readonly NdArray[], site: Site, round: Round) => readonly Float64Array[];
    }
  /**
   * Control: `run` evaluates a region on inputs and carries, and returns its outputs and the next values of the
   * carries.
   */
  | {
      readonly kind: "region";
      readonly apply: (
        args: readonly NdArray[],
        site: Site,
        run: (
          region: number,
          inputs: readonly NdArray[],
          carries: readonly NdArray[],
        ) => { readonly outputs: readonly NdArray[]; readonly carries: readonly NdArray[] },
      ) => readonly Float64Array[];
    };

export interface Sample {
  readonly operands: readonly TensorType[];
  readonly attrs?: Attrs;
  /** Values for operands for which random ones in [-2, 2] (ints: 0 to 3) are unsuitable. */
  readonly values?: readonly (readonly number[] | null)[];
}

/** The source of random choices for a draw. */
export interface Choices {
  /** An integer, both ends included. */
  int(least: number, most: number): number;
}

/** Shapes of the operands, and all attributes except a `dtype`: the conditions determine which dtypes the op takes. */
export interface DrawnUse {
  readonly shapes: readonly Shape[];
  readonly attrs: Attrs;
}

/**
 * A use of the op on an operand of that shape, which may be a scalar or empty. Only those two cases may break a
 * condition.
 */
export type Draw = (c: Choices, shape: Shape) => DrawnUse;

/** Reads one element of an operand at a multi-index (one i32 expression per axis). */
export type Read = (operand: number, at: readonly Expr[]) => Expr;

/**
 * The most operands of a form of pieces that has a kernel: each is a param of the kernel's function, and V8 accepts
 * 1,000 params. An op with more is lowered to several.
 */
export const mostPieces = 256;

export type Form =
  /** input, param, state, constant: nothing to compute. */
  | { readonly kind: "leaf" }
  /** The same elements in the same order under another shape: no code. */
  | { readonly kind: "view" }
  /** Each element from the elements at the same index; all operands have the result's shape. */
  | { readonly kind: "pointwise"; readonly scalar: (k: ExprBuilder, args: readonly Expr[], site: Site) => Expr }
  /** Each element is an expression of its index (broadcast, transpose, slice, gather, iota, pack, ...). */
  | { readonly kind: "map"; readonly element: (k: ExprBuilder, at: readonly Expr[], read: Read, site: Site) => Expr }
  /** The result is a union of boxes, each filled from one operand, over a background (pad, concat). */
  | {
      readonly kind: "pieces";
      readonly background: (site: Site) => number | null;
      readonly pieces: (site: Site) => readonly Piece[];
    }
  /** Each element folds `step` over the index space `extents`, from `init`; result i is accumulator i. */
  | {
      readonly kind: "reduce";
      readonly extents: (site: Site) => readonly number[];
      readonly init: (site: Site) => readonly number[];
      /** `acc` has the register type of each result; `r` is the index in `extents`. */
      readonly step: (
        k: ExprBuilder,
        acc: readonly Expr[],
        at: readonly Expr[],
        r: readonly Expr[],
        read: Read,
        site: Site,
      ) => readonly Expr[];
      /**
       * What `step` combines with: sums and products of f32 in the order of `support/sum-order.ts`, all others in any
       * order. Null if it is no such operator (argmax).
       */
      readonly combine: "add" | "mul" | "max" | "min" | null;
      /** Whether the innermost of `extents` is the last axis of the operand. */
      readonly alongLast: (site: Site) => boolean;
    }
  /**
   * A result that begins as the operand `base`, or else filled with `init`. For each index of `domain`, in order, the
   * element at `target` becomes itself combined with `value`, or `value` alone (`put`). The kernel copies the base
   * first, unless the plan gives both the same memory: then it touches only the targets. If an element may have more
   * terms than a block of a sum, each is added to a compensated total (`support/sum-order.ts`).
   */
  | {
      readonly kind: "scatter";
      readonly combine: "add" | "max" | "min" | "put";
      readonly base: number | null;
      readonly init: (site: Site) => number;
      readonly domain: (site: Site) => readonly number[];
      /** Target index; `when` false leaves the element out. */
      readonly target: (
        k: ExprBuilder,
        d: readonly Expr[],
        read: Read,
        site: Site,
      ) => { readonly at: readonly Expr[]; readonly when: Expr | null };
      readonly value: (k: ExprBuilder, d: readonly Expr[], read: Read, site: Site) => Expr;
      /** The most terms of an element; Infinity if that depends on the data. */
      readonly mostTerms: (site: Site) => number;
    }
  /**
   * Each line along `axis` separately: `line` stores every element of the result's line, and may read back stored
   * elements (running sums, sorting). The iterations of a loop over a line's elements without a loop-carried register
   * are independent. The operands have the result's shape.
   */
  | {
      readonly kind: "lines";
      readonly axis: (site: Site) => number;
      readonly line: (k: KernelBuilder, line: Line, site: Site) => void;
      /** The number of reads of each operand element by a line. */
      readonly reads: (site: Site) => number;
    }
  /**
   * A sum of products over affine accesses: every matrix product and convolution. Null if padding must be made explicit
   * first. `products` is the number of multiply-adds.
   */
  | {
      readonly kind: "contract";
      readonly contraction: (site: Site) => Contraction | null;
      readonly products: (site: Site) => number;
    }
  /** Runs its regions: a loop of known length, a loop while a condition holds, one of two branches. */
  | { readonly kind: "scan" | "while" | "cond" }
  /** A region that counts as one op for differentiation; the `inline` pass then replaces the op with it. */
  | { readonly kind: "inline" };

/** One line of the operands and of the result; elements by their index in it. */
export interface Line {
  readonly size: number;
  read(operand: number, at: Expr): Expr;
  /** The element of the result as last stored. */
  load(at: Expr): Expr;
  store(at: Expr, value: Expr): void;
}

export interface Piece {
  readonly operand: number;
  /**
   * The index of the operand's element [0, 0, ...] in the result, and the distance between neighbours, per axis of the
   * result.
   */
  readonly start: readonly number[];
  readonly stride: readonly number[];
}

/**
 * out[f(i)] = sum over the dims that out does not use of lhs[f(i)] * rhs[f(i)]. Each dim has its size and its stride,
 * in elements, in the three dense row-major buffers; 0 means that the buffer does not move with it. A convolution's
 * output row and kernel row both move in lhs.
 */
export interface Contraction {
  readonly dims: readonly ContractionDim[];
  /** The rhs is packed in panels of this many columns (see the op `pack`); absent if the strides describe it. */
  readonly panel?: number;
}

export interface ContractionDim {
  readonly name: string;
  readonly size: number;
  readonly lhs: number;
  readonly rhs: number;
  readonly out: number;
}
