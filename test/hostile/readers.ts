import { readIdx } from "../../compiler/formats/idx.ts";
import { readNpy } from "../../compiler/formats/npy.ts";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { parseKernels } from "../../compiler/kernel/parse.ts";
import { ops } from "../../compiler/ops/table.ts";
import { readLines, readRun } from "../../cli/training/saved-run.ts";
import { reject } from "../../cli/host/reject.ts";
import { DiagnosticError } from "../../dsl/diagnostic-error.ts";
import { DlcError } from "../../runtime/error.ts";
import { readSafetensors } from "../../runtime/safetensors.ts";

/**
 * The limits of every reader for any file: milliseconds, and memory as a multiple of the file's size plus a constant.
 */
export const limits = { milliseconds: 1000, timesTheFile: 4, bytesBeside: 16 * 2 ** 20 } as const;

const text = (file: Uint8Array): string => new TextDecoder().decode(file);

/** All file readers, called as by their users. */
export const readers = {
  safetensors: (file) => readSafetensors(file),
  npy: (file) => readNpy(file, "x.npy"),
  idx: (file) => readIdx(file, "x-idx"),
  run: (file) => readRun(text(file)) ?? reject("E1007", "this is not a checkpoint of a training run"),
  history: (file) => readLines(text(file)) ?? reject("E1007", "the history is damaged"),
  ir: (file) => parseGraph(text(file), ops, "x.ir"),
  kir: (file) => parseKernels({ name: "x.kir", text: text(file) }),
} as const satisfies Readonly<Record<string, (file: Uint8Array) => unknown>>;

export type Format = keyof typeof readers;

export interface Verdict {
  /** The code of the reader's error; null if it accepted the file. */
  readonly code: string | null;
  readonly message: string;
  /** An exception that is not a coded error; null if there was none. */
  readonly thrown: string | null;
  /** CPU time, which does not depend on the load of the machine. */
  readonly milliseconds: number;
}

function since(begin: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(begin);
  return (user + system) / 1000;
}

export function judge(format: Format, file: Uint8Array): Verdict {
  const begin = process.threadCpuUsage();
  const verdict = (code: string | null, message: string, thrown: string | null): Verdict => ({
    code,
    message,
    thrown,
    milliseconds: since(begin),
  });
  try {
    readers[format](file);
    return verdict(null, "", null);
  } catch (error) {
    if (error instanceof DlcError) return verdict(error.code, error.says, null);
    if (error instanceof DiagnosticError)
      return verdict(error.diagnostics[0]?.code ?? "", error.diagnostics[0]?.says ?? "", null);
    return verdict(null, "", error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}
