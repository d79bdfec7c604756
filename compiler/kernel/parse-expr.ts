import type { Span } from "../../dsl/span.ts";
import { at } from "../support/lists.ts";
import { represent } from "./arithmetic.ts";
import {
  bool,
  i32,
  operators,
  registerOf,
  showReg,
  type Sizable,
  type Expr,
  type Lanes,
  type Operator,
  type RegType,
  type Scalar,
} from "./ir.ts";
import { kirError } from "./lex.ts";
import { isName } from "./names.ts";
import { infix, prefixLevel } from "./operator-syntax.ts";
import type { TokenReader } from "./token-reader.ts";
import { bareTypes, operandError, operandTypes, resultType, sameReg } from "./types.ts";

/** What a name is bound to. */
export type Binding =
  | { readonly kind: "buffer"; readonly buffer: Sizable }
  | { readonly kind: "var"; readonly type: RegType }
  | { readonly kind: "register"; readonly type: RegType; readonly dims: readonly number[] };

export interface Signature {
  readonly params: readonly { readonly scalar: Scalar }[];
  readonly result: Scalar;
}

/** A parsed operand. A number without a type gets one from its context. */
type Piece =
  | { readonly kind: "expr"; readonly expr: Expr; readonly height: number; readonly span: Span }
  | { readonly kind: "bare"; readonly value: number; readonly isBool: boolean; readonly span: Span };

/**
 * The deepest nesting of operators and parentheses. It bounds the recursion of everything that later walks the
 * expression.
 */
const maxDepth = 500;

const heightOf = (pieces: readonly Piece[]): number =>
  pieces.reduce((most, piece) => Math.max(most, piece.kind === "expr" ? piece.height : 0), 0);

const literals: ReadonlyMap<string, number> = new Map([
  ["inf", Infinity],
  ["nan", NaN],
  ["true", 1],
  ["false", 0],
]);

const operatorOf = new Map([...infix].map(([op, { sign, level }]) => [sign, { op, level }] as const));

const isOperator = (name: string): name is Operator => Object.hasOwn(operators, name);

/** Parses expressions. Nothing is folded, so that a printed expression parses back to itself. */
export class ExprParser {
  readonly #in: TokenReader;
  readonly #names: ReadonlyMap<string, Binding>;
  readonly #functions: (name: string) => Signature | undefined;
  #open = 0;

  constructor(
    reader: TokenReader,
    names: ReadonlyMap<string, Binding>,
    functions: (name: string) => Signature | undefined,
  ) {
    this.#in = reader;
    this.#names = names;
    this.#functions = functions;
  }

  /** Parses an expression of the type `expected`, or of any type if that is null. */
  parse(expected: RegType | null): Expr {
    return this.#resolve(this.#infix(1), expected, expected);
  }

  type(): RegType {
    const token = this.#in.name("a register type");
    const found = /^(f32|i32|bool)(x4)?$/.exec(token.text);
    if (!found)
      throw kirError(
        "kir-type",
        `unknown register type ${token.text}`,
        token.span,
        "write one of f32 f32x4 i32 i32x4 bool boolx4",
      );
    return { scalar: found[1] as Scalar, lanes: found[2] === undefined ? 1 : 4 };
  }

  /** Parses `[i,j]`, or nothing. */
  index(): Expr[] {
    return this.#index().at;
  }

  #index(): { readonly at: Expr[]; readonly height: number } {
    if (!this.#in.accept("[")) return { at: [], height: 0 };
    const pieces = [this.#infix(1)];
    while (this.#in.accept(",")) pieces.push(this.#infix(1));
    this.#in.expect("]");
    return { at: pieces.map((piece) => this.#resolve(piece, i32, i32)), height: heightOf(pieces) };
  }

  /** Parses `:f32x4` after an element of a buffer; without it, the type is that of the element. */
  elementType(buffer: Sizable): RegType {
    const own: RegType = { scalar: registerOf(buffer.element), lanes: 1 };
    if (!this.#in.accept(":")) return own;
    const from = this.#in.peek().span;
    const type = this.type();
    if (type.scalar !== own.scalar)
      throw kirError("kir-type", `${buffer.name} holds ${buffer.element}, which loads as ${own.scalar}`, from);
    return type;
  }

  #resolve(piece: Piece, bare: RegType | null, expected: RegType | null): Expr {
    const expr = piece.kind === "expr" ? piece.expr : this.#number(piece, bare);
    if (expected && !sameReg(expr.type, expected))
      throw kirError("kir-type", `this is ${showReg(expr.type)}, not ${showReg(expected)}`, piece.span);
    return expr;
  }

  #number(piece: Piece & { kind: "bare" }, type: RegType | null): Expr {
    if (type === null)
      throw kirError(
        "kir-type",
        "cannot infer the type of this number",
        piece.span,
        "write it after a colon, such as 1:f32",
      );
    const value = represent(type.scalar, piece.value);
    const fits =
      type.scalar === "bool" ? piece.isBool : !piece.isBool && (type.scalar === "f32" || value === piece.value);
    if (!fits) throw kirError("kir-type", `this is not a value of ${showReg(type)}`, piece.span);
    return { kind: "const", type, value };
  }

  #infix(level: number): Piece {
    let left = this.#prefix();
    for (;;) {
      const sign = operatorOf.get(this.#in.peek().text);
      if (this.#in.peek().kind !== "sign" || sign === undefined || sign.level < level) return left;
      this.#in.next();
      const right = this.#infix(sign.level + 1);
      left = this.#apply(sign.op, [left, right], this.#in.since(left.span));
    }
  }

  #prefix(): Piece {
    this.#limitDepth(++this.#open, this.#in.peek().span);
    const piece = this.#signed();
    this.#open--;
    return piece;
  }

  #limitDepth(levels: number, span: Span): void {
    if (levels > maxDepth)
      throw kirError("kir-syntax", `an expression may be nested at most ${maxDepth} levels deep`, span);
  }

  #signed(): Piece {
    const token = this.#in.peek();
    if (this.#in.accept("-")) {
      const next = this.#in.peek();
      if (next.kind === "number" || next.text === "inf") return this.#literal(token.span, -1);
      const operand = this.#prefix();
      return this.#apply("neg", [operand], this.#in.since(token.span));
    }
    if (this.#in.accept("!")) return this.#apply("not", [this.#prefix()], this.#in.since(token.span));
    if (token.kind === "name" && this.#in.accept("splat")) {
      const piece = this.#infix(prefixLevel);
      const value = this.#resolve(piece, null, null);
      if (value.type.lanes !== 1) throw kirError("kir-type", "only a scalar can be splatted", token.span);
      return this.#expr(
        { kind: "splat", type: { scalar: value.type.scalar, lanes: 4 }, value },
        token.span,
        heightOf([piece]),
      );
    }
    return this.#primary();
  }

  #primary(): Piece {
    const token = this.#in.peek();
    if (token.kind === "number" || literals.has(token.text)) return this.#literal(token.span, 1);
    if (this.#in.accept("(")) {
      const inner = this.#infix(1);
      this.#in.expect(")");
      return inner;
    }
    const { text: name, span } = this.#in.name("an expression");
    return this.#in.peek().text === "(" ? this.#call(name, span) : this.#named(name, span);
  }

