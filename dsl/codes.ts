/** The codes of syntax errors, each with a description of the class. */
export const syntaxCodes = {
  E0101: "a character that is not part of the language",
  E0102: "a string without its closing quote",
  E0103: "an unmatched bracket",
  E0104: "an invalid number",
  E0105: "an unknown escape in a string",
  E0106: "an unexpected token",
  E0107: "a misspelt keyword",
  E0108: "chained comparisons",
  E0109: "nesting that is too deep",
  E0110: "a file that is too large",
  E0111: "an unknown language version",
  E0112: "parts of a file that are out of order",
  E0113: "a declaration inside a block",
  E0114: "a keyword used as a name",
  E0115: "an operator of another language",
  W0116: "a comment that looks like the rest of an expression",
} as const;

export type SyntaxCode = keyof typeof syntaxCodes;
