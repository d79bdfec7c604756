import { isBatchMean } from "../../compiler/analysis/batch-mean.ts";
import { elaborateSource } from "../../compiler/compile.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { DiagnosticError } from "../../dsl/diagnostic-error.ts";
import type { Source } from "../../dsl/span.ts";
import { compileOptions } from "../host/compiler.ts";
import type { DataFlags } from "./setup.ts";

/** A prime that is no size of a model. */
const unlikely = 1009;

/**
 * Warns of outputs of the train entry whose mean over batches is not their value for all samples. An output `weight`
 * says what the others are means over, so that their average is right.
 */
export function warnOfAverages(source: Source, entry: string, flags: DataFlags): readonly Diagnostic[] {
  const graph = graphOfLargeBatch(source, entry, flags);
  if (graph === undefined || graph.outputs.some(({ name }) => name === "weight")) return [];
  return graph.outputs
    .filter(({ name, value }) => ["loss", "accuracy"].includes(name) && !isBatchMean(graph, value, unlikely))
    .map(({ name }) => ({
      code: "W1013",
      says: `the output \`${name}\` of \`${entry}\` is not a mean over the samples: its average over an epoch is not its value for all samples`,
      help: `if it is a mean over a mask, return its weight, too: { ${name}, weight: sum(mask) }; metrics such as f1 are computed from counts of all samples`,
    }));
}

/** Undefined if the entry does not take a batch of this size. */
function graphOfLargeBatch(source: Source, entry: string, flags: DataFlags) {
  const variants = [{ ...flags.dim, [flags.batchDim]: unlikely }];
  try {
    const { program } = elaborateSource(
      source,
      compileOptions(source, { ...flags, dim: {} }, { entries: [entry], variants }),
    );
    return program.entries.find(({ graph }) => graph.name === entry)?.graph;
  } catch (error) {
    if (error instanceof DiagnosticError) return undefined;
    throw error;
  }
}
