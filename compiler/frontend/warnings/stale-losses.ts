import type { Span } from "../../../dsl/span.ts";
import type { Value as GraphValue } from "../../graph/ir.ts";
import type { Context, Env, Tensor } from "../context.ts";
import { report } from "../errors.ts";
import { differentiable } from "../training/gradients.ts";
import type { Trained } from "../training/optimizers.ts";

/**
 * Warns if a loss is computed from two values of a param, such as a penalty that was computed before an earlier update,
 * or outside of the loop: only what depends on the newer one has a gradient.
 */
export function warnOfStaleLoss(env: Env, loss: Tensor, trained: readonly Trained[], span: Span): void {
  const { context } = env;
  if (context.program.exploration.active) return;
  const reached = differentiable(loss.value);
  const stale = trained.filter(({ declared, seen }) => dependsOnOther(context, declared.path, reached, seen.value));
  if (stale.length === 0) return;
  const paths = stale.slice(0, 3).map(({ declared }) => `\`${declared.path}\``);
  const names = `${paths.join(", ")}${stale.length > 3 ? ` and ${stale.length - 3} more` : ""}`;
  report(context, "W0644", span, `a part of the loss is computed from earlier values of ${names}, without a gradient`, {
    help:
      context.region === null
        ? "compute this part again after the update, or exclude it on purpose by stop_gradient"
        : "compute this part in the body of the loop, or exclude it on purpose by stop_gradient",
  });
}

/** Whether any of these values depends on a version of the param other than `seen`, here or outside of the loop. */
function dependsOnOther(
  { region, versions }: Context,
  path: string,
  reached: ReadonlySet<GraphValue>,
  seen: GraphValue | null,
): boolean {
  if (versions.get(path)?.some((version) => version !== seen && reached.has(version)) === true) return true;
  if (region === null) return false;
  return [...region.imports].some(
    ([outer, inner]) => reached.has(inner) && dependsOnOther(region.parent, path, differentiable(outer), null),
  );
}
