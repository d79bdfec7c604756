import { tokenMatcher, type IToken, type TokenType } from "chevrotain";
import type { SyntaxCode } from "./codes.ts";
import { didYouMean } from "./suggest.ts";
import * as t from "./tokens.ts";

/** Where the parser stood when it could not go on. */
export interface Failure {
  /** Null at the end of a line. */
  readonly found: IToken | null;
  readonly previous: IToken | null;
  readonly next: IToken | null;
  /** The first token of the statement, or of the item. */
  readonly first: IToken | null;
  /** Names of the tokens that would have fitted; none where the item was complete. */
  readonly expected: readonly string[];
  readonly rule: string;
  readonly rules: readonly string[];
}

export interface Hint {
  readonly code?: SyntaxCode;
  readonly says?: string;
  readonly help: string;
  /** Where the mistake is, if not at the token that was found. */
  readonly at?: IToken;
}

/** The probable mistake behind a failure: the first rule that knows it; null where none does. */
export function hint(failure: Failure): Hint | null {
  for (const rule of sequence) {
    const found = rule(failure);
    if (found) return found;
  }
  return null;
}

type Rule = (failure: Failure) => Hint | null;

export const declarations: readonly string[] = ["model", "layer", "fn", "optimizer", "entry", "train", "dim", "setting", "test", "import"];
const statements = ["let", "param", "state", "minimize", "if", "repeat", "scan", "while", "for", "cond", "freeze", "next", "yield", "assert", "checkpoint"];

/** Words of other languages, with what stands for them here. */
const foreignWords: ReadonlyMap<string, string> = new Map([
  ["return", "the last expression of a block is its value; leave `return` out"],
  ["def", "a function is declared with `fn`"],
  ["func", "a function is declared with `fn`"],
  ["function", "a function is declared with `fn`"],
  ["class", "a layer is declared with `layer`, a whole model with `model`"],
  ["const", "a value is named with `let`"],
  ["var", "a value is named with `let`; what lasts between calls is a `state`"],
  ["elif", "write `else if`"],
  ["loop", "a loop over time is `scan`, one with a condition `while`; `repeat` and `for` are written out when the program is compiled"],
  ["switch", "write `if ... else if ... else ...`, or `cond` where a tensor decides"],
  ["match", "write `if ... else if ... else ...`, or `cond` where a tensor decides"],
  ["lambda", "a function has a name: declare it with `fn` and pass that"],
]);

const sequence: readonly Rule[] = [foreignWord, misspelt, declarationInside, keywordAsName, outsideOfAll, ...helpOnly()];

function foreignWord({ found, previous, first, rule }: Failure): Hint | null {
  const word = previous !== null && previous === first && rule === "block" ? previous : found;
  const help = word?.tokenType === t.Identifier ? foreignWords.get(word.image) : undefined;
  return word && help !== undefined ? { code: "E0107", says: `\`${word.image}\` is not a keyword of this language`, help, at: word } : null;
}

function misspelt({ found, previous, first, expected, rule, rules }: Failure): Hint | null {
  const names = expected.filter((name) => name.endsWith("Keyword")).map((name) => name.slice(0, -"Keyword".length).toLowerCase());
  if (rule === "item") return suggestion(found, declarations);
  if (rule === "body") return suggestion(found, ["where"]);
  if (found && tokenMatcher(found, t.Word) && names.length > 0) return suggestion(found, names);
  if (expected.length > 1 || !found) return null;
  if (previous?.tokenType === t.RBrace) return suggestion(found, ["else"]);
  if (rule === "block" && rules.includes("scan") && expected[0] === "LBrace") return suggestion(found, ["carry", "reversed"]);
  const head =
    previous !== null && previous === first && (tokenMatcher(found, t.Word) || found.tokenType === t.NumberToken) ? suggestion(previous, statements) : null;
  return head ?? suggestion(found, ["and", "or"]);
}

function suggestion(word: IToken | null, candidates: readonly string[]): Hint | null {
  const meant = word?.tokenType === t.Identifier ? didYouMean(word.image, candidates) : null;
  return word && meant !== null ? { code: "E0107", says: `\`${word.image}\` is not a keyword`, help: `did you mean \`${meant}\`?`, at: word } : null;
}

/** The line belongs inside a declaration, and does not even look like the head of one. */
export function isStray(line: readonly IToken[]): boolean {
  const [first] = line;
  return first !== undefined && !heads.has(first.image) && suggestion(first, declarations) === null;
}

