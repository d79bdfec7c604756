// `npm run test:hosts`: runs one model in everything that runs JavaScript. In strict mode all must compute the same
// bits. `--only TEXT` runs the hosts with that text in their names; `--write` writes the table of docs/deploy.md.
import { parseArgs } from "node:util";
import { createBrowsers } from "./browsers.ts";
import { nameOf } from "./host.ts";
import { hostsOf } from "./hosts.ts";
import { staleness, writeTable } from "./page.ts";
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
const [passed, failed] = [count("hash") + count("message"), count("failed")];
if (write && failed === 0) writeTable(rows);
const stale = staleness(rows);
if (stale !== undefined) console.log(stale);
console.log(`${passed} passed, ${failed} failed, ${count("skipped")} skipped`);
process.exitCode = passed > 0 && failed === 0 && stale === undefined ? 0 : 1;
