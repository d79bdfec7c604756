import type { CstNode } from "chevrotain";
import type { Block, Carry, Expr, Parameter, Pattern, ResultType, Step, Stmt, TypeExpr } from "./ast.ts";
import { choice, maybeNode, maybeToken, node, nodes, spanOfToken, token, tokens } from "./cst.ts";
import { present } from "./invariant.ts";
import { cover, type Span } from "./span.ts";
import { ExpressionReader } from "./to-ast-expression.ts";

/** The trees of types, blocks, statements, and of expressions with blocks. */
export class Reader extends ExpressionReader {
  type(tree: CstNode): TypeExpr {
    const span = this.span(tree);
    const of = maybeNode(tree, "type");
    if (of) return { kind: "list", of: this.type(of), span };
    const named = this.name(token(tree, "Name"));
    const dims = maybeNode(tree, "list");
    const model = maybeToken(tree, "model");
    if (model) return { kind: "params", model: this.name(model), span };
    return dims
      ? { kind: "tensor", dtype: named, dims: this.elements(dims), span }
      : { kind: "static", name: named, span };
  }

  result(tree: CstNode): ResultType {
    const of = maybeNode(tree, "type");
    if (of) return this.type(of);
    const span = this.span(tree);
    const fields = nodes(tree, "resultField").map((field) => ({
      name: this.name(token(field, "Word")),
      type: this.result(node(field, "result")),
      span: this.span(field),
    }));
    if (fields.length > 0) return { kind: "record", items: fields, span };
    const items = nodes(tree, "resultItem").map((item) => {
      const name = maybeToken(item, "Word");
      return { name: name && this.name(name), type: this.result(node(item, "result")), span: this.span(item) };
    });
    const [only, ...more] = items;
    // `(f32[N])` is grouping, as in expressions.
    return only && more.length === 0 && only.name === null ? only.type : { kind: "tuple", items, span };
  }

  /** Statements with a mistake are left out. */
  block(tree: CstNode): Block {
    const record = maybeNode(tree, "record");
    if (record) return this.recordBody(record);
    const statements = nodes(tree, "statement").filter((s) => !maybeToken(s, "Invalid"));
    return { statements: statements.map((s) => this.statement(s)), span: this.span(tree) };
  }

  protected body(tree: CstNode): Block {
    const braces = maybeNode(tree, "block");
    if (braces) return this.block(braces);
    const value = this.expressionIn(tree);
    const span = this.span(node(tree, "expression"));
    return { statements: [{ kind: "expression", value, span }], span };
  }

  protected parameter(tree: CstNode): Parameter {
    const name = this.name(token(tree, "Name"));
    const type = maybeNode(tree, "type");
    return {
      name,
      // The parameter of a function literal may have no type.
      type: type ? this.type(type) : { kind: "static", name: { text: "any", span: name.span }, span: name.span },
      value: this.maybeExpressionIn(tree),
      span: this.span(tree),
    };
  }

  /** `{ loss, accuracy: a }` as a block: one statement, whose span is that of the fields. */
  private recordBody(tree: CstNode): Block {
    const value = this.recordIn(tree);
    const fields = nodes(tree, "field").map((field) => this.span(field));
    const inner = cover(present(fields[0], "a record body has a field"), present(fields.at(-1), "and a last one"));
    return { statements: [{ kind: "expression", value, span: inner }], span: value.span };
  }

  protected let(tree: CstNode): Stmt & { readonly kind: "let" } {
    return { kind: "let", pattern: this.patternIn(tree), value: this.expressionIn(tree), span: this.span(tree) };
  }

  private statement(tree: CstNode): Stmt {
    const span = this.span(tree);
    const chosen = choice(tree) as CstNode;
    switch (chosen.name) {
      case "let":
        return this.let(chosen);
      case "write": {
        const head: Expr = { kind: "name", ...this.name(token(chosen, "Name")) };
        return {
          kind: "write",
          target: this.suffixed(chosen, head, head.span),
          value: this.expressionIn(chosen),
          span,
        };
      }
      case "minimize": {
        const loss = this.expressionIn(chosen, "loss");
        const { first, more, ...step } = this.stepIn(chosen);
        return { kind: "minimize", loss, ...step, transforms: [first, ...more], span };
      }
      case "update": {
        const { first, more, ...step } = this.stepIn(chosen);
        return { kind: "update", ...step, gradients: first, transforms: more, span };
      }
      case "freeze":
        return { kind: "freeze", ...this.targetsIn(chosen), span };
      case "next":
        return { kind: "next", name: this.name(token(chosen, "Name")), value: this.expressionIn(chosen), span };
      case "yield":
        return { kind: "yield", value: this.expressionIn(chosen), span };
      case "assert":
        return {
          kind: "assert",
          condition: this.expressionIn(chosen, "condition"),
          says: this.maybeExpressionIn(chosen, "says"),
          span,
        };
      case "variable":
        return {
          kind: token(chosen, "kind").image === "param" ? "param" : "state",
          name: this.name(token(chosen, "Name")),
          type: this.type(node(chosen, "type")),
          init: this.maybeExpressionIn(chosen),
          span,
        };
      default:
        return { kind: "expression", value: this.expression(chosen), span };
    }
  }

