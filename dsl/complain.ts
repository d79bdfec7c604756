import type { IRecognitionException, IToken } from "chevrotain";
import { end } from "./lex.ts";
import type { Report } from "./report.ts";
import * as t from "./tokens.ts";

/** Turns a failure of the parser library into a diagnostic in our own words. */
export function complain(error: IRecognitionException, tokens: readonly IToken[], report: Report): void {
  const { token } = error;
  const last = tokens.at(-1);
  const atEnd = Number.isNaN(token.startOffset) || token.tokenType === t.Newline;
  const place = atEnd ? end(tokens[tokens.indexOf(token) - 1] ?? last ?? token) : token.startOffset;
  report.add({
    code: "E0106",
    says: `unexpected ${atEnd ? "end of the line" : `\`${token.image}\``} [${error.message}] in ${error.context.ruleStack.join(">")}`,
    at: { span: report.span(place, atEnd ? place : end(token)), says: "unexpected" },
  });
}
