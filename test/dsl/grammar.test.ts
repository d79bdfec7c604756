import { expect, test } from "vitest";
import { alternative, choice, many, option, rule, type Part, type Rule } from "../../dsl/grammar-parts.ts";
import { item } from "../../dsl/grammar.ts";
import { pathsOfChoice } from "../../dsl/lookahead.ts";
import { parseBy } from "../../dsl/parser.ts";
import type { TokenType } from "../../dsl/token.ts";
import { tokenize } from "../../dsl/tokenize.ts";
import * as t from "../../dsl/tokens.ts";

const tokensOf = (text: string) => tokenize(text, 0).tokens;

const pair = rule("pair", () => [
  choice(alternative(t.Name, t.Equals, t.NumberToken), alternative(t.Name, many(t.Comma, t.Name), option(t.Colon))),
]);

test.each([
  ["a = 1", null],
  ["a", null],
  ["a, b :", null],
  ["a =", { at: 2, expected: ["Number"], rules: ["pair"] }],
  ["a, :", { at: 2, expected: ["Name"], rules: ["pair"] }],
  ["1", { at: 0, expected: ["Name"], rules: ["pair"] }],
  ["a :b", { at: 2, expected: [], rules: [] }],
])("two tokens decide between alternatives, and a failure has its place: %s", (text, wanted) => {
  const { failure } = parseBy(pair, tokensOf(text));
  expect(failure && { ...failure, expected: failure.expected.map(({ name }) => name) }).toEqual(wanted);
});

function choicesOf(start: Rule): readonly (readonly [rule: string, choice: Extract<Part, { kind: "choice" }>])[] {
  const found: [string, Extract<Part, { kind: "choice" }>][] = [];
  const seen = new Set<Rule>();
  const visit = (part: Part, within: string): void => {
    if (part.kind === "labelled") visit(part.of, within);
    else if (part.kind === "optional") for (const each of part.parts) visit(each, within);
    else if (part.kind === "choice") {
      found.push([within, part]);
      for (const each of part.alternatives.flatMap(({ parts }) => parts)) visit(each, within);
    } else if (part.kind === "rule" && !seen.has(part)) {
      seen.add(part);
      for (const each of part.parts()) visit(each, part.name);
    }
  };
  visit(start, "");
  return found;
}

const begins = (path: readonly TokenType[], other: readonly TokenType[]): boolean =>
  path.every((type, i) => {
    const its = other[i];
    return its !== undefined && (type.kinds.has(its) || its.kinds.has(type));
  });

/** Pairs of alternatives of which the second can never be chosen for some text, because the first has no gate. */
const ambiguous = (start: Rule): readonly string[] =>
  choicesOf(start).flatMap(([name, part]) => {
    const paths = pathsOfChoice(part, part.tokens);
    return part.alternatives.flatMap(({ gate }, i) =>
      paths
        .slice(i + 1)
        .flatMap((later, j) =>
          gate === null && later.some((path) => paths[i]?.some((own) => begins(own, path)))
            ? [`${name}: ${i} and ${i + 1 + j}`]
            : [],
        ),
    );
  });

test("a choice that two tokens cannot decide has a gate", () => {
  expect(choicesOf(item).length).toBeGreaterThan(20);
  expect(ambiguous(item)).toEqual([]);
  const double = rule("double", () => [choice(alternative(t.Name, t.Comma, t.Name), alternative(t.Name, t.Comma))]);
  expect(ambiguous(double)).toEqual(["double: 0 and 1"]);
});

test("a pattern of the lexer matches only texts that begin with one of its characters", () => {
  const characters = [
    ...Array.from({ length: 0x300 }, (_, code) => String.fromCharCode(code)),
    "\u2028",
    "\ufeff",
    "漢",
  ];
  const missing = t.lexed.flatMap(({ name, pattern, starts }) =>
    characters
      .filter((character) => {
        if (pattern === null || starts.includes(character)) return false;
        return ["", "=", "==", "0", "x", "/", "*", "|", "&", ".", "-", '"'].some((tail) => {
          const text = `)${character}${tail}`;
          if (typeof pattern === "string") return text.startsWith(pattern, 1);
          pattern.lastIndex = 1;
          return pattern.test(text);
        });
      })
      .map((character) => `${name} ${JSON.stringify(character)}`),
  );
  expect(missing).toEqual([]);
});

test("each token covers its place, and tokens, comments and spaces cover the text", () => {
  const text = 'let a = 1 // one\r\n  漢字 b.0 -> "x"\r"open\n';
  const { tokens, comments } = tokenize(text, 0);
  for (const { image, startOffset, endOffset } of [...tokens, ...comments])
    expect(text.slice(startOffset, endOffset)).toBe(image);
  const covered = new Set(
    [...tokens, ...comments].flatMap((each) => [...each.image].map((_, i) => each.startOffset + i)),
  );
  expect([...text].filter((character, i) => !covered.has(i) && character !== " ")).toEqual([]);
  expect(tokens.map(({ startLine, startColumn }) => `${startLine}:${startColumn}`)).toEqual(
    "1:1 1:5 1:7 1:9 1:17 2:3 2:6 2:7 2:10 2:13 2:16 3:1 3:6".split(" "),
  );
  expect(tokens.map(({ tokenType }) => tokenType.name).slice(5, 8)).toEqual(["Unknown", "Identifier", "Position"]);
});
