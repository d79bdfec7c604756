// The table of hosts in docs/deploy.md.
import { readFileSync, writeFileSync } from "node:fs";
import { hashOf, type Row } from "./results.ts";

const page = new URL("../../docs/deploy.md", import.meta.url);
const section = /(<!-- hosts: npm run test:hosts -- --write -->\n)[\s\S]*(<!-- end of hosts -->)/;

/** The rows of runs with a hash, and of hosts that are not here. */
function tableOf(rows: readonly Row[]): string {
  const lines = rows.flatMap(({ host: { engine, way }, result }) =>
    result.kind === "hash" ? [`| ${engine.name} ${result.version} | ${way} | \`${result.hash}\` |`] : [],
  );
  return ["| host | way | hash |", "|---|---|---|", ...lines, ""].join("\n");
}

export function writeTable(rows: readonly Row[]): void {
  const text = readFileSync(page, "utf8");
  writeFileSync(
    page,
    text.replace(section, (_, start: string, end: string) => `${start}\n${tableOf(rows)}\n${end}`),
  );
}

/** Why the page is stale, if it is: versions differ from machine to machine, the hash does not. */
export function staleness(rows: readonly Row[]): string | undefined {
  const [hash, text] = [hashOf(rows), section.exec(readFileSync(page, "utf8"))?.[0]];
  return hash === undefined || text?.includes(hash) === true
    ? undefined
    : `docs/deploy.md does not have the hash ${hash}; npm run test:hosts -- --write writes it`;
}
