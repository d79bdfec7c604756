import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { preludeFiles } from "../../compiler/frontend/prelude.ts";

const folder = new URL("../../dsl/std/", import.meta.url);

test("every file of the library is in the prelude, and no two declare one name", () => {
  const files = readdirSync(folder).filter((name) => name.endsWith(".dl"));
  expect(files.filter((name) => !preludeFiles.some((path) => path === `std/${name}`))).toEqual([]);
  const places = new Map<string, string[]>();
  for (const file of files)
    for (const [, name = ""] of readFileSync(new URL(file, folder), "utf8").matchAll(/^(?:model|layer|fn|optimizer) (\w+)/gm))
      places.set(name, [...(places.get(name) ?? []), file]);
  expect(places.size).toBeGreaterThan(100);
  expect([...places].filter(([, found]) => found.length > 1)).toEqual([]);
});
