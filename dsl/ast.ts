import type { Span } from "./span.ts";

/** The tree of a `.dl` file. Every node bears its span; names bear theirs apart. */
interface At {
  readonly span: Span;
}

export interface Name extends At {
  readonly text: string;
}

export interface File extends At {
  /** The language version of the header line `dl 1`; null where the line is absent. */
  readonly version: number | null;
  readonly imports: readonly Import[];
  readonly items: readonly Item[];
}

/** `import { residual, block as unit } from "./blocks.dl"` */
export interface Import extends At {
  readonly names: readonly { readonly name: Name; readonly alias: Name | null }[];
  readonly from: string;
  readonly fromSpan: Span;
}

export type Item = Callable | Entry | DimDecl;

/** `dim N, M` */
export interface DimDecl extends At {
  readonly kind: "dim";
  readonly names: readonly Name[];
}

/**
 * `model LeNet(image: f32[N, 28, 28, 1]) -> f32[N, 10] { ... }`, `layer dense(units: int)(x: f32[..B, K]) -> ...`,
 * `fn softmax(axis: int = -1)(x: f32[..S]) -> f32[..S] = ...`, `optimizer sgd(lr: f32)(p: f32[..S], g: f32[..S]) -> ...`.
 * Static parameters come in the first list where there are two.
 */
export interface Callable extends At {
  readonly kind: "model" | "layer" | "fn" | "optimizer";
  readonly name: Name;
  /** The `//` lines right above it, without the slashes. */
  readonly doc: string;
  readonly statics: readonly Parameter[];
  readonly params: readonly Parameter[];
  readonly result: TypeExpr | null;
  readonly body: Block;
}

/** `entry predict(image: f32[N, 28, 28, 1]) { ... }`; with `train` before it, dropout is on and batch norm uses the batch. */
export interface Entry extends At {
  readonly kind: "entry";
  readonly train: boolean;
  readonly name: Name;
  readonly doc: string;
  readonly params: readonly Parameter[];
  readonly body: Block;
}

export interface Parameter extends At {
  readonly name: Name;
  readonly type: TypeExpr;
  readonly value: Expr | null;
}

/** `f32[N, ..S, 2 * H]`; `int`, `f32`, `bool`, `string` as static types; `[int]` as a list of them; `fn` for a function. */
export type TypeExpr =
  | (At & { readonly kind: "tensor"; readonly dtype: Name; readonly dims: readonly DimExpr[] })
  | (At & { readonly kind: "static"; readonly name: Name })
  | (At & { readonly kind: "list"; readonly of: TypeExpr });

/** A dim is any static int expression, or a pack `..S` that stands for any number of dims. */
export type DimExpr = Expr | Pack;

export interface Pack extends At {
  readonly kind: "pack";
  readonly name: Name;
}

/** Statements in order; the value of the block is that of its last statement if that is an expression. `= e` as a body is a block of one. */
export interface Block extends At {
  readonly statements: readonly Stmt[];
}

export type Stmt =
  | (At & { readonly kind: "let"; readonly pattern: Pattern; readonly value: Expr })
  | (At & { readonly kind: "param" | "state"; readonly name: Name; readonly type: TypeExpr; readonly init: Expr | null })
  /** `mean <- lerp(mean, m, momentum)` */
  | (At & { readonly kind: "write"; readonly target: Name; readonly value: Expr })
  /** `minimize loss over LeNet, D with clip(1.0) |> adam(lr: 1e-3)`: `transforms` left to right, the last is the optimizer. */
  | (At & { readonly kind: "minimize"; readonly loss: Expr; readonly over: readonly Expr[]; readonly transforms: readonly Expr[] })
  | (At & { readonly kind: "expression"; readonly value: Expr });

export type Pattern = (At & { readonly kind: "name"; readonly name: Name }) | (At & { readonly kind: "tuple"; readonly items: readonly Pattern[] });

export type UnaryOperator = "-" | "not";
export type BinaryOperator = "+" | "-" | "*" | "/" | "%" | "^" | "@" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "and" | "or";

export interface Argument extends At {
  readonly name: Name | null;
  /** `over: ..S` passes a pack. */
  readonly value: Expr | Pack;
}

export type Expr =
  /** `int` is true where the literal has neither point nor exponent. */
  | (At & { readonly kind: "number"; readonly value: number; readonly int: boolean; /** as written */ readonly text: string })
  | (At & { readonly kind: "string"; readonly value: string })
  | (At & { readonly kind: "bool"; readonly value: boolean })
  | (At & { readonly kind: "name"; readonly text: string })
  | (At & { readonly kind: "list"; readonly items: readonly (Expr | Pack)[] })
  | (At & { readonly kind: "tuple"; readonly items: readonly Expr[] })
  /** `{ loss, accuracy: a }`; a field without a value is the name itself. */
  | (At & { readonly kind: "record"; readonly fields: readonly { readonly name: Name; readonly value: Expr }[] })
  | (At & { readonly kind: "unary"; readonly op: UnaryOperator; readonly value: Expr })
  | (At & { readonly kind: "binary"; readonly op: BinaryOperator; readonly left: Expr; readonly right: Expr; readonly opSpan: Span })
  | (At & { readonly kind: "call"; readonly callee: Expr; readonly args: readonly Argument[] })
  /** `x |> conv(6) |> relu` nests to the left. */
  | (At & { readonly kind: "pipe"; readonly value: Expr; readonly into: Expr })
  | (At & { readonly kind: "member"; readonly object: Expr; readonly name: Name })
  | (At & { readonly kind: "index"; readonly object: Expr; readonly items: readonly IndexItem[] })
  | (At & { readonly kind: "if"; readonly condition: Expr; readonly then: Block; readonly otherwise: Block | null })
  /** `repeat 8 { x |> residual(64) }`: the name at the head of the block's last pipe carries the value from turn to turn; `repeat i in 8 { ... }` counts. */
  | (At & { readonly kind: "repeat"; readonly counter: Name | null; readonly count: Expr; readonly body: Block });

/** `x[0, 1:, .., _]` */
export type IndexItem =
  | (At & { readonly kind: "at"; readonly value: Expr })
  | (At & { readonly kind: "range"; readonly from: Expr | null; readonly to: Expr | null })
  | (At & { readonly kind: "rest" })
  | (At & { readonly kind: "new" });
