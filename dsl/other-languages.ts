// What users of Python and C write first, with the form of dlc.
import * as t from "./tokens.ts";
import type { Failure, Hint, Rule } from "./failure.ts";

/** Keywords of other languages, with their equivalents. */
export const otherLanguages: ReadonlyMap<string, string> = new Map([
  ["return", "the last expression of a block is its value; leave `return` out"],
  ["def", "declare a function with `fn`"],
  ["func", "declare a function with `fn`"],
  ["function", "declare a function with `fn`"],
  ["class", "declare a layer with `layer`, a whole model with `model`"],
  ["const", "declare a value with `let`, a model with `model`"],
  ["var", "declare a value with `let`, or a `state` if it must persist between calls"],
  ["del", "leave it out: a value is freed after its last use"],
  ["is", "write `==`; `known(x)` says whether a value is known at compile time"],
  ["elif", "write `else if`"],
  [
    "loop",
    "use `scan` for a loop along an axis, `while` for one with a condition; `repeat` and `for` are unrolled at compile time",
  ],
  ["switch", "write `if ... else if ... else ...`, or `cond` if the condition is a tensor"],
  ["match", "write `if ... else if ... else ...`, or `cond` if the condition is a tensor"],
  ["lambda", "write a function without a name as `fn (x) = 2 * x`"],
]);

export function keywordOfOtherLanguage({ found, previous, first, rule }: Failure): Hint | null {
  const began = previous !== null && (previous.image === "lambda" || (previous === first && rule === "block"));
  for (const word of began ? [previous, found] : [found]) {
    const help = word?.tokenType === t.Identifier ? otherLanguages.get(word.image) : undefined;
    if (word && help !== undefined) return { code: "E0107", says: `unknown keyword \`${word.image}\``, help, at: word };
  }
  return null;
}

const choice = "a choice is written `if c { a } else { b }`; `select(c, a, b)` chooses for each element";
const items = "`for k in [1, 2] { ... }` is a list with one item per iteration; `map(f, items)` applies a function";

/** A form by the token that was found, the one before it, and the names of grammar rules; any where not given. */
interface Form {
  readonly found: string;
  readonly after?: string;
  readonly rules?: readonly string[];
  readonly help: string;
}

const forms: readonly Form[] = [
  { found: "for", rules: ["list", "tuple", "suffix"], help: items },
  { found: "if", rules: ["block", "list", "tuple", "suffix", "record"], help: choice },
  { found: "..", rules: ["block"], help: "the ints from 1 to 2 are `range(1, 3)`" },
  { found: "..", rules: ["suffix"], help: "a range of an axis is written with `:`, as in `x[1:3]`" },
  { found: ".", after: "..", rules: ["suffix"], help: "`..` matches all other axes: `x[.., 0]`" },
  { found: ",", rules: ["for"], help: "name the items of a tuple in parentheses: `for (a, b) in zip(as, bs) { ... }`" },
  { found: ",", rules: ["let"], help: "name the items of a tuple in parentheses: `let (a, b) = ...`" },
];

export const formsOfOtherLanguages: readonly Rule[] = [
  ({ found, previous, rule }) => {
    const form = forms.find(
      (each) =>
        each.found === found?.image &&
        (each.after === undefined || each.after === previous?.image) &&
        (each.rules === undefined || each.rules.includes(rule)),
    );
    // A statement that begins with the word has another mistake.
    return form === undefined || previous === null ? null : { help: form.help };
  },
  ({ found, previous, rule }) => {
    if (found?.tokenType !== t.StringToken) return null;
    if (previous?.image === "f") return { help: "strings have no values in them; leave out the `f`" };
    return rule === "record"
      ? { help: `write the name of a field without quotes: \`${found.image.slice(1, -1)}: ...\`` }
      : null;
  },
  ({ found, previous, rule }) =>
    rule === "let" && previous?.image === "mut"
      ? { help: `write \`let ${found?.image ?? "x"} = ...\`; another \`let\` can redefine the name` }
      : null,
];
