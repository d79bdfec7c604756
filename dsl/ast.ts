import type { Span } from "./span.ts";

/** The tree of a `.dl` file. Every node has its span; names have their own. */
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
  /** Empty where everything can be imported. */
  readonly exports: readonly Export[];
  readonly items: readonly Item[];
}

/** `import { residual, block as unit } from "./blocks.dl"` */
export interface Import extends At {
  readonly names: readonly { readonly name: Name; readonly alias: Name | null }[];
  readonly from: string;
  readonly fromSpan: Span;
}

/** `export { residual, block }`: the only declarations that other files can import. */
export interface Export extends At {
  readonly names: readonly Name[];
}

export type Item = Callable | Entry | DimDecl | Constant | Setting | NamedChain | ModelCopy | Test;

/**
 * `setting lr: f32 = 1e-3 in log(1e-5, 1e-1)`: a scalar that can change between calls without recompiling; the range is
 * for hyperparameter search.
 */
export interface Setting extends At {
  readonly kind: "setting";
  readonly name: Name;
  readonly doc: string;
  readonly type: TypeExpr;
  readonly value: Expr;
  readonly range: Expr | null;
}

/**
 * `optimizer opt = clip_by_global_norm(1.0) |> adam(lr: lr)`: a named chain, whose states all statements share that
 * use it.
 */
export interface NamedChain extends At {
  readonly kind: "chain";
  readonly name: Name;
  readonly doc: string;
  /** From left to right, as after `with`. */
  readonly steps: readonly Expr[];
}

/** `model Target = Net`: a model with the same declaration and params of its own, which begin as those of `Net`. */
export interface ModelCopy extends At {
  readonly kind: "copy";
  readonly name: Name;
  readonly doc: string;
  readonly of: Name;
}

/** `test "probabilities sum to one" { assert close(...) }` */
export interface Test extends At {
  readonly kind: "test";
  readonly title: string;
  readonly titleSpan: Span;
  readonly body: Block;
}

/**
 * `where C % groups == 0, "`groups` divides the channels"`, after the result type; several are separated by further
 * `where`s.
 */
export interface Where extends At {
  readonly condition: Expr;
  /** The message, a string expression; null for the default one. */
  readonly says: Expr | null;
}

/**
 * `with gradient (dy) { ... }` after the body of a `fn`: the value is the gradient of each tensor parameter, a tuple if
 * there are several.
 */
export interface GradientRule extends At {
  readonly params: readonly Name[];
  readonly body: Block;
}

/** `dim N, T = 16`: sizes that are given from outside; `value` is the one of a dim that is not given, or null. */
export interface DimDecl extends At {
  readonly kind: "dim";
  readonly dims: readonly { readonly name: Name; readonly value: Expr | null }[];
}

/** `let hidden = 64` at the top of a file: a static value for all its declarations. */
export type Constant = Stmt & { readonly kind: "let" };

/**
 * `model LeNet(image: f32[N, 28, 28, 1]) -> f32[N, 10] { ... }`, `layer dense(units: int)(x: f32[..B, K]) -> ...`,
 * `fn softmax(axis: int = -1)(x: f32[..S]) -> f32[..S] = ...`,
 * `optimizer sgd(lr: f32)(p: f32[..S], g: f32[..S]) -> ...`. If there are two lists, the first one holds the static
 * parameters.
 */
export interface Callable extends At {
  readonly kind: "model" | "layer" | "fn" | "optimizer";
  readonly name: Name;
  /** The `//` lines directly above it, without the slashes. */
  readonly doc: string;
  readonly statics: readonly Parameter[];
  readonly params: readonly Parameter[];
  readonly result: ResultType | null;
  readonly where: readonly Where[];
  readonly body: Block;
  readonly gradient: GradientRule | null;
}

/** `train`: dropout is on, batch norm uses the batch. `draw`: as in inference, with new random numbers each call. */
export type EntryMode = "plain" | "train" | "draw";

