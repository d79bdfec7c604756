import type { IToken } from "chevrotain";
import type { DiagnosticList } from "./diagnostic-list.ts";
import { end } from "./lex.ts";

/** The text of a comment that is an expression of numbers alone; names would not differ from prose. */
const numbers = /^\/\/\s*[-(]*\d[\d_.]*(e[-+]?\d+)?\)*(\s*[-+*/%^]\s*[-(]*\d[\d_.]*(e[-+]?\d+)?\)*)*\s*$/i;

/** What ends an operand, and spaces. */
const operand = /[\w)\]][ \t]*$/;

/** Warns about `x // 2`, which is a quotient in Python: here the rest of the line is a comment. */
export function warnOfQuotients(comments: readonly IToken[], warnings: DiagnosticList): void {
  const { text } = warnings.source;
  for (const comment of comments) {
    const { image, startOffset } = comment;
    if (!numbers.test(image) || !operand.test(text.slice(Math.max(0, startOffset - 80), startOffset))) continue;
    warnings.add({
      code: "W0116",
      says: `\`${image.trimEnd()}\` is a comment`,
      at: { span: warnings.span(startOffset, end(comment)), says: "" },
      help: "the quotient of ints, rounded down, is `floor(a / b)`; in a comment, say what the number is",
    });
  }
}
