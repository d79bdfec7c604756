import type { IToken, TokenType } from "chevrotain";
import { end } from "./lex.ts";
import type { DiagnosticList } from "./diagnostic-list.ts";
import * as t from "./tokens.ts";

export const partners: ReadonlyMap<TokenType, TokenType> = new Map([
  [t.LParen, t.RParen],
  [t.LSquare, t.RSquare],
  [t.LBrace, t.RBrace],
]);

export const closers: ReadonlySet<TokenType> = new Set(partners.values());

/** The token type of each bracket character. */
export const bracketOf: ReadonlyMap<string, TokenType> = new Map([
  ["(", t.LParen],
  [")", t.RParen],
  ["[", t.LSquare],
  ["]", t.RSquare],
  ["{", t.LBrace],
  ["}", t.RBrace],
]);

export function unclosed(opener: IToken, closer: TokenType, offset: number, diagnostics: DiagnosticList): void {
  const opened = { span: diagnostics.span(opener.startOffset, end(opener)), says: "opened here" };
  const says = `unclosed \`${opener.image}\``;
  const missing = closer.LABEL ?? "";
  // The position of a missing `}` cannot be guessed; the others are usually missing at the end of their line.
  if (closer === t.RBrace)
    diagnostics.add({
      code: "E0103",
      says,
      at: { ...opened, says: `no matching ${missing}` },
      help: `add a ${missing}`,
    });
  else
    diagnostics.add({
      code: "E0103",
      says,
      at: { span: diagnostics.span(offset, offset), says: `missing ${missing}` },
      also: [opened],
      help: isInComment(closer, offset, diagnostics)
        ? "`//` begins a comment; the quotient of ints, rounded down, is `floor(a / b)`"
        : `add a ${missing}`,
    });
}

/** Of `f(x // 2)`: the bracket is in the comment after this offset. */
function isInComment(closer: TokenType, offset: number, { source }: DiagnosticList): boolean {
  const [rest = ""] = source.text.slice(offset).split("\n", 1);
  const comment = /^\s*\/\/(.*)/.exec(rest)?.[1] ?? "";
  return [...comment].some((character) => bracketOf.get(character) === closer);
}

export function unopened(closer: IToken, diagnostics: DiagnosticList): void {
  diagnostics.add({
    code: "E0103",
    says: `unmatched \`${closer.image}\``,
    at: { span: diagnostics.span(closer.startOffset, end(closer)), says: "no open bracket matches it" },
    help: "remove it, or open a bracket before it",
  });
}

export function tooDeep(opener: IToken, limit: number, diagnostics: DiagnosticList): void {
  diagnostics.add({
    code: "E0109",
    says: `brackets are nested more than ${limit} deep`,
    at: { span: diagnostics.span(opener.startOffset, end(opener)), says: "the limit is exceeded here" },
    help: "name the inner parts with `let`",
  });
}

/**
 * Where an unclosed bracket probably ends: the first newline after it, before `limit`, at which its line is complete
 * (no comma or operator hangs over, and the next line does not go on with a comma). Null where there is none.
 */
export function probableEnd(
  tokens: readonly IToken[],
  opener: number,
  limit: number,
  hangs: (index: number) => boolean,
): number | null {
  let depth = 0;
  for (let i = opener + 1; i < limit; i++) {
    const type = tokens[i]?.tokenType ?? t.Newline;
    if (partners.has(type)) depth++;
    else if (closers.has(type)) depth--;
    else if (type === t.Newline && depth === 0 && !hangs(i)) return i;
  }
  return null;
}
