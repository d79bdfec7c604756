// The table of hosts in docs/deploy.md.
import { readFileSync, writeFileSync } from "node:fs";
import type { Row } from "./results.ts";

const page = new URL("../../docs/deploy.md", import.meta.url);
const section = /(<!-- hosts: npm run test:hosts -- --write -->\n)[\s\S]*(<!-- end of hosts -->)/;

const linesOf = (rows: readonly Row[]): string[] =>
  rows.flatMap(({ host: { engine, way }, result }) =>
    result.kind === "hash" ? [`| ${engine.name} ${result.version} | ${way} | \`${result.hash}\` |`] : [],
  );

export function writeTable(rows: readonly Row[]): void {
  const table = ["| host | way | hash |", "|---|---|---|", ...linesOf(rows), ""].join("\n");
  const text = readFileSync(page, "utf8");
  writeFileSync(
    page,
    text.replace(section, (_, start: string, end: string) => `${start}\n${table}\n${end}`),
  );
}

/** Versions differ from machine to machine. */
const unversioned = (text: string): string => text.replaceAll(/\d+(\.\d+)+/g, "");

/** The lines that the page lacks. */
export function missingLines(rows: readonly Row[]): string[] {
  const written = unversioned(section.exec(readFileSync(page, "utf8"))?.[0] ?? "");
  return linesOf(rows).filter((line) => !written.includes(unversioned(line)));
}
