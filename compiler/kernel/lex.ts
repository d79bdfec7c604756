import type { Source, Span } from "../../dsl/span.ts";
import { DiagnosticError } from "../../dsl/diagnostic-error.ts";
import { present } from "../support/invariant.ts";

// Tokens of `.kir`. Indentation delimits blocks, as `indent` and `dedent`; inside brackets, line ends are ignored. A
// comment that ends a line of code is a token, since the origin of a kernel is written as one.

export type TokenKind = "name" | "number" | "sign" | "comment" | "newline" | "indent" | "dedent" | "end";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly span: Span;
}

const pattern =
  /(?<space>[ \t\r]+)|(?<comment>#[^\n]*)|(?<number>\d+(?:\.\d+)?(?:e[+-]?\d+)?)|(?<name>[A-Za-z_][A-Za-z0-9_]*)|(?<sign>\.\.|->|>>>|>>|<<|<=|>=|==|!=|[-+*/%&|^<>!=()[\],:])/y;

export function kirError(code: string, message: string, span: Span, help?: string): DiagnosticError {
  return new DiagnosticError([
    { code, says: message, at: { span, says: "" }, ...(help === undefined ? {} : { help }) },
  ]);
}

/** Tokens on demand: a text with an error is read only up to the error. */
export function* lex(source: Source): Generator<Token, void> {
  const indents = [0];
  let depth = 0;
  let continued = false;
  for (let start = 0, end = 0; start <= source.text.length; start = end + 1) {
    end = source.text.indexOf("\n", start);
    if (end < 0) end = source.text.length;
    const whole = source.text.slice(start, end);
    // A backslash at the end of a line continues it on the next one.
    const continues = /\\\s*$/.test(whole);
    const line = continues ? whole.slice(0, whole.lastIndexOf("\\")) : whole;
    const indent = line.length - line.trimStart().length;
    const blank = indent === line.length || line[indent] === "#";
    if (blank && !continued) continue;
    if (depth === 0 && !continued) yield* indentation(indent, start + indent);
    yield* tokenize(line, start);
    continued = continues;
    if (depth === 0 && !continued) yield token("newline", "", start + line.length);
  }
  for (let open = indents.length; open > 1; open--) yield token("dedent", "", source.text.length);
  yield token("end", "", source.text.length);

  function token(kind: TokenKind, text: string, from: number): Token {
    return { kind, text, span: { source, start: from, end: from + text.length } };
  }

  function* indentation(indent: number, at: number): Generator<Token, void> {
    const current = (): number => present(indents.at(-1), "the outermost indentation is never removed");
    if (indent > current()) {
      indents.push(indent);
      yield token("indent", "", at);
    }
    while (indent < current()) {
      indents.pop();
      yield token("dedent", "", at);
    }
    if (indent !== current())
      throw kirError("kir-indent", "this indentation matches no enclosing block", { source, start: at, end: at + 1 });
  }

  /** The tokens of a line; counts the brackets that it opens and closes. */
  function* tokenize(line: string, from: number): Generator<Token, void> {
    for (let at = 0; at < line.length;) {
      pattern.lastIndex = at;
      const groups = pattern.exec(line)?.groups;
      if (!groups)
        throw kirError("kir-token", `unexpected ${JSON.stringify(line[at])}`, {
          source,
          start: from + at,
          end: from + at + 1,
        });
      const start = from + at;
      at = pattern.lastIndex;
      for (const kind of ["comment", "number", "name", "sign"] as const) {
        const text = groups[kind];
        if (text === undefined || (kind === "comment" && depth > 0)) continue;
        yield token(kind, text, start);
        if (text === "(" || text === "[") depth++;
        if (text === ")" || text === "]") depth--;
      }
    }
  }
}
