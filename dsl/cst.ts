import type { CstNode, IToken } from "chevrotain";
import { present } from "./invariant.ts";
import { end } from "./lex.ts";
import type { DiagnosticList } from "./diagnostic-list.ts";
import type { Span } from "./span.ts";

/** Access by name to the untyped tree of the parser library. Under one name are trees or tokens, never both. */
export function nodes(tree: CstNode, name: string): readonly CstNode[] {
  const found = tree.children[name] ?? [];
  return areNodes(found) ? found : [];
}

export function tokens(tree: CstNode, name: string): readonly IToken[] {
  const found = tree.children[name] ?? [];
  return areTokens(found) ? found : [];
}

type Children = readonly (CstNode | IToken)[];

const isNode = (child: CstNode | IToken | undefined): boolean => child !== undefined && "children" in child;
const areNodes = (found: Children): found is readonly CstNode[] => isNode(found[0]);
const areTokens = (found: Children): found is readonly IToken[] => !isNode(found[0]);

export function maybeNode(tree: CstNode, name: string): CstNode | null {
  return nodes(tree, name)[0] ?? null;
}

export function maybeToken(tree: CstNode, name: string): IToken | null {
  return tokens(tree, name)[0] ?? null;
}

export function node(tree: CstNode, name: string): CstNode {
  return present(maybeNode(tree, name), `\`${tree.name}\` has a \`${name}\``);
}

export function token(tree: CstNode, name: string): IToken {
  return present(maybeToken(tree, name), `\`${tree.name}\` has a \`${name}\``);
}

/** The only child of a rule that is a choice. */
export function choice(tree: CstNode): CstNode | IToken {
  return present(Object.values(tree.children)[0]?.[0], `\`${tree.name}\` chose`);
}

export function spanOfToken(of: IToken, diagnostics: DiagnosticList): Span {
  return diagnostics.span(of.startOffset, end(of));
}

export function spanOf(tree: CstNode, diagnostics: DiagnosticList): Span {
  const { startOffset, endOffset } = present(tree.location, `\`${tree.name}\` has a location`);
  return diagnostics.span(startOffset, present(endOffset, `\`${tree.name}\` has an end`) + 1);
}
