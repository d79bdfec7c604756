import { rebuild, type Replace } from "../../graph/rebuild.ts";
import { definePass } from "../pass.ts";
import { packed } from "./pack.ts";
import { stageOf } from "../../analysis/stage.ts";
import { defaultMachine } from "../../support/machine.ts";

/**
 * Chooses how each contraction is computed. Few convolutions and products are recognisable afterwards.
 *
 * 1. A convolution's padding becomes a `pad` of its own, so that the convolution is a plain affine sum (implicit product, no im2col).
 * 2. The gradient with respect to a convolution's input becomes a convolution of the spread and padded output gradient with the turned kernel.
 * 3. A product large enough for a register tile reads one side from panels of columns (`pack`, then `contraction`); the rest stay as they are.
 */
export const chooseAlgorithms = definePass({
  name: "choose-algorithms",
  says: "makes padding explicit and gives products their packed form",
  needs: ["differentiated"],
  gives: ["chosen"],
  exact: false,
  run: (graph, { machine = defaultMachine }) => {
    const explicit = rebuild(graph, lowered);
    const stage = stageOf(explicit);
    return rebuild(explicit, (builder, node, operands) => packed(builder, node, operands, stage, machine));
  },
});

/** Convolutions without padding, and none of their gradients that is not a plain affine sum. */
const lowered: Replace = (g, { op, attrs, results }, operands) => op.lower?.(g, op, { operands, attrs, results: results.map(({ type }) => type) }) ?? null;
