import type { Fact, Pass } from "../../compiler/passes/pass.ts";
import { pipeline } from "../../compiler/pipeline.ts";

/** Every pass of the pipeline, once, in the order of first occurrence. */
export const passes: readonly Pass[] = [...new Set<Pass>(pipeline)];

/** The pipeline without fusion and memory planning: every operation is one node, none is cloned into a group. */
export const rewriting: readonly Pass[] = pipeline.filter(
  (pass: Pass) => !pass.provides.includes("fused") && !pass.provides.includes("planned"),
);

/** The minimal list of passes that establishes the facts that a pass needs, in order. */
export function preparationFor(pass: Pass): readonly Pass[] {
  const providers = new Set<Pass>();
  const collect = (needs: readonly Fact[]): void => {
    for (const provider of passes.filter(({ provides }) => provides.some((fact) => needs.includes(fact)))) {
      if (providers.has(provider)) continue;
      providers.add(provider);
      collect(provider.needs);
    }
  };
  collect(pass.needs);
  return passes.filter((candidate) => providers.has(candidate));
}
