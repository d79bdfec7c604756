import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { builtins } from "../../compiler/frontend/tensors/builtins.ts";
import { ops } from "../../compiler/ops/table.ts";

const folder = new URL("../../dsl/std/", import.meta.url);

const taken: ReadonlySet<string> = new Set([...Object.keys(builtins), ...ops.keys()]);

/** Declarations that extend the op or the function of their name, which they call by its full name. */
const extended = new Set(["conv", "constant"]);

test("no declaration of the library hides a builtin function or an op", () => {
  const hiding = readdirSync(folder)
    .filter((name) => name.endsWith(".dl"))
    .flatMap((file) =>
      [...readFileSync(new URL(file, folder), "utf8").matchAll(/^(?:model|layer|fn|optimizer) (\w+)/gm)].flatMap(
        ([, name = ""]) => (taken.has(name) && !extended.has(name) ? [`${file}: ${name}`] : []),
      ),
    );
  expect(hiding).toEqual([]);
});
