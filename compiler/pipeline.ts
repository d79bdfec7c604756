import { chooseAlgorithms } from "./passes/choose-algorithms/choose-algorithms.ts";
import { differentiate } from "./passes/differentiate.ts";
import { checkOrder } from "./passes/driver.ts";
import { dropDead } from "./passes/drop-dead.ts";
import { foldAffine } from "./passes/fold-affine/fold-affine.ts";
import { foldConstants } from "./passes/fold-constants.ts";
import { freeze } from "./passes/freeze.ts";
import { fuse } from "./passes/fuse/fuse.ts";
import { hoist } from "./passes/loops/hoist.ts";
import { inline } from "./passes/inline.ts";
import { mergeCommon } from "./passes/merge-common.ts";
import type { Fact, Pass } from "./passes/pass.ts";
import { planMemory } from "./passes/plan-memory/plan-memory.ts";
import { reassociate } from "./passes/reassociate.ts";
import { simplify } from "./passes/simplify/simplify.ts";
import { sink } from "./passes/loops/sink.ts";
import { specialize } from "./passes/loops/specialize.ts";
import { splitByStage } from "./passes/split-by-stage.ts";

/** What happens to every graph, in this order. A pass that stands here again tidies up after those between. */
export const pipeline = [
  hoist, //             the gradient then sees one long product, whose gradient is one long product too
  differentiate, //     a loss and the params it is minimized over become the backward graph
  freeze, //            before everything that computes with constants; only where weights are given
  specialize, //        before simplify, which then knows inside of a loop what is known outside
  simplify,
  reassociate, //       after simplify, which shows what repeats; before fold-constants, which computes multiples of constants
  foldConstants,
  mergeCommon,
  hoist, //             again: the loops of the gradient
  sink, //              after hoist, so that only products wait for the loop that really do
  specialize, //        some of what loops now take is constant, or there twice
  foldAffine, //        after these three: it looks for arithmetic lifted out of broadcasts, and for values with one use
  simplify,
  foldConstants,
  mergeCommon,
  chooseAlgorithms, //  after every pass that looks for products and convolutions: it leaves none to be recognised
  simplify,
  mergeCommon, //       one image padded for a convolution and for its gradient is padded once
  hoist, //             the packing of invariants leaves the loops
  dropDead,
  inline, //            after the last merge-common: what a checkpoint's gradient computes again stays a second computation
  splitByStage, //      after choose-algorithms, whose packing of weights it moves out of the call
  fuse, //              nothing may look inside a group
  planMemory,
] satisfies readonly Pass[];

checkOrder(pipeline);

/** What has to be true of a graph of which code is made. */
export const factsOfCode: readonly Fact[] = ["planned"];

/** A name for each place in the list: the pass, with a number from its second place on (`simplify.2`). */
export const stageNamesOf = (passes: readonly Pass[]): readonly string[] =>
  passes.map(({ name }, i) => {
    const turn = passes.slice(0, i + 1).filter((pass) => pass.name === name).length;
    return turn === 1 ? name : `${name}.${turn}`;
  });
