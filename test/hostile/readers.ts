import { readIdx } from "../../compiler/formats/idx.ts";
import { readNpy } from "../../compiler/formats/npy.ts";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { parseKernels } from "../../compiler/kernel/parse.ts";
import { ops } from "../../compiler/ops/table.ts";
import { readLines, readRun } from "../../cli/training/saved-run.ts";
import { reject } from "../../cli/host/reject.ts";
import { DiagnosticError } from "../../dsl/diagnostic.ts";
import { readManifest } from "../../runtime/check-manifest.ts";
import { DlcError } from "../../runtime/error.ts";
import { readSafetensors } from "../../runtime/safetensors.ts";

/** What every reader keeps to, whatever the file: milliseconds, and bytes beside a multiple of the file's own. */
export const limits = { milliseconds: 1000, timesTheFile: 4, bytesBeside: 16 * 2 ** 20 } as const;

const text = (file: Uint8Array): string => new TextDecoder().decode(file);

/** All readers of files, as their users call them. */
export const readers = {
  safetensors: (file) => readSafetensors(file),
  npy: (file) => readNpy(file, "x.npy"),
  idx: (file) => readIdx(file, "x-idx"),
  manifest: (file) => readManifest(file),
  run: (file) => readRun(text(file)) ?? reject("E1007", "this is not a checkpoint of a training run"),
  history: (file) => readLines(text(file)) ?? reject("E1007", "the history is damaged"),
  ir: (file) => parseGraph(text(file), ops, "x.ir"),
  kir: (file) => parseKernels({ name: "x.kir", text: text(file) }),
} as const satisfies Readonly<Record<string, (file: Uint8Array) => unknown>>;

export type Format = keyof typeof readers;

export interface Verdict {
  /** Of the error that the reader gave; null for a file that it read. */
  readonly code: string | null;
  readonly says: string;
  /** An error that is none of ours; null where all was well. */
  readonly thrown: string | null;
  /** Of processor time, since the machine may be busy. */
  readonly milliseconds: number;
}

function since(begin: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(begin);
  return (user + system) / 1000;
}

export function judge(format: Format, file: Uint8Array): Verdict {
  const begin = process.threadCpuUsage();
  const verdict = (code: string | null, says: string, thrown: string | null): Verdict => ({ code, says, thrown, milliseconds: since(begin) });
  try {
    readers[format](file);
    return verdict(null, "", null);
  } catch (error) {
    if (error instanceof DlcError) return verdict(error.code, error.says, null);
    if (error instanceof DiagnosticError) return verdict(error.diagnostics[0]?.code ?? "", error.diagnostics[0]?.says ?? "", null);
    return verdict(null, "", error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}
