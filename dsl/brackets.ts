import type { IToken, TokenType } from "chevrotain";
import { end } from "./lex.ts";
import type { Report } from "./report.ts";
import * as t from "./tokens.ts";

export const partners: ReadonlyMap<TokenType, TokenType> = new Map([
  [t.LParen, t.RParen],
  [t.LSquare, t.RSquare],
  [t.LBrace, t.RBrace],
]);

export const closers: ReadonlySet<TokenType> = new Set(partners.values());

/** The type of the bracket that a character is. */
export const bracketOf: ReadonlyMap<string, TokenType> = new Map([
  ["(", t.LParen],
  [")", t.RParen],
  ["[", t.LSquare],
  ["]", t.RSquare],
  ["{", t.LBrace],
  ["}", t.RBrace],
]);

export function unclosed(opener: IToken, closer: TokenType, offset: number, report: Report): void {
  const opened = { span: report.span(opener.startOffset, end(opener)), says: `this \`${opener.image}\` is open` };
  const says = `\`${opener.image}\` is never closed`;
  const missing = closer.LABEL ?? "";
  // The place of a missing `}` cannot be guessed, that of the others is the end of their line more often than not.
  if (closer === t.RBrace) report.add({ code: "E0103", says, at: { ...opened, says: `no ${missing} for it` }, help: `add a ${missing}` });
  else report.add({ code: "E0103", says, at: { span: report.span(offset, offset), says: `${missing} is missing` }, also: [opened], help: `add a ${missing}` });
}

export function unopened(closer: IToken, report: Report): void {
  report.add({
    code: "E0103",
    says: `\`${closer.image}\` closes nothing`,
    at: { span: report.span(closer.startOffset, end(closer)), says: "no bracket is open here that it could close" },
    help: "remove it, or open a bracket before it",
  });
}

export function tooDeep(opener: IToken, limit: number, report: Report): void {
  report.add({
    code: "E0109",
    says: `brackets are nested more than ${limit} deep`,
    at: { span: report.span(opener.startOffset, end(opener)), says: "one too many" },
    help: "name the inner parts with `let`",
  });
}

/**
 * Where a bracket that was never closed probably ends: the first newline after it, before `limit`, at which its line is complete
 * (no comma or operator hangs over, and the next line does not go on with a comma). Null where there is none.
 */
export function probableEnd(tokens: readonly IToken[], opener: number, limit: number, hangs: (index: number) => boolean): number | null {
  let depth = 0;
  for (let i = opener + 1; i < limit; i++) {
    const type = tokens[i]?.tokenType ?? t.Newline;
    if (partners.has(type)) depth++;
    else if (closers.has(type)) depth--;
    else if (type === t.Newline && depth === 0 && !hangs(i)) return i;
  }
  return null;
}
