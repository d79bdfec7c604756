// Measures the plans that the schedule chooses against their neighbours, and says where a neighbour is more than 5 %
// faster:
//
//   npm run bench:choices [-- --ms 400] [NAME ...]     subjects whose name contains NAME; all by default
//
// Each neighbour is the compiler with one fact or limit of `compiler/support/machine.ts` changed. All modules of a
// subject run in turns in one process, and each has its best time: a shared machine changes its pace, and only such
// ratios can be trusted. A neighbour that makes the same module is left out; one that seems faster is measured again,
// and the chosen plan runs twice: where its two times differ as much, the machine is too busy to tell.
import { readFileSync } from "node:fs";
import { compileModule, type Resolver } from "../compiler/compile.ts";
import { defaultMachine, type Machine } from "../compiler/support/machine.ts";
import { dtypes } from "../runtime/dtype.ts";
import { createSession } from "../runtime/session.ts";
import { subjects, type Subject } from "./choices-subjects.ts";

const threshold = 1.05;
/** One measurement lasts about so long, whatever the subject. */
const sampleMs = 2;

interface Neighbour {
  readonly name: string;
  readonly machine: Machine;
}

/** The default machine with one part changed. */
function neighbour<Part extends keyof Machine>(name: string, part: Part, change: Partial<Machine[Part]>): Neighbour {
  return { name, machine: { ...defaultMachine, [part]: { ...(defaultMachine[part] as object), ...change } } };
}

const { tile } = defaultMachine;
const never = Number.POSITIVE_INFINITY;

const neighbours: readonly Neighbour[] = [
  neighbour("tile of 8 sums", "tile", { accumulators: 8 }),
  neighbour("tile of 10 sums", "tile", { accumulators: 10 }),
  neighbour("tile of 16 sums", "tile", { accumulators: 16 }),
  neighbour("tile of at most 4 rows", "tile", { rows: 4 }),
  neighbour("panels of 4 columns", "pack", { panelWidth: 4 }),
  neighbour("panels of 12 columns", "pack", { panelWidth: 12 }),
  neighbour("panels of 16 columns", "pack", { panelWidth: 16 }),
  neighbour("one panel at once for few rows", "tile", { panelsOfFewRows: [] }),
  neighbour("two panels at once for few rows", "tile", { panelsOfFewRows: [2, 2, 2] }),
  neighbour("four panels at once for one row, three for two and three", "tile", { panelsOfFewRows: [4, 3, 3] }),
  neighbour("six panels at once for one row", "tile", { panelsOfFewRows: [6, 3] }),
  neighbour("totals in registers", "tile", { resident: { ...tile.resident, tileBytes: never } }),
  neighbour("totals in scratch twice as soon", "tile", {
    resident: { ...tile.resident, tileBytes: tile.resident.tileBytes / 2 },
  }),
  neighbour("half as many rows in the cache", "tile", {
    resident: { ...tile.resident, elements: tile.resident.elements / 2 },
  }),
  neighbour("twice as many rows in the cache", "tile", {
    resident: { ...tile.resident, elements: tile.resident.elements * 2 },
  }),
  neighbour("all rows for each panel", "tile", { resident: { ...tile.resident, elements: never } }),
  neighbour("sums unrolled by 2", "tile", { unroll: { whole: 3, factors: [2] } }),
  neighbour("sums unrolled by 8", "tile", { unroll: { whole: 16, factors: [8, 7, 6, 5, 4] } }),
  neighbour("never packed", "pack", { leastTerms: never }),
  neighbour("packed from one row on", "pack", { leastRows: 1, mostGrowth: 8 }),
  neighbour("packed from 16 rows on", "pack", { leastRows: 16 }),
  neighbour("no epilogue on sums", "fusion", { epilogue: -1 }),
  neighbour("long epilogues on sums", "fusion", { epilogue: 1000 }),
  neighbour("small groups", "fusion", { members: 4 }),
  neighbour("one vector at once", "loops", { jam: { nests: 1, plain: 1, large: 40 } }),
  neighbour("two vectors at once in nests", "loops", { jam: { nests: 2, plain: 2, large: 40 } }),
  neighbour("four vectors at once", "loops", { jam: { nests: 4, plain: 4, large: 40 } }),
  neighbour("long bodies jammed too", "loops", { jam: { nests: 4, plain: 2, large: 1000 } }),
  neighbour("two partial sums a row", "loops", { partials: [{ terms: 16, vectors: 2 }] }),
  neighbour("eight partial sums a row", "loops", {
    partials: [{ terms: 64, vectors: 8 }, ...defaultMachine.loops.partials.slice(1)],
  }),
  neighbour("no windows written out", "loops", { window: 1 }),
  neighbour("windows of 25 written out", "loops", { window: 25 }),
];

/** The standard library alone. */
const resolve: Resolver = (path) =>
  path.startsWith("std/")
    ? { name: path, text: readFileSync(new URL(`../dsl/${path}`, import.meta.url), "utf8") }
    : null;

