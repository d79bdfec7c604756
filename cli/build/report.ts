// `report.txt` of a built model: its sizes, memory and work, in a form whose diff shows what a change costs. One fact
// is one line, sorted by name, so that a size moves no other line; numbers come first, in columns of a fixed width, so
// that none realigns the others; a section begins with a word in the first column, so that `git diff` names it in the
// head of each hunk.
import { gzipSync } from "node:zlib";
import { ownerOf } from "../../compiler/frontend/values/attribution.ts";
import type { CompiledModule } from "../../compiler/index.ts";
import { dtypes } from "../../runtime/dtype.ts";
import type { EntryPlan, Persistent, Plan, Slot } from "../../runtime/plan.ts";
import { count } from "../../runtime/tensor.ts";
import { thousands } from "../host/terminal.ts";
import { entrySize, kernelSizes, type KernelSize, type ModuleSizes } from "./kernel-sizes.ts";
import { workOf, type Amount } from "./work.ts";

export interface FileSize {
  readonly name: string;
  readonly bytes: number;
  /** At the level that most servers use. */
  readonly gzip: number;
}

/** What a report is about: the code of a build, and its files. */
export interface Build {
  readonly code: Pick<CompiledModule, "plan" | "assembly">;
  readonly files: readonly FileSize[];
  readonly modules: readonly ModuleSizes[];
}

export const fileSize = (name: string, data: string | Uint8Array): FileSize => ({
  name,
  bytes: Buffer.byteLength(data),
  gzip: gzipSync(data).length,
});

/**
 * The files that one host loads, but the weights: of the WebAssembly modules it loads one, here the larger. Types, and
 * a page, are not loaded with the model.
 */
export function downloaded(files: readonly FileSize[]): readonly FileSize[] {
  const modules = files.filter(({ name }) => name.endsWith(".wasm"));
  const [largest] = modules.toSorted((a, b) => b.gzip - a.gzip);
  const has = (name: string): boolean => files.some((file) => file.name === name);
  // The client of an inline build has the module and the worker in it.
  const scripts = has("client.mjs") && !has("worker.mjs") ? files.filter(({ name }) => name !== "module.mjs") : files;
  return scripts.filter(
    (file) => (/\.(mjs|json)$/.test(file.name) && !file.name.endsWith(".d.mts")) || file === largest,
  );
}

/** Bytes of each kind of tensors in the arena. */
export interface ArenaUse {
  readonly params: number;
  readonly layerState: number;
  readonly optimizer: number;
  readonly settings: number;
  readonly constants: number;
  readonly scratch: number;
  /** Results of the weights stage, and gaps between tensors. */
  readonly others: number;
}

export function arenaUse({ arenaBytes, persistent, constants, entries }: Plan): ArenaUse {
  const of = (keep: (tensor: Persistent) => boolean): number => total(persistent.filter(keep).map(bytesOf));
  const known = {
    params: of(({ kind }) => kind === "param"),
    layerState: of(({ kind, role }) => kind === "state" && role === undefined),
    optimizer: of(({ role }) => role === "optimizer"),
    settings: of(({ role }) => role === "setting" || role === "random"),
    constants: total(constants.map(({ base64 }) => atob(base64).length)),
    scratch: Math.max(0, ...entries.map(({ scratchBytes }) => scratchBytes)),
  };
  return { ...known, others: arenaBytes - total(Object.values(known)) };
}

export const bytesOf = ({ dtype, shape }: Slot): number => count(shape) * dtypes[dtype].array.BYTES_PER_ELEMENT;
const total = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** The text of the report. The same model makes the same text, wherever and whenever it is built. */
export function reportText(build: Build): string {
  const { code, files, modules } = withoutHashes(build);
  const { plan } = code;
  const kernels = kernelSizes(code, modules);
  const needed = downloaded(files);
  return [
    section(`model ${plan.model}`, [
      row([total(needed.map(({ gzip }) => gzip))], `bytes to download, gzip: ${names(needed)}`),
      row([plan.arenaBytes], "bytes of memory, allocated at load"),
    ]),
    section(
      "files (bytes, gzip)",
      byName(files, ({ name }) => name).map(({ name, bytes, gzip }) => row([bytes, gzip], name)),
    ),
    section("memory (bytes)", memoryRows(arenaUse(plan))),
    section("params (count, bytes)", paramRows(plan)),
    ...plan.entries.map((entry) => section(entryTitle(entry), entryRows(entry, kernels, modules))),
    section(
      `kernels (${modules.map(({ file }) => `bytes in ${file}, `).join("")}layers, name, entries)`,
      kernelRows(kernels),
    ),
  ].join("\n");
}

