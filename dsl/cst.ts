import type { Token } from "./token.ts";
import type { Tree } from "./parser.ts";
import { present } from "./invariant.ts";
import { end } from "./lex.ts";
import type { DiagnosticList } from "./diagnostic-list.ts";
import type { Span } from "./span.ts";

/** Access by name to the untyped tree of the parser. */
export function nodes(tree: Tree, name: string): readonly Tree[] {
  return (tree.children[name] ?? []).filter((child) => "children" in child);
}

export function tokens(tree: Tree, name: string): readonly Token[] {
  return (tree.children[name] ?? []).filter((child): child is Token => "image" in child);
}

export function maybeNode(tree: Tree, name: string): Tree | null {
  return nodes(tree, name)[0] ?? null;
}

export function maybeToken(tree: Tree, name: string): Token | null {
  return tokens(tree, name)[0] ?? null;
}

export function node(tree: Tree, name: string): Tree {
  return present(maybeNode(tree, name), `\`${tree.name}\` has a \`${name}\``);
}

export function token(tree: Tree, name: string): Token {
  return present(maybeToken(tree, name), `\`${tree.name}\` has a \`${name}\``);
}

/** The only child of a rule that is a choice. */
export function choice(tree: Tree): Tree | Token {
  return present(Object.values(tree.children)[0]?.[0], `\`${tree.name}\` chose`);
}

export function spanOfToken(of: Token, diagnostics: DiagnosticList): Span {
  return diagnostics.span(of.startOffset, end(of));
}

export function spanOf(tree: Tree, diagnostics: DiagnosticList): Span {
  return diagnostics.span(tree.start, tree.end);
}
