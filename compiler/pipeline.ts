import { chooseAlgorithms } from "./passes/choose-algorithms/choose-algorithms.ts";
import { differentiate } from "./passes/differentiate.ts";
import { checkNeeds, required } from "./passes/driver.ts";
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
import { writeRows } from "./passes/write-rows/write-rows.ts";

/**
 * The passes that run on every graph, in this order. A pass that occurs again cleans up after those in between.
 *
 * @example
 * import { pipeline } from "dlc/compiler";
 * pipeline.map(({ name }) => name).includes("fuse"); // => true
 */
export const pipeline = [
  hoist,
  differentiate,
  freeze,
  simplify,
  reassociate,
  mergeCommon,
  writeRows,
  sink,
  specialize,
  foldAffine,
  foldConstants,
  chooseAlgorithms,
  simplify,
  mergeCommon,
  hoist,
  inline,
  splitByStage,
  fuse,
  planMemory,
] satisfies readonly Pass[];

export type PassName = (typeof pipeline)[number]["name"];

/** The facts that code generation needs. */
const factsOfCode: readonly Fact[] = ["staged", "fused", "planned"];

/** Names of the passes without which code generation is impossible. */
export const requiredPasses: ReadonlySet<string> = required(pipeline, factsOfCode);

const { after, before, every } = constraintsOn<PassName>();

/** The reasons for this order, beyond the facts that passes need. */
export const order = [
  before(
    "hoist",
    "differentiate",
    "the gradient of one long product is one long product, and that of an invariant is summed before it is multiplied",
  ),
  before("freeze", every("simplify"), "it turns known weights into constants"),
  before("freeze", every("fold-constants"), "it turns known weights into constants"),
  after("simplify", "differentiate", "gradients are generated without simplification"),
  after("reassociate", "simplify", "it looks for sums over broadcasts, which simplify makes adjacent"),
  before("reassociate", "fold-constants", "it makes multiples of constants"),
  after(
    "merge-common",
    "differentiate",
    "two paths from a loss to one value are two terms of its gradient; merged before, they would round differently",
  ),
  after(
    "write-rows",
    "simplify",
    "it looks for arithmetic on the gradient of a lookup, which simplify brings together",
  ),
  after("write-rows", "merge-common", "all updates by one gradient share its rows"),
  after("sink", "differentiate", "the sums of products that it looks for are mostly gradients of weights"),
  after("specialize", "sink", "hoist and sink leave operands that are constant, or that occur twice"),
  before("specialize", "simplify.2", "it makes constants from outside a loop known inside"),
  after("fold-affine", "simplify", "it looks for arithmetic that simplify has moved out of broadcasts"),
  after("fold-affine", "merge-common", "a product that is computed twice would be scaled twice"),
  after("fold-constants", "fold-affine", "it leaves arithmetic on weights and biases, which may be constants"),
  ...(["fold-affine", "sink"] as const).map((stage) =>
    before(stage, "choose-algorithms", "it looks for products and convolutions, and choose-algorithms replaces them"),
  ),
  after(
    "simplify.2",
    "choose-algorithms",
    "explicit padding and reversed kernels are data movement that identities combine with other movement",
  ),
  before("simplify.2", "merge-common.2", "expressions are equal in their simplest form"),
  after(
    "merge-common.2",
    "choose-algorithms",
    "an image that is padded for a convolution and for its gradient is padded once",
  ),
  after(
    "hoist.2",
    "choose-algorithms",
    "the packing of invariants moves out of loops, and so do invariants in the loops of the gradient",
  ),
  after(
    "inline",
    every("merge-common"),
    "the recomputation in a checkpoint's gradient must not merge with the first computation, so that its values need no memory in between",
  ),
  before("inline", "split-by-stage", "nodes in the body of a checkpoint may belong to the weights stage too"),
  after("split-by-stage", "choose-algorithms", "it moves the packing of weights out of the call"),
];

checkNeeds(pipeline, factsOfCode);
checkOrder(pipeline, order);
