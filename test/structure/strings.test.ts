import { expect, test } from "vitest";

test("tests run with code generation from strings disabled", () => {
  const make = Reflect.get(globalThis, "Function") as (body: string) => unknown;
  expect(() => make("return 1")).toThrow(/Code generation from strings/);
});
