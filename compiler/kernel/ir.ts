/**
 * Kernel IR: structured loops over flat buffers, with scalar and 4-lane register values. It is independent of graphs
 * and of WebAssembly.
 *
 * Every expression is pure; a `let` shares a value. Index arithmetic is ordinary i32 arithmetic over loop variables. A
 * loop marked `unroll` has constant bounds once the enclosing `unroll` loops are unrolled. So have the indices of
 * register arrays in kernels for WebAssembly; in JavaScript an array with other indices is in memory.
 */
export type Scalar = "f32" | "i32" | "bool";
export type Lanes = 1 | 4;

/** The type of a register value: `f32`, `f32x4`, `i32`, `i32x4`, `bool`, `boolx4` (a mask). */
export interface RegType {
  readonly scalar: Scalar;
  readonly lanes: Lanes;
}

/** Element type in memory. u8 and i8 load as i32 (zero- and sign-extended); bool is one byte, 0 or 1. */
export type Element = "f32" | "i32" | "u8" | "i8" | "bool";

export interface Buffer<Size extends number | string = number> {
  readonly name: string;
  readonly element: Element;
  /** In elements. */
  readonly size: Size;
  readonly access: "in" | "out" | "inout";
}

/** A buffer whose size may be a scalar of the kernel, by name. */
export type Sizable = Buffer<number | string>;

/**
 * Semantics, per lane (i32 wraps; f32 rounds to nearest even after every operator): `min`/`max` return NaN if either
 * operand is NaN, and `a` if the two are equal, -0 and 0 included; `madd(a, b, c)` is a * b + c rounded twice in strict
 * mode, and once or twice, as the host chooses, in fast mode; `div`/`rem` of i32 truncate (scalar only) and require a
 * divisor other than 0; `rem` of f32 is the exact remainder with the sign of the dividend; the least i32 divided by -1
 * wraps to itself; `shl shrs shru` take the count, a scalar i32, modulo 32; `to_i32` truncates and saturates, NaN
 * becomes 0; `bits_*` reinterpret (the bits of a NaN depend on the host); `nearest` rounds half to even; `ramp` is the
 * i32x4 of lane numbers, 0 1 2 3; `zip_lo(a, b)` has the lanes a0 b0 a1 b1, `zip_hi(a, b)` a2 b2 a3 b3;
 * `select(c, a, b)` evaluates both sides; `and or xor not` work on i32 bits and on bools.
 */
export const operators = {
  add: 2,
  sub: 2,
  mul: 2,
  div: 2,
  rem: 2,
  neg: 1,
  abs: 1,
  min: 2,
  max: 2,
  madd: 3,
  sqrt: 1,
  floor: 1,
  ceil: 1,
  trunc: 1,
  nearest: 1,
  and: 2,
  or: 2,
  xor: 2,
  not: 1,
  shl: 2,
  shrs: 2,
  shru: 2,
  eq: 2,
  ne: 2,
  lt: 2,
  le: 2,
  gt: 2,
  ge: 2,
  select: 3,
  to_f32: 1,
  to_i32: 1,
  bits_f32: 1,
  bits_i32: 1,
  ramp: 0,
  zip_lo: 2,
  zip_hi: 2,
} as const;

export type Operator = keyof typeof operators;

export type Expr =
  | { readonly kind: "const"; readonly type: RegType; readonly value: number }
  /** A loop variable, a `let`, a scalar of the kernel, or a function's parameter. */
  | { readonly kind: "var"; readonly type: RegType; readonly name: string }
  /** An element of a mutable register array; `at` is empty for a single register. */
  | { readonly kind: "register"; readonly type: RegType; readonly name: string; readonly at: readonly Expr[] }
  /** One element, or 4 consecutive elements, from flat index `at`. */
  | { readonly kind: "load"; readonly type: RegType; readonly buffer: string; readonly at: Expr }
  | { readonly kind: "splat"; readonly type: RegType; readonly value: Expr }
  | { readonly kind: "lane"; readonly type: RegType; readonly value: Expr; readonly lane: number }
  | { readonly kind: "apply"; readonly type: RegType; readonly op: Operator; readonly args: readonly Expr[] }
  /** A call of a math function (`exp`, `tanh`, ...), applied to each lane of its arguments. */
  | { readonly kind: "call"; readonly type: RegType; readonly fn: string; readonly args: readonly Expr[] };

export type Stmt =
  | {
      readonly kind: "for";
      readonly name: string;
      readonly from: Expr;
      readonly to: Expr;
      readonly step: number;
      readonly unroll: boolean;
      readonly body: readonly Stmt[];
    }
  | { readonly kind: "let"; readonly name: string; readonly value: Expr }
  /** Mutable registers, all initialized to `init`: `dims` is empty for one, `[6, 2]` for a tile. */
  | {
      readonly kind: "var";
      readonly name: string;
      readonly dims: readonly number[];
      readonly type: RegType;
      readonly init: Expr;
    }
  | { readonly kind: "set"; readonly name: string; readonly at: readonly Expr[]; readonly value: Expr }
  /**
   * One element, or 4 consecutive elements: one for each lane of the value. Storing an i32 to u8/i8 keeps the low byte.
   */
  | { readonly kind: "store"; readonly buffer: string; readonly at: Expr; readonly value: Expr }
  | { readonly kind: "if"; readonly when: Expr; readonly then: readonly Stmt[]; readonly otherwise: readonly Stmt[] };

export interface Kernel {
  /** `<fused ops>_<dtype>_<tile>`, unique in a module. */
  readonly name: string;
  readonly buffers: readonly Sizable[];
  /** Variables of type i32 that each call gives, after the addresses of the buffers. */
  readonly scalars?: readonly string[];
  readonly body: readonly Stmt[];
  /** The body for strict code, if it is another: it computes the same bits, with fewer live registers. */
  readonly strict?: readonly Stmt[];
  /** The source location, for people: `lenet.dl:7:9`. */
  readonly origin: string;
}

/** A straight-line scalar function: a list of `let`s and a result. It is applied to vectors lane by lane. */
export interface MathFunction {
  readonly name: string;
  readonly doc: string;
  readonly params: readonly { readonly name: string; readonly scalar: Scalar }[];
  readonly lets: readonly { readonly name: string; readonly value: Expr }[];
  readonly result: Expr;
}

export const f32: RegType = { scalar: "f32", lanes: 1 };
export const f32x4: RegType = { scalar: "f32", lanes: 4 };
export const i32: RegType = { scalar: "i32", lanes: 1 };
export const i32x4: RegType = { scalar: "i32", lanes: 4 };
export const bool: RegType = { scalar: "bool", lanes: 1 };
export const boolx4: RegType = { scalar: "bool", lanes: 4 };

/** `f32x4` */
export const showReg = (type: RegType): string => (type.lanes === 4 ? `${type.scalar}x4` : type.scalar);

/** The scalar type of a loaded element. */
export const registerOf = (element: Element): Scalar => (element === "u8" || element === "i8" ? "i32" : element);
