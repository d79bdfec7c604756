import { tokenType, type TokenType } from "./token.ts";

const digits = "0123456789";
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";

/** Any word: the name of a field or a named argument. */
export const Word = tokenType({ name: "Word", label: "a name" });
/** A word that can be a name. */
export const Name = tokenType({ name: "Name", label: "a name", category: Word });
/** A name that does not begin a clause: it may follow `next`, so that `minimize next over Model` keeps its meaning. */
export const Plain = tokenType({ name: "Plain", label: "a name", category: Name });

export const Identifier = tokenType({
  name: "Identifier",
  pattern: /[A-Za-z_][A-Za-z_0-9]*/,
  starts: letters,
  category: Plain,
  label: "a name",
});

function keyword(text: string, category: TokenType): TokenType {
  const name = `${text.charAt(0).toUpperCase()}${text.slice(1)}Keyword`;
  return tokenType({ name, category, label: `\`${text}\`` });
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

const symbol = (name: string, text: string): TokenType => tokenType({ name, pattern: text, label: `\`${text}\`` });

/** The binary operators; `-` is separate because it is also a prefix. */
export const Operator = tokenType({ name: "Operator", label: "an operator" });

const operator = (name: string, text: string): TokenType =>
  tokenType({ name, pattern: text, label: `\`${text}\``, category: Operator });

export const Pipe = operator("Pipe", "|>");
export const Star = operator("Star", "*");
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
  operator("EqualTo", "=="),
  operator("NotEqual", "!="),
  operator("LessEqual", "<="),
  operator("GreaterEqual", ">="),
  operator("Less", "<"),
  operator("Greater", ">"),
  operator("Plus", "+"),
  Star,
  operator("Slash", "/"),
  operator("Percent", "%"),
  operator("Caret", "^"),
  operator("At", "@"),
];

export const NumberToken = tokenType({
  name: "Number",
  pattern: /\d+(?:_\d+)*(?:\.\d+(?:_\d+)*)?(?:[eE][+-]?\d+)?(?!\w|\.\d)/,
  starts: digits,
  label: "a number",
});
/** `.0` of `pair.0`, directly after its value: the member of a tuple by its position. */
export const Position = tokenType({
  name: "Position",
  pattern: /(?<=[\w)\]}"])\.\d+(?!\w)/,
  label: "a position",
  starts: ".",
});
/** A number that runs into more letters, digits or underscores: `12abc`, `1__0`, `1e`, `1e-3f`. */
export const BadNumber = tokenType({
  name: "BadNumber",
  pattern: /\d(?:[eE][-+]\d|\w)*(?:\.\d(?:[eE][-+]\d|\w)*)?/,
  starts: digits,
  label: "a number",
});
export const StringToken = tokenType({
  name: "String",
  pattern: /"(?:[^"\\\n\r]|\\[^\n\r])*"/,
  starts: '"',
  label: "a string",
});
export const OpenString = tokenType({
  name: "OpenString",
  pattern: /"(?:[^"\\\n\r]|\\[^\n\r])*/,
  starts: '"',
  label: "a string",
});

export const Newline = tokenType({
  name: "Newline",
  pattern: /\r\n|\n|\r/,
  starts: "\r\n",
  label: "the end of the line",
});
export const Comment = tokenType({ name: "Comment", pattern: /\/\/[^\n\r]*/, starts: "/" });
export const Space = tokenType({ name: "Space", pattern: /[ \t\f\v\u00a0\ufeff]+/, starts: " \t\f\v\u00a0\ufeff" });

/** The arrow of `map(y -> 2 * y, l)`, `(a, b) -> a + b` and `fn (x) -> x`, not that of a declaration. */
const foreignArrow = /(?<=(?:(?:[(,=]|\|>)\s*(?:[a-z]\w*|\([\w\s,]*\))|\bfn\s*\([^()]*\))[ \t]*)->/;

/** `.*` of Julia and MATLAB; in `freeze Net.*.norm` it is part of a path. */
const elementwise = /(?<=[\s)\]])\.\*|\.\*(?=[\w(])|\.[-+/^]/;

/** Operators of other languages, matched as a whole so that a help can name the equivalent. */
export const ForeignOperator = tokenType({
  name: "ForeignOperator",
  pattern: new RegExp(`&&|\\|\\||\\*\\*|=>|:=|[-+*/%]=|\\/\\*|===|!==|${elementwise.source}|${foreignArrow.source}`),
  starts: "&|*=:-+/%!.",
});
/** Replaces characters that no pattern matches. */
export const Unknown = tokenType({ name: "Unknown" });

/** Never lexed: replaces a statement with a mistake, so that the rest can be parsed. */
export const Invalid = tokenType({ name: "Invalid", label: "a statement" });

/** Never lexed: follows the last token of an item. */
export const EndOfItem = tokenType({ name: "EOF" });

/** Identifiers that are keywords, by their text. */
export const keywords: ReadonlyMap<string, TokenType> = new Map(
  Object.entries<TokenType>({ ...reserved, ...contextual }),
);
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
  Identifier,
  ...others,
];
export const vocabulary: readonly TokenType[] = [
  ...lexed,
  ...keywords.values(),
  Word,
  Name,
  Plain,
  Operator,
  Unknown,
  Invalid,
];
