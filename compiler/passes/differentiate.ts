import { expandGradients } from "../graph/autodiff.ts";
import { dropDead } from "../graph/rebuild.ts";
import type { Pass } from "./pass.ts";

/**
 * Replaces every `gradient` node by the backward graph. First, because all that follows should see forward, backward and update as one computation.
 * The rules of the ops write plain code; tidying it up is left to simplify and merge-common.
 */
export const differentiate: Pass = {
  name: "differentiate",
  says: "replaces every gradient by the nodes that compute it",
  needs: [],
  gives: ["differentiated"],
  breaks: ["simplified"],
  exact: true,
  run: (graph) => dropDead(expandGradients(graph)),
};
