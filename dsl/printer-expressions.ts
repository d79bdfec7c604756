import type { Argument, Expr, IndexItem, Name, Pack } from "./ast.ts";
import type { Comments } from "./comments.ts";
import { concat, group, hardline, ifBroken, indent, line, nothing, softline, trailing, type Doc } from "./doc.ts";
import { never } from "./invariant.ts";
import { quote } from "./literal.ts";
import { binaryPrecedence, comparison, postfix, unaryPrecedence } from "./precedence.ts";
import type { Span } from "./span.ts";

export type ControlExpr = Expr & {
  readonly kind: "if" | "cond" | "repeat" | "for" | "scan" | "while" | "checkpoint" | "eval" | "function";
};

interface Field {
  readonly name: Name;
  readonly value: Expr;
}

/** `{ loss }` is `{ loss: loss }`. */
export const isShort = ({ name, value }: Field): boolean => value.kind === "name" && value.text === name.text;

const loosest = 0;
const pipe = binaryPrecedence["|>"];
/** Never in need of parentheses. */
const atom = postfix + 1;

/**
 * Expressions as text. Parts must be printed in the order of the source, because comments are returned in that order.
 */
export abstract class ExpressionPrinter {
  readonly comments: Comments;

  constructor(comments: Comments) {
    this.comments = comments;
  }

  /** Expressions with blocks. */
  protected abstract control(expr: ControlExpr): Doc;

  expression(expr: Expr, weakest: number = loosest): Doc {
    if (strength(expr) >= weakest) return this.bare(expr);
    return group("(", indent(softline, this.bare(expr)), softline, ")");
  }

  private bare(expr: Expr): Doc {
    switch (expr.kind) {
      case "number":
        return expr.text;
      case "string":
        return quote(expr.value);
      case "bool":
        return String(expr.value);
      case "name":
        return expr.text;
      case "list":
        return this.list("[", expr.items, (item) => this.element(item), expr.span.end - 1, "]");
      case "tuple":
        return this.list("(", expr.items, (item) => this.expression(item), expr.span.end - 1, ")");
      case "record":
        return group(this.record(expr));
      case "unary":
        return concat(expr.op === "not" ? "not " : "-", this.expression(expr.value, unaryPrecedence[expr.op]));
      case "binary":
        return this.binary(expr);
      case "call":
        return concat(
          // `fn (x) =` would begin a function literal.
          expr.callee.kind === "name" && expr.callee.text === "fn" ? "(fn)" : this.expression(expr.callee, postfix),
          this.list("(", expr.args, (a) => this.argument(a), expr.span.end - 1, ")"),
        );
      case "pipe":
        return this.pipe(expr);
      case "member":
        return concat(this.objectOf(expr), ".", expr.name.text);
      case "index":
        return concat(
          this.expression(expr.object, postfix),
          this.list("[", expr.items, (i) => this.indexItem(i), expr.span.end - 1, "]"),
        );
      case "next":
        return `next ${expr.name.text}`;
      case "if":
      case "cond":
      case "repeat":
      case "for":
      case "scan":
      case "while":
      case "checkpoint":
      case "eval":
      case "function":
        return this.control(expr);
      default:
        return never(expr);
    }
  }

  /** Operators of the same precedence form one group: `a + b - c` breaks at both or at neither. */
  private binary(expr: Expr & { readonly kind: "binary" }): Doc {
    const binds = binaryPrecedence[expr.op];
    if (expr.op === "^") {
      const exponent =
        expr.right.kind === "unary" && expr.right.op === "-" && strength(expr.right.value) >= postfix
          ? unaryPrecedence["-"]
          : binds;
      return concat(this.expression(expr.left, binds + 1), " ^ ", this.expression(expr.right, exponent));
    }
    const chain: (Expr & { readonly kind: "binary" })[] = [];
    let first: Expr = expr;
    for (
      ;
      first.kind === "binary" && binaryPrecedence[first.op] === binds && (binds !== comparison || chain.length === 0);
      first = first.left
    )
      chain.unshift(first);
    const head = this.expression(first, binds === comparison ? binds + 1 : binds);
    return group(
      head,
      indent(...chain.flatMap(({ op, right }) => [` ${op}`, line, this.expression(right, binds + 1)])),
    );
  }

