import { tokenMatcher, type IToken, type TokenType } from "chevrotain";
import type { Failure, Hint, Rule } from "./failure.ts";
import { formsOfOtherLanguages, keywordOfOtherLanguage, otherLanguages } from "./other-languages.ts";
import { didYouMean } from "./suggest.ts";
import * as t from "./tokens.ts";

/** The probable cause of a failure, from the first rule that matches; null if none does. */
export function hint(failure: Failure): Hint | null {
  for (const rule of sequence) {
    const found = rule(failure);
    if (found) return found;
  }
  return null;
}

export const declarations: readonly string[] = [
  "model",
  "layer",
  "fn",
  "optimizer",
  "entry",
  "train",
  "draw",
  "dim",
  "setting",
  "test",
  "import",
  "export",
];
const statements = [
  "let",
  "param",
  "state",
  "minimize",
  "if",
  "repeat",
  "scan",
  "while",
  "for",
  "cond",
  "freeze",
  "next",
  "yield",
  "assert",
  "checkpoint",
  "eval",
  "update",
];

const sequence: readonly Rule[] = [
  keywordOfOtherLanguage,
  ...formsOfOtherLanguages,
  misspelt,
  declarationInside,
  keywordAsName,
  outsideOfAll,
  headWithoutParameters,
  ...helpOnly(),
];

function misspelt({ found, previous, first, expected, rule, rules }: Failure): Hint | null {
  const names = expected
    .filter((name) => name.endsWith("Keyword"))
    .map((name) => name.slice(0, -"Keyword".length).toLowerCase());
  if (rule === "item") return suggestion(found, declarations);
  if (rule === "body") return suggestion(found, ["where"]);
  if (found && tokenMatcher(found, t.Word) && names.length > 0) return suggestion(found, names);
  if (expected.length > 1 || !found) return null;
  if (previous?.tokenType === t.RBrace) return suggestion(found, ["else"]);
  if (rule === "block" && expected[0] === "LBrace" && rules.at(-2) === "repeat") return suggestion(found, ["carry"]);
  if (rule === "block" && rules.includes("scan") && expected[0] === "LBrace")
    return suggestion(found, ["along", "carry", "reversed"]);
  const head =
    previous !== null && previous === first && (tokenMatcher(found, t.Word) || found.tokenType === t.NumberToken)
      ? suggestion(previous, statements)
      : null;
  return head ?? suggestion(found, ["and", "or"]);
}

function suggestion(word: IToken | null, candidates: readonly string[]): Hint | null {
  const meant = word?.tokenType === t.Identifier ? didYouMean(word.image, candidates) : null;
  return word && meant !== null
    ? { code: "E0107", says: `unknown keyword \`${word.image}\``, help: `did you mean \`${meant}\`?`, at: word }
    : null;
}

/** The line belongs inside a declaration, and does not resemble the head of one; a `let` belongs to those before it. */
export function isStray(line: readonly IToken[], strayBefore: boolean): boolean {
  const [first] = line;
  if (first?.tokenType === t.reserved.let) return strayBefore;
  return first !== undefined && !heads.has(first.image) && suggestion(first, declarations) === null;
}

const heads: ReadonlySet<string> = new Set([...declarations, "dl", ...otherLanguages.keys()]);

function declarationInside({ previous, first, rule, found }: Failure): Hint | null {
  if (
    rule !== "block" ||
    !previous ||
    previous !== first ||
    !found ||
    !tokenMatcher(found, t.Name) ||
    !declarations.includes(previous.image)
  )
    return null;
  return {
    code: "E0113",
    says: `\`${previous.image}\` is not allowed inside a block`,
    at: previous,
    help: "declarations are only allowed at the top level; close the block before this line, or move the declaration out",
  };
}

