import { chooseAlgorithms } from "./passes/choose-algorithms/choose-algorithms.ts";
import { differentiate } from "./passes/differentiate.ts";
import { checkNeeds, required } from "./passes/driver.ts";
import { dropDead } from "./passes/drop-dead.ts";
import { foldAffine } from "./passes/fold-affine/fold-affine.ts";
import { foldConstants } from "./passes/fold-constants.ts";
import { freeze } from "./passes/freeze.ts";
import { fuse } from "./passes/fuse/fuse.ts";
import { hoist } from "./passes/loops/hoist.ts";
import { inline } from "./passes/inline.ts";
import { mergeCommon } from "./passes/merge-common.ts";
import { checkOrder, constraintsOn } from "./passes/order.ts";
import type { Fact, Pass } from "./passes/pass.ts";
import { planMemory } from "./passes/plan-memory/plan-memory.ts";
import { reassociate } from "./passes/reassociate.ts";
import { simplify } from "./passes/simplify/simplify.ts";
import { sink } from "./passes/loops/sink.ts";
import { specialize } from "./passes/loops/specialize.ts";
import { splitByStage } from "./passes/split-by-stage.ts";

/** The passes that every graph goes through, in this order. A pass that occurs again tidies up after those in between. */
export const pipeline = [
  hoist,
  differentiate,
  freeze,
  specialize,
  simplify,
  reassociate,
  foldConstants,
  mergeCommon,
  hoist,
  sink,
  specialize,
  foldAffine,
  simplify,
  foldConstants,
  mergeCommon,
  chooseAlgorithms,
  simplify,
  mergeCommon,
  hoist,
  dropDead,
  inline,
  splitByStage,
  fuse,
  planMemory,
] satisfies readonly Pass[];

export type PassName = (typeof pipeline)[number]["name"];

/** What has to be true of a graph of which code is made. */
const factsOfCode: readonly Fact[] = ["staged", "fused", "planned"];

/** Names of the passes that no code can be made without. */
export const requiredPasses: ReadonlySet<string> = required(pipeline, factsOfCode);

const { after, before, every } = constraintsOn<PassName>();

/** Why the list has this order, beyond the facts that passes need. */
export const order = [
  before("hoist", "differentiate", "the gradient of one long product is one long product, and that of an invariant is summed before it is multiplied"),
  before("freeze", every("fold-constants"), "it makes the constants of given weights"),
  before("freeze", every("simplify"), "it makes the constants of given weights"),
  before("freeze", "fold-affine", "it makes the constants of given weights"),
  before("specialize", "simplify", "it makes known inside a loop what is known outside"),
  after("reassociate", "simplify", "it looks for sums over broadcasts, which simplify brings together"),
  before("reassociate", "fold-constants", "it makes multiples of constants, which fold-constants computes"),
  after("hoist.2", "differentiate", "the loops of the gradient are new"),
  after("sink", "hoist.2", "a product that can be hoisted must not wait until after the loop"),
  after("specialize.2", "sink", "hoist and sink leave operands that are constant, or that occur twice"),
  after("fold-affine", "simplify", "it looks for arithmetic that simplify has moved out of broadcasts"),
  after("fold-affine", "merge-common", "it looks for values with one use"),
  before("simplify.2", "fold-constants.2", "it makes operations on constants small"),
  after("simplify.2", "fold-affine", "fold-affine leaves arithmetic on weights and biases to tidy up"),
  ...(["simplify.2", "fold-constants.2", "merge-common.2", "fold-affine", "sink", "hoist.2"] as const).map((stage) =>
    before(stage, "choose-algorithms", "it looks for products and convolutions, and choose-algorithms replaces them"),
  ),
  after("simplify.3", "choose-algorithms", "explicit padding and reversed kernels are movements that identities join with others"),
  after("merge-common.3", "choose-algorithms", "an image that is padded for a convolution and for its gradient is padded once"),
  after("hoist.3", "choose-algorithms", "the packing of invariants moves out of loops"),
  after(
    "inline",
    every("merge-common"),
    "what a checkpoint's gradient computes again has to stay a second computation, whose values need no memory in between",
  ),
  after("drop-dead", every("simplify"), "what the identities leave over is dropped"),
  before("inline", "split-by-stage", "the body of a checkpoint is work like any other"),
  after("split-by-stage", "choose-algorithms", "it moves the packing of weights out of the call"),
];

checkNeeds(pipeline, factsOfCode);
checkOrder(pipeline, order);
