import { createToken, Lexer, type TokenType } from "chevrotain";

/** Any word: the name of a field or a named argument. */
export const Word = createToken({ name: "Word", pattern: Lexer.NA, label: "a name" });
/** A word that can be a name. */
export const Name = createToken({ name: "Name", pattern: Lexer.NA, label: "a name", categories: Word });
/** A name that does not begin a clause: it may follow `next`, so that `minimize next over Model` keeps its meaning. */
export const Plain = createToken({ name: "Plain", pattern: Lexer.NA, label: "a name", categories: Name });

export const Identifier = createToken({
  name: "Identifier",
  pattern: /[A-Za-z_][A-Za-z_0-9]*/,
  categories: Plain,
  label: "a name",
});

function keyword(text: string, category: TokenType): TokenType {
  const name = `${text.charAt(0).toUpperCase()}${text.slice(1)}Keyword`;
  return createToken({
    name,
    pattern: text,
    longer_alt: Identifier,
    categories: category,
    label: `\`${text}\``,
    line_breaks: false,
  });
}

/** Keywords in an expression or at the head of a statement, which cannot be the name of a value. */
export const reserved = {
  let: keyword("let", Word),
  minimize: keyword("minimize", Word),
  if: keyword("if", Word),
  else: keyword("else", Word),
  repeat: keyword("repeat", Word),
  while: keyword("while", Word),
  for: keyword("for", Word),
  yield: keyword("yield", Word),
  assert: keyword("assert", Word),
  and: keyword("and", Word),
  or: keyword("or", Word),
  not: keyword("not", Word),
  true: keyword("true", Word),
  false: keyword("false", Word),
} as const;

/** Contextual keywords, which are names elsewhere. Those that continue the construct before them are not `Plain`. */
export const contextual = {
  dl: keyword("dl", Plain),
  import: keyword("import", Plain),
  export: keyword("export", Plain),
  from: keyword("from", Plain),
  as: keyword("as", Plain),
  dim: keyword("dim", Plain),
  model: keyword("model", Plain),
  layer: keyword("layer", Plain),
  fn: keyword("fn", Plain),
  optimizer: keyword("optimizer", Plain),
  train: keyword("train", Plain),
  draw: keyword("draw", Plain),
  entry: keyword("entry", Plain),
  setting: keyword("setting", Plain),
  test: keyword("test", Plain),
  gradient: keyword("gradient", Plain),
  param: keyword("param", Plain),
  state: keyword("state", Plain),
  freeze: keyword("freeze", Plain),
  next: keyword("next", Plain),
  scan: keyword("scan", Plain),
  cond: keyword("cond", Plain),
  checkpoint: keyword("checkpoint", Plain),
  eval: keyword("eval", Plain),
  update: keyword("update", Plain),
  only: keyword("only", Plain),
  where: keyword("where", Name),
  over: keyword("over", Name),
  with: keyword("with", Name),
  every: keyword("every", Name),
  when: keyword("when", Name),
  in: keyword("in", Name),
  along: keyword("along", Name),
  reversed: keyword("reversed", Name),
  carry: keyword("carry", Name),
  until: keyword("until", Name),
} as const;

function symbol(name: string, text: string, categories: readonly TokenType[] = []): TokenType {
  return createToken({ name, pattern: text, categories: [...categories], label: `\`${text}\``, line_breaks: false });
}

/** The binary operators; `-` is separate because it is also a prefix. */
export const Operator = createToken({ name: "Operator", pattern: Lexer.NA, label: "an operator" });

export const Pipe = symbol("Pipe", "|>", [Operator]);
export const Star = symbol("Star", "*", [Operator]);
export const Minus = symbol("Minus", "-");
export const Arrow = symbol("Arrow", "->");
export const Write = symbol("Write", "<-");
export const Equals = symbol("Equals", "=");
export const Colon = symbol("Colon", ":");
export const Comma = symbol("Comma", ",");
export const Dots = symbol("Dots", "..");
export const Dot = symbol("Dot", ".");
export const LParen = symbol("LParen", "(");
export const RParen = symbol("RParen", ")");
export const LSquare = symbol("LSquare", "[");
export const RSquare = symbol("RSquare", "]");
export const LBrace = symbol("LBrace", "{");
export const RBrace = symbol("RBrace", "}");