/** The hashes in names would change lines whose numbers do not. */
function withoutHashes({ code, files, modules }: Build): Build {
  const plain = (name: string): string => name.replace(/\.[0-9a-f]{8}(?=\.\w+$)/, "");
  return {
    code,
    files: files.map((file) => ({ ...file, name: plain(file.name) })),
    modules: modules.map((module) => ({ ...module, file: plain(module.file) })),
  };
}

const width = 16;
const row = (numbers: readonly number[], text: string): string =>
  `${numbers.map((n) => thousands(n).padStart(width)).join("")}  ${text}\n`;
const section = (title: string, rows: readonly string[]): string => `${title}\n${rows.join("")}`;
const names = (files: readonly FileSize[]): string =>
  files
    .map(({ name }) => name)
    .sort()
    .join(", ");

/** By code units, which no locale changes. */
const byName = <T>(items: readonly T[], nameOf: (item: T) => string): readonly T[] =>
  items.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));

const memoryRows = (use: ArenaUse): readonly string[] => [
  row([use.params], "params"),
  row([use.layerState], "state of layers"),
  row([use.optimizer], "state of optimizers"),
  row([use.settings], "settings and random state"),
  row([use.constants], "constants"),
  row([use.scratch], "scratch, of the entry that needs most"),
  row([use.others], "weights as kernels read them, and alignment"),
];

function paramRows({ persistent }: Plan): readonly string[] {
  const params = persistent.filter(({ kind }) => kind === "param");
  const rowOf = (title: string, some: readonly Persistent[]): string =>
    row([total(some.map(({ shape }) => count(shape))), total(some.map(bytesOf))], title);
  const layers = [...Map.groupBy(params, ({ path }) => ownerOf(path))];
  return [...byName(layers, ([layer]) => layer).map(([layer, some]) => rowOf(layer, some)), rowOf("in total", params)];
}

/** `entry step N=64` */
export const entryTitle = ({ name, dims }: EntryPlan): string =>
  [`entry ${name}`, ...Object.entries(dims).map(([dim, size]) => `${dim}=${size}`)].join(" ");

function entryRows(
  entry: EntryPlan,
  kernels: readonly KernelSize[],
  modules: readonly ModuleSizes[],
): readonly string[] {
  const { bytes, own } = entrySize(entry, kernels, modules);
  const call = workOf(entry.steps);
  const prepare = workOf(entry.prepareSteps);
  const work = ({ flops, bytes: moved }: Amount, when: string): string =>
    row([flops, moved], `FLOPs, bytes moved: ${when}`);
  return [
    row(bytes, "bytes of code"),
    row(own, "bytes of code that no other entry uses"),
    row([entry.scratchBytes, entry.liveBytes], "bytes of scratch, and of them live at once, which no plan can avoid"),
    work(call, "a call, at most"),
    ...call.iterations.map((each) => work(each, "in addition, each iteration of a `while`, without a bound")),
    ...(entry.prepare === null ? [] : [work(prepare, "in addition, the first call after a change of the weights")]),
    ...prepare.iterations.map((each) =>
      work(each, "in addition to that, each iteration of a `while`, without a bound"),
    ),
  ];
}

/** Kernels of one name are told apart by their layers: numbers in the name, `_v2`, would depend on other kernels. */
function kernelRows(kernels: readonly KernelSize[]): readonly string[] {
  const rows = kernels.map(({ kernel, layers, users, bytes }) => {
    const text = `${layerNames(layers)} ${kernel.replace(/_v\d+$/, "")} (${users.join(", ")})`;
    return { text, line: row(bytes, text) };
  });
  return byName(rows, ({ text, line }) => `${text} ${line}`).map(({ line }) => line);
}

const layerNames = ([first = "", ...more]: readonly string[]): string =>
  more.length === 0 ? first : `${first} and ${more.length} more`;
