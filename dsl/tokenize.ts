import type { Token, TokenType } from "./token.ts";
import { Comment, Identifier, keywords, lexed, Newline, Space, Unknown } from "./tokens.ts";

export interface Tokens {
  /** A run of characters that no pattern matches is one token of the type `Unknown`. */
  readonly tokens: readonly Token[];
  readonly comments: readonly Token[];
}

/** The types whose tokens can begin with a character, by priority. */
const beginning = new Map<string, TokenType[]>();
for (const type of lexed)
  for (const character of type.starts) beginning.set(character, [...(beginning.get(character) ?? []), type]);

/** Splits `text` into tokens. Offsets count from `base`, lines from 1. */
export function tokenize(text: string, base: number): Tokens {
  const tokens: Token[] = [];
  const comments: Token[] = [];
  let line = 1;
  let lineStart = 0;
  for (let at = 0; at < text.length;) {
    const start = at;
    let matched = matchAt(text, at);
    if (matched === null) {
      do at++;
      while (at < text.length && (matched = matchAt(text, at)) === null);
      matched = { type: Unknown, image: text.slice(start, at) };
    } else at += matched.image.length;
    const { type, image } = matched;
    if (type === Space) continue;
    const token: Token = {
      tokenType: type,
      image,
      startOffset: base + start,
      endOffset: base + at,
      startLine: line,
      startColumn: start - lineStart + 1,
    };
    (type === Comment ? comments : tokens).push(token);
    if (type === Newline) {
      line++;
      lineStart = at;
    }
  }
  return { tokens, comments };
}

function matchAt(text: string, at: number): { readonly type: TokenType; readonly image: string } | null {
  for (const type of beginning.get(text.charAt(at)) ?? []) {
    const { pattern } = type;
    if (typeof pattern === "string") {
      if (text.startsWith(pattern, at)) return { type, image: pattern };
    } else if (pattern !== null) {
      pattern.lastIndex = at;
      const image = pattern.exec(text)?.[0];
      if (image !== undefined) return { type: type === Identifier ? (keywords.get(image) ?? type) : type, image };
    }
  }
  return null;
}