const heads: ReadonlySet<string> = new Set([...declarations, "dl", ...foreignWords.keys()]);

function declarationInside({ previous, first, rule, found }: Failure): Hint | null {
  if (rule !== "block" || !previous || previous !== first || !found || !tokenMatcher(found, t.Name) || !declarations.includes(previous.image)) return null;
  return {
    code: "E0113",
    says: `\`${previous.image}\` inside a block`,
    at: previous,
    help: "declarations stand at the top of the file; close the block before this line, or move it out",
  };
}

function keywordAsName({ found, previous, first, expected, rule }: Failure): Hint | null {
  if (!found || !tokenMatcher(found, t.Word) || tokenMatcher(found, t.Name)) return null;
  const declared = previous !== null && previous === first && (previous.tokenType === t.contextual.param || previous.tokenType === t.contextual.state);
  if (expected[0] !== "Name" && expected[0] !== "Plain" && rule !== "parameters" && rule !== "field" && !declared) return null;
  return { code: "E0114", says: `\`${found.image}\` is a keyword and cannot be a name`, help: `choose another name, such as \`${found.image}_\`` };
}

function outsideOfAll({ rule, found }: Failure): Hint | null {
  if (rule !== "item" || !found) return null;
  return {
    says: `expected a declaration, found \`${found.image}\``,
    help: "a file holds `import`, `dim`, `model`, `layer`, `fn`, `optimizer`, `entry`, `setting` and `test`; all else stands inside one of these",
  };
}

/** Words that begin something only if what follows fits. */
const needs: ReadonlyMap<TokenType, string> = new Map([
  [t.contextual.cond, "it reads `cond p { a } else { b }`"],
  [t.contextual.scan, "it reads `scan xt in x along T carry h = h0 { next h = f(xt, h) }`"],
  [t.contextual.checkpoint, "it reads `checkpoint { ... }`"],
  [t.contextual.next, "in a `scan`, `next h = ...` gives a carry its next value"],
  [t.contextual.freeze, "it reads `freeze Model.part`"],
]);

