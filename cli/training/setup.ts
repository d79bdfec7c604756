import type { CompiledModule } from "../../compiler/index.ts";
import type { Source } from "../../dsl/span.ts";
import type { Session } from "../../runtime/session.ts";
import { limited, type Dataset } from "../data/dataset.ts";
import { openDataset } from "../data/open.ts";
import { compileSource, startSession } from "../host/compiler.ts";
import { reject } from "../host/reject.ts";
import type { CompileFlags } from "../options.ts";
import { batchSizes } from "./batches.ts";

/** The options that `train` and `eval` share. */
export interface DataFlags extends CompileFlags {
  readonly data: string;
  readonly batch: number;
  readonly batchDim: string;
  readonly limit?: number;
}

export function openLimited(flags: DataFlags): Dataset {
  const dataset = openDataset(flags.data);
  const most = flags.limit ?? Infinity;
  return { name: dataset.name, train: limited(dataset.train, most), test: limited(dataset.test, most) };
}

/** Compiles the entries into one module, with a variant for each batch size that these numbers of samples need. */
export async function compileForBatches(
  source: Source,
  flags: DataFlags,
  entries: readonly string[],
  counts: readonly number[],
): Promise<{ readonly compiled: CompiledModule; readonly session: Session }> {
  if (flags.dim?.[flags.batchDim] !== undefined)
    reject(
      "E0903",
      `the size of dim \`${flags.batchDim}\` is the batch, which --batch gives`,
      `write --batch ${flags.dim[flags.batchDim]}`,
    );
  const variants = batchSizes(counts, flags.batch).map((size) => ({ [flags.batchDim]: size }));
  const compiled = await compileSource(source, flags, { entries, variants });
  return { compiled, session: await startSession(compiled, flags) };
}
