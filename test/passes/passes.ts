import type { Fact, Pass } from "../../compiler/passes/pass.ts";
import { pipeline } from "../../compiler/pipeline.ts";

/** Every pass of the pipeline, once, in the order of first occurrence. */
export const passes: readonly Pass[] = [...new Set<Pass>(pipeline)];

/** The pipeline up to the choice of what runs when: one node per operation still, none of them cloned into a group. */
export const rewriting: readonly Pass[] = pipeline.filter((pass: Pass) => !pass.provides.includes("fused") && !pass.provides.includes("planned"));

/** The fewest passes that make true what a pass needs, in order. */
export function preparationFor(pass: Pass): readonly Pass[] {
  const givers = new Set<Pass>();
  const collect = (needs: readonly Fact[]): void => {
    for (const giver of passes.filter(({ provides }) => provides.some((fact) => needs.includes(fact)))) {
      if (givers.has(giver)) continue;
      givers.add(giver);
      collect(giver.needs);
    }
  };
  collect(pass.needs);
  return passes.filter((candidate) => givers.has(candidate));
}
