// What a broken rule of our own becomes where a text of somebody else's may have broken it; parsers of graphs and kernels stand on it.
import { expect, test } from "vitest";
import { holding, invariant, InvariantError, present } from "../../compiler/support/invariant.ts";

const refused = (says: string): string => `refused: ${says}`;

test("what holds is given on; a broken invariant is told in its own words", () => {
  expect(holding(() => "fine", refused)).toBe("fine");
  expect(holding(() => (invariant(false, "two is one"), "fine"), refused)).toBe("refused: two is one");
  expect(holding(() => present(new Map<string, string>().get("x"), "x is there"), refused)).toBe("refused: x is there");
});

test("any other error goes on as it is", () => {
  const other = (): string => String(decodeURIComponent("%"));
  expect(() => holding(other, refused)).toThrow(URIError);
  expect(() => holding(other, refused)).not.toThrow(InvariantError);
});
