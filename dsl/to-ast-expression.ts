import type { CstNode, IToken } from "chevrotain";
import type { Argument, Expr, IndexItem, Name, Pack } from "./ast.ts";
import { choice, maybeNode, maybeToken, node, nodes, spanOf, spanOfToken, token, tokens } from "./cst.ts";
import { number, text } from "./literal.ts";
import { present } from "./invariant.ts";
import { fold, type Infix } from "./precedence.ts";
import type { DiagnosticList } from "./diagnostic-list.ts";
import { cover, type Span } from "./span.ts";

/** The trees of expressions as the AST has them. */
export abstract class ExpressionReader {
  protected readonly diagnostics: DiagnosticList;

  constructor(diagnostics: DiagnosticList) {
    this.diagnostics = diagnostics;
  }

  /** Expressions with blocks. */
  protected abstract control(tree: CstNode, span: Span): Expr;

  protected span(tree: CstNode): Span {
    return spanOf(tree, this.diagnostics);
  }

  name(of: IToken): Name {
    return { text: of.image, span: spanOfToken(of, this.diagnostics) };
  }

  expression(tree: CstNode): Expr {
    const operands = nodes(tree, "operand").map((operand) => ({
      prefixes: tokens(operand, "prefix").map((t) => ({
        op: t.image === "-" ? ("-" as const) : ("not" as const),
        span: spanOfToken(t, this.diagnostics),
      })),
      value: this.postfix(operand),
      span: this.unprefixed(operand),
    }));
    // The grammar only accepts the operators of the table.
    const operators = tokens(tree, "operator").map((t) => ({
      op: t.image as Infix,
      span: spanOfToken(t, this.diagnostics),
    }));
    return fold(operands, operators, this.diagnostics);
  }

  /** The only expression of a rule, or the one with a label. */
  protected expressionIn(tree: CstNode, label = "expression"): Expr {
    return this.expression(node(tree, label));
  }

  protected maybeExpressionIn(tree: CstNode, label = "expression"): Expr | null {
    const found = maybeNode(tree, label);
    return found && this.expression(found);
  }

  private unprefixed(operand: CstNode): Span {
    const start = this.span(node(operand, "primary"));
    const last = nodes(operand, "suffix").at(-1);
    return last ? cover(start, this.span(last)) : start;
  }

  private postfix(operand: CstNode): Expr {
    return this.suffixed(operand, this.primary(node(operand, "primary")), this.span(node(operand, "primary")));
  }

  /** A value with the calls, members and indices after it; `start` is its span with its parentheses. */
  protected suffixed(tree: CstNode, head: Expr, start: Span): Expr {
    let value = head;
    for (const suffix of nodes(tree, "suffix")) {
      const span = cover(start, this.span(suffix));
      if (maybeToken(suffix, "LParen"))
        value = { kind: "call", callee: value, args: nodes(suffix, "argument").map((a) => this.argument(a)), span };
      else if (maybeToken(suffix, "Dot"))
        value = {
          kind: "member",
          object: value,
          name: this.name(maybeToken(suffix, "Star") ?? token(suffix, "Word")),
          span,
        };
      else if (maybeToken(suffix, "Position"))
        value = { kind: "member", object: value, name: this.position(token(suffix, "Position")), span };
      else
        value = { kind: "index", object: value, items: nodes(suffix, "indexItem").map((i) => this.indexItem(i)), span };
    }
    return value;
  }

  private primary(tree: CstNode): Expr {
    const chosen = choice(tree);
    if ("children" in chosen) return this.compound(chosen);
    const span = spanOfToken(chosen, this.diagnostics);
    switch (chosen.tokenType.name) {
      case "Number":
        return number(chosen, this.diagnostics);
      case "String":
        return { kind: "string", value: text(chosen, this.diagnostics), span };
      case "TrueKeyword":
      case "FalseKeyword":
        return { kind: "bool", value: chosen.image === "true", span };
      default:
        return { kind: "name", text: chosen.image, span };
    }
  }

  private compound(tree: CstNode): Expr {
    const span = this.span(tree);
    switch (tree.name) {
      case "list":
        return { kind: "list", items: this.elements(tree), span };
      case "tuple": {
        const items = nodes(tree, "expression").map((e) => this.expression(e));
        const [only] = items;
        return only && items.length === 1 ? only : { kind: "tuple", items, span };
      }
      case "record":
        return this.recordIn(tree);
      case "nextValue":
        return { kind: "next", name: this.name(token(tree, "Name")), span };
      default:
        return this.control(tree, span);
    }
  }

  /** The digits of `.0`. */
  private position(of: IToken): Name {
    const { span, text: dotted } = this.name(of);
    return { text: dotted.slice(1), span: { ...span, start: span.start + 1 } };
  }

  protected recordIn(tree: CstNode): Expr {
    return { kind: "record", fields: nodes(tree, "field").map((f) => this.field(f)), span: this.span(tree) };
  }

  private field(tree: CstNode): { readonly name: Name; readonly value: Expr } {
    const value = this.maybeExpressionIn(tree);
    if (value) return { name: this.name(token(tree, "Word")), value };
    const short = this.name(token(tree, "Name"));
    return { name: short, value: { kind: "name", ...short } };
  }

  private argument(tree: CstNode): Argument {
    const key = maybeToken(tree, "Word");
    return { name: key && this.name(key), value: this.packOrExpression(tree), span: this.span(tree) };
  }

  private packOrExpression(tree: CstNode): Expr | Pack {
    const pack = maybeNode(tree, "pack");
    return pack
      ? { kind: "pack", name: this.name(token(pack, "Name")), span: this.span(pack) }
      : this.expressionIn(tree);
  }

  protected elements(list: CstNode): readonly (Expr | Pack)[] {
    return nodes(list, "element").map((e) => this.packOrExpression(e));
  }

  private indexItem(tree: CstNode): IndexItem {
    const span = this.span(tree);
    if (maybeToken(tree, "Dots")) return { kind: "rest", span };
    const first = this.maybeExpressionIn(tree, "from");
    const range = maybeNode(tree, "range");
    if (range) {
      const [to, step] = [this.maybeExpressionIn(range, "to"), this.maybeExpressionIn(range, "step")];
      return { kind: "range", from: first, to, step, span };
    }
    const value = present(first, "an index has a value");
    return value.kind === "name" && value.text === "_" ? { kind: "new", span } : { kind: "at", value, span };
  }
}
