import type { CstNode, IToken } from "chevrotain";
import type { Callable, DimDecl, EntryMode, Export, GradientRule, Import, Item, Where } from "./ast.ts";
import { choice, maybeNode, maybeToken, node, nodes, spanOf, spanOfToken, token, tokens } from "./cst.ts";
import { present } from "./invariant.ts";
import { end } from "./lex.ts";
import { text } from "./literal.ts";
import type { DiagnosticList } from "./diagnostic-list.ts";
import type { Span } from "./span.ts";
import { Reader, steps } from "./to-ast-statement.ts";

export type Part =
  | { readonly kind: "header"; readonly version: number; readonly span: Span }
  | { readonly kind: "import"; readonly import: Import; readonly span: Span }
  | { readonly kind: "export"; readonly export: Export; readonly span: Span }
  | { readonly kind: "item"; readonly item: Item; readonly span: Span };

/** Converts the parser library's tree of one item to the AST. */
export function toAst(tree: CstNode, comments: Comments, diagnostics: DiagnosticList): Part {
  const chosen = choice(tree) as CstNode;
  const span = spanOf(chosen, diagnostics);
  switch (chosen.name) {
    case "header":
      return { kind: "header", version: Number(token(chosen, "Number").image), span };
    case "import":
      return { kind: "import", import: new ItemReader(diagnostics, comments).importLine(chosen), span };
    case "export": {
      const reader = new ItemReader(diagnostics, comments);
      return { kind: "export", export: { names: tokens(chosen, "Name").map((t) => reader.name(t)), span }, span };
    }
    default:
      return { kind: "item", item: new ItemReader(diagnostics, comments).item(chosen), span };
  }
}

class ItemReader extends Reader {
  private readonly comments: Comments;

  constructor(diagnostics: DiagnosticList, comments: Comments) {
    super(diagnostics);
    this.comments = comments;
  }

  importLine(tree: CstNode): Import {
    const from = token(tree, "String");
    return {
      names: nodes(tree, "importName").map((n) => {
        const [imported, alias] = tokens(n, "Name").map((t) => this.name(t));
        return { name: present(imported, "an import names something"), alias: alias ?? null };
      }),
      from: text(from, this.diagnostics),
      fromSpan: spanOfToken(from, this.diagnostics),
      span: this.span(tree),
    };
  }

  item(tree: CstNode): Item {
    const span = this.span(tree);
    if (tree.name === "dims") return { kind: "dim", dims: nodes(tree, "dim").map((each) => this.dim(each)), span };
    if (tree.name === "let") return this.let(tree);
    const doc = docAbove(span.start, this.comments, this.diagnostics);
    const parameters = nodes(tree, "parameters").map((list) => nodes(list, "parameter").map((p) => this.parameter(p)));
    switch (tree.name) {
      case "test": {
        const title = token(tree, "String");
        return {
          kind: "test",
          title: text(title, this.diagnostics),
          titleSpan: spanOfToken(title, this.diagnostics),
          body: this.block(node(tree, "block")),
          span,
        };
      }
      case "setting": {
        const [value, range] = [this.expressionIn(tree, "value"), this.maybeExpressionIn(tree, "range")];
        return {
          kind: "setting",
          name: this.name(token(tree, "Name")),
          doc,
          type: this.type(node(tree, "type")),
          value,
          range,
          span,
        };
      }
      case "chain":
        return {
          kind: "chain",
          name: this.name(token(tree, "Name")),
          doc,
          steps: steps(this.expressionIn(tree)),
          span,
        };
      case "entry": {
        const body = this.body(node(tree, "body"));
        return {
          kind: "entry",
          // The rule has only these two.
          mode: (maybeToken(tree, "mode")?.image ?? "plain") as EntryMode,
          name: this.name(token(tree, "Name")),
          doc,
          params: parameters[0] ?? [],
          body,
          span,
        };
      }
      default: {
        const [name, original] = [this.name(token(tree, "Name")), maybeNode(tree, "original")];
        if (original !== null) return { kind: "copy", name, doc, of: this.name(token(original, "Name")), span };
        const result = maybeNode(tree, "result");
        const gradient = maybeNode(tree, "gradient");
        return {
          // The rule has only these four.
          kind: token(tree, "kind").image as Callable["kind"],
          name,
          doc,
          statics: parameters.length > 1 ? (parameters[0] ?? []) : [],
          params: parameters.at(-1) ?? [],
          result: result && this.result(result),
          where: nodes(tree, "where").map((w) => this.where(w)),
          body: this.body(node(tree, "body")),
          gradient: gradient && this.gradient(gradient),
          span,
        };
      }
    }
  }

  private dim(tree: CstNode): DimDecl["dims"][number] {
    return { name: this.name(token(tree, "Name")), value: this.maybeExpressionIn(tree) };
  }

  private where(tree: CstNode): Where {
    return {
      condition: this.expressionIn(tree, "condition"),
      says: this.maybeExpressionIn(tree, "says"),
      span: this.span(tree),
    };
  }

  private gradient(tree: CstNode): GradientRule {
    return {
      params: tokens(tree, "Name").map((n) => this.name(n)),
      body: this.block(node(tree, "block")),
      span: this.span(tree),
    };
  }
}

/** Comments by the offset at which they end, which is the end of their line. */
export type Comments = ReadonlyMap<number, IToken>;

export function byEnd(comments: readonly IToken[]): Comments {
  return new Map(comments.map((comment) => [end(comment), comment]));
}

/** The comments on the lines directly above, each alone on its line, without the slashes. */
function docAbove(start: number, comments: Comments, diagnostics: DiagnosticList): string {
  const source = diagnostics.source.text;
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
