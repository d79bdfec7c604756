import type { Bad } from "./build.ts";
import { badArrays, badImages, goodArrays, goodImages } from "./corpus/arrays.ts";
import { badGraphs, goodGraphs } from "./corpus/graphs.ts";
import { badKernels, goodKernels } from "./corpus/kernels.ts";
import { badHistories, badRuns, goodHistories, goodRuns } from "./corpus/records.ts";
import { badWeights, goodWeights } from "./corpus/safetensors.ts";
import type { Format } from "./readers.ts";

/** Malformed files that a reader must reject, and unusual but valid files that it must accept. */
export const corpus = {
  safetensors: { bad: badWeights, good: goodWeights },
  npy: { bad: badArrays, good: goodArrays },
  idx: { bad: badImages, good: goodImages },
  run: { bad: badRuns, good: goodRuns },
  history: { bad: badHistories, good: goodHistories },
  ir: { bad: badGraphs, good: goodGraphs },
  kir: { bad: badKernels, good: goodKernels },
} as const satisfies Readonly<Record<Format, { readonly bad: readonly Bad[]; readonly good: readonly Uint8Array[] }>>;
