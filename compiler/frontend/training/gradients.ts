import type { Span } from "../../../dsl/span.ts";
import { pushForward } from "../../graph/autodiff-forward.ts";
import { gradientBlockers, requestGradients } from "../../graph/autodiff.ts";
import { spanOf } from "../../graph/provenance.ts";
import type { Value as GraphValue } from "../../graph/ir.ts";
import { isFloat, sameType } from "../../types/tensor-type.ts";
import type { Arg, DlValue, Env, Tensor } from "../context.ts";
import { build, origins } from "../tensors/add-node.ts";
import { report } from "../errors.ts";
import { describe, ERROR, makeTensor } from "../values/values.ts";

/** A loss is a float scalar; null after a report. */
export function scalarLoss(env: Env, value: DlValue, span: Span): Tensor | null {
  if (value.kind === "tensor" && value.value.type.shape.length === 0 && isFloat(value.value.type.dtype)) return value;
  report(env.context, "E0601", span, `expected a float scalar for the loss, found ${describe(value)}`, {
    help: value.kind === "tensor" && value.value.type.shape.length > 0 ? "reduce it, as in mean(loss)" : undefined,
  });
  return null;
}

/** Where the loss depends on none of the targets: an error, in `grad` one that `unused: zeros` solves, or zeros. */
type Unused = "always an error" | "error" | "zeros";

/** Whether the targets have a gradient; false after a report of what blocks it. */
function flows(env: Env, loss: Tensor, values: readonly GraphValue[], span: Span, unused: Unused): boolean {
  const [blocker] = gradientBlockers(loss.value, values);
  if (blocker !== undefined) {
    const at = spanOf(blocker);
    const why = blocker.op.gradient.kind === "none" ? `: ${blocker.op.gradient.why}` : "";
    report(env.context, "E0608", span, `\`${blocker.op.name}\` has no gradient${why}`, {
      also: at === null ? [] : [{ span: at, says: `\`${blocker.op.name}\` is used here` }],
      help: "stop_gradient(x) excludes a part on purpose",
    });
    return false;
  }
  const reached = differentiable(loss.value);
  if (unused !== "zeros" && !values.some((value) => reached.has(value))) {
    report(env.context, "E0609", span, "the loss does not depend differentiably on any of the requested values", {
      also: origins([loss], span),
      help:
        otherVersion(env, reached, values) ??
        outside(env, loss) ??
        `comparisons, conversions to ints and stop_gradient block gradients${unused === "error" ? "; `unused: zeros` returns zeros" : ""}`,
    });
    return false;
  }
  return true;
}

/** If the loss was computed from another version of a param or state: which is which. */
function otherVersion(
  { context }: Env,
  used: ReadonlySet<GraphValue>,
  values: readonly GraphValue[],
): string | undefined {
  for (const [path, versions] of context.versions) {
    const requested = versions.findIndex((version) => values.includes(version));
    const own = versions.findIndex((version) => used.has(version));
    if (requested < 0 || own < 0 || own === requested) continue;
    if (own < requested)
      return `this is \`${path}\` after an update, and the loss is computed from its value before; take the gradient before \`minimize\`, or compute the loss again after it`;
    return `this is \`${path}\` before an update, and the loss is computed from its value after; read it again after the update`;
  }
  return undefined;
}

/** In a loop, the loss of the outside does not depend on what the body writes. */
const outside = ({ context }: Env, { value }: Tensor): string | undefined =>
  context.region !== null && value.node.op.form.kind === "leaf"
    ? "it is computed outside of the loop; compute it in the body, from the params of this iteration"
    : undefined;

/**
 * One gradient per target; null after a report of what blocks it. Where the loss does not depend on a target it is
 * zero, which has to be asked for by `unused: zeros` if the loss depends on none.
 */
export function gradientsOf(
  env: Env,
  loss: Tensor,
  targets: readonly Tensor[],
  span: Span,
  unused: Unused = "always an error",
): Tensor[] | null {
  const { builder } = env.context;
  const values = targets.map((t) => t.value);
  if (!flows(env, loss, values, span, unused)) return null;
  const results = build(env, span, () => requestGradients(builder, loss.value, values));
  return results.map((value, k) => makeTensor(builder, value, span, targets[k]?.symbols));
}

/** `jvp(y, x, v)`: the derivative of y along the direction v of x. */
export function directionalDerivative(
  env: Env,
  given: { readonly y: Arg; readonly x: Arg; readonly v: Arg },
  span: Span,
): DlValue {
  const { builder } = env.context;
  const [y, x, v] = [given.y.value, given.x.value, given.v.value];
  if ([x, y, v].some((value) => value.kind === "error")) return ERROR;
  for (const { value, span: at } of [given.y, given.x])
    if (value.kind !== "tensor" || !isFloat(value.value.type.dtype))
      return report(env.context, "E0309", at, `expected a float tensor for the derivative, found ${describe(value)}`);
  if (y.kind !== "tensor" || x.kind !== "tensor") return ERROR;
  if (v.kind !== "tensor" || !sameType(v.value.type, x.value.type))
    return report(
      env.context,
      "E0610",
      given.v.span,
      `expected a tangent of type ${describe(x)}, found ${describe(v)}`,
      {
        also: [{ span: given.x.span, says: describe(x) }],
      },
    );
  if (!flows(env, y, [x.value], span, "always an error")) return ERROR;
  const [result] = build(env, span, () => pushForward(builder, [y.value], [x.value], [v.value]));
  return result === undefined ? ERROR : makeTensor(builder, result, span, y.symbols);
}

/** Everything that a value is computed from, itself included; `known` and what these are computed from left out. */
export const ancestors = (value: GraphValue, known: ReadonlySet<GraphValue> = new Set()): Set<GraphValue> =>
  reachable(value, (operand) => !known.has(operand));

/** Values that a gradient may flow back to. */
export const differentiable = (value: GraphValue): Set<GraphValue> =>
  reachable(value, (operand, user) => isFloat(operand.type.dtype) && user.node.op.name !== "stop_gradient");

/** The value and everything that it is computed from, by operands that `follow` lets pass. */
function reachable(value: GraphValue, follow: (operand: GraphValue, user: GraphValue) => boolean): Set<GraphValue> {
  const seen = new Set<GraphValue>([value]);
  const open = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const operand of next.node.operands) {
      if (seen.has(operand) || !follow(operand, next)) continue;
      seen.add(operand);
      open.push(operand);
    }
  }
  return seen;
}
