import type { Expr } from "../../../dsl/ast.ts";
import { scalar } from "../../types/tensor-type.ts";
import type { ChainBinding, Declared, DlValue, Env } from "../context.ts";
import { childPath, joinPath, makeFrame, reserve, spanKey } from "../values/frames.ts";
import { makeScope } from "../values/scope.ts";
import { makeTensor } from "../values/values.ts";
import { current, declare, write } from "../values/variables.ts";
import { isOptimizer } from "./optimizers.ts";
import type { Located } from "./param-paths.ts";
import { asNumber } from "./step.ts";

/** The steps of a named chain in one use of it. */
export interface ChainUse {
  readonly steps: readonly Located[];
  /** The state `<name>.step`, which counts the updates; null after a report. */
  readonly counter: Declared | null;
}

/** `opt`: the chain, and the path of its states. */
export const namedChain = ({ context }: Env, chain: ChainBinding): DlValue => ({
  kind: "path",
  path: childPath(context.program.naming, "", spanKey(chain.item.name.span), chain.item.name.text, true),
  chain,
});

/**
 * Evaluates the steps for a statement, where settings have their values in this call, and `step` is the number of
 * earlier updates. The last step has the name of the chain, so that its states are `opt.Net.dense1.w.m`; one before it
 * has a part of it: `opt.accumulate.Net.dense1.w.total`.
 */
export function useChain(env: Env, path: string, { item, scope }: ChainBinding): ChainUse {
  const { context } = env;
  const { naming } = context.program;
  reserve(naming, path, "step");
  const counter = counterOf(env, path, item.name.span);
  const inner: Env = {
    context,
    scope: makeScope(scope),
    frame: makeFrame("entry", path, null),
    update: null,
    loop: null,
    body: "fn",
  };
  if (counter !== null) inner.scope.bindValue("step", asNumber(env, counter, item.name.span), item.name.span);
  const named = (expr: Expr, k: number): DlValue => {
    const value = context.evaluate(inner, expr);
    if (!isOptimizer(value)) return value;
    const last = k === item.steps.length - 1;
    const instance = last
      ? { frame: makeFrame("entry", "", null), key: spanKey(item.name.span), hint: item.name.text }
      : { frame: inner.frame, key: spanKey(expr.span), hint: value.target.declaration.name.text };
    return { ...value, instance };
  };
  return { steps: item.steps.map((expr, k) => ({ value: named(expr, k), span: expr.span })), counter };
}

function counterOf({ context }: Env, path: string, span: Declared["span"]): Declared | null {
  const type = scalar("i32");
  const counter: Declared = {
    kind: "state",
    path: joinPath(path, "step"),
    role: "optimizer",
    type,
    span,
    location: { span, caller: null },
    init: ({ builder }) => makeTensor(builder, builder.constant(type, 0), span),
  };
  return declare(context, counter, span);
}

/** Counts an update. */
export function countUpdate({ context }: Env, counter: Declared): void {
  write(context, counter.path, context.builder.add(current(context, counter), 1));
}
