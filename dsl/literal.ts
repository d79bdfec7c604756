import type { IToken } from "chevrotain";
import type { Expr } from "./ast.ts";
import { end } from "./lex.ts";
import type { DiagnosticList } from "./diagnostic-list.ts";

export function number(token: IToken, diagnostics: DiagnosticList): Expr {
  const text = token.image;
  const value = Number(text.replaceAll("_", ""));
  const int = !/[.eE]/.test(text);
  const span = diagnostics.span(token.startOffset, end(token));
  if (!Number.isFinite(value))
    diagnostics.add({
      code: "E0104",
      says: `the number \`${text}\` is too large`,
      at: { span, says: "the largest number is about 1.8e308" },
    });
  if (int && !Number.isSafeInteger(value)) {
    diagnostics.add({
      code: "E0104",
      says: `the int \`${text}\` is too large`,
      at: { span, says: `the largest int is ${Number.MAX_SAFE_INTEGER}` },
    });
  }
  return { kind: "number", value, int, text, span };
}

const escapes: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["t", "\t"],
  ['"', '"'],
  ["\\", "\\"],
]);

/** The text between the quotes, with escapes replaced. */
export function text(token: IToken, diagnostics: DiagnosticList): string {
  return token.image.slice(1, -1).replace(/\\(.)/gsu, (whole: string, letter: string, offset: number) => {
    const meant = escapes.get(letter);
    if (meant !== undefined) return meant;
    const start = token.startOffset + 1 + offset;
    diagnostics.add({
      code: "E0105",
      says: `unknown escape \`${whole}\` in a string`,
      at: { span: diagnostics.span(start, start + whole.length), says: "" },
      help: 'the escapes are `\\n`, `\\t`, `\\"` and `\\\\`',
    });
    return letter;
  });
}

/** The inverse of `text`. */
export function quote(value: string): string {
  return `"${value.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\t", "\\t")}"`;
}