  /** `Net, D, only: "*.w" every 2 when ok with a |> b` */
  private stepIn(tree: CstNode): Omit<Step, "transforms"> & { readonly first: Expr; readonly more: readonly Expr[] } {
    const step = node(tree, "step");
    const { targets, only } = this.targetsIn(step);
    const [every, when] = [this.maybeExpressionIn(step, "every"), this.maybeExpressionIn(step, "when")];
    const [first, ...more] = steps(this.expressionIn(tree, "with"));
    return { over: targets, only, every, when, first: present(first, "a chain has a step"), more };
  }

  private targetsIn(tree: CstNode): { readonly targets: readonly Expr[]; readonly only: Expr | null } {
    const list = node(tree, "targets");
    return {
      targets: nodes(list, "target").map((each) => this.expression(each)),
      only: this.maybeExpressionIn(list, "only"),
    };
  }

  private pattern(tree: CstNode): Pattern {
    const span = this.span(tree);
    const single = maybeToken(tree, "Name");
    if (single) return { kind: "name", name: this.name(single), span };
    const kind = maybeToken(tree, "LSquare") ? "list" : "tuple";
    return { kind, items: nodes(tree, "pattern").map((p) => this.pattern(p)), span };
  }

  private patternIn(tree: CstNode): Pattern {
    return this.pattern(node(tree, "pattern"));
  }

  protected override control(tree: CstNode, span: Span): Expr {
    const [counter, along] = [maybeToken(tree, "Name"), maybeNode(tree, "along")];
    switch (tree.name) {
      case "if":
        return this.branches(tree, "IfKeyword", (condition, then, otherwise, at) => ({
          kind: "if",
          condition,
          then,
          otherwise,
          span: at,
        }));
      case "cond":
        return this.branches(tree, "CondKeyword", (condition, then, otherwise, at) => {
          return { kind: "cond", condition, then, otherwise: present(otherwise, "a `cond` has an else"), span: at };
        });
      case "repeat":
        return {
          kind: "repeat",
          pattern: maybeNode(tree, "pattern") && this.patternIn(tree),
          over: this.expressionIn(tree),
          carries: this.carries(tree),
          body: this.block(node(tree, "block")),
          span,
        };
      case "for":
        return {
          kind: "for",
          pattern: this.patternIn(tree),
          over: this.expressionIn(tree),
          body: this.block(node(tree, "block")),
          span,
        };
      case "while":
        return {
          kind: "while",
          carries: this.carries(tree),
          until: this.expressionIn(tree),
          body: this.block(node(tree, "block")),
          span,
        };
      case "functionLiteral": {
        const params = nodes(tree, "functionParameter").map((p) => this.parameter(p));
        return { kind: "function", params, body: this.body(node(tree, "body")), span };
      }
      case "checkpoint":
      case "eval":
        return { kind: tree.name, body: this.block(node(tree, "block")), span };
      default:
        return {
          kind: "scan",
          sequences: nodes(tree, "sequence").map((s) => ({
            pattern: this.patternIn(s),
            value: this.expressionIn(s),
          })),
          counter: counter && this.name(counter),
          along: along && this.expressionIn(along),
          reversed: maybeToken(tree, "ReversedKeyword") !== null,
          carries: this.carries(tree),
          body: this.block(node(tree, "block")),
          span,
        };
    }
  }

  private carries(tree: CstNode): readonly Carry[] {
    const list = maybeNode(tree, "carries");
    return (list ? nodes(list, "carry") : []).map((c) => {
      const name = this.name(token(c, "Plain"));
      return { name, init: this.maybeExpressionIn(c) ?? { kind: "name", ...name }, span: this.span(c) };
    });
  }

  /** An `else if` is an `else` with a block of one `if`; folded from the last to the first. */
  private branches(
    tree: CstNode,
    keyword: string,
    make: (condition: Expr, then: Block, otherwise: Block | null, span: Span) => Expr,
  ): Expr {
    const whole = this.span(tree);
    const conditions = nodes(tree, "expression").map((e) => this.expression(e));
    const blocks = nodes(tree, "block").map((b) => this.block(b));
    const starts = tokens(tree, keyword).map((t) => spanOfToken(t, this.diagnostics));
    let otherwise = blocks[conditions.length] ?? null;
    let last: Expr | null = null;
    for (let i = conditions.length - 1; i >= 0; i--) {
      const span = { ...whole, start: present(starts[i], "each branch has its keyword").start };
      last = make(
        present(conditions[i], "a branch has a condition"),
        present(blocks[i], "a branch has a block"),
        otherwise,
        span,
      );
      otherwise = { statements: [{ kind: "expression", value: last, span }], span };
    }
    return present(last, "there is a branch");
  }
}

/** `a |> b |> c` as a list. */
export function steps(value: Expr): readonly Expr[] {
  const found: Expr[] = [];
  let rest = value;
  for (; rest.kind === "pipe"; rest = rest.value) found.unshift(rest.into);
  return [rest, ...found];
}
