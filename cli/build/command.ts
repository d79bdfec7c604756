import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { compileSource, startSession } from "../host/compiler.ts";
import { readText, writeWhole } from "../host/files.ts";
import { reject } from "../host/reject.ts";
import { readSource } from "../host/source.ts";
import { table, thousands } from "../host/terminal.ts";
import { loadTrained } from "../host/weights.ts";
import type { CompileFlags } from "../options.ts";
import { variantsIn, type VariantFlags } from "../variants.ts";
import { buildArtefact, type Artefact, type ArtefactOptions } from "./artefact.ts";
import { checkBudget, type Budget } from "./budget.ts";
import { inlinePage, pageFiles } from "./page.ts";
import { fileSize, reportText } from "./report.ts";

/** Paths of parts by entry. */
export type Taps = Readonly<Record<string, readonly string[]>>;

export interface BuildFlags
  extends
    CompileFlags,
    VariantFlags,
    Budget,
    Pick<ArtefactOptions, "optimizerState" | "inline" | "hashed" | "worker" | "full"> {
  readonly output: string;
  readonly entry: readonly string[];
  readonly tap: Taps;
  readonly weights?: string;
  readonly page?: true;
  readonly labels?: string;
}

type Files = Artefact["files"];

const sizesOf = (files: Files) => [...files].map(([name, data]) => fileSize(name, data));

/** `dlc build`: writes all files, or none if a budget is exceeded. */
export async function buildAction(file: string, flags: BuildFlags): Promise<void> {
  const { target, weights: path, ...options } = flags;
  if (target === "reference")
    return reject("E1008", "the target `reference` cannot be built: it is an interpreter", "use --target wasm or js");
  const compiled = await compileSource(readSource(file), flags, {
    ...(flags.entry.length > 0 && { entries: flags.entry }),
    ...variantsIn(flags),
    ...(Object.keys(flags.tap).length > 0 && { taps: flags.tap }),
  });
  const weights = path === undefined ? undefined : await startSession(compiled, flags);
  if (weights !== undefined) loadTrained(weights, path ?? "");
  else if (flags.json !== true) noteWeights(file);

  const artefact = await buildArtefact(compiled, { ...options, target, ...(weights && { weights }) });
  const built = { code: artefact.code, files: sizesOf(artefact.files), modules: artefact.modules };
  checkBudget(built, flags);
  const files = new Map([...artefact.files, ...(flags.page === true ? await pageOf(artefact, flags) : [])]);
  for (const [name, data] of [...files, ["report.txt", reportText(built)] as const])
    writeWhole(join(flags.output, name), data);

  const sizes = sizesOf(files);
  if (flags.json) console.log(JSON.stringify({ folder: flags.output, files: sizes }));
  else
    console.log(
      table([
        ["file", "bytes", "gzip"],
        ...sizes.map(({ name, bytes, gzip }) => [join(flags.output, name), thousands(bytes), thousands(gzip)]),
      ]),
    );
}

/** Says where `dlc train` has left weights of the model. */
function noteWeights(file: string): void {
  const trained = join("runs", basename(file, ".dl"), "best.safetensors");
  if (existsSync(trained))
    console.error(
      `note: the model is built without weights, and will start from its seed; --weights ${trained} has trained ones`,
    );
}

async function pageOf({ code, files }: Artefact, { labels: path, inline }: BuildFlags): Promise<Files> {
  const labels = path === undefined ? [] : linesOf(readText(path));
  return inline === true
    ? new Map([["index.html", await inlinePage(code.plan, labels, String(files.get("module.mjs")))]])
    : pageFiles(code.plan, labels);
}

/** Without an empty line at the end. */
const linesOf = (text: string): readonly string[] => text.replace(/\r?\n$/, "").split(/\r?\n/);