function keywordAsName({ found, previous, first, expected, rule }: Failure): Hint | null {
  if (!found || !tokenMatcher(found, t.Word) || tokenMatcher(found, t.Name)) return null;
  if ((rule === "record" || rule === "field") && statements.includes(found.image))
    return {
      code: "E0106",
      says: `expected a field, found \`${found.image}\``,
      help: "a body with statements is written without `=`: `model Net(x: f32[N]) { ... }`",
    };
  const declared =
    previous !== null &&
    previous === first &&
    (previous.tokenType === t.contextual.param || previous.tokenType === t.contextual.state);
  if (expected[0] !== "Name" && expected[0] !== "Plain" && rule !== "parameters" && rule !== "field" && !declared)
    return null;
  return {
    code: "E0114",
    says: `the keyword \`${found.image}\` cannot be used as a name`,
    help: `choose another name, such as \`${found.image}_\``,
  };
}

/** Only a model can be a copy, `model Target = Net`: of the other declarations the parser expects `(` alone. */
function headWithoutParameters({ rule, expected, found, first, previous }: Failure): Hint | null {
  if (first?.tokenType === t.contextual.model && expected.length === 0)
    return {
      help: "a model has parameters, `model Net(x: f32[N, 10]) = x |> dense(10)`, or is a copy, `model Target = Net`",
    };
  if (rule !== "callable" || !expected.includes("LParen")) return null;
  const name = previous?.image ?? "";
  const help =
    first?.tokenType === t.contextual.optimizer
      ? `the syntax is \`optimizer ${name} = adam(lr: 1e-3)\` for a named chain, and \`optimizer ${name}(p: f32[..S], g: f32[..S])\` for a new rule`
      : `the parameters follow the name: \`${name}(x: f32[N, 10])\``;
  return { says: `expected \`(\`, found ${found === null ? "the end of the line" : `\`${found.image}\``}`, help };
}

function outsideOfAll({ rule, found }: Failure): Hint | null {
  if (rule !== "item" || !found) return null;
  return {
    says: `expected a declaration, found \`${found.image}\``,
    help: "the top level contains `import`, `export`, `dim`, `let`, `model`, `layer`, `fn`, `optimizer`, `entry`, `setting` and `test`",
  };
}

/** Words that are keywords only if certain tokens follow, with the syntax. */
const needs: ReadonlyMap<TokenType, string> = new Map([
  [t.contextual.cond, "the syntax is `cond p { a } else { b }`"],
  [t.contextual.scan, "the syntax is `scan xt in x along T carry h = h0 { next h = f(xt, h) }`"],
  [t.contextual.checkpoint, "the syntax is `checkpoint { ... }`"],
  [t.contextual.eval, "the syntax is `eval { ... }`"],
  [t.contextual.update, "the syntax is `update Model with gradients |> adam(lr: 1e-3)`"],
  [t.contextual.next, "in a `scan`, `next h = ...` sets the next value of a carry"],
  [t.contextual.freeze, "the syntax is `freeze Model.part`"],
]);

/**
 * Rules that add a help to the generic message: the grammar rule, the token that was found (null for any), and the
 * help.
 */
