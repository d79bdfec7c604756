import { parseArgs } from "node:util";
import { gapsOfRandom } from "../provenance/random.ts";

// `npm run provenance -- --count 1000 --seed 1`: in every stage of random graphs, each node has a unique id, a layer, a
// role, and an origin that leads back to the first graph. Exit status 1 if a node lacks one.
const { values } = parseArgs({
  options: { count: { type: "string", default: "1000" }, seed: { type: "string", default: "1" } },
});
const first = Number(values.seed);
const count = Number(values.count);
let found = 0;
for (let seed = first; seed < first + count; seed++) {
  const gaps = gapsOfRandom(seed);
  found += gaps.length;
  for (const gap of gaps.slice(0, 3)) process.stdout.write(`${gap}\n`);
}
process.stdout.write(`${count} graphs, ${found} gaps\n`);
process.exitCode = found === 0 ? 0 : 1;
