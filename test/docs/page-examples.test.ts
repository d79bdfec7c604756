// The JavaScript on pages that are written by hand: it runs, or is a part of a file that tests run.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Folder } from "./examples-in-js.ts";
import { fencesOf, fileOf, type Fence } from "./fences.ts";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const readme = read("README.md");
const modelFile = fencesOf(readme).find((fence) => fileOf(fence) === "mlp.dl");

const fences = ["README.md", "docs/deploy.md", "docs/bundlers.md"].flatMap((page) =>
  fencesOf(read(page))
    .filter((fence) => ["js", "json"].includes(fence.language) && fileOf(fence) === null)
    .map((fence) => ({ ...fence, location: `${page}:${fence.line}` })),
);
const sourceOf = ({ words }: Fence): string | undefined =>
  words.find((word) => word.startsWith("from="))?.slice("from=".length);
const quoted = fences.filter((fence) => sourceOf(fence) !== undefined);
const run = fences.filter((fence) => sourceOf(fence) === undefined);

test("the examples run", { timeout: 60_000 }, () => {
  expect(run.length).toBeGreaterThan(2);
  using folder = new Folder({ "mlp.dl": modelFile?.text ?? "" });
  folder.command("dlc build mlp.dl --dim N=1 --worker -o out");
  const outcomes = folder.run(run.map(({ text }) => text));
  expect(outcomes.map(({ error }, i) => [run[i]?.location, error])).toEqual(
    run.map(({ location }) => [location, null]),
  );
});

test("the hosts that the README names are in the table of docs/deploy.md", () => {
  const [, table = ""] = /^<!-- hosts: .*\n([\s\S]*?)^<!-- end of hosts/m.exec(read("docs/deploy.md")) ?? [];
  const [, section = ""] = /^## Where it runs\n([\s\S]*?)^<!-- download/m.exec(readme) ?? [];
  const names = [...section.matchAll(/^\| \w.* \| (.*) \|$/gm)].flatMap(([, cell = ""]) => cell.split(", "));
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !table.includes(name))).toEqual([]);
});

test.each(quoted)("$location is a part of the file that it names", (fence) => {
  expect(read(sourceOf(fence) ?? "")).toContain(fence.text);
});