/** Rules that add a help to the usual sentence: the rule of the grammar, the token that was found (null for any), and the help. */
function helpOnly(): readonly Rule[] {
  const help = (rule: string, found: string | null, text: (failure: Failure, name: string) => string | null): Rule => {
    return (failure) => {
      if (failure.rule !== rule || (found !== null && failure.found?.tokenType.name !== found)) return null;
      const answer = text(failure, failure.previous?.image ?? "");
      return answer === null ? null : { help: answer };
    };
  };
  return [
    help("suffix", "Equals", (_, name) => `a named argument is written \`${name}: value\``),
    help("record", "Equals", (_, name) => `a field is written \`${name}: value\``),
    help("suffix", null, ({ expected, found }) => (found && expected[0] === "RParen" ? "put a comma between two arguments" : null)),
    help("suffix", "Number", ({ expected, found }) => (expected[0] === "Word" ? `an element is taken with brackets: \`[${found?.image ?? 0}]\`` : null)),
    help("suffix", "Colon", ({ expected }) => (expected[0] === "RSquare" ? "a range has a start and an end: `x[1:3]`" : null)),
    help("suffix", null, ({ expected, found }) => (found && expected[0] === "RSquare" ? "put a comma between two items" : null)),
    help("list", "Star", () => "a size is a number or a name: `f32[N, 4]`"),
    help("list", null, ({ found }) => (found ? "put a comma between two elements" : null)),
    help("tuple", null, ({ found, expected }) => (found && expected[0] === "RParen" ? "close the parenthesis, or put a comma between two elements" : null)),
    help("record", null, () => "put a comma between two fields"),
    help("parameter", null, (_, name) => `a parameter has a type: \`${name}: f32[N, 10]\``),
    help("parameters", null, ({ expected }, name) => (expected[0] === "LParen" ? `the inputs follow the name: \`${name}(x: f32[N, 10])\`` : null)),
    help("parameters", "LParen", ({ previous }) =>
      /^(?:f|i|u|int|float)\d+$|^bool$/.test(previous?.image ?? "") ? "the sizes of a tensor stand in brackets: `f32[N, 4]`" : null,
    ),
    help("parameters", null, ({ found }) => (found ? "put a comma between two parameters" : null)),
    help("variable", null, ({ first, expected }, name) =>
      expected[0] === "Colon" ? `a ${first?.image ?? "param"} has a type: \`${first?.image ?? "param"} ${name}: f32[K]\`` : null,
    ),
    help("let", "Colon", (_, name) => `write \`let ${name} = ...\`; the type follows from the value`),
    help("let", "Write", (_, name) => `\`let ${name} = ...\` names a value, \`${name} <- ...\` writes a state`),
    help("body", "Arrow", () => "an entry has no result type; its last expression is its result"),
    help("body", "Colon", () => "a body stands in `{ }` or after `=`"),
    help("body", "Minus", () => "write `->` before the result type"),
    help("body", null, ({ found }) =>
      found && tokenMatcher(found, t.Word) ? "write `->` before the result type" : "write the body in `{ }`, or one expression after `=`",
    ),
    help("scan", null, () => "it reads `scan xt in x along T carry h = h0 { next h = f(xt, h) }`"),
    help("sequence", null, () => "it reads `scan xt in x along T carry h = h0 { next h = f(xt, h) }`"),
    help("carry", null, (_, name) => `a carry begins with a value: \`carry ${name} = zeros([N])\``),
    help("while", null, () => "it reads `while carry i = 0 until i >= 10 { next i = i + 1 }`"),
    help("carries", null, () => "it reads `while carry i = 0 until i >= 10 { next i = i + 1 }`"),
    help("for", null, () => "it reads `for i in 8 { ... }`"),
    help("cond", null, () => "it has both branches: `cond p { a } else { b }`"),
    help("where", null, () => 'it reads `where C % groups == 0, "the message"`'),
    help("gradient", null, () => "it reads `with gradient (dy) { ... }`, with the gradient for each parameter"),
    help("setting", "Equals", (_, name) => `a setting has a type: \`setting ${name}: f32 = 1e-3\``),
    help("setting", null, () => "it reads `setting lr: f32 = 1e-3 in log(1e-5, 1e-1)`"),
    help("test", null, () => 'it reads `test "what holds" { assert ... }`'),
    help("minimize", null, () => "it reads `minimize loss over Model with adam(lr: 1e-3)`"),
    help("import", null, () => 'it reads `import { name } from "./file.dl"`'),
    help("type", null, ({ expected }) => (expected[0] === "RSquare" ? null : "a type looks like `f32[N, 10]`, `int` or `[int]`")),
    help("block", "Equals", (_, name) => `\`let ${name} = ...\` names a value, \`${name} <- ...\` writes a state`),
    help("block", null, ({ previous, expected }) => (expected[0] === "RBrace" ? (needs.get(previous?.tokenType ?? t.Newline) ?? null) : null)),
    help("block", "Comma", (_, name) => `a tuple is taken apart by \`let (${name}, ...) = ...\``),
    help("block", null, ({ first, previous }) =>
      first?.image === "with" && previous === first ? "`with` belongs to `minimize`; what is to have no gradient is written `stop_gradient(x)`" : null,
    ),
    help("block", "Write", () => "only the name of a state stands left of `<-`; a comparison with a negative number is written `a < -b`"),
    help("block", "ElseKeyword", () => "an `else` follows the `}` of its `if`"),
    help("block", null, ({ expected, found }) => (found && expected[0] === "RBrace" ? "put one statement on a line" : null)),
    help("block", null, ({ expected }) => (expected[0] === "LBrace" ? "a block stands in `{ }` and begins on this line" : null)),
    help("primary", "Plus", () => "leave the `+` out"),
    help("primary", "Dot", ({ next }) => (next?.tokenType === t.NumberToken ? `write \`0.${next.image}\`` : null)),
    help("primary", "Dots", () => "a pack such as `..S` stands in a type, in a list, or alone as an argument"),
    help("primary", "Equals", ({ previous }) => (previous?.tokenType === t.Equals ? "write `==` to compare" : null)),
    help("primary", "Pipe", () => "a pipe needs a value on its left"),
    help("dims", null, () => "it reads `dim N, M`"),
    help("end", "WithKeyword", ({ next }) => (next?.tokenType === t.contextual.gradient ? "only a `fn` has a gradient rule, after its body" : null)),
    help("end", "Equals", ({ first }) => (first?.tokenType === t.contextual.dim ? "a dim gets its value when the file is compiled" : null)),
    help("end", null, ({ first }) => (first?.tokenType === t.contextual.dim ? "put a comma between two dims" : "begin a new line")),
  ];
}
