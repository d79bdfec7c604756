// `npm run test:hosts`: runs one model in everything that runs JavaScript. In strict mode all must compute the same
// bits. `--only TEXT` runs the hosts with that text in their names; `--write` writes the table of docs/deploy.md.
import { parseArgs } from "node:util";
import { createBrowsers } from "./browsers.ts";
import { nameOf } from "./host.ts";
import { hostsOf } from "./hosts.ts";
import { missingLines, writeTable } from "./page.ts";
import { hashOf, lineOf, resultOf, type Row } from "./results.ts";
import { Sites } from "./sites.ts";

const { only = "", write = false } = parseArgs({
  options: { only: { type: "string" }, write: { type: "boolean" } },
}).values;

const rows: Row[] = [];
{
  using sites = new Sites();
  await using browsers = createBrowsers();
  for (const host of hostsOf(sites, browsers).filter((one) => nameOf(one).includes(only))) {
    const start = performance.now();
    const row = { host, result: await resultOf(host, hashOf(rows)) };
    console.log(lineOf(row, (performance.now() - start) / 1000));
    rows.push(row);
  }
}

const count = (kind: Row["result"]["kind"]): number => rows.filter(({ result }) => result.kind === kind).length;
const [passed, failed, skipped] = [count("hash") + count("message"), count("failed"), count("skipped")];
const complete = failed === 0 && skipped === 0 && only === "";
if (write && complete) writeTable(rows);
else if (write) console.log("docs/deploy.md is only written after a run of all hosts in which none fails");
const stale = missingLines(rows);
if (stale.length > 0)
  console.log(`docs/deploy.md lacks these lines; npm run test:hosts -- --write writes them:\n${stale.join("\n")}`);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = passed > 0 && failed === 0 && stale.length === 0 ? 0 : 1;
