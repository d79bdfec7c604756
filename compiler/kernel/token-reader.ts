import { cover, type Span } from "../../dsl/span.ts";
import { invariant, present } from "../support/invariant.ts";
import { kirError, type Token, type TokenKind } from "./lex.ts";

/** A cursor over tokens. */
export class TokenReader {
  readonly #tokens: Iterator<Token, unknown>;
  #next: Token | null = null;
  #last: Token | null = null;

  constructor(tokens: Iterable<Token>) {
    this.#tokens = tokens[Symbol.iterator]();
  }

  peek(): Token {
    if (this.#next !== null) return this.#next;
    const { done, value } = this.#tokens.next();
    invariant(done !== true, "the tokens end with `end`");
    return (this.#next = value);
  }

  next(): Token {
    const token = this.peek();
    if (token.kind !== "end") this.#step();
    return token;
  }

  #step(): void {
    [this.#last, this.#next] = [this.#next, null];
  }

  /** Consumes the next token if it is this sign or name. */
  accept(text: string): boolean {
    const { kind } = this.peek();
    if (this.peek().text !== text || (kind !== "sign" && kind !== "name")) return false;
    this.#step();
    return true;
  }

  expect(text: string): Token {
    const token = this.peek();
    if (!this.accept(text)) throw kirError("kir-syntax", `expected ${text}${found(token)}`, token.span);
    return token;
  }

  take(kind: TokenKind): Token | null {
    return this.peek().kind === kind ? this.next() : null;
  }

  need(kind: TokenKind, what: string): Token {
    const token = this.take(kind);
    if (token === null) throw kirError("kir-syntax", `expected ${what}${found(this.peek())}`, this.peek().span);
    return token;
  }

  name(what: string): Token {
    return this.need("name", what);
  }

  whole(what: string): number {
    const token = this.need("number", what);
    const value = Number(token.text);
    if (!Number.isSafeInteger(value)) throw kirError("kir-syntax", `expected ${what}, a whole number`, token.span);
    return value;
  }

  /** From the start of `from`, which has been read, to the end of the last token read. */
  since(from: Span): Span {
    return cover(from, present(this.#last, "no token has been read").span);
  }
}

const layout: Readonly<Partial<Record<TokenKind, string>>> = {
  newline: " before the end of the line",
  indent: ", found deeper indentation",
  dedent: " before the end of the block",
  end: " before the end of the text",
};

const found = (token: Token): string =>
  layout[token.kind] ?? `, found ${token.text.length > 80 ? `${token.text.slice(0, 80)}…` : token.text}`;
