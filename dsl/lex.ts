import { createTokenInstance, Lexer, type IToken } from "chevrotain";
import type { Report } from "./report.ts";
import * as t from "./tokens.ts";

export interface Lexed {
  readonly tokens: readonly IToken[];
  readonly comments: readonly IToken[];
  /** Tokens that were complained about; what contains them need not be parsed. */
  readonly bad: ReadonlySet<IToken>;
}

const lexer = makeLexer({ validated: false });

/** Chevrotain's checks of the definition take longer than the lexer itself; a test makes them. */
export function makeLexer({ validated }: { readonly validated: boolean }): Lexer {
  return new Lexer([...t.lexed], { positionTracking: "full", ensureOptimizations: true, skipValidations: !validated });
}

export interface Range {
  readonly start: number;
  readonly end: number;
}

export function lex(report: Report, range: Range = { start: 0, end: report.source.text.length }): Lexed {
  const text = report.source.text.slice(range.start, range.end);
  const { tokens, groups, errors } = lexer.tokenize(text);
  const unknowns = errors.map(({ offset, length, line = 0, column = 0 }) => {
    return createTokenInstance(t.Unknown, text.slice(offset, offset + length), offset, offset + length - 1, line, line, column, column + length);
  });
  if (range.start > 0) for (const each of [tokens, unknowns, groups["comments"] ?? []]) for (const token of each) move(token, range.start);
  const bad = new Set<IToken>();
  /** The two quotes of one string, or all the semicolons of one line, are one mistake. */
  const seen = new Set<string>();
  const all = unknowns.length === 0 ? tokens : [...tokens, ...unknowns].sort((a, b) => a.startOffset - b.startOffset);
  for (const token of all) {
    const complain = complaints.get(token.tokenType);
    if (!complain) continue;
    bad.add(token);
    const advice = characters.get(token.image);
    const key = `${token.startLine} ${advice}`;
    if (advice === undefined || !seen.has(key)) complain(token, report);
    seen.add(key);
  }
  return { tokens: all, comments: groups["comments"] ?? [], bad };
}

function move(token: IToken, by: number): void {
  token.startOffset += by;
  if (token.endOffset !== undefined) token.endOffset += by;
}

/** Exclusive, as in a span. */
export function end(token: IToken): number {
  return token.startOffset + token.image.length;
}

const complaints = new Map([
  [t.Unknown, unknown],
  [t.Foreign, foreign],
  [t.OpenString, openString],
  [t.BadNumber, badNumber],
]);

const characters: ReadonlyMap<string, string> = new Map([
  [";", "the end of a line ends a statement; leave the `;` out"],
  ["#", "a comment begins with `//`"],
  ["'", 'a string stands in double quotes: `"same"`'],
  ["`", 'a string stands in double quotes: `"same"`'],
  ["“", 'a string stands in straight double quotes: `"same"`'],
  ["”", 'a string stands in straight double quotes: `"same"`'],
  ["&", "write `and`"],
  ["|", "a pipe is written `|>`"],
  ["!", "write `not`"],
  ["−", "this is not the minus of the keyboard; write `-`"],
  ["×", "write `*`"],
  ["·", "write `*`, or `@` for a product of matrices"],
  ["→", "write `->`"],
  ["←", "write `<-`"],
  ["≤", "write `<=`"],
  ["≥", "write `>=`"],
  ["≠", "write `!=`"],
]);

/** A run of strange characters is one mistake, named by its first. */
function unknown(token: IToken, report: Report): void {
  const character = String.fromCodePoint(token.image.codePointAt(0) ?? 0);
  const help = characters.get(character) ?? (/\p{L}/u.test(character) ? "names are made of the letters a-z and A-Z, digits and `_`" : undefined);
  report.add({
    code: "E0101",
    says: `unknown character \`${visible(character)}\``,
    at: { span: report.span(token.startOffset, end(token)), says: "not part of the language" },
    ...(help === undefined ? {} : { help }),
  });
}

function visible(text: string): string {
  return /[\p{C}\p{Z}]/u.test(text) ? `U+${(text.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}` : text;
}

const operators: ReadonlyMap<string, string> = new Map([
  ["&&", "write `and`"],
  ["||", "write `or`"],
  ["**", "a power is written `x ^ 2`"],
  ["=>", "write `->` before a result type"],
  [":=", "write `=`"],
  ["/*", "a comment begins with `//` and ends with its line"],
  ["===", "write `==`"],
  ["!==", "write `!=`"],
]);

function foreign(token: IToken, report: Report): void {
  const { image } = token;
  report.add({
    code: "E0115",
    says: `\`${image}\` is not an operator of this language`,
    at: { span: report.span(token.startOffset, end(token)), says: "unknown operator" },
    help: operators.get(image) ?? `a state is written whole: \`s <- s ${image.charAt(0)} x\``,
  });
}

function openString(token: IToken, report: Report): void {
  report.add({
    code: "E0102",
    says: "the string is not closed",
    at: { span: report.span(token.startOffset, end(token)), says: 'no `"` before the end of the line' },
    help: 'close it with `"` on the same line',
  });
}

function badNumber(token: IToken, report: Report): void {
  const digits = /^\d+/.exec(token.image)?.[0] ?? "0";
  report.add({
    code: "E0104",
    says: `\`${token.image}\` is not a number`,
    at: { span: report.span(token.startOffset, end(token)), says: "cannot be read as a number" },
    help: `a number looks like \`${digits}\`, \`${digits}.5\`, \`1e-3\` or \`1_000\``,
  });
}
