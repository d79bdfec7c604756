/** A kind of token: what matches a pattern of the lexer, or a category of such kinds. */
export interface TokenType {
  readonly kind: "token";
  readonly name: string;
  /** How a diagnostic names it. */
  readonly label: string;
  /** A text, or an expression with the flag `y`; null of a category, and of tokens that the lexer does not make. */
  readonly pattern: RegExp | string | null;
  /** The characters with which a match of the pattern can begin. */
  readonly starts: string;
  /** Itself, its category, the category of that. */
  readonly kinds: ReadonlySet<TokenType>;
}

export interface Token {
  readonly tokenType: TokenType;
  readonly image: string;
  readonly startOffset: number;
  /** Exclusive. */
  readonly endOffset: number;
  /** From 1; 0 of a token that is not in the text. */
  readonly startLine: number;
  readonly startColumn: number;
}

interface Definition {
  readonly name: string;
  readonly label?: string;
  readonly pattern?: RegExp | string;
  readonly starts?: string;
  readonly category?: TokenType;
}

export function tokenType({ name, label = name, pattern, starts, category }: Definition): TokenType {
  const kinds = new Set<TokenType>(category?.kinds);
  const type: TokenType = {
    kind: "token",
    name,
    label,
    pattern: typeof pattern === "object" ? new RegExp(pattern.source, "y") : (pattern ?? null),
    starts: starts ?? (typeof pattern === "string" ? pattern.charAt(0) : ""),
    kinds,
  };
  kinds.add(type);
  return type;
}

/** Whether the token is of this type, or of one in this category. */
export const isA = (token: Token, type: TokenType): boolean => token.tokenType.kinds.has(type);

/** A token that is not in the text, in place of what is between the offsets. */
export const virtualToken = (type: TokenType, startOffset: number, endOffset = startOffset): Token => ({
  tokenType: type,
  image: "",
  startOffset,
  endOffset,
  startLine: 0,
  startColumn: 0,
});
