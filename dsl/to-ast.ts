import type { CstNode, IToken } from "chevrotain";
import type { Block, Callable, Import, Item, Parameter } from "./ast.ts";
import { choice, maybeNode, maybeToken, node, nodes, spanOf, spanOfToken, token, tokens } from "./cst.ts";
import { present } from "./invariant.ts";
import { end } from "./lex.ts";
import { text } from "./literal.ts";
import type { Report } from "./report.ts";
import { block, expression, name, type } from "./to-ast-expression.ts";
import type { Span } from "./span.ts";

export type Part =
  | { readonly kind: "header"; readonly version: number; readonly span: Span }
  | { readonly kind: "import"; readonly import: Import; readonly span: Span }
  | { readonly kind: "item"; readonly item: Item; readonly span: Span };

/** The tree of one item as the parser library gives it, as the AST has it. */
export function toAst(tree: CstNode, comments: Comments, report: Report): Part {
  const chosen = choice(tree) as CstNode;
  const span = spanOf(chosen, report);
  switch (chosen.name) {
    case "header":
      return { kind: "header", version: Number(token(chosen, "Number").image), span };
    case "import":
      return { kind: "import", import: importLine(chosen, span, report), span };
    default:
      return { kind: "item", item: declaration(chosen, span, comments, report), span };
  }
}

function declaration(item: CstNode, span: Span, comments: Comments, report: Report): Item {
  const names = tokens(item, "Name").map((n) => name(n, report));
  const parameters = nodes(item, "parameters").map((list) => nodes(list, "parameter").map((p) => parameter(p, report)));
  switch (item.name) {
    case "dims":
      return { kind: "dim", names, span };
    case "entry":
      return {
        kind: "entry",
        train: maybeToken(item, "TrainKeyword") !== null,
        name: present(names[0], "an entry has a name"),
        doc: docAbove(span.start, comments, report),
        params: parameters[0] ?? [],
        body: body(node(item, "body"), report),
        span,
      };
    default: {
      const result = maybeNode(item, "type");
      return {
        // The rule has these four and no others.
        kind: token(item, "kind").image as Callable["kind"],
        name: present(names[0], "a callable has a name"),
        doc: docAbove(span.start, comments, report),
        statics: parameters.length > 1 ? (parameters[0] ?? []) : [],
        params: parameters.at(-1) ?? [],
        result: result && type(result, report),
        body: body(node(item, "body"), report),
        span,
      };
    }
  }
}

function importLine(item: CstNode, span: Span, report: Report): Import {
  const from = token(item, "String");
  return {
    names: nodes(item, "importName").map((n) => {
      const [imported, alias] = tokens(n, "Name").map((t) => name(t, report));
      return { name: present(imported, "an import names something"), alias: alias ?? null };
    }),
    from: text(from, report),
    fromSpan: spanOfToken(from, report),
    span,
  };
}

function parameter(tree: CstNode, report: Report): Parameter {
  const value = maybeNode(tree, "expression");
  return {
    name: name(token(tree, "Name"), report),
    type: type(node(tree, "type"), report),
    value: value && expression(value, report),
    span: spanOf(tree, report),
  };
}

function body(tree: CstNode, report: Report): Block {
  const braces = maybeNode(tree, "block");
  if (braces) return block(braces, report);
  const value = expression(node(tree, "expression"), report);
  const span = spanOf(node(tree, "expression"), report);
  return { statements: [{ kind: "expression", value, span }], span };
}

/** Comments by the offset at which they end, which is the end of their line. */
export type Comments = ReadonlyMap<number, IToken>;

export function byEnd(comments: readonly IToken[]): Comments {
  return new Map(comments.map((comment) => [end(comment), comment]));
}

/** The comments on the lines right above, each alone on its line, without the slashes. */
function docAbove(start: number, comments: Comments, report: Report): string {
  const source = report.source.text;
  const lines: string[] = [];
  for (let lineStart = startOfLine(source, start); lineStart > 0;) {
    const lineEnd = source.startsWith("\r\n", lineStart - 2) ? lineStart - 2 : lineStart - 1;
    const comment = comments.get(lineEnd);
    if (!comment) break;
    lineStart = startOfLine(source, comment.startOffset);
    if (source.slice(lineStart, comment.startOffset).trim() !== "") break;
    lines.push(comment.image.slice(2).replace(/^ /, "").trimEnd());
  }
  return lines.toReversed().join("\n");
}

function startOfLine(source: string, offset: number): number {
  return offset === 0 ? 0 : source.lastIndexOf("\n", offset - 1) + 1;
}
