import type { Block, Carry, Expr, Name, Parameter, Pattern, ResultType, Step, Stmt, TypeExpr } from "./ast.ts";
import { breaks, concat, group, hardline, indent, join, line, nothing, trailing, type Doc } from "./doc.ts";
import { never } from "./invariant.ts";
import { ExpressionPrinter, isShort, type ControlExpr } from "./printer-expressions.ts";

/** Prints types, blocks, statements, and expressions with blocks. */
export class Printer extends ExpressionPrinter {
  type(type: TypeExpr): Doc {
    switch (type.kind) {
      case "tensor":
        return concat(
          type.dtype.text,
          this.list("[", type.dims, (d) => this.element(d), type.span.end - 1, "]"),
        );
      case "static":
        return type.name.text;
      case "params":
        return `params(${type.model.text})`;
      case "list":
        return concat("[", this.type(type.of), "]");
      default:
        return never(type);
    }
  }

  result(type: ResultType): Doc {
    if (type.kind !== "tuple" && type.kind !== "record") return this.type(type);
    const one = (item: { readonly name: Name | null; readonly type: ResultType }): Doc =>
      concat(item.name ? `${item.name.text}: ` : nothing, this.result(item.type));
    return type.kind === "tuple"
      ? this.list("(", type.items, one, type.span.end - 1, ")")
      : this.list("{", type.items, one, type.span.end - 1, "}", line);
  }

  /**
   * A block of one expression or one `yield` may be on one line; `tall` blocks (the bodies of declarations) never are.
   */
  block(block: Block, tall = false): Doc {
    return group(this.braces(block, tall));
  }

  /** Like `block`, but breaks with the enclosing group. */
  private braces(block: Block, tall = false): Doc {
    const [only, ...more] = block.statements;
    const bare = !this.comments.anyBefore(block.span.end - 1);
    if (!only && bare) return "{}";
    if (more.length === 0 && only?.kind === "expression" && this.isRecordBody(block, only.value))
      return this.record(only.value);
    if (only && short.has(only.kind) && more.length === 0 && bare && !tall)
      return concat("{", indent(line, this.statement(only)), line, "}");
    return concat("{", indent(hardline, this.statements(block)), hardline, "}");
  }

  parameters(each: readonly Parameter[]): Doc {
    const one = ({ name, type, value }: Parameter): Doc =>
      concat(`${name.text}: `, this.type(type), value ? concat(" = ", this.expression(value)) : nothing);
    return this.items("(", each, one, null, ")");
  }

  /** Breaks with the enclosing group; `any` is left out. */
  private functionParameters(each: readonly Parameter[]): Doc {
    const one = ({ name, type, value }: Parameter): Doc =>
      concat(
        name.text,
        type.kind === "static" && type.name.text === "any" ? nothing : concat(": ", this.type(type)),
        value ? concat(" = ", this.expression(value)) : nothing,
      );
    return this.list("(", each, one, null, ")");
  }

  /** `{ ... }` or `= ...`, as in the source. */
  body(block: Block, tall = true): Doc {
    return hasBraces(block) ? concat(" ", this.block(block, tall)) : group(" =", indent(line, this.equated(block)));
  }

  /** The value of a body without braces, with the comments inside it. */
  equated(block: Block): Doc {
    const only = block.statements[0];
    if (only?.kind !== "expression") return nothing;
    const above = this.comments.before(only.span.start);
    const value = this.expression(only.value);
    const inside = this.comments.before(only.span.end);
    return concat(...[...above, ...inside].flatMap((c) => [c.text, hardline]), value);
  }

