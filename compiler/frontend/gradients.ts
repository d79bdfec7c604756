import type { Span } from "../../dsl/span.ts";
import { gradientBlockers } from "../graph/autodiff.ts";
import type { Value as GraphValue } from "../graph/ir.ts";
import { isFloat } from "../types/tensor-type.ts";
import { ownPath } from "./calls.ts";
import type { DlValue, Env, Tensor } from "./context.ts";
import { build, origins } from "./emit.ts";
import { report } from "./errors.ts";
import { describe, functionName, makeTensor } from "./values.ts";

/** A loss is a float scalar; null after a report. */
export function scalarLoss(env: Env, value: DlValue, span: Span): Tensor | null {
  if (value.kind === "tensor" && value.value.type.shape.length === 0 && isFloat(value.value.type.dtype)) return value;
  report(env.context, "E0601", span, `a loss is a scalar f32, and this is ${describe(value)}`, {
    help: value.kind === "tensor" && value.value.type.shape.length > 0 ? "take the mean of it: mean(loss)" : undefined,
  });
  return null;
}

/** One gradient per target; null after a report of an op that has none. */
export function gradientsOf(env: Env, loss: Tensor, targets: readonly Tensor[], span: Span): Tensor[] | null {
  const { builder } = env.context;
  const values = targets.map((t) => t.value);
  const [blocker] = gradientBlockers(loss.value, values);
  if (blocker !== undefined) {
    const why = blocker.op.gradient.kind === "none" ? `: ${blocker.op.gradient.why}` : "";
    report(env.context, "E0608", span, `the gradient runs through ${blocker.op.name}, which has none${why}`, {
      also: blocker.span === null ? [] : [{ span: blocker.span, says: `${blocker.op.name} is used here` }],
      help: "stop_gradient(x) leaves a part out on purpose",
    });
    return null;
  }
  const reached = differentiable(loss.value);
  if (!values.some((value) => reached.has(value))) {
    report(env.context, "E0609", span, "no gradient of the loss reaches what it is asked for", {
      also: origins([loss], span),
      help: "comparisons, conversions to ints and stop_gradient let none through",
    });
    return null;
  }
  const results = build(env, span, () => builder.callAll("gradient", [loss.value, ...values]));
  return results.map((value, k) => makeTensor(builder, value, span, targets[k]?.symbols));
}

/** Paths of the params that a model or layer has used so far in this entry; null after a report. */
export function paramsUnder(env: Env, value: DlValue, span: Span): readonly string[] | null {
  if (value.kind === "error") return null;
  const path = value.kind === "function" ? ownPath(env, value) : null;
  if (path === null) {
    report(env.context, "E0602", span, `${describe(value)} has no params of its own`, { help: "name a model, or a layer that a `let` named" });
    return null;
  }
  const under = env.context.paramsUnder.get(path);
  if (under !== undefined && under.size > 0) return [...under];
  report(env.context, "E0602", span, `${value.kind === "function" ? functionName(value.target) : ""} has used no params in this entry so far`, {
    help: "apply it before its params are asked for",
  });
  return null;
}

/** Everything that a value is computed from, itself included. */
export const ancestors = (value: GraphValue): Set<GraphValue> => reachable(value, () => true);

/** Values that a gradient may flow back to. */
const differentiable = (value: GraphValue): Set<GraphValue> =>
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
