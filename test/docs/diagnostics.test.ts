import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { catalogue } from "../../cli/host/codes.ts";
import { explainCode, renderPage } from "../../cli/host/explain.ts";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { parseKernel } from "../../compiler/kernel/parse.ts";
import { ops } from "../../compiler/ops/table.ts";
import { DiagnosticError } from "../../dsl/diagnostic-error.ts";
import { renderDiagnostic } from "../../dsl/render.ts";
import { checkFence, fencesOf, programsOf } from "./fences.ts";

const folder = new URL("../../docs/diagnostics/", import.meta.url);
const pages = readdirSync(folder).map((name) => ({
  code: name.slice(0, -".md".length),
  page: readFileSync(new URL(name, folder), "utf8"),
}));

test("every code has a page and every page a code, with the same sentence", () => {
  const sentences = pages.map(({ code, page }) => [code, page.slice(0, page.indexOf("\n"))]).sort();
  expect(sentences).toEqual([...catalogue].map(([code, sentence]) => [code, `# ${code}: ${sentence}`]).sort());
});

/**
 * Limits that no small file reaches (E0109, E0110, E0212), a test failure (E0513), and a guard that no op needs today
 * (E0608).
 */
const withoutExample = new Set(["E0109", "E0110", "E0212", "E0513", "E0608"]);

test.each(pages.filter(({ code }) => /^[EW]0[1-6]/.test(code)))(
  "$code: the broken example reports only this code, the fixed one none",
  ({ code, page }) => {
    const programs = programsOf(page).filter((fence) => !fence.words.includes("norun"));
    const broken = programs.filter((fence) => fence.words.includes("broken"));
    const fixed = programs.filter((fence) => !fence.words.includes("broken"));
    expect({ broken: broken.length, fixed: fixed.length }).toEqual(
      withoutExample.has(code) ? { broken: 0, fixed: 0 } : { broken: 1, fixed: 1 },
    );
    for (const fence of broken) expect([...new Set(checkFence(page, fence).map((d) => d.code))]).toEqual([code]);
    for (const fence of fixed)
      expect(checkFence(page, fence).map((d) => renderDiagnostic(d, { color: false }))).toEqual([]);
  },
);

function codesOf(read: () => unknown): readonly string[] {
  try {
    read();
    return [];
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return error.diagnostics.map((d) => d.code);
  }
}

test.each(pages.filter(({ code }) => /^k?ir-/.test(code)))(
  "$code: the broken example reports this code",
  ({ code, page }) => {
    const [broken] = fencesOf(page).filter((fence) => fence.words.includes("broken"));
    const source = { name: "example", text: broken?.text ?? "" };
    expect(
      codesOf(() => (broken?.language === "ir" ? parseGraph(source.text, ops) : parseKernel(source.text))),
    ).toEqual([code]);
  },
);

test("the pages of codes of files, runtime and commands show a command or a call", () => {
  const bare = pages.filter(
    ({ code, page }) =>
      /^E(0[789]|1)/.test(code) && !fencesOf(page).some((fence) => ["sh", "js"].includes(fence.language)),
  );
  expect(bare.map(({ code }) => code)).toEqual([]);
});

test("every condition of an op is explained from the table", () => {
  for (const op of ops.values())
    for (const [label, { message }] of Object.entries(op.requires)) {
      const { code, page } = explainCode(`${op.name}-${label}`);
      expect(page).toContain(`# ${code}: ${message}\n`);
      expect(page).toContain(op.doc);
    }
});

test("a page on the terminal has indented code and no fences, and colours only on request", () => {
  const { page } = explainCode("e0201");
  const plain = renderPage(page, false);
  expect(plain).toMatch(/^E0201: a name must be declared before it is used\n\n/);
  expect(plain).toContain("\n      x |> dens(64) |> relu |> dense(10)\n");
  expect(plain).not.toMatch(/```|^#/m);
  expect(plain).not.toContain("\x1b");
  expect(renderPage(page, true)).toContain("\x1b[1mE0201");
});

test("an unknown code is an error", () => {
  expect(() => explainCode("E021")).toThrow(/E1021/);
  expect(() => explainCode("dot-c99")).toThrow(/unknown diagnostic code dot-c99/);
});