const binary = [
  symbol("EqualTo", "==", [Operator]),
  symbol("NotEqual", "!=", [Operator]),
  symbol("LessEqual", "<=", [Operator]),
  symbol("GreaterEqual", ">=", [Operator]),
  symbol("Less", "<", [Operator]),
  symbol("Greater", ">", [Operator]),
  symbol("Plus", "+", [Operator]),
  Star,
  symbol("Slash", "/", [Operator]),
  symbol("Percent", "%", [Operator]),
  symbol("Caret", "^", [Operator]),
  symbol("At", "@", [Operator]),
];

export const NumberToken = createToken({
  name: "Number",
  pattern: /\d+(?:_\d+)*(?:\.\d+(?:_\d+)*)?(?:[eE][+-]?\d+)?(?!\w|\.\d)/,
  label: "a number",
});
/** `.0` of `pair.0`, directly after its value: the member of a tuple by its position. */
export const Position = createToken({
  name: "Position",
  pattern: /(?<=[\w)\]}"])\.\d+(?!\w)/,
  label: "a position",
  line_breaks: false,
  start_chars_hint: ["."],
});
/** A number that runs into more letters, digits or underscores: `12abc`, `1__0`, `1e`, `1e-3f`. */
export const BadNumber = createToken({
  name: "BadNumber",
  pattern: /\d(?:[eE][-+]\d|\w)*(?:\.\d(?:[eE][-+]\d|\w)*)?/,
  label: "a number",
});
export const StringToken = createToken({
  name: "String",
  pattern: /"(?:[^"\\\n\r]|\\[^\n\r])*"/,
  label: "a string",
  line_breaks: false,
});
export const OpenString = createToken({
  name: "OpenString",
  pattern: /"(?:[^"\\\n\r]|\\[^\n\r])*/,
  label: "a string",
  line_breaks: false,
});

export const Newline = createToken({
  name: "Newline",
  pattern: /\r\n|\n|\r/,
  label: "the end of the line",
  line_breaks: true,
});
export const Comment = createToken({ name: "Comment", pattern: /\/\/[^\n\r]*/, group: "comments", line_breaks: false });
const Space = createToken({ name: "Space", pattern: /[ \t\f\v\u00a0\ufeff]+/, group: Lexer.SKIPPED });

/** The arrow of `map(y -> 2 * y, l)`, `(a, b) -> a + b` and `fn (x) -> x`, not that of a declaration. */
const foreignArrow = /(?<=(?:(?:[(,=]|\|>)\s*(?:[a-z]\w*|\([\w\s,]*\))|\bfn\s*\([^()]*\))[ \t]*)->/;

/** `.*` of Julia and MATLAB; in `freeze Net.*.norm` it is part of a path. */
const elementwise = /(?<=[\s)\]])\.\*|\.\*(?=[\w(])|\.[-+/^]/;

/** Operators of other languages, matched as a whole so that a help can name the equivalent. */
export const ForeignOperator = createToken({
  name: "ForeignOperator",
  pattern: new RegExp(`&&|\\|\\||\\*\\*|=>|:=|[-+*/%]=|\\/\\*|===|!==|${elementwise.source}|${foreignArrow.source}`),
  line_breaks: false,
  start_chars_hint: [..."&|*=:-+/%!."],
});
/**
 * Never lexed: replaces characters that no pattern matches. A pattern for "all others" would cost the lexer its table
 * of first characters.
 */
export const Unknown = createToken({ name: "Unknown", pattern: Lexer.NA });

/** Never lexed: replaces a statement with a mistake, so that the rest can be parsed. */
export const Invalid = createToken({ name: "Invalid", pattern: Lexer.NA, label: "a statement" });

const keywords: readonly TokenType[] = [...Object.values(reserved), ...Object.values(contextual)];
const others: readonly TokenType[] = [
  Pipe,
  Arrow,
  Write,
  ...binary,
  Minus,
  Equals,
  Colon,
  Comma,
  Dots,
  Dot,
  LParen,
  RParen,
  LSquare,
  RSquare,
  LBrace,
  RBrace,
];

/** The order is the priority: the first pattern that matches is taken. */
export const lexed: readonly TokenType[] = [
  Newline,
  Space,
  Comment,
  ForeignOperator,
  Position,
  NumberToken,
  BadNumber,
  StringToken,
  OpenString,
  ...keywords,
  Identifier,
  ...others,
];
export const vocabulary: readonly TokenType[] = [...lexed, Word, Name, Plain, Operator, Unknown, Invalid];
