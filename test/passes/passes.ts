import { chooseAlgorithms } from "../../compiler/passes/choose-algorithms/choose-algorithms.ts";
import { differentiate } from "../../compiler/passes/differentiate.ts";
import { dropDead } from "../../compiler/passes/drop-dead.ts";
import { foldAffine } from "../../compiler/passes/fold-affine/fold-affine.ts";
import { foldConstants } from "../../compiler/passes/fold-constants.ts";
import { freeze } from "../../compiler/passes/freeze.ts";
import { hoist } from "../../compiler/passes/loops/hoist.ts";
import { inline } from "../../compiler/passes/inline.ts";
import { mergeCommon } from "../../compiler/passes/merge-common.ts";
import type { Pass } from "../../compiler/passes/pass.ts";
import { reassociate } from "../../compiler/passes/reassociate.ts";
import { simplify } from "../../compiler/passes/simplify/simplify.ts";
import { sink } from "../../compiler/passes/loops/sink.ts";
import { specialize } from "../../compiler/passes/loops/specialize.ts";
import { splitByStage } from "../../compiler/passes/split-by-stage.ts";

/** The passes that change values' way of being computed, and not where they lie, in their order in the pipeline. */
export const passes: readonly Pass[] = [
  differentiate,
  specialize,
  hoist,
  simplify,
  reassociate,
  foldConstants,
  mergeCommon,
  dropDead,
  sink,
  freeze,
  foldAffine,
  chooseAlgorithms,
  inline,
  splitByStage,
];
