import fc from "fast-check";
import { expect, test } from "vitest";
import { starsOf } from "../../runtime/pattern.ts";

const asRegExp = (pattern: string): RegExp => new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll("*", "(.*)")}$`);

test("a star takes as much as a greedy group of a regular expression", () => {
  expect(starsOf("fc.*.w", "fc.1.2.w")).toEqual(["1.2"]);
  expect(starsOf("*.*", "a.b.c")).toEqual(["a.b", "c"]);
  expect([starsOf("a*a", "a"), starsOf("ab", "b"), starsOf("a", "a")]).toEqual([null, null, []]);
  const names = (letters: string): fc.Arbitrary<string> =>
    fc.array(fc.constantFrom(...letters), { maxLength: 8 }).map((list) => list.join(""));
  fc.assert(
    fc.property(names("ab.*"), names("ab."), (pattern, name) => {
      expect(starsOf(pattern, name)).toEqual(asRegExp(pattern).exec(name)?.slice(1) ?? null);
    }),
    { numRuns: 2000 },
  );
});

test("many stars do not take exponential time", () => {
  const name = `step.adam.${"Net.dense1.".repeat(20)}w`;
  expect(starsOf(`${"*".repeat(60)}x`, name)).toBeNull();
  expect(starsOf(`${"*e*".repeat(40)}x`, name)).toBeNull();
});
