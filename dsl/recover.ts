import { createTokenInstance, type CstNode, type IToken } from "chevrotain";
import { closers, partners } from "./brackets.ts";
import { reportFailure } from "./parser-failure.ts";
import { parseItem } from "./grammar.ts";
import type { Line } from "./layout.ts";
import { end } from "./lex.ts";
import type { DiagnosticList } from "./diagnostic-list.ts";
import { contextual, Identifier, Invalid, LBrace, LParen, Newline, RBrace, RParen } from "./tokens.ts";

/** More mistakes than this in one item are probably one mistake. */
const maxMistakes = 20;

/**
 * Parses an item. A statement with a mistake is removed and the item parsed again, so that each statement can have its
 * own diagnostic and none follows from another. `tree` is null if nothing could be parsed; `whole` is false if
 * something was removed.
 */
export function parseTolerantly(
  line: Line,
  bad: ReadonlySet<IToken>,
  diagnostics: DiagnosticList,
): { readonly tree: CstNode | null; readonly whole: boolean } {
  let tokens = line;
  for (let i = tokens.findIndex((t) => bad.has(t)); i >= 0; i = tokens.findIndex((t) => bad.has(t))) {
    const rest = without(tokens, i) ?? bodyAlone(tokens);
    if (!rest) return { tree: null, whole: false };
    tokens = rest;
  }
  for (let mistakes = 0; mistakes < maxMistakes; mistakes++) {
    const { tree, error } = parseItem(tokens);
    if (!error) return { tree, whole: tokens === line };
    const found = tokens.indexOf(error.token);
    const at = found < 0 ? tokens.length - 1 : found;
    // A failure beside a removed statement follows from the removal.
    if (error.token.tokenType !== Invalid && tokens[at + 1]?.tokenType !== Invalid)
      reportFailure(error, tokens, diagnostics);
    const rest = without(tokens, at) ?? bodyAlone(tokens);
    if (!rest) break;
    tokens = rest;
  }
  return { tree: null, whole: false };
}

/**
 * An item whose head has a mistake, with a valid head instead, so that mistakes in its body are found too; null if it
 * has no body.
 */
function bodyAlone(tokens: Line): Line | null {
  let depth = 0;
  const start = tokens.findIndex(({ tokenType }) => {
    if (tokenType === LBrace && depth === 0) return true;
    depth += partners.has(tokenType) ? 1 : closers.has(tokenType) ? -1 : 0;
    return false;
  });
  const brace = tokens[start];
  // On the second attempt the head is `head` itself, so there is nothing more to find.
  if (!brace || start === 0 || tokens.at(-1)?.tokenType !== RBrace || tokens[0]?.image === "") return null;
  const head = [contextual.fn, Identifier, LParen, RParen];
  return [
    ...head.map((type) => createTokenInstance(type, "", brace.startOffset, brace.startOffset - 1, 0, 0, 0, 0)),
    ...tokens.slice(start),
  ];
}

/** The tokens with the innermost statement around `at` replaced by `Invalid`; null if there is none. */
function without(tokens: Line, at: number): Line | null {
  const type = tokens[at]?.tokenType;
  let { start, stop } = statementAround(tokens, type === Newline || type === RBrace ? at - 1 : at);
  while (start > 0 && stop - start <= 1 && (start === stop || tokens[start]?.tokenType === Invalid))
    ({ start, stop } = statementAround(tokens, start - 1));
  const [first, last] = [tokens[start], tokens[stop - 1]];
  if (start === 0 || !first || !last) return null;
  const invalid = createTokenInstance(Invalid, "", first.startOffset, end(last) - 1, 0, 0, 0, 0);
  return [...tokens.slice(0, start), invalid, ...tokens.slice(stop)];
}

/** The statement of the innermost braces around `at`; it begins at 0 if there are none. */
function statementAround(tokens: Line, at: number): { readonly start: number; readonly stop: number } {
  let start = at;
  for (let depth = 0; start > 0; start--) {
    const type = tokens[start - 1]?.tokenType ?? Newline;
    if (closers.has(type)) depth++;
    else if (depth > 0) depth -= partners.has(type) ? 1 : 0;
    else if (type === Newline || type === LBrace) break;
  }
  let stop = at;
  for (let depth = 0; stop < tokens.length; stop++) {
    const type = tokens[stop]?.tokenType ?? Newline;
    if (partners.has(type)) depth++;
    else if (depth > 0) depth -= closers.has(type) ? 1 : 0;
    else if (type === Newline || type === RBrace) break;
  }
  return { start, stop };
}
