import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { preludeFiles } from "../../compiler/frontend/prelude.ts";

const folder = new URL("../../dsl/std/", import.meta.url);

test("every file of the library is in the prelude, and names are unique", () => {
  const files = readdirSync(folder).filter((name) => name.endsWith(".dl"));
  expect(files.filter((name) => !preludeFiles.some((path) => path === `std/${name}`))).toEqual([]);
  const filesByName = new Map<string, string[]>();
  for (const file of files)
    for (const [, name = ""] of readFileSync(new URL(file, folder), "utf8").matchAll(
      /^(?:model|layer|fn|optimizer) (\w+)/gm,
    ))
      filesByName.set(name, [...(filesByName.get(name) ?? []), file]);
  expect(filesByName.size).toBeGreaterThan(100);
  expect([...filesByName].filter(([, found]) => found.length > 1)).toEqual([]);
});
