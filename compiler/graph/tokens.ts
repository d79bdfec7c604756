/** Tokens of the graph's text form, shared by the parsers of graphs and of rewrite rules. */
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { DiagnosticError } from "../../dsl/diagnostic-error.ts";
import type { Source } from "../../dsl/span.ts";
import { at } from "../support/lists.ts";

/**
 * `%x`, `conv`, `0.5`, `"a path"`, `=>`, `# a comment`. Newlines are tokens; other blanks are not. `end` is the last
 * token of every text.
 */
export type TokenKind = "id" | "name" | "number" | "string" | "punctuation" | "comment" | "newline" | "end";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly start: number;
}

const patterns = [
  // Bounded, since each repetition of a group takes some stack of the regular expression engine.
  ["id", /%\w+(?:\.\w+){0,999}/y],
  ["name", /[A-Za-z_]\w*(?:\.\w+){0,999}/y],
  ["number", /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y],
  ["string", /"[^"\\\n]*(?:\\.[^"\\\n]*){0,9999}"/y],
  ["punctuation", /=>|\.\.|[()[\]{},:=+\-*/@]/y],
  ["comment", /#[^\n]*/y],
  ["newline", /(?:\r?\n[ \t]*){1,1000}/y],
] as const satisfies readonly (readonly [TokenKind, RegExp])[];

/** Spaces, and a backslash at the end of a line, which continues on the next one. */
const blanks = /[ \t]*(?:\\\r?\n[ \t]*){0,99}/y;

function tokenAt(text: string, at: number): Token | null {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) return { kind, text: match[0], start: at };
  }
  return null;
}

function skip(text: string, at: number): number {
  blanks.lastIndex = at;
  // Always matches, perhaps the empty string.
  blanks.test(text);
  return blanks.lastIndex;
}

const diagnosticAt = (source: Source, start: number, length: number, code: string, says: string): Diagnostic => ({
  code,
  says,
  at: { span: { source, start, end: start + length }, says: "" },
});

/** Reads the tokens of a text. An unexpected token is a `DiagnosticError` ir-syntax. */
export class TokenReader {
  readonly source: Source;
  /** Lookahead. The text is read lazily, so that a wrong text costs no more than its valid prefix. */
  private readonly ahead: Token[] = [];
  private position: number;

  constructor(source: Source) {
    this.source = source;
    this.position = skip(source.text, 0);
  }

  /** The next token, or a later one. */
  peek(ahead = 0): Token {
    while (this.ahead.length <= ahead) this.ahead.push(this.read());
    return at(this.ahead, ahead);
  }

  take(): Token {
    const token = this.peek();
    this.ahead.shift();
    return token;
  }

  private read(): Token {
    const { source, position } = this;
    if (position >= source.text.length) return { kind: "end", text: "", start: position };
    const token = tokenAt(source.text, position);
    if (token === null)
      throw new DiagnosticError([
        diagnosticAt(source, position, 1, "ir-syntax", `unexpected character ${JSON.stringify(source.text[position])}`),
      ]);
    this.position = skip(source.text, position + token.text.length);
    return token;
  }

  /** Takes a token if it is this punctuation or name. */
  accept(text: string): boolean {
    const { kind, text: found } = this.peek();
    if (found !== text || (kind !== "punctuation" && kind !== "name")) return false;
    this.ahead.shift();
    return true;
  }

  expect(text: string): void {
    if (!this.accept(text)) this.fail(this.peek(), "ir-syntax", `expected ${text}, found ${shown(this.peek())}`);
  }

  takeKind(kind: TokenKind, expected: string): Token {
    if (this.peek().kind !== kind)
      this.fail(this.peek(), "ir-syntax", `expected ${expected}, found ${shown(this.peek())}`);
    return this.take();
  }

  /** A quoted string, unquoted. */
  takeString(expected: string): string {
    const token = this.takeKind("string", expected);
    try {
      return String(JSON.parse(token.text));
    } catch {
      return this.fail(token, "ir-syntax", "the string has an unknown escape");
    }
  }

  /** A name, plain or quoted. */
  takeName(expected: string): string {
    return this.peek().kind === "string" ? this.takeString(expected) : this.takeKind("name", expected).text;
  }

  /** `-0.5`, `1e-7`, `inf`, `nan`. */
  takeNumber(): number {
    const sign = this.accept("-") ? -1 : 1;
    if (this.accept("inf")) return sign * Number.POSITIVE_INFINITY;
    if (this.accept("nan")) return Number.NaN;
    return sign * Number(this.takeKind("number", "a number").text);
  }

  /** Whether `takeNumber` would succeed. */
  atNumber(): boolean {
    const { kind, text } = this.peek();
    return (
      kind === "number" ||
      (kind === "punctuation" && text === "-") ||
      (kind === "name" && (text === "inf" || text === "nan"))
    );
  }

  takeInt(): number {
    const token = this.peek();
    const value = this.takeNumber();
    return Number.isSafeInteger(value)
      ? value
      : this.fail(token, "ir-syntax", `expected an integer, found ${shown(token)}`);
  }

  /** `item, item` up to `close`, included. */
  takeList<T>(close: string, item: () => T, most = Infinity): T[] {
    const items: T[] = [];
    if (this.accept(close)) return items;
    do {
      if (items.length === most) this.fail(this.peek(), "ir-syntax", `more than ${most} items`);
      items.push(item());
    } while (this.accept(","));
    this.expect(close);
    return items;
  }

  fail(token: Token, code: string, says: string): never {
    throw new DiagnosticError([
      diagnosticAt(this.source, token.start, token.kind === "newline" ? 1 : token.text.length, code, says),
    ]);
  }
}

function shown({ kind, text }: Token): string {
  if (kind === "end") return "the end";
  return kind === "newline" ? "the end of the line" : text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
