import type { CstNode, IToken } from "chevrotain";
import type { Argument, Block, Expr, IndexItem, Name, Pack, Pattern, Stmt, TypeExpr } from "./ast.ts";
import { choice, maybeNode, maybeToken, node, nodes, spanOf, spanOfToken, token, tokens } from "./cst.ts";
import { number, text } from "./literal.ts";
import { fold, type Infix } from "./precedence.ts";
import type { Report } from "./report.ts";
import { cover, type Span } from "./span.ts";

export function name(of: IToken, report: Report): Name {
  return { text: of.image, span: spanOfToken(of, report) };
}

export function expression(tree: CstNode, report: Report): Expr {
  const operands = nodes(tree, "operand").map((operand) => ({
    prefixes: tokens(operand, "prefix").map((t) => ({ op: t.image === "-" ? ("-" as const) : ("not" as const), span: spanOfToken(t, report) })),
    value: postfix(operand, report),
    span: unprefixed(operand, report),
  }));
  // The grammar lets through the operators of the table and no others.
  const operators = tokens(tree, "operator").map((t) => ({ op: t.image as Infix, span: spanOfToken(t, report) }));
  return fold(operands, operators, report);
}

function unprefixed(operand: CstNode, report: Report): Span {
  const start = spanOf(node(operand, "primary"), report);
  const last = nodes(operand, "suffix").at(-1);
  return last ? cover(start, spanOf(last, report)) : start;
}

function postfix(operand: CstNode, report: Report): Expr {
  const tree = node(operand, "primary");
  const start = spanOf(tree, report);
  let value = primary(tree, report);
  for (const suffix of nodes(operand, "suffix")) {
    const span = cover(start, spanOf(suffix, report));
    if (maybeToken(suffix, "LParen")) value = { kind: "call", callee: value, args: nodes(suffix, "argument").map((a) => argument(a, report)), span };
    else if (maybeToken(suffix, "Dot")) value = { kind: "member", object: value, name: name(token(suffix, "Word"), report), span };
    else value = { kind: "index", object: value, items: nodes(suffix, "indexItem").map((i) => indexItem(i, report)), span };
  }
  return value;
}

function primary(tree: CstNode, report: Report): Expr {
  const chosen = choice(tree);
  if ("children" in chosen) return compound(chosen, report);
  const span = spanOfToken(chosen, report);
  switch (chosen.tokenType.name) {
    case "Number":
      return number(chosen, report);
    case "String":
      return { kind: "string", value: text(chosen, report), span };
    case "TrueKeyword":
    case "FalseKeyword":
      return { kind: "bool", value: chosen.image === "true", span };
    default:
      return { kind: "name", text: chosen.image, span };
  }
}

function compound(tree: CstNode, report: Report): Expr {
  const span = spanOf(tree, report);
  switch (tree.name) {
    case "list":
      return { kind: "list", items: elements(tree, report), span };
    case "tuple": {
      const items = nodes(tree, "expression").map((e) => expression(e, report));
      const [only] = items;
      return only && items.length === 1 ? only : { kind: "tuple", items, span };
    }
    case "record":
      return { kind: "record", fields: nodes(tree, "field").map((f) => field(f, report)), span };
    case "if":
      return conditional(tree, span, report);
    default:
      return repetition(tree, span, report);
  }
}

/** An `else if` is an `else` with a block of one `if`; folded from the last to the first. */
function conditional(tree: CstNode, span: Span, report: Report): Expr {
  const conditions = nodes(tree, "expression").map((e) => expression(e, report));
  const blocks = nodes(tree, "block").map((b) => block(b, report));
  let otherwise = blocks[conditions.length] ?? null;
  const starts = tokens(tree, "IfKeyword").map((t) => spanOfToken(t, report));
  for (let i = conditions.length - 1; i > 0; i--) {
    const condition = conditions[i];
    const then = blocks[i];
    if (!condition || !then) continue;
    const inner = cover(starts[i] ?? condition.span, span);
    otherwise = { statements: [{ kind: "expression", value: { kind: "if", condition, then, otherwise, span: inner }, span: inner }], span: inner };
  }
  const [condition] = conditions;
  const [then] = blocks;
  return condition && then ? { kind: "if", condition, then, otherwise, span } : { kind: "bool", value: false, span };
}

