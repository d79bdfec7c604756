import { pathOf } from "../graph/facts.ts";
import { rebuild } from "../graph/rebuild.ts";
import { invariant } from "../support/invariant.ts";
import { elements, showType } from "../types/tensor-type.ts";
import { definePass } from "./pass.ts";

/**
 * With weights given at build time, params and state that they name become constants. An entry that writes params or state is left alone: its weights change
 * by its own doing. The arithmetic on them is left to the weights stage, which the build then runs once; only what is small enough is folded here and now.
 */
export const freeze = definePass({
  name: "freeze",
  says: "turns params and state into constants where the build gives them",
  needs: [],
  gives: [],
  exact: true,
  run: (graph, { frozen, region = false }) => {
    if (frozen === undefined || region || graph.writes.length > 0) return graph;
    return rebuild(graph, (builder, node) => {
      const path = pathOf(node);
      const data = path === null ? undefined : frozen.get(path);
      if (data === undefined) return null;
      return node.results.map(({ type }) => {
        invariant(data.length === elements(type.shape), `${path} is ${showType(type)} and was given ${data.length} elements`);
        return builder.constant(type, [...data]);
      });
    });
  },
});