  #literal(start: Span, sign: number): Piece {
    const { text } = this.#in.next();
    const value = sign * (literals.get(text) ?? Number(text));
    const isBool = text === "true" || text === "false";
    const bare: Piece = { kind: "bare", value, isBool, span: this.#in.since(start) };
    if (!this.#in.accept(":")) return bare;
    const type = this.type();
    return this.#expr(this.#number(bare, type), start);
  }

  #named(name: string, span: Span): Piece {
    const binding = this.#names.get(name);
    if (binding === undefined || !isName(name)) throw kirError("kir-name", `unknown name ${name}`, span);
    if (binding.kind === "var") return this.#expr({ kind: "var", type: binding.type, name }, span);
    if (binding.kind === "register") {
      const { at, height } = this.#index();
      if (at.length !== binding.dims.length)
        throw kirError("kir-index", `${name} has ${binding.dims.length} axes, not ${at.length}`, this.#in.since(span));
      return this.#expr({ kind: "register", type: binding.type, name, at }, span, height);
    }
    const { at: indices, height } = this.#index();
    const [at, ...more] = indices;
    if (at === undefined || more.length > 0)
      throw kirError("kir-index", `an element of ${name} has one index`, this.#in.since(span));
    return this.#expr({ kind: "load", buffer: name, at, type: this.elementType(binding.buffer) }, span, height);
  }

  #call(name: string, span: Span): Piece {
    this.#in.expect("(");
    const args: Piece[] = [];
    while (this.#in.peek().text !== ")") {
      if (args.length > 0) this.#in.expect(",");
      args.push(this.#infix(1));
    }
    this.#in.expect(")");
    if (name === "lane") return this.#lane(args, this.#in.since(span));
    if (isOperator(name)) return this.#apply(name, args, this.#in.since(span));
    const fn = this.#functions(name);
    if (fn === undefined) throw kirError("kir-name", `unknown function ${name}`, span);
    if (fn.params.length !== args.length)
      throw kirError(
        "kir-type",
        `${name} takes ${fn.params.length} arguments, not ${args.length}`,
        this.#in.since(span),
      );
    const types = bareTypes(args.map(typed));
    const lanes: Lanes = args.some((arg) => typed(arg).type.lanes === 4) ? 4 : 1;
    const values = args.map((arg, index) =>
      this.#resolve(arg, types[index] ?? null, { scalar: at(fn.params, index).scalar, lanes }),
    );
    return this.#expr(
      { kind: "call", type: { scalar: fn.result, lanes }, fn: name, args: values },
      span,
      heightOf(args),
    );
  }

  #lane(args: readonly Piece[], span: Span): Piece {
    const [vector, index] = args;
    if (
      vector?.kind !== "expr" ||
      vector.expr.type.lanes !== 4 ||
      index?.kind !== "bare" ||
      ![0, 1, 2, 3].includes(index.value)
    ) {
      throw kirError("kir-type", "lane takes a vector and a number from 0 to 3", span);
    }
    return this.#expr(
      { kind: "lane", type: { scalar: vector.expr.type.scalar, lanes: 1 }, value: vector.expr, lane: index.value },
      span,
      vector.height,
    );
  }

  #apply(op: Operator, args: readonly Piece[], span: Span): Piece {
    const types = operandTypes(op, args.map(typed));
    const values = args.map((arg, index) => this.#resolve(arg, types[index] ?? null, null));
    const given = values.map((x) => x.type);
    const error = operandError(op, given);
    if (error !== null) throw kirError("kir-type", error, span);
    this.#limitDepth(1 + heightOf(args), span);
    return {
      kind: "expr",
      expr: { kind: "apply", type: resultType(op, given), op, args: values },
      height: 1 + heightOf(args),
      span,
    };
  }

  /** `below`: the height of its operands. */
  #expr(expr: Expr, start: Span, below = 0): Piece {
    this.#limitDepth(1 + below, start);
    return { kind: "expr", expr, height: 1 + below, span: this.#in.since(start) };
  }
}

/** A bare number is a constant whose type comes from the other operands. */
const typed = (piece: Piece): { readonly kind: string; readonly type: RegType } =>
  piece.kind === "expr" ? piece.expr : { kind: "const", type: bool };
