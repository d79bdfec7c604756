/** The codes of mistakes in the text itself, with the sentence that stands for the whole class. */
export const syntaxCodes = {
  E0101: "a character that is not part of the language",
  E0102: "a string without its closing quote",
  E0103: "a bracket without its partner",
  E0104: "a number that cannot be read",
  E0105: "an escape in a string that means nothing",
  E0106: "something else was expected here",
  E0107: "a keyword is misspelt",
  E0108: "comparisons do not chain",
  E0109: "the nesting is too deep",
  E0110: "the file is too large",
  E0111: "a language version that this compiler does not know",
  E0112: "the parts of a file are out of order",
  E0113: "a declaration where only statements may stand",
  E0114: "a keyword used as a name",
  E0115: "an operator of another language",
} as const;

export type SyntaxCode = keyof typeof syntaxCodes;
