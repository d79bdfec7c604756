// What an op says that is not about graphs: its name, attributes, form, reference and samples.
import type { KernelBuilder } from "../kernel/build.ts";
import type { ExprBuilder } from "../kernel/builder-types.ts";
import type { Expr } from "../kernel/ir.ts";
import type { Shape, TensorType } from "../types/tensor-type.ts";

export type Attr = number | boolean | string | readonly number[] | readonly (readonly number[])[];
export type Attrs = Readonly<Record<string, Attr>>;

/** `dtype` is a string that names one; `pairs` is a list of lists of ints. */
export type AttrKind = "int" | "ints" | "float" | "floats" | "bool" | "string" | "dtype" | "pairs";

/** The names of the ops, by family. Each family's file adds its own, beside its entries; `family` wants an entry for each name, and a name for each entry. */
export interface OpNames {}

/** A misspelt name of an op is a type error. */
export type OpName = OpNames[keyof OpNames];

/** The types and attributes at one use of an op. */
export interface Site {
  readonly operands: readonly TensorType[];
  readonly results: readonly TensorType[];
  readonly attrs: Attrs;
}

/** Types of operands, and attributes; those that the op has defaults for may be left out. */
export type Example = readonly [operands: readonly TensorType[], attrs?: Attrs];

export type Operator = "+" | "-" | "*" | "/";

/** Elements are repeated along new axes, or a regular part of them is cut out, or all come in another order. */
export type Movement = "repeat" | "cut" | "order";

/** Where the op is linear: f(a x + b y) = a f(x) + b f(y), the other operands fixed. */
export interface Linearity {
  /** Positions of operands; the op is linear in those of one set taken together. */
  readonly sets: readonly (readonly number[])[] | "all";
  /** For these attributes and types of the operands; for any, if absent. */
  readonly where?: (attrs: Attrs, operands: readonly TensorType[]) => boolean;
}

/** Plain array of the reference interpreter: f64 numbers whatever the dtype; booleans are 0 and 1. */
export interface NdArray {
  readonly type: TensorType;
  readonly data: Float64Array;
}

/** Slow and plain, in f64. The interpreter rounds every result to its dtype when it runs as exact f32. */
export type Reference =
  | { readonly kind: "scalar"; readonly apply: (args: readonly number[], attrs: Attrs, operands: readonly TensorType[]) => number }
  | { readonly kind: "array"; readonly apply: (args: readonly NdArray[], site: Site) => readonly Float64Array[] }
  /** Control: `run` evaluates a region on inputs and carries, and gives its outputs and the carries' next values. */
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
  /** Values for the operands where random ones in [-2, 2] (ints: 0 to 3) would not do. */
  readonly values?: readonly (readonly number[] | null)[];
}

/** Where a draw's choices come from. */
export interface Choices {
  /** A whole number, both ends included. */
  int(least: number, most: number): number;
}

/** Shapes of the operands, and all attributes but a `dtype`: the conditions say which dtypes the op takes. */
export interface DrawnUse {
  readonly shapes: readonly Shape[];
  readonly attrs: Attrs;
}

/** A use of the op on something of that shape, which may be a scalar or empty. A condition may refuse it only for that. */
export type Draw = (c: Choices, shape: Shape) => DrawnUse;

/** Reads one element of an operand at a multi-index (one i32 expression per axis). */
export type Read = (operand: number, at: readonly Expr[]) => Expr;

export type Form =
  /** input, param, state, constant: nothing to compute. */
  | { readonly kind: "leaf" }
  /** The same elements in the same order: a view, no code. */
  | { readonly kind: "view" }
  /** Each element from the elements at the same index; all operands have the result's shape. */
  | { readonly kind: "pointwise"; readonly scalar: (k: ExprBuilder, args: readonly Expr[], site: Site) => Expr }
  /** Each element is an expression of its index (broadcast, transpose, slice, gather, iota, pack, ...). */
  | { readonly kind: "map"; readonly element: (k: ExprBuilder, at: readonly Expr[], read: Read, site: Site) => Expr }
  /** The result is a union of boxes, each filled from one operand, over a background (pad, concat). */
  | { readonly kind: "pieces"; readonly background: (site: Site) => number | null; readonly pieces: (site: Site) => readonly Piece[] }
  /** Each element folds `step` over the index space `extents`, from `init`; result i is accumulator i. */
  | {
      readonly kind: "reduce";
      readonly extents: (site: Site) => readonly number[];
      readonly init: (site: Site) => readonly number[];
      /** `acc` has the register type of each result; `r` is the index in `extents`. */
      readonly step: (k: ExprBuilder, acc: readonly Expr[], at: readonly Expr[], r: readonly Expr[], read: Read, site: Site) => readonly Expr[];
      /** How partial results of one accumulator join, where order may be changed; null where it may not (argmax). */
      readonly combine: "add" | "mul" | "max" | "min" | null;
    }
  /** A zero result to which `value` is added at `target`, for each index of `domain`, in order. */
  | {
      readonly kind: "scatter";
      readonly domain: (site: Site) => readonly number[];
      /** Target index; `when` false leaves the element out. */
      readonly target: (k: ExprBuilder, d: readonly Expr[], read: Read, site: Site) => { readonly at: readonly Expr[]; readonly when: Expr | null };
      readonly value: (k: ExprBuilder, d: readonly Expr[], read: Read, site: Site) => Expr;
    }
  /**
   * The lines along `axis`, each by itself: `line` stores every element of the result's line, and may read back what it stored (running sums, sorting).
   * The turns of a loop over a line's elements that carries no register are independent of each other. The operands have the result's shape.
   */
  | {
      readonly kind: "lines";
      readonly axis: (site: Site) => number;
      readonly line: (k: KernelBuilder, line: Line, site: Site) => void;
      /** How often a line reads each element of an operand. */
      readonly reads: (site: Site) => number;
    }
  /** A sum of products over affine accesses: every matrix product and convolution. Null where this use has none (padding to be made explicit first). */
  | { readonly kind: "contract"; readonly contraction: (site: Site) => Contraction | null }
  /** Runs its regions: a loop of known length, a loop while a condition holds, one of two branches. */
  | { readonly kind: "scan" | "while" | "cond" }
  /** A region that is to be read as one op for differentiation, and takes the op's place afterwards. */
  | { readonly kind: "inline" };

/** One line of the operands and of the result; elements by their place in it. */
export interface Line {
  readonly size: number;
  read(operand: number, at: Expr): Expr;
  /** What the result holds there by now. */
  load(at: Expr): Expr;
  store(at: Expr, value: Expr): void;
}

export interface Piece {
  readonly operand: number;
  /** Where the operand's element [0, 0, ...] goes, and the distance of neighbours, per axis of the result. */
  readonly start: readonly number[];
  readonly stride: readonly number[];
}

/**
 * out[f(i)] = sum over the dims that out does not use of lhs[f(i)] * rhs[f(i)]. Each dim has its size and its stride, in elements, in the three dense
 * row-major buffers; 0 means that the buffer does not move with it. A convolution's output row and kernel row both move in lhs.
 */
export interface Contraction {
  readonly dims: readonly ContractionDim[];
  /** The rhs is packed in panels of so many columns (see the op `pack`); absent where it lies as the strides say. */
  readonly panel?: number;
}

export interface ContractionDim {
  readonly name: string;
  readonly size: number;
  readonly lhs: number;
  readonly rhs: number;
  readonly out: number;
}
