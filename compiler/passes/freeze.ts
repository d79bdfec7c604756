import { pathOf } from "../graph/facts.ts";
import { rebuild } from "../graph/rebuild.ts";
import { invariant } from "../support/invariant.ts";
import { elements, showType } from "../types/tensor-type.ts";
import { definePass } from "./pass.ts";

/**
 * If weights are given at build time, the params and state that they name become constants. An entry that writes params
 * or state is not changed, since it updates its weights. Arithmetic on the weights is left to the weights stage, which
 * the build then runs once; only small results are folded at compile time.
 */
export const freeze = definePass({
  name: "freeze",
  doc: "turns params and state whose values are given at build time into constants",
  needs: [],
  provides: [],
  exact: true,
  run: (graph, { frozen, region = false }) => {
    if (frozen === undefined || region || graph.writes.length > 0) return graph;
    return rebuild(graph, (builder, node) => {
      const path = pathOf(node);
      const data = path === null ? undefined : frozen.get(path);
      if (data === undefined) return null;
      return node.results.map(({ type }) => {
        invariant(
          data.length === elements(type.shape),
          `${path} is ${showType(type)} and was given ${data.length} elements`,
        );
        return builder.constant(type, [...data]);
      });
    });
  },
});
