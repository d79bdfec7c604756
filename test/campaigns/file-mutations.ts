import { parseArgs } from "node:util";
import { runFiles, showFile } from "../hostile/run.ts";

// `npm run fuzz:files -- --count 1000000 --seed 1 --formats safetensors,npy,idx`: mutated files through their readers.
// They may only produce errors with codes, none may take more than a second, and a file that is accepted must
// round-trip. `--show 17 --formats ir` prints file 17 of that seed instead.

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    formats: { type: "string", default: "safetensors,npy,idx,run,history,ir,kir" },
    show: { type: "string" },
  },
});
const [count, seed, formats] = [Number(values.count), Number(values.seed), values.formats.split(",")];
const say = (line: string): boolean => process.stdout.write(`${line}\n`);

let failed = 0;
for (const format of formats) {
  if (values.show !== undefined) {
    process.stdout.write(showFile(format, seed, Number(values.show)));
    continue;
  }
  const { accepted, rejected, slowest, codes, failures } = runFiles(format, seed, count, say);
  failed += failures;
  const named = [...codes].toSorted(([a], [b]) => a.localeCompare(b)).map(([code, n]) => `${code} ${n}`);
  say(
    `${format}, seed ${seed}: ${accepted + rejected} files, ${accepted} accepted, ${rejected} rejected (${named.join(" · ")}), slowest ${slowest.toFixed(1)} ms, ${failures} failures`,
  );
}
process.exitCode = failed === 0 ? 0 : 1;
