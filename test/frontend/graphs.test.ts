import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { printGraph } from "../../compiler/graph/print.ts";
import { programOf, type Dims } from "./program.ts";

const folder = new URL("../golden/frontend/graphs/", import.meta.url);
const names = readdirSync(folder)
  .filter((name) => name.endsWith(".dl"))
  .map((name) => name.slice(0, -3));

/** `//! variants N=2,M=3 N=4,M=3`; otherwise N is 2. */
function variantsOf(text: string): Dims[] {
  const given = /^\/\/! variants (.*)$/m.exec(text)?.[1];
  if (given === undefined) return [{ N: 2 }];
  return given.split(" ").map((variant) =>
    Object.fromEntries(
      variant.split(",").map((dim) => {
        const [name = "", size] = dim.split("=");
        return [name, Number(size)];
      }),
    ),
  );
}

for (const name of names) {
  test(`graph: ${name}`, () => {
    const text = readFileSync(new URL(`${name}.dl`, folder), "utf8");
    const program = programOf(text, variantsOf(text));
    const actual = [
      ...program.persistent.map(({ kind, path, type }) => `${kind} ${path}: ${type.dtype}[${type.shape.join(",")}]\n`),
      ...program.entries.map(({ dims, graph }) => `\n---- ${JSON.stringify(dims)}\n${printGraph(graph)}`),
    ].join("");
    const file = new URL(`${name}.ir`, folder);
    if (process.env["BLESS"]) writeFileSync(file, actual);
    expect(existsSync(file)).toBe(true);
    expect(actual).toBe(readFileSync(file, "utf8"));
  });
}