function repetition(tree: CstNode, span: Span, report: Report): Expr {
  const counter = maybeToken(tree, "Name");
  return {
    kind: "repeat",
    counter: counter && name(counter, report),
    count: expression(node(tree, "expression"), report),
    body: block(node(tree, "block"), report),
    span,
  };
}

function field(tree: CstNode, report: Report): { readonly name: Name; readonly value: Expr } {
  const value = maybeNode(tree, "expression");
  if (value) return { name: name(token(tree, "Word"), report), value: expression(value, report) };
  const short = name(token(tree, "Name"), report);
  return { name: short, value: { kind: "name", ...short } };
}

function argument(tree: CstNode, report: Report): Argument {
  const key = maybeToken(tree, "Word");
  return { name: key && name(key, report), value: packOrExpression(tree, report), span: spanOf(tree, report) };
}

function packOrExpression(tree: CstNode, report: Report): Expr | Pack {
  const pack = maybeNode(tree, "pack");
  return pack ? { kind: "pack", name: name(token(pack, "Name"), report), span: spanOf(pack, report) } : expression(node(tree, "expression"), report);
}

function elements(list: CstNode, report: Report): readonly (Expr | Pack)[] {
  return nodes(list, "element").map((e) => packOrExpression(e, report));
}

function indexItem(tree: CstNode, report: Report): IndexItem {
  const span = spanOf(tree, report);
  if (maybeToken(tree, "Dots")) return { kind: "rest", span };
  const from = maybeNode(tree, "from");
  const to = maybeNode(tree, "to");
  const first = from && expression(from, report);
  if (first && !maybeToken(tree, "Colon")) return first.kind === "name" && first.text === "_" ? { kind: "new", span } : { kind: "at", value: first, span };
  return { kind: "range", from: first, to: to && expression(to, report), span };
}

export function type(tree: CstNode, report: Report): TypeExpr {
  const span = spanOf(tree, report);
  const of = maybeNode(tree, "type");
  if (of) return { kind: "list", of: type(of, report), span };
  const named = name(token(tree, "Name"), report);
  const dims = maybeNode(tree, "list");
  return dims ? { kind: "tensor", dtype: named, dims: elements(dims, report), span } : { kind: "static", name: named, span };
}

/** Statements in which a mistake was found are left out. */
export function block(tree: CstNode, report: Report): Block {
  const statements = nodes(tree, "statement").filter((s) => !maybeToken(s, "Invalid"));
  return { statements: statements.map((s) => statement(s, report)), span: spanOf(tree, report) };
}

function statement(tree: CstNode, report: Report): Stmt {
  const span = spanOf(tree, report);
  const chosen = choice(tree) as CstNode;
  const value = (label: string): Expr => expression(node(chosen, label), report);
  switch (chosen.name) {
    case "let":
      return { kind: "let", pattern: pattern(node(chosen, "pattern"), report), value: value("expression"), span };
    case "write":
      return { kind: "write", target: name(token(chosen, "Name"), report), value: value("expression"), span };
    case "minimize":
      return { kind: "minimize", loss: value("loss"), over: nodes(chosen, "over").map((e) => expression(e, report)), transforms: steps(value("with")), span };
    case "variable": {
      const init = maybeNode(chosen, "expression");
      return {
        kind: token(chosen, "kind").image === "param" ? "param" : "state",
        name: name(token(chosen, "Name"), report),
        type: type(node(chosen, "type"), report),
        init: init && expression(init, report),
        span,
      };
    }
    default:
      return { kind: "expression", value: expression(chosen, report), span };
  }
}

/** `a |> b |> c` as a list. */
function steps(value: Expr): readonly Expr[] {
  const found: Expr[] = [];
  let rest = value;
  for (; rest.kind === "pipe"; rest = rest.value) found.unshift(rest.into);
  return [rest, ...found];
}

function pattern(tree: CstNode, report: Report): Pattern {
  const span = spanOf(tree, report);
  const single = maybeToken(tree, "Name");
  if (single) return { kind: "name", name: name(single, report), span };
  return { kind: "tuple", items: nodes(tree, "pattern").map((p) => pattern(p, report)), span };
}
