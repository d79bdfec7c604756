// Input text may break an invariant; the parsers of graphs and kernels report that as an error in the text.
import { expect, test } from "vitest";
import { recoverInvariant, invariant, InvariantError, present } from "../../compiler/support/invariant.ts";

const recover = (message: string): string => `recovered: ${message}`;

test("a result is returned; a broken invariant is recovered with its message", () => {
  expect(recoverInvariant(() => "fine", recover)).toBe("fine");
  expect(recoverInvariant(() => (invariant(false, "two is one"), "fine"), recover)).toBe("recovered: two is one");
  expect(recoverInvariant(() => present(new Map<string, string>().get("x"), "x is there"), recover)).toBe(
    "recovered: x is there",
  );
});

test("other errors are thrown on", () => {
  const other = (): string => String(decodeURIComponent("%"));
  expect(() => recoverInvariant(other, recover)).toThrow(URIError);
  expect(() => recoverInvariant(other, recover)).not.toThrow(InvariantError);
});
