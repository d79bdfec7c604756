import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { runTests } from "../../compiler/inspect/run-tests.ts";
import { gathered } from "../support/gathered.ts";
import { renderDiagnostic } from "../../dsl/render.ts";
import { parse } from "../../dsl/parse.ts";
import { library } from "./program.ts";

const files = readdirSync(new URL("../../dsl/std/", import.meta.url)).filter((name) => name.endsWith(".dl"));
const withTests = files.filter((name) =>
  parse(library(`std/${name}`)).file?.items.some((item) => item.kind === "test"),
);

test("the library has tests", () => {
  expect(withTests.length).toBeGreaterThan(0);
});

// The tests of each file run in the reference interpreter and in WebAssembly.
for (const name of withTests) {
  test(`std/${name}`, async () => {
    const source = library(`std/${name}`);
    const results = await gathered(
      runTests({ ...source }, { resolve: (path) => (path.startsWith("std/") ? library(path) : null) }, [
        "reference",
        "wasm",
      ]),
    );
    expect(
      results
        .flatMap((result) => result.failures)
        .map((d) => renderDiagnostic(d, { color: false }))
        .join("\n"),
    ).toBe("");
    expect(results.length).toBeGreaterThan(0);
  });
}
