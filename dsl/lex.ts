import { createTokenInstance, Lexer, type IToken } from "chevrotain";
import type { DiagnosticList } from "./diagnostic-list.ts";
import * as t from "./tokens.ts";

export interface Lexed {
  readonly tokens: readonly IToken[];
  readonly comments: readonly IToken[];
  /** Tokens with a diagnostic; the statements around them are not parsed. */
  readonly bad: ReadonlySet<IToken>;
}

const lexer = makeLexer({ validated: false });

/** Chevrotain's checks of the definition take longer than lexing; only a test runs them. */
export function makeLexer({ validated }: { readonly validated: boolean }): Lexer {
  return new Lexer([...t.lexed], { positionTracking: "full", ensureOptimizations: true, skipValidations: !validated });
}

export interface Range {
  readonly start: number;
  readonly end: number;
}

export function lex(
  diagnostics: DiagnosticList,
  range: Range = { start: 0, end: diagnostics.source.text.length },
): Lexed {
  const text = diagnostics.source.text.slice(range.start, range.end);
  const { tokens, groups, errors } = lexer.tokenize(text);
  const unknowns = errors.map(({ offset, length, line = 0, column = 0 }) => {
    return createTokenInstance(
      t.Unknown,
      text.slice(offset, offset + length),
      offset,
      offset + length - 1,
      line,
      line,
      column,
      column + length,
    );
  });
  if (range.start > 0)
    for (const each of [tokens, unknowns, groups["comments"] ?? []]) for (const token of each) move(token, range.start);
  const bad = new Set<IToken>();
  /** The two quotes of one string, or all semicolons of one line, are reported once. */
  const seen = new Set<string>();
  const all = unknowns.length === 0 ? tokens : [...tokens, ...unknowns].sort((a, b) => a.startOffset - b.startOffset);
  /** Lines in the syntax of another language, whose semicolons need no advice. */
  const foreign = new Set(
    tokens.flatMap(({ tokenType, startLine }) => (tokenType === t.ForeignOperator ? [startLine] : [])),
  );
  for (const token of all) {
    const reportToken = reporters.get(token.tokenType);
    if (!reportToken) continue;
    bad.add(token);
    if (token.image === ";" && foreign.has(token.startLine)) continue;
    const advice = characters.get(token.image);
    const key = `${token.startLine} ${advice}`;
    if (advice === undefined || !seen.has(key)) reportToken(token, diagnostics);
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

const reporters = new Map([
  [t.Unknown, unknown],
  [t.ForeignOperator, foreignOperator],
  [t.OpenString, openString],
  [t.BadNumber, badNumber],
]);

const characters: ReadonlyMap<string, string> = new Map([
  [";", "remove the `;`; a statement ends at the end of the line"],
  ["#", "write a comment with `//`"],
  ["'", 'write a string in double quotes: `"same"`'],
  ["`", 'write a string in double quotes: `"same"`'],
  ["“", 'write a string in straight double quotes: `"same"`'],
  ["”", 'write a string in straight double quotes: `"same"`'],
  ["&", "write `and`"],
  ["|", "write a pipe as `|>`"],
  ["!", "write `not`"],
  ["?", "a choice is written `if c { a } else { b }`; a size is a number or a name, as in `f32[N, 4]`"],
  ["~", "write `not`"],
  ["−", "write the ASCII minus `-`"],
  ["×", "write `*`"],
  ["·", "write `*`, or `@` for a matrix product"],
  ["→", "write `->`"],
  ["←", "write `<-`"],
  ["≤", "write `<=`"],
  ["≥", "write `>=`"],
  ["≠", "write `!=`"],
]);

/** A run of unknown characters is one mistake, named by its first. */
function unknown(token: IToken, diagnostics: DiagnosticList): void {
  const character = String.fromCodePoint(token.image.codePointAt(0) ?? 0);
  const help =
    characters.get(character) ??
    (/\p{L}/u.test(character) ? "a name consists of the letters a-z and A-Z, digits and `_`" : undefined);
  diagnostics.add({
    code: "E0101",
    says: `unknown character \`${visible(character)}\``,
    at: { span: diagnostics.span(token.startOffset, end(token)), says: "not allowed here" },
    ...(help === undefined ? {} : { help }),
  });
}

function visible(text: string): string {
  return /[\p{C}\p{Z}]/u.test(text)
    ? `U+${(text.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`
    : text;
}

const operators: ReadonlyMap<string, string> = new Map([
  ["&&", "write `and`"],
  ["||", "write `or`"],
  ["**", "write a power as `x ^ 2`"],
  [
    "=>",
    "write a function without a name as `fn (x) = 2 * x`, a model as `model M(x: f32[N, 4]) = x |> dense(2)`; `->` precedes a result type",
  ],
  [":=", "write `=`"],
  ["/*", "write a comment with `//` on each line"],
  ["->", "write a function without a name as `fn (x) = 2 * x`, a pipe as `|>`; `->` precedes a result type"],
  ["===", "write `==`"],
  ["!==", "write `!=`"],
]);

function foreignOperator(token: IToken, diagnostics: DiagnosticList): void {
  const { image } = token;
  diagnostics.add({
    code: "E0115",
    says: `unknown operator \`${image}\``,
    at: {
      span: diagnostics.span(token.startOffset, end(token)),
      says: image === "->" ? "not allowed here" : "not an operator of dlc",
    },
    help:
      operators.get(image) ??
      (image.startsWith(".") ? `operators work element by element: write \`${image.slice(1)}\`` : undefined) ??
      `write \`let a = a ${image.charAt(0)} b\` for a new value of the name, \`s <- s ${image.charAt(0)} b\` to update a state`,
  });
}

function openString(token: IToken, diagnostics: DiagnosticList): void {
  diagnostics.add({
    code: "E0102",
    says: "unterminated string",
    at: { span: diagnostics.span(token.startOffset, end(token)), says: 'missing `"` at the end of the line' },
    help: 'close it with `"` on the same line',
  });
}

function badNumber(token: IToken, diagnostics: DiagnosticList): void {
  const digits = /^\d+/.exec(token.image)?.[0] ?? "0";
  const [, plain] = /^(\d[\d.]*(?:e[-+]?\d+)?)(?:[fdlu]|[fiu]\d\d)$/i.exec(token.image) ?? [];
  diagnostics.add({
    code: "E0104",
    says: `invalid number \`${token.image}\``,
    at: { span: diagnostics.span(token.startOffset, end(token)), says: "" },
    help:
      plain !== undefined
        ? `a number has no suffix: write \`${plain}\``
        : `numbers are written \`${digits}\`, \`${digits}.5\`, \`1e-3\` or \`1_000\``,
  });
}