interface Plan {
  readonly name: string;
  readonly run: () => void;
  best: number;
}

async function planOf(
  { text, entry }: Subject,
  { name, machine }: Neighbour,
): Promise<Plan & { readonly bytes: Uint8Array }> {
  const compiled = compileModule(
    { name: "<subject>", text: `dl 1\n\n${text}\n` },
    { resolve, machine, entries: [entry] },
  );
  const session = await createSession(compiled.plan, await compiled.code("wasm"), { mode: "fast" });
  const inputs = compiled.plan.entries.find((candidate) => candidate.name === entry)?.inputs ?? [];
  const bound = session.bind(
    entry,
    Object.fromEntries(
      inputs.map(({ name: input, dtype, shape }) => {
        const data = new dtypes[dtype].array(shape.reduce((a, b) => a * b, 1));
        if (dtype === "f32") for (let i = 0; i < data.length; i++) data[i] = Math.sin(i * 12.9898) / 2;
        return [input, { data, shape }];
      }),
    ),
  );
  return { name, run: () => void bound.run(), best: Number.POSITIVE_INFINITY, bytes: compiled.wasm("fast").bytes };
}

/** The chosen plan first, then those that differ from it and from each other. */
async function plansOf(subject: Subject): Promise<readonly Plan[]> {
  const plans = [await planOf(subject, { name: "chosen", machine: defaultMachine })];
  for (const each of neighbours) {
    const plan = await planOf(subject, each);
    if (!plans.some(({ bytes }) => Buffer.compare(bytes, plan.bytes) === 0)) plans.push(plan);
  }
  return plans;
}

function timed({ run }: Plan, repetitions: number): number {
  const start = performance.now();
  for (let i = 0; i < repetitions; i++) run();
  return (performance.now() - start) / repetitions;
}

/** Best times of all plans, one short measurement of each after the other, until each has had its milliseconds. */
function measure(plans: readonly Plan[], ms: number): void {
  for (const plan of plans) for (let spent = 0; spent < 50;) spent += Math.max(timed(plan, 1), 0.001);
  const repetitions = plans.map((plan) => Math.max(1, Math.round(sampleMs / timed(plan, 3))));
  for (let round = 0; round < Math.max(3, ms / sampleMs); round++)
    plans.forEach((_, i) => {
      // Another first one in each round, so that none always follows the same.
      const index = (i + round) % plans.length;
      const plan = plans[index];
      if (plan !== undefined) plan.best = Math.min(plan.best, timed(plan, repetitions[index] ?? 1));
    });
}

const percent = (ratio: number): string => `${(100 * (ratio - 1)).toFixed(1)} %`;

/** Prints what was measured; whether a neighbour is faster than the chosen plan. */
async function compare(subject: Subject, ms: number): Promise<boolean> {
  const [chosen, ...others] = await plansOf(subject);
  if (chosen === undefined) return false;
  const twin = await planOf(subject, { name: "chosen", machine: defaultMachine });
  const isFaster = ({ best }: Plan): boolean => chosen.best > best * threshold;
  measure([chosen, twin, ...others], ms);
  const candidates = others.filter(isFaster);
  if (candidates.length > 0) measure([chosen, twin, ...candidates], 2 * ms);
  const faster = candidates.filter(isFaster).toSorted((a, b) => a.best - b.best);
  const noise = Math.max(chosen.best, twin.best) / Math.min(chosen.best, twin.best);
  const verdict = noise > threshold ? "   TOO BUSY TO TELL" : faster.length > 0 ? "   SLOWER THAN A NEIGHBOUR" : "";
  console.log(`${subject.name}: ${(chosen.best * 1000).toFixed(1)} us, twice within ${percent(noise)}${verdict}`);
  for (const { name, best } of faster) console.log(`  ${percent(chosen.best / best)} faster: ${name}`);
  const rest = others.filter((plan) => !faster.includes(plan)).toSorted((a, b) => a.best - b.best);
  console.log(
    `  others: ${rest.map(({ name, best }) => `${name} ${(best / chosen.best).toFixed(2)}`).join(", ") || "none differ"}`,
  );
  return verdict !== "";
}

const flag = process.argv.indexOf("--ms");
const ms = flag === -1 ? 200 : Number(process.argv[flag + 1]);
const wanted = process.argv.slice(2).filter((_, i) => flag === -1 || (i + 2 !== flag && i + 2 !== flag + 1));
const selected = subjects.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
const worse: string[] = [];
for (const subject of selected) if (await compare(subject, ms)) worse.push(subject.name);
if (selected.length === 0) {
  console.error(
    `no subject has this in its name: ${wanted.join(", ")}; the subjects are\n${subjects.map(({ name }) => `  ${name}`).join("\n")}`,
  );
  process.exitCode = 1;
} else
  console.log(
    worse.length === 0 ? "no choice is more than 5 % slower than a neighbour" : `to look at: ${worse.join("; ")}`,
  );
