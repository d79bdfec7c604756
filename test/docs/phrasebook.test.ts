// docs/from-pytorch.md: each cell of a right column is valid, with the inputs or in the program of its section.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { isWarning } from "../../dsl/diagnostic.ts";
import { renderDiagnostic } from "../../dsl/render.ts";
import { check, programsOf } from "./fences.ts";

const page = readFileSync(new URL("../../docs/from-pytorch.md", import.meta.url), "utf8");

interface Row {
  readonly section: string;
  readonly inputs: string;
  /** The program that a section shows, or undefined. */
  readonly frame: string | undefined;
  readonly code: string;
}

const rows: readonly Row[] = page
  .split("\n## ")
  .slice(1)
  .flatMap((text) => {
    const section = text.slice(0, text.indexOf("\n"));
    const inputs = /^Inputs: (.*)\.$/m.exec(text)?.[1]?.replaceAll("`", "") ?? "";
    const frame = programsOf(text)[0]?.text;
    return [...text.matchAll(/^\| .* \| `(.*)` \|$/gm)].map(([, cell = ""]) => ({
      section,
      inputs,
      frame,
      code: cell.replaceAll("\\|", "|"),
    }));
  });

function programOf({ inputs, frame, code }: Row): string {
  const [keyword = "", name = ""] = code.split(/[ :]/);
  if (keyword === "param" || keyword === "state")
    return `dl 1\nmodel M(x: f32[N, 16]) {\n${code}\nx * ${name}\n}\nentry f(${inputs}) {\nM(x)\n}\n`;
  if (frame === undefined) return `dl 1\ndraw entry f(${inputs}) {\n${code}\n}\n`;
  if (keyword === "freeze") return frame.replace("// ...", code);
  const result = keyword === "let" ? `{ loss, ${name} }` : "{ loss }";
  return frame.replace("{ loss }", `${code}\n${result}`);
}

test("the page has rows in each section", () => {
  expect(
    Object.values(Object.groupBy(rows, ({ section }) => section)).map((group) => (group ?? []).length > 5),
  ).toEqual([true, true, true, true, true]);
});

test.each(rows)("$section: $code", (row) => {
  const errors = check("row.dl", programOf(row), {}, { N: 8 }).filter((d) => !isWarning(d));
  expect(errors.map((d) => renderDiagnostic(d, { color: false }))).toEqual([]);
});