function helpOnly(): readonly Rule[] {
  const help = (rule: string, found: string | null, text: (failure: Failure, name: string) => string | null): Rule => {
    return (failure) => {
      if (failure.rule !== rule || (found !== null && failure.found?.tokenType.name !== found)) return null;
      const answer = text(failure, failure.previous?.image ?? "");
      return answer === null ? null : { help: answer };
    };
  };
  return [
    help("suffix", "Equals", (_, name) => `write a named argument as \`${name}: value\``),
    help("record", "Equals", (_, name) => `write a field as \`${name}: value\``),
    help("suffix", null, ({ expected, found }) =>
      found && expected[0] === "RParen" ? "separate arguments by commas" : null,
    ),
    help("suffix", "Number", ({ expected, found }) =>
      expected[0] === "Word" ? `index an element with brackets: \`[${found?.image ?? 0}]\`` : null,
    ),
    help("suffix", "Colon", ({ expected }) =>
      expected[0] === "RSquare" ? "a range has a start, an end and a step: `x[1:9:2]`" : null,
    ),
    help("suffix", null, ({ expected, found }) =>
      found && expected[0] === "RSquare" ? "separate items by commas" : null,
    ),
    help("list", "Colon", ({ rules }) =>
      rules.includes("type") ? "a size is a number or a name: `f32[N, 4]`" : "separate elements by commas",
    ),
    help("list", "Star", () => "a size is a number or a name: `f32[N, 4]`"),
    help("list", null, ({ found }) => (found ? "separate elements by commas" : null)),
    help("tuple", null, ({ found, expected }) =>
      found && expected[0] === "RParen" ? "close the parenthesis, or separate elements by commas" : null,
    ),
    help("record", null, () => "separate fields by commas"),
    help("parameter", null, (_, name) => `a parameter needs a type: \`${name}: f32[N, 10]\``),
    help("parameters", "LParen", ({ previous }) =>
      /^(?:f|i|u|int|float)\d+$|^bool$/.test(previous?.image ?? "")
        ? "write the sizes of a tensor in brackets: `f32[N, 4]`"
        : null,
    ),
    help("parameters", null, ({ found }) => (found ? "separate parameters by commas" : null)),
    help("variable", null, ({ first, expected }, name) =>
      expected[0] === "Colon"
        ? `a ${first?.image ?? "param"} needs a type: \`${first?.image ?? "param"} ${name}: f32[K]\``
        : null,
    ),
    help("let", "Colon", (_, name) => `write \`let ${name} = ...\`; the type is inferred`),
    help(
      "let",
      "Write",
      (_, name) => `write \`let ${name} = ...\` to declare a value, \`${name} <- ...\` to write a state`,
    ),
    help("body", "Arrow", () => "an entry has no declared result type; its result is its last expression"),
    help("body", "Colon", () => "write the body in `{ }`, or one expression after `=`"),
    help("body", "Minus", () => "write `->` before the result type"),
    help("body", null, ({ found }) =>
      found && tokenMatcher(found, t.Word)
        ? "write `->` before the result type"
        : "write the body in `{ }`, or one expression after `=`",
    ),
    help("scan", null, () => "the syntax is `scan xt in x along T carry h = h0 { next h = f(xt, h) }`"),
    help("sequence", null, () => "the syntax is `scan xt in x along T carry h = h0 { next h = f(xt, h) }`"),
    help("while", null, () => "the syntax is `while carry i = 0 until i >= 10 { next i = i + 1 }`"),
    help("carries", null, () => "the syntax is `while carry i = 0 until i >= 10 { next i = i + 1 }`"),
    help("resultItem", null, () => "a result of several values is written `(mean: f32[C], var: f32[C])`"),
    help("resultField", null, () => "a record as a result is written `{ loss: f32[], accuracy: f32[] }`"),
    help("functionLiteral", null, () => "the syntax is `fn (x) = 2 * x`, or `fn (a, b) { ... }`"),
    help("functionParameter", null, () => "the syntax is `fn (x) = 2 * x`, or `fn (a, b) { ... }`"),
    help("for", null, () => "the syntax is `for i in 8 { ... }`"),
    help("cond", null, () => "`cond` needs both branches: `cond p { a } else { b }`"),
    help("where", null, () => 'the syntax is `where C % groups == 0, "the message"`'),
    help("gradient", null, () => "the syntax is `with gradient (dy) { ... }`, with one gradient per parameter"),
    help("setting", "Equals", (_, name) => `a setting needs a type: \`setting ${name}: f32 = 1e-3\``),
    help("setting", null, () => "the syntax is `setting lr: f32 = 1e-3 in log(1e-5, 1e-1)`"),
    help("chain", null, () => "the syntax is `optimizer opt = clip_by_global_norm(1.0) |> adam(lr: 1e-3)`"),
    help("original", null, () => "the syntax is `model Target = Net`: a copy of a model, with params of its own"),
    help("test", null, () => 'the syntax is `test "what holds" { assert ... }`'),
    help("minimize", null, () => "the syntax is `minimize loss over Model with adam(lr: 1e-3)`"),
    help("import", null, () => 'the syntax is `import { name } from "./file.dl"`'),
    help("export", null, () => "the syntax is `export { name }`"),
    help("type", null, ({ expected }) =>
      expected[0] === "RSquare" ? null : "types are written `f32[N, 10]`, `int` or `[int]`",
    ),
    help(
      "block",
      "Equals",
      (_, name) => `write \`let ${name} = ...\` to declare a value, \`${name} <- ...\` to write a state`,
    ),
    help("block", null, ({ previous, expected }) =>
      expected[0] === "RBrace" ? (needs.get(previous?.tokenType ?? t.Newline) ?? null) : null,
    ),
    help("block", "Colon", ({ previous, first }, name) =>
      previous === first ? `a record needs its own braces: \`{ { ${name}: ... } }\`` : null,
    ),
    help("block", "Arrow", () => "write a pipe as `|>`"),
    help("block", "Comma", ({ first, previous }, name) =>
      previous === first
        ? `write \`let (${name}, ...) = ...\` to unpack a tuple`
        : "start a new line for each value, with its own `let` or `next`",
    ),
    help("block", null, ({ first, previous }) =>
      first?.image === "with" && previous === first
        ? "`with` is part of `minimize`; use `stop_gradient(x)` to block a gradient"
        : null,
    ),
    help(
      "block",
      "Write",
      () =>
        "the left side of `<-` must be a state, a param or a model, by its name or path; write a comparison with a negative number as `a < -b`",
    ),
    help("block", "ElseKeyword", () => "`else` must follow the `}` of its `if`"),
    help("block", "WithKeyword", ({ next }) =>
      next?.tokenType === t.contextual.gradient
        ? "a gradient rule follows the body of its `fn`: `fn f(x: f32[..S]) { ... } with gradient (dy) { ... }`"
        : null,
    ),
    help("block", null, ({ expected, found }) =>
      found && expected[0] === "RBrace" ? "write one statement per line" : null,
    ),
    help("block", null, ({ expected, rules, previous }) =>
      expected[0] === "LBrace" && rules.at(-2) === "repeat" && previous?.tokenType === t.RParen
        ? "`repeat 4 { ... }` is a loop; `tile(x, [2, 1])` and `repeat_elements(x, 2, axis: 0)` repeat a tensor"
        : null,
    ),
    help("block", null, ({ expected }) =>
      expected[0] === "LBrace" ? "a block is written in `{ }` and begins on this line" : null,
    ),
    help("primary", "Plus", () => "remove the `+`"),
    help("primary", "Dot", ({ next }) => (next?.tokenType === t.NumberToken ? `write \`0.${next.image}\`` : null)),
    help("primary", "Dots", () => "a pack such as `..S` is only allowed in a type, in a list, or as an argument"),
    help("primary", "Equals", ({ previous }) => (previous?.tokenType === t.Equals ? "write `==` to compare" : null)),
    help("primary", "Pipe", () => "a pipe needs a value on its left side"),
    help("dims", null, () => "the syntax is `dim N, T = 16`"),
    help("dim", null, () => "the syntax is `dim N, T = 16`"),
    help("end", "WithKeyword", ({ next }) =>
      next?.tokenType === t.contextual.gradient ? "only a `fn` can have a gradient rule, after its body" : null,
    ),
    help("end", "Arrow", () => "write a pipe as `|>`"),
    help("end", null, ({ first, found }) =>
      first?.tokenType === t.contextual.dim && /^<=?$/.test(found?.image ?? "")
        ? "bounds of dims are not supported yet; the size is given when the file is compiled"
        : null,
    ),
    help("end", null, ({ first }) =>
      first?.tokenType === t.contextual.dim ? "separate dims by commas" : "start a new line",
    ),
  ];
}
