import type { Source, Span } from "../../dsl/span.ts";
import { DiagnosticError } from "../../dsl/diagnostic.ts";

// Tokens of `.kir`. Blocks are told by indentation, as `indent` and `dedent`; inside brackets line ends do not count. Comments are kept as tokens
// where they end a line of code, since the origin of a kernel stands in one.

export type TokenKind = "name" | "number" | "sign" | "comment" | "newline" | "indent" | "dedent" | "end";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly span: Span;
}

const pattern =
  /(?<space>[ \t]+)|(?<comment>#[^\n]*)|(?<number>\d+(?:\.\d+)?(?:e[+-]?\d+)?)|(?<name>[A-Za-z_][A-Za-z0-9_]*)|(?<sign>\.\.|->|>>>|>>|<<|<=|>=|==|!=|[-+*/%&|^<>!=()[\],:])/y;

export function mistake(code: string, says: string, span: Span, help?: string): DiagnosticError {
  return new DiagnosticError([{ code, says, at: { span, says: "" }, ...(help === undefined ? {} : { help }) }]);
}

export function lex(source: Source): Token[] {
  const tokens: Token[] = [];
  const margins = [0];
  let depth = 0;
  let start = 0;
  const push = (kind: TokenKind, text: string, from: number): void => {
    tokens.push({ kind, text, span: { source, start: from, end: from + text.length } });
  };
  for (const line of source.text.split("\n")) {
    const indent = line.length - line.trimStart().length;
    const blank = line.trim() === "" || line.trimStart().startsWith("#");
    if (depth === 0 && !blank) measure(indent, start + indent);
    depth += blank ? 0 : tokenize(line, start);
    if (depth === 0 && !blank) push("newline", "", start + line.length);
    start += line.length + 1;
  }
  for (let open = margins.length; open > 1; open--) push("dedent", "", source.text.length);
  push("end", "", source.text.length);
  return tokens;

  function measure(indent: number, at: number): void {
    const current = (): number => margins.at(-1) ?? 0;
    if (indent > current()) {
      margins.push(indent);
      push("indent", "", at);
    }
    while (indent < current()) {
      margins.pop();
      push("dedent", "", at);
    }
    if (indent !== current()) throw mistake("kir-indent", "this line stands at no margin of a line above", { source, start: at, end: at + 1 });
  }

  /** Pushes the tokens of a line, and gives by how many brackets more it opens than closes. */
  function tokenize(line: string, from: number): number {
    let opened = 0;
    pattern.lastIndex = 0;
    while (pattern.lastIndex < line.length) {
      const at = pattern.lastIndex;
      const groups = pattern.exec(line)?.groups;
      if (!groups) throw mistake("kir-token", `unexpected ${JSON.stringify(line[at])}`, { source, start: from + at, end: from + at + 1 });
      for (const kind of ["comment", "number", "name", "sign"] as const) {
        const text = groups[kind];
        if (text === undefined || (kind === "comment" && depth + opened > 0)) continue;
        push(kind, text, from + at);
        if (text === "(" || text === "[") opened++;
        if (text === ")" || text === "]") opened--;
      }
    }
    return opened;
  }
}
