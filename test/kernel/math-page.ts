import { invariant } from "../../compiler/support/invariant.ts";

// Reading the tables of docs/math-functions.md.

/** The cells of the first table under a heading, row by row, without backticks; with the header row if `head`. */
export function cells(page: string, heading: string, head = false): string[][] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`));
  invariant(section !== undefined, `the page lacks the section ${heading}`);
  const rows = section
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) =>
      line
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.replaceAll("`", "").trim()),
    );
  return head ? [...rows.slice(0, 1), ...rows.slice(2)] : rows.slice(2);
}

const names: ReadonlyMap<string, number> = new Map([
  ["inf", Infinity],
  ["-inf", -Infinity],
  ["NaN", NaN],
]);

/** The f32 that a cell states in decimal. */
export const number = (text: string): number => names.get(text) ?? Math.fround(Number(text.replaceAll(",", "")));

/** A value as it is written in a cell. */
export function shown(x: number): string {
  if (Object.is(x, -0)) return "-0";
  for (const [name, value] of names) if (Object.is(x, value)) return name;
  for (let digits = 1; ; digits++)
    if (digits > 8 || Math.fround(Number(x.toPrecision(digits))) === x) return String(Number(x.toPrecision(digits)));
}

const view = new DataView(new ArrayBuffer(4));

/** The f32 that is `steps` f32s above `x`, or below it if negative. Must not cross zero or infinity. */
export function neighbour(x: number, steps: number): number {
  view.setFloat32(0, x);
  const bits = view.getInt32(0);
  view.setInt32(0, bits + (x < 0 ? -steps : steps));
  return view.getFloat32(0);
}
