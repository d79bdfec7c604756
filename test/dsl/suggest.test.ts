import fc from "fast-check";
import { expect, test } from "vitest";
import { didYouMean } from "../../dsl/index.ts";
import { editDistance } from "../../dsl/suggest.ts";

test.each([
  ["relv", ["gelu", "relu"], "relu"],
  ["Relu", ["relu"], "relu"],
  ["sofmtax", ["softmax", "log_softmax"], "softmax"],
  ["dense", ["dense"], null],
  ["x", ["y", "z"], null],
  ["f", ["fn"], null],
  ["k", ["K"], "K"],
  ["convolution", ["conv"], null],
  ["logit", ["logits", "login"], "logits"],
  ["attention", ["attention_mask", "attend"], null],
  ["", ["a"], null],
  ["std", ["td"], null],
  ["inv", ["inf"], null],
  ["var", ["vars"], "vars"],
  ["sqr", ["sqrt"], "sqrt"],
  ["mxa", ["max", "map"], "max"],
  ["summ", ["sum"], "sum"],
  ["amax", ["max"], null],
  ["tan", ["tanh"], "tanh"],
  ["cat", ["cast", "eat"], "cast"],
  ["Max", ["max"], "max"],
  ["loss", ["lost"], "lost"],
  ["tahn", ["tan", "tanh"], "tanh"],
])("%j among %j is %j", (name, candidates, meant) => {
  expect(didYouMean(name, candidates)).toBe(meant);
});

/** The edit distance by its recurrence; exponential, for short words only. */
function plainDistance(a: string, b: string): number {
  if (a === "" || b === "") return a.length + b.length;
  const [x, y] = [a.slice(0, -1), b.slice(0, -1)];
  const swapped = a.length > 1 && b.length > 1 && a.at(-1) === b.at(-2) && a.at(-2) === b.at(-1);
  return Math.min(
    plainDistance(x, b) + 1,
    plainDistance(a, y) + 1,
    plainDistance(x, y) + (a.at(-1) === b.at(-1) ? 0 : 1),
    swapped ? plainDistance(a.slice(0, -2), b.slice(0, -2)) + 1 : Infinity,
  );
}

test("the distance agrees with its definition", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 5 });
  fc.assert(fc.property(word, word, (a, b) => editDistance(a, b) === plainDistance(a, b)));
});
