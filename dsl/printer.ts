import type { Argument, Block, Expr, IndexItem, Name, Pack, Pattern, Stmt, TypeExpr } from "./ast.ts";
import type { Comments } from "./comments.ts";
import { concat, group, hardline, ifBroken, indent, join, line, nothing, softline, trailing, type Doc } from "./doc.ts";
import { never } from "./invariant.ts";
import { quote } from "./literal.ts";
import { binaryPrecedence, comparison, postfix, unaryPrecedence } from "./precedence.ts";
import type { Span } from "./span.ts";

const loosest = 0;
const pipe = binaryPrecedence["|>"];
/** Never in need of parentheses. */
const atom = postfix + 1;

/** Writes the tree back as text. Parts must be printed in the order of the source, since comments are handed out in that order. */
export class Printer {
  readonly comments: Comments;

  constructor(comments: Comments) {
    this.comments = comments;
  }

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
        return this.list(
          "{",
          expr.fields.map((f) => ({ ...f, span: f.name.span })),
          (f) => this.field(f),
          expr.span.end - 1,
          "}",
          line,
        );
      case "unary":
        return concat(expr.op === "not" ? "not " : "-", this.expression(expr.value, unaryPrecedence[expr.op]));
      case "binary":
        return this.binary(expr);
      case "call":
        return concat(
          this.expression(expr.callee, postfix),
          this.list("(", expr.args, (a) => this.argument(a), expr.span.end - 1, ")"),
        );
      case "pipe":
        return this.pipe(expr);
      case "member":
        return concat(this.expression(expr.object, postfix), ".", expr.name.text);
      case "index":
        return concat(
          this.expression(expr.object, postfix),
          this.list("[", expr.items, (i) => this.indexItem(i), expr.span.end - 1, "]"),
        );
      case "if":
        return this.conditional(expr);
      case "repeat":
        return concat("repeat ", expr.counter ? `${expr.counter.text} in ` : nothing, this.expression(expr.count), " ", this.block(expr.body));
      default:
        return never(expr);
    }
  }

  /** Operators of one strength stand side by side: `a + b - c` breaks at both or at none. */
  private binary(expr: Expr & { readonly kind: "binary" }): Doc {
    const binds = binaryPrecedence[expr.op];
    if (expr.op === "^") {
      const exponent = expr.right.kind === "unary" && expr.right.op === "-" && strength(expr.right.value) >= postfix ? unaryPrecedence["-"] : binds;
      return concat(this.expression(expr.left, binds + 1), " ^ ", this.expression(expr.right, exponent));
    }
    const chain: (Expr & { readonly kind: "binary" })[] = [];
    let first: Expr = expr;
    for (; first.kind === "binary" && binaryPrecedence[first.op] === binds && (binds !== comparison || chain.length === 0); first = first.left)
      chain.unshift(first);
    const head = this.expression(first, binds === comparison ? binds + 1 : binds);
    return group(head, indent(...chain.flatMap(({ op, right }) => [` ${op}`, line, this.expression(right, binds + 1)])));
  }

  /** One step a line where the whole does not fit on one. */
  private pipe(expr: Expr & { readonly kind: "pipe" }): Doc {
    const steps: Expr[] = [];
    let first: Expr = expr;
    for (; first.kind === "pipe"; first = first.value) steps.unshift(first.into);
    return this.steps([first, ...steps]);
  }

  private steps(exprs: readonly Expr[]): Doc {
    const docs = exprs.map((expr, i) => {
      const above = i === 0 ? [] : this.comments.before(expr.span.start).flatMap((c) => [hardline, c.text]);
      const doc = this.expression(expr, pipe + 1);
      const beside = i < exprs.length - 1 ? this.comments.beside(expr.span.end) : null;
      return concat(...above, i === 0 ? nothing : concat(line, "|> "), doc, beside ? trailing(beside.text) : nothing);
    });
    const [first = nothing, ...rest] = docs;
    return group(first, indent(...rest));
  }

  private conditional(expr: Expr & { readonly kind: "if" }): Doc {
    const parts: Doc[] = [];
    for (let link: Expr & { readonly kind: "if" } = expr; ;) {
      parts.push("if ", this.expression(link.condition), " ", this.block(link.then));
      if (!link.otherwise) break;
      parts.push(" else ");
      const [only, ...more] = link.otherwise.statements;
      if (more.length === 0 && only?.kind === "expression" && only.value.kind === "if") link = only.value;
      else {
        parts.push(this.block(link.otherwise));
        break;
      }
    }
    return concat(...parts);
  }

  private field({ name, value }: { readonly name: Name; readonly value: Expr }): Doc {
    return value.kind === "name" && value.text === name.text ? name.text : concat(name.text, ": ", this.expression(value));
  }

  private argument({ name, value }: Argument): Doc {
    return concat(name ? `${name.text}: ` : nothing, this.element(value));
  }

  private element(item: Expr | Pack): Doc {
    return item.kind === "pack" ? `..${item.name.text}` : this.expression(item);
  }

  private indexItem(item: IndexItem): Doc {
    switch (item.kind) {
      case "at":
        return this.expression(item.value);
      case "range":
        return concat(item.from ? this.expression(item.from) : nothing, ":", item.to ? this.expression(item.to) : nothing);
      case "rest":
        return "..";
      case "new":
        return "_";
      default:
        return never(item);
    }
  }

  /** Items between brackets, one a line where they do not fit on one; `closing` is where the closing bracket stands in the source. */
  list<T extends { readonly span: Span }>(
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
        i < items.length - 1 ? concat(",", beside ? trailing(beside.text) : nothing, line) : concat(ifBroken(","), beside ? trailing(beside.text) : nothing);
      return concat(...above, doc, comma);
    });
    const dangling = closing === null ? [] : this.comments.before(closing).map((c, i) => concat(i === 0 && docs.length === 0 ? nothing : hardline, c.text));
    if (docs.length === 0 && dangling.length === 0) return open + close;
    return group(open, indent(gap, ...docs, ...dangling), gap, close);
  }

  type(type: TypeExpr): Doc {
    switch (type.kind) {
      case "tensor":
        return concat(
          type.dtype.text,
          this.list("[", type.dims, (d) => this.element(d), type.span.end - 1, "]"),
        );
      case "static":
        return type.name.text;
      case "list":
        return concat("[", this.type(type.of), "]");
      default:
        return never(type);
    }
  }

  /** A block of one expression may stand on one line; `tall` blocks (the bodies of declarations) never do. */
  block(block: Block, tall = false): Doc {
    const [only, ...more] = block.statements;
    const bare = !this.comments.anyBefore(block.span.end - 1);
    if (!only && bare) return "{}";
    if (only?.kind === "expression" && more.length === 0 && bare && !tall) return group("{", indent(line, this.expression(only.value)), line, "}");
    return concat("{", indent(hardline, this.statements(block)), hardline, "}");
  }

  private statements(block: Block): Doc {
    const lines: Doc[] = [];
    let last = block.span.start;
    const put = (doc: Doc, { start, end }: { readonly start: number; readonly end: number }): void => {
      if (lines.length > 0) lines.push(hardline);
      if (lines.length > 0 && this.comments.blankBetween(last, start)) lines.push(hardline);
      lines.push(doc);
      last = end;
    };
    for (const stmt of block.statements) {
      for (const comment of this.comments.before(stmt.span.start)) put(comment.text, comment);
      const doc = this.statement(stmt);
      // Comments at places where none can be printed stand above the statement.
      for (const comment of this.comments.before(stmt.span.end)) put(comment.text, { start: stmt.span.start, end: stmt.span.start });
      const beside = this.comments.beside(stmt.span.end);
      put(beside ? concat(doc, trailing(beside.text)) : doc, { start: stmt.span.start, end: beside?.end ?? stmt.span.end });
    }
    for (const comment of this.comments.before(block.span.end - 1)) put(comment.text, comment);
    return concat(...lines);
  }

  private statement(stmt: Stmt): Doc {
    switch (stmt.kind) {
      case "let":
        return concat("let ", this.pattern(stmt.pattern), " = ", this.expression(stmt.value));
      case "param":
      case "state":
        return concat(`${stmt.kind} ${stmt.name.text}: `, this.type(stmt.type), stmt.init ? concat(" = ", this.expression(stmt.init)) : nothing);
      case "write":
        return concat(stmt.target.text, " <- ", this.expression(stmt.value));
      case "minimize": {
        const loss = this.expression(stmt.loss);
        const over = join(
          ", ",
          stmt.over.map((e) => this.expression(e)),
        );
        return concat("minimize ", loss, " over ", over, " with ", this.steps(stmt.transforms));
      }
      case "expression":
        return this.expression(stmt.value);
      default:
        return never(stmt);
    }
  }

  private pattern(pattern: Pattern): Doc {
    return pattern.kind === "name" ? pattern.name.text : this.list("(", pattern.items, (p) => this.pattern(p), pattern.span.end - 1, ")");
  }
}

function strength(expr: Expr): number {
  switch (expr.kind) {
    case "pipe":
      return pipe;
    case "binary":
      return binaryPrecedence[expr.op];
    case "unary":
      return unaryPrecedence[expr.op];
    case "if":
    case "repeat":
      // They need none, but `(if a { b } else { c }) + d` reads better with them.
      return pipe + 1;
    default:
      return atom;
  }
}
