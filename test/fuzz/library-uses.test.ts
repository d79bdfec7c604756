// Nothing of the library goes unused by tests: random programs use it, a test in its own file, or a declaration that is
// used.
import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { outline } from "../../dsl/outline.ts";
import { generateProgram, libraryTests } from "./language/program.ts";

const root = new URL("../../dsl/", import.meta.url);
const words = (text: string): Set<string> => new Set(text.match(/[A-Za-z_]\w*/g));

test("every declaration of the library is used by a random program, by a test in its file, or by another that is", () => {
  const declarations = globSync("std/*.dl", { cwd: root }).flatMap((file) =>
    outline({ name: file, text: readFileSync(new URL(file, root), "utf8") }).flatMap(({ name, declaration }) => {
      const span = declaration()?.span;
      return span === undefined ? [] : [{ name, file, body: words(span.source.text.slice(span.start, span.end)) }];
    }),
  );
  expect(declarations.length).toBeGreaterThan(200);
  const bodies = new Map(declarations.map(({ name, body }) => [name, body]));
  const programs = Array.from({ length: 500 }, (_, seed) => generateProgram(seed).text);
  const used = words([...programs, ...libraryTests].join("\n"));
  for (const name of used) for (const inner of bodies.get(name) ?? []) used.add(inner);
  const unused = declarations
    .filter(({ name }) => !used.has(name))
    .map(({ name, file }) => `${name}: add a \`test\` to dsl/${file}`);
  expect(unused).toEqual([]);
});
