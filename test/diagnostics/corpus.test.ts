import { expect, test } from "vitest";
import { catalogue } from "../../cli/host/codes.ts";
import { codes } from "../../compiler/frontend/errors.ts";
import { ops } from "../../compiler/ops/table.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { elaborateText } from "../frontend/program.ts";
import { ErrorGoldens } from "../support/error-goldens.ts";

/** Common errors with their diagnostics; at least one for every code of the front end. */
const goldens = new ErrorGoldens(new URL("../golden/diagnostics/", import.meta.url));

const conditions = new Set(
  [...ops.values()].flatMap((op) => Object.keys(op.requires).map((label) => `${op.name}-${label}`)),
);

function diagnose(name: string): readonly Diagnostic[] {
  const { source, files, entries } = goldens.case(name);
  // A file in an import cycle is imported by its own name.
  const all = { ...files, [source.name]: source.text };
  const { diagnostics, warnings } = elaborateText(source, [{ N: 32 }], all, entries.length > 0 ? entries : undefined);
  return [...diagnostics, ...warnings];
}

test.each(goldens.names)("%s", (name) => {
  const diagnostics = diagnose(name);
  for (const { code } of diagnostics)
    expect(catalogue.has(code) || conditions.has(code), `${code} is explained`).toBe(true);
  goldens.expect(name, diagnostics);
});

// E0212 is a limit that no small file reaches. E0608 is a guard: today every float op that a model can call has a
// gradient. E0513 is a failed test, see test/frontend/tests.test.ts.
const unreachable = new Set(["E0212", "E0608", "E0513"]);

test("every code of the front end has a golden that reports it", () => {
  const seen = new Set(goldens.names.flatMap((name) => diagnose(name).map((d) => d.code)));
  expect(Object.keys(codes).filter((code) => !seen.has(code) && !unreachable.has(code))).toEqual([]);
});

test.each(goldens.names.filter((name) => name.startsWith("three-")))(
  "%s: at least three errors in one run, at different locations",
  (name) => {
    expect(new Set(diagnose(name).map((d) => d.at?.span.start)).size).toBeGreaterThanOrEqual(3);
  },
);

test.each(
  goldens.names.filter(
    (name) => name.startsWith("name-") && !["name-before-let.dl", "name-import-file.dl"].includes(name),
  ),
)("%s: the intended name is suggested", (name) => {
  expect(
    diagnose(name).some((d) =>
      /did you mean|^use `|its (parameters|members) are|it declares|the static types are|the (entries|carries) are/.test(
        d.help ?? "",
      ),
    ),
  ).toBe(true);
});

test.each(goldens.names.filter((name) => name.startsWith("library-")))(
  "%s: the location is the user's, not the library's",
  (name) => {
    for (const d of diagnose(name)) expect(d.at?.span.source.name).toBe(name);
  },
);