  /** One step per line if the whole does not fit on one. */
  private pipe(expr: Expr & { readonly kind: "pipe" }): Doc {
    const steps: Expr[] = [];
    let first: Expr = expr;
    for (; first.kind === "pipe"; first = first.value) steps.unshift(first.into);
    return this.steps([first, ...steps]);
  }

  /** What follows `with`, and what a named chain is. */
  steps(exprs: readonly Expr[]): Doc {
    const docs = exprs.map((expr, i) => {
      const above = i === 0 ? [] : this.comments.before(expr.span.start).flatMap((c) => [hardline, c.text]);
      const doc = this.expression(expr, pipe + 1);
      const beside = i < exprs.length - 1 ? this.comments.beside(expr.span.end) : null;
      return concat(...above, i === 0 ? nothing : concat(line, "|> "), doc, beside ? trailing(beside.text) : nothing);
    });
    const [first = nothing, ...rest] = docs;
    return group(first, indent(...rest));
  }

  /** `1.0` would be a number. */
  private objectOf({ object, name }: Expr & { readonly kind: "member" }): Doc {
    const number = object.kind === "number" && /^\d/.test(name.text);
    return number ? concat("(", this.expression(object), ")") : this.expression(object, postfix);
  }

  /** Breaks with the enclosing group. */
  protected record({ fields, span }: Expr & { readonly kind: "record" }): Doc {
    const spanned = fields.map((f) => ({ ...f, span: f.name.span }));
    return this.items("{", spanned, (f) => this.field(f), span.end - 1, "}", line);
  }

  private field(field: Field): Doc {
    return isShort(field) ? field.name.text : concat(field.name.text, ": ", this.expression(field.value));
  }

  private argument({ name, value }: Argument): Doc {
    return concat(name ? `${name.text}: ` : nothing, this.element(value));
  }

  protected element(item: Expr | Pack): Doc {
    return item.kind === "pack" ? `..${item.name.text}` : this.expression(item);
  }

  private indexItem(item: IndexItem): Doc {
    switch (item.kind) {
      case "at":
        return this.expression(item.value);
      case "range":
        return concat(
          item.from ? this.expression(item.from) : nothing,
          ":",
          item.to ? this.expression(item.to) : nothing,
          item.step ? concat(":", this.expression(item.step)) : nothing,
        );
      case "rest":
        return "..";
      case "new":
        return "_";
      default:
        return never(item);
    }
  }

  /**
   * Items between brackets, one per line if they do not fit on one; `closing` is the offset of the closing bracket in
   * the source.
   */
  list<T extends { readonly span: Span }>(
    open: string,
    items: readonly T[],
    print: (item: T) => Doc,
    closing: number | null,
    close: string,
    gap: Doc = softline,
  ): Doc {
    return group(this.items(open, items, print, closing, close, gap));
  }

  /** Like `list`, but breaks with the enclosing group. */
  items<T extends { readonly span: Span }>(
    open: string,
    items: readonly T[],
    print: (item: T) => Doc,
    closing: number | null,
    close: string,
    gap: Doc = softline,
  ): Doc {
    const docs = items.map((item, i) => {
      const above = this.comments.before(item.span.start).flatMap((c) => [c.text, hardline]);
      const doc = print(item);
      const beside = this.comments.beside(item.span.end);
      const comma =
        i < items.length - 1
          ? concat(",", beside ? trailing(beside.text) : nothing, line)
          : concat(ifBroken(","), beside ? trailing(beside.text) : nothing);
      return concat(...above, doc, comma);
    });
    const dangling =
      closing === null
        ? []
        : this.comments
            .before(closing)
            .map((c, i) => concat(i === 0 && docs.length === 0 ? nothing : hardline, c.text));
    if (docs.length === 0 && dangling.length === 0) return open + close;
    return concat(open, indent(gap, ...docs, ...dangling), gap, close);
  }
}

function strength(expr: Expr): number {
  switch (expr.kind) {
    // Its body extends as far as possible.
    case "function":
      return loosest;
    case "pipe":
      return pipe;
    case "binary":
      return binaryPrecedence[expr.op];
    case "unary":
      return unaryPrecedence[expr.op];
    case "if":
    case "cond":
    case "repeat":
    case "for":
    case "scan":
    case "while":
    case "checkpoint":
    case "eval":
      // They need none, but `(if a { b } else { c }) + d` reads better with them.
      return pipe + 1;
    default:
      return atom;
  }
}