  /** Whether the braces of the block are those of the record: `{ loss, accuracy: a }`. */
  private isRecordBody(block: Block, value: Expr): value is Expr & { readonly kind: "record" } {
    if (value.kind !== "record") return false;
    const [first, ...more] = value.fields;
    if (!first || (more.length === 0 && isShort(first))) return false;
    return value.span.start === block.span.start || !this.comments.anyBefore(block.span.end - 1);
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
      // Comments where none can be printed are moved above the statement.
      for (const comment of this.comments.before(stmt.span.end))
        put(comment.text, { start: stmt.span.start, end: stmt.span.start });
      const beside = this.comments.beside(stmt.span.end);
      put(beside ? concat(doc, trailing(beside.text)) : doc, {
        start: stmt.span.start,
        end: beside?.end ?? stmt.span.end,
      });
    }
    for (const comment of this.comments.before(block.span.end - 1)) put(comment.text, comment);
    return concat(...lines);
  }

  private targets(targets: readonly Expr[], only: Expr | null): Doc {
    return concat(this.sideBySide(targets), this.clause(", only: ", only));
  }

  private step({ over, only, every, when }: Step, chain: readonly Expr[]): Doc {
    const targets = this.targets(over, only);
    return concat(targets, this.clause(" every ", every), this.clause(" when ", when), " with ", this.steps(chain));
  }

  private clause(head: string, value: Expr | null): Doc {
    return value === null ? nothing : concat(head, this.expression(value));
  }

  statement(stmt: Stmt): Doc {
    switch (stmt.kind) {
      case "let":
        return concat("let ", this.pattern(stmt.pattern), " = ", this.expression(stmt.value));
      case "param":
      case "state":
        return concat(
          `${stmt.kind} ${stmt.name.text}: `,
          this.type(stmt.type),
          stmt.init ? concat(" = ", this.expression(stmt.init)) : nothing,
        );
      case "write":
        return concat(this.expression(stmt.target), " <- ", this.expression(stmt.value));
      case "minimize":
        return concat("minimize ", this.expression(stmt.loss), " over ", this.step(stmt, stmt.transforms));
      case "update":
        return concat("update ", this.step(stmt, [stmt.gradients, ...stmt.transforms]));
      case "freeze":
        return concat("freeze ", this.targets(stmt.targets, stmt.only));
      case "next":
        return concat(`next ${stmt.name.text} = `, this.expression(stmt.value));
      case "yield":
        return concat("yield ", this.expression(stmt.value));
      case "assert":
        return concat(
          "assert ",
          this.expression(stmt.condition),
          stmt.says ? concat(", ", this.expression(stmt.says)) : nothing,
        );
      case "expression":
        return this.expression(stmt.value);
      default:
        return never(stmt);
    }
  }

  private pattern(pattern: Pattern): Doc {
    return pattern.kind === "name"
      ? pattern.name.text
      : pattern.kind === "list"
        ? this.list("[", pattern.items, (p) => this.pattern(p), pattern.span.end - 1, "]")
        : this.list("(", pattern.items, (p) => this.pattern(p), pattern.span.end - 1, ")");
  }

  private sideBySide(exprs: readonly Expr[]): Doc {
    return join(
      ", ",
      exprs.map((e) => this.expression(e)),
    );
  }

  protected override control(expr: ControlExpr): Doc {
    switch (expr.kind) {
      case "if":
      case "cond":
        return this.branches(expr);
      case "repeat":
        return concat(
          "repeat ",
          group(
            expr.pattern ? concat(this.pattern(expr.pattern), " in ") : nothing,
            this.expression(expr.over),
            this.carryClause(expr.carries),
          ),
          " ",
          this.block(expr.body),
        );
      case "for":
        return concat(
          "for ",
          this.pattern(expr.pattern),
          " in ",
          this.expression(expr.over),
          " ",
          this.block(expr.body),
        );
      case "checkpoint":
      case "eval":
        return concat(`${expr.kind} `, this.block(expr.body));
      case "function":
        return concat("fn ", this.functionParameters(expr.params), this.body(expr.body, false));
      case "while": {
        const head = group("while carry ", this.carries(expr.carries), clauses("until ", this.expression(expr.until)));
        return concat(head, " ", this.block(expr.body));
      }
      case "scan":
        return this.scan(expr);
      default:
        return never(expr);
    }
  }

  private scan(expr: Expr & { readonly kind: "scan" }): Doc {
    const sequences = expr.sequences.map(({ pattern, value }) =>
      concat(this.pattern(pattern), " in ", this.expression(value)),
    );
    const over = expr.counter ? expr.counter.text : join(", ", sequences);
    const along = expr.along ? clauses("along ", this.expression(expr.along)) : nothing;
    const reversed = expr.reversed ? " reversed" : nothing;
    return concat(group("scan ", over, along, reversed, this.carryClause(expr.carries)), " ", this.block(expr.body));
  }

  private carryClause(carries: readonly Carry[]): Doc {
    return carries.length > 0 ? clauses("carry ", this.carries(carries)) : nothing;
  }

  private carries(carries: readonly Carry[]): Doc {
    const each = carries.map(({ name, init }) =>
      init.kind === "name" && init.text === name.text ? name.text : concat(`${name.text} = `, this.expression(init)),
    );
    return group(indent(join(concat(",", line), each)));
  }

  /**
   * An `else` that holds nothing but another branch continues it: `else if`, `else cond`. If every block fits on one
   * line, all are on one line, else none.
   */
  private branches(expr: Expr & { readonly kind: "if" | "cond" }): Doc {
    const parts: { readonly head: Doc; readonly block: Doc }[] = [];
    for (let link = expr, lead = ""; ; lead = " else ") {
      const head = concat(`${lead}${link.kind} `, this.expression(link.condition), " ");
      parts.push({ head, block: this.braces(link.then) });
      if (!link.otherwise) break;
      const [only, ...more] = link.otherwise.statements;
      if (more.length === 0 && only?.kind === "expression" && only.value.kind === expr.kind) link = only.value;
      else {
        parts.push({ head: " else ", block: this.braces(link.otherwise) });
        break;
      }
    }
    const together = !parts.some(({ block }) => breaks(block));
    const docs = parts.flatMap(({ head, block }) => [head, together ? block : group(block)]);
    return together ? group(...docs) : concat(...docs);
  }
}

/** Whether a body is written in braces, rather than after `=`. */
export function hasBraces(block: Block): boolean {
  const [only, ...more] = block.statements;
  if (only?.kind !== "expression" || more.length > 0) return true;
  return block.span.source.text[block.span.start] === "{" && only.span.start !== block.span.start;
}

const short: ReadonlySet<Stmt["kind"]> = new Set(["expression", "yield"]);

/** On a line of its own, further in than the block that follows. */
function clauses(...parts: readonly Doc[]): Doc {
  return indent(indent(line, ...parts));
}
