import { rebuild, type Replace } from "../../graph/rebuild.ts";
import { definePass } from "../pass.ts";
import { packed } from "./pack.ts";
import { stageOf } from "../../analysis/stage.ts";
import { defaultMachine } from "../../support/machine.ts";

/**
 * Chooses how each contraction is computed. Afterwards most convolutions and products are no longer separate ops.
 *
 * 1. A convolution's padding becomes a separate `pad`, so that the convolution is an affine sum of products (implicit
 *    product, no im2col).
 * 2. The gradient with respect to a convolution's input becomes a convolution of the dilated and padded output gradient
 *    with the flipped kernel.
 * 3. A product large enough for a register tile reads one side from panels of columns (`pack`, then `contraction`); the
 *    rest stay as they are.
 */
export const chooseAlgorithms = definePass({
  name: "choose-algorithms",
  doc: "makes padding explicit and packs operands of products",
  needs: ["differentiated"],
  provides: ["chosen"],
  exact: false,
  run: (graph, { machine = defaultMachine }) => {
    const explicit = rebuild(graph, lowered);
    const stage = stageOf(explicit);
    return rebuild(explicit, (builder, node, operands) => packed(builder, node, operands, stage, machine));
  },
});

/** Replaces convolutions with padding, and gradients of convolutions that are not affine sums of products. */
const lowered: Replace = (g, { op, attrs, results }, operands) =>
  op.lower?.(g, op, { operands, attrs, results: results.map(({ type }) => type) }) ?? null;
