import { expect, test } from "vitest";
import { parse, syntaxCodes } from "../../dsl/index.ts";
import { ErrorGoldens } from "../support/error-goldens.ts";

/** Syntax errors. */
const goldens = new ErrorGoldens(new URL("../golden/dsl/", import.meta.url));

const seen = new Set<string>();

test.each(goldens.names)("%s", (name) => {
  const { diagnostics, warnings } = parse(goldens.case(name).source);
  const all = [...diagnostics, ...warnings];
  for (const d of all) seen.add(d.code);
  goldens.expect(name, all);
});

test("every code that a small file can cause has a golden", () => {
  const limits = new Set(["E0109", "E0110"]);
  expect(Object.keys(syntaxCodes).filter((code) => !seen.has(code) && !limits.has(code))).toEqual([]);
});

test("messages do not contain the parser library's own wording", () => {
  for (const name of goldens.names) {
    expect(goldens.text(name)).not.toMatch(/Expecting|token of type|Redundant input|EOF|-->|Keyword|undefined/);
  }
});
