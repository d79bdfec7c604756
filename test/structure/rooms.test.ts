import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url);
const rooms = readdirSync(new URL("compiler/", root), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort();

/** The rooms in a page's table of ranks: `support/` or `compiler/support/` in the second column. */
function roomsOf(page: string): string[] {
  const text = readFileSync(new URL(page, root), "utf8");
  const cells = [...text.matchAll(/^\| \d+ \| ([^|]+) \|/gm)].map(([, cell = ""]) => cell);
  const names = cells.flatMap((cell) =>
    [...cell.matchAll(/`(?:compiler\/)?([a-z]+)\/`/g)].map(([, name = ""]) => name),
  );
  return [...new Set(names)].filter((name) => !["dsl", "runtime", "cli", "bench", "plugins"].includes(name)).sort();
}

test.each(["compiler/README.md", "docs/architecture.md"])("%s lists the rooms of the compiler", (page) => {
  expect(roomsOf(page)).toEqual(rooms);
});
