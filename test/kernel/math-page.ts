import { invariant } from "../../compiler/support/invariant.ts";

// Reading the tables of docs/math-functions.md.

/** The cells of the first table under a heading, row by row, without marks of code; its head only when asked for. */
export function cells(page: string, heading: string, head = false): string[][] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`));
  invariant(section !== undefined, `the page has a section ${heading}`);
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

const words: ReadonlyMap<string, number> = new Map([
  ["inf", Infinity],
  ["-inf", -Infinity],
  ["NaN", NaN],
]);

/** The number that a cell means: an f32 in decimal. */
export const number = (text: string): number => words.get(text) ?? Math.fround(Number(text.replaceAll(",", "")));

/** A value as a cell has it. */
export function shown(x: number): string {
  if (Object.is(x, -0)) return "-0";
  for (const [word, meant] of words) if (Object.is(x, meant)) return word;
  for (let digits = 1; ; digits++) if (digits > 8 || Math.fround(Number(x.toPrecision(digits))) === x) return String(Number(x.toPrecision(digits)));
}

const view = new DataView(new ArrayBuffer(4));

/** The f32 that is `steps` to the right; left, where it is negative. Does not cross zero or infinity. */
export function neighbour(x: number, steps: number): number {
  view.setFloat32(0, x);
  const bits = view.getInt32(0);
  view.setInt32(0, bits + (x < 0 ? -steps : steps));
  return view.getFloat32(0);
}