/** `entry predict(image: f32[N, 28, 28, 1]) { ... }`; a mode other than `plain` is written before it. */
export interface Entry extends At {
  readonly kind: "entry";
  readonly mode: EntryMode;
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

/**
 * `f32[N, ..S, 2 * H]`; `int`, `f32`, `bool`, `string` as static types; `[int]` as a list of them; `fn` for a function.
 */
export type TypeExpr =
  | (At & { readonly kind: "tensor"; readonly dtype: Name; readonly dims: readonly DimExpr[] })
  | (At & { readonly kind: "static"; readonly name: Name })
  /** Of an input of an entry: `params(Net)`, a tensor for each param of a model; `Net` is a static type by its form. */
  | (At & { readonly kind: "params"; readonly model: Name })
  | (At & { readonly kind: "list"; readonly of: TypeExpr });

/** What a function returns: also `(mean: f32[C], var: f32[C])` or `{ loss: f32[], accuracy: f32[] }`, nested too. */
export type ResultType =
  | TypeExpr
  | (At & {
      readonly kind: "tuple";
      readonly items: readonly (At & { readonly name: Name | null; readonly type: ResultType })[];
    })
  | (At & {
      readonly kind: "record";
      readonly items: readonly (At & { readonly name: Name; readonly type: ResultType })[];
    });

/** A dim is a static int expression, or a pack `..S`, which matches any number of dims. */
export type DimExpr = Expr | Pack;

export interface Pack extends At {
  readonly kind: "pack";
  readonly name: Name;
}

/**
 * Statements in order; the value of the block is the one of its last statement if that is an expression. A body `= e`
 * is a block of one statement.
 */
export interface Block extends At {
  readonly statements: readonly Stmt[];
}

/** What is trained and how: `Net, D, only: "*.w" every 2 when ok with clip(1.0) |> adam(lr: 1e-3)`. */
export interface Step {
  readonly over: readonly Expr[];
  /** Patterns of paths. */
  readonly only: Expr | null;
  /** Updates in the calls of this multiple. */
  readonly every: Expr | null;
  readonly when: Expr | null;
  /** From left to right; the last one is the optimizer. */
  readonly transforms: readonly Expr[];
}

export type Stmt =
  | (At & { readonly kind: "let"; readonly pattern: Pattern; readonly value: Expr })
  | (At & {
      readonly kind: "param" | "state";
      readonly name: Name;
      readonly type: TypeExpr;
      readonly init: Expr | null;
    })
  /** `mean <- lerp(mean, m, momentum)`; the target is a name with members (`Net.norm.mean`) and indices (`kv[at]`). */
  | (At & { readonly kind: "write"; readonly target: Expr; readonly value: Expr })
  /** `minimize loss over LeNet, D with clip(1.0) |> adam(lr: 1e-3)` */
  | (At & Step & { readonly kind: "minimize"; readonly loss: Expr })
  /** `update LeNet with g |> adam(lr: 1e-3)`: the same with given gradients. */
  | (At & Step & { readonly kind: "update"; readonly gradients: Expr })
  /** `freeze Net.backbone, Net.head.b`: these get no gradient and are not trained in this entry. */
  | (At & { readonly kind: "freeze"; readonly targets: readonly Expr[]; readonly only: Expr | null })
  /** In the body of a `scan` or `while`: the next value of a carry. */
  | (At & { readonly kind: "next"; readonly name: Name; readonly value: Expr })
  /** In the body of a `scan`: the value to stack. At most one; only `next` may follow it. */
  | (At & { readonly kind: "yield"; readonly value: Expr })
  /** In a test. */
  | (At & { readonly kind: "assert"; readonly condition: Expr; readonly says: Expr | null })
  | (At & { readonly kind: "expression"; readonly value: Expr });

export type Pattern =
  | (At & { readonly kind: "name"; readonly name: Name })
  /** `(a, b)` or `[a, b]`: the items of a tuple or a list, in either form. */
  | (At & { readonly kind: "tuple" | "list"; readonly items: readonly Pattern[] });

export type UnaryOperator = "-" | "not";
export type BinaryOperator =
  | "+"
  | "-"
  | "*"
  | "/"
  | "%"
  | "^"
  | "@"
  | "=="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "and"
  | "or";

export interface Argument extends At {
  readonly name: Name | null;
  /** `over: ..S` passes a pack. */
  readonly value: Expr | Pack;
}

export type Expr =
  /** `int` is true if the literal has neither point nor exponent. */
  | (At & {
      readonly kind: "number";
      readonly value: number;
      readonly int: boolean;
      /** as written */ readonly text: string;
    })
  | (At & { readonly kind: "string"; readonly value: string })
  | (At & { readonly kind: "bool"; readonly value: boolean })
  | (At & { readonly kind: "name"; readonly text: string })
  | (At & { readonly kind: "list"; readonly items: readonly (Expr | Pack)[] })
  | (At & { readonly kind: "tuple"; readonly items: readonly Expr[] })
  /** `{ loss, accuracy: a }`; the value of a field defaults to the variable of its name. */
  | (At & { readonly kind: "record"; readonly fields: readonly { readonly name: Name; readonly value: Expr }[] })
  | (At & { readonly kind: "unary"; readonly op: UnaryOperator; readonly value: Expr })
  | (At & {
      readonly kind: "binary";
      readonly op: BinaryOperator;
      readonly left: Expr;
      readonly right: Expr;
      readonly opSpan: Span;
    })
  | (At & { readonly kind: "call"; readonly callee: Expr; readonly args: readonly Argument[] })
  /** `x |> conv(6) |> relu` nests to the left. */
  | (At & { readonly kind: "pipe"; readonly value: Expr; readonly into: Expr })
  /** `run.h`; `pair.0` is an item of a tuple or a list. */
  | (At & { readonly kind: "member"; readonly object: Expr; readonly name: Name })
  | (At & { readonly kind: "index"; readonly object: Expr; readonly items: readonly IndexItem[] })
  | (At & { readonly kind: "if"; readonly condition: Expr; readonly then: Block; readonly otherwise: Block | null })
  /**
   * `scan xt in x, mt in mask along T reversed carry h = zeros([N, D]), c = 0.0 { ... }`; without sequences
   * `scan t in 10 carry ...` or `scan t along 10 carry ...`, where t is the iteration number, an i32 scalar. The value
   * is what it yields, stacked along the scanned axis, and its members are the final carries: `let run = scan ...` has
   * the value `run` and the member `run.h`. Without `yield` it only has members.
   */
  | (At & {
      readonly kind: "scan";
      readonly sequences: readonly { readonly pattern: Pattern; readonly value: Expr }[];
      readonly counter: Name | null;
      /** A named dim or an axis number of the sequences; the length if there are none. Null in `scan t in 10`. */
      readonly along: Expr | null;
      readonly reversed: boolean;
      readonly carries: readonly Carry[];
      readonly body: Block;
    })
  /**
   * `while carry x = x0, i = 0 until err < 1e-6 or i >= 100 { next x = ...; next i = i + 1 }`: tested before each
   * iteration; the members are the final carries.
   */
  | (At & { readonly kind: "while"; readonly carries: readonly Carry[]; readonly until: Expr; readonly body: Block })
  /** `cond p { a } else { b }`, where p is a bool scalar known at run time: only one branch is computed. */
  | (At & { readonly kind: "cond"; readonly condition: Expr; readonly then: Block; readonly otherwise: Block })
  /**
   * `for i in 8 { ... }`, `for w in [1, 2, 4] { ... }`, `for (a, b) in pairs { ... }`: unrolled at compile time; the
   * value is the list of the block's values.
   */
  | (At & { readonly kind: "for"; readonly pattern: Pattern; readonly over: Expr; readonly body: Block })
  /** `eval { ... }`: evaluated as in inference, in a train entry, too. */
  | (At & { readonly kind: "eval"; readonly body: Block })
  /** `checkpoint { ... }`: recomputed in the backward pass instead of stored. */
  | (At & { readonly kind: "checkpoint"; readonly body: Block })
  /** `fn (x) = 2 * x`, `fn (a, b: f32[..S]) { ... }`: a function without a name; without a type it takes any value. */
  | (At & { readonly kind: "function"; readonly params: readonly Parameter[]; readonly body: Block })
  /** `next h`, the new value of a carry, after its `next` statement. */
  | (At & { readonly kind: "next"; readonly name: Name })
  /**
   * `repeat 8 { x |> residual(64) }`: unrolled at compile time; the name at the head of the block's last pipe carries
   * the value from one iteration to the next. `repeat i in 8 { ... }` counts, `repeat u in [16, 32] { ... }` iterates
   * over a list, and `repeat 8 carry x, k = 0 { next x = ...; next k = ... }` says what it carries.
   */
  | (At & {
      readonly kind: "repeat";
      readonly pattern: Pattern | null;
      readonly over: Expr;
      readonly carries: readonly Carry[];
      readonly body: Block;
    });

/** `carry h = zeros([N])`; `carry h` is `carry h = h`. */
export interface Carry extends At {
  readonly name: Name;
  readonly init: Expr;
}

/** `x[0, 1:, ::2, .., _]` */
export type IndexItem =
  | (At & { readonly kind: "at"; readonly value: Expr })
  | (At & {
      readonly kind: "range";
      readonly from: Expr | null;
      readonly to: Expr | null;
      readonly step: Expr | null;
    })
  | (At & { readonly kind: "rest" })
  | (At & { readonly kind: "new" });
