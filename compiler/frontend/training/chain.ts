// The chain after `with`: transformations of the gradients, the optimizer, and when it updates.
import type { Expr, Step } from "../../../dsl/ast.ts";
import type { Span } from "../../../dsl/span.ts";
import type { Declared, DlValue, Env, Tensor } from "../context.ts";
import { report } from "../errors.ts";
import { build } from "../tensors/add-node.ts";
import { inRole } from "../values/attribution.ts";
import { callNumber } from "../values/counters.ts";
import { split } from "../values/signatures.ts";
import { describe, list, makeTensor } from "../values/values.ts";
import { accumulate, hold, keptTypes, type Gate } from "./accumulate.ts";
import { isOptimizer, update, type Optimizer, type Trained } from "./optimizers.ts";
import { counted } from "./optimizer-states.ts";
import { countUpdate, useChain, type ChainUse } from "./named-chains.ts";
import type { Located } from "./param-paths.ts";

export interface Chain {
  readonly transformations: readonly Located[];
  readonly optimizer: Optimizer;
  /** Of the optimizer. */
  readonly span: Span;
  /** Update in this call. */
  readonly due: readonly Tensor[];
  /** Count the updates of named chains. */
  readonly counters: readonly Declared[];
}

/** Null after a report. */
export function chainOf(env: Env, { transforms, every, when }: Step, span: Span): Chain | null {
  const uses = transforms.map((expr) => stepsOf(env, expr));
  const steps = uses.flatMap((use) => use.steps);
  if (steps.some((step) => step.value.kind === "error")) return null;
  const last = steps.at(-1);
  if (last === undefined || !isOptimizer(last.value)) {
    const found = last === undefined ? "nothing" : describe(last.value);
    report(env.context, "E0603", last?.span ?? span, `expected an optimizer, found ${found}`, {
      help: "end the chain with one, such as `|> adam(lr: 1e-3)`",
    });
    return null;
  }
  const due = [every === null ? [] : inTurn(env, every), when === null ? [] : onlyWhen(env, when)];
  if (due.includes(null)) return null;
  return {
    transformations: steps.slice(0, -1),
    optimizer: last.value,
    span: last.span,
    due: due.flatMap((each) => each ?? []),
    counters: uses.flatMap(({ counter }) => counter ?? []),
  };
}

/** Of a named chain, or the one step that the expression is. */
function stepsOf(env: Env, expr: Expr): ChainUse {
  const value = env.context.evaluate(env, expr);
  return value.kind === "path" && value.chain !== undefined
    ? useChain(env, value.path, value.chain)
    : { steps: [{ value, span: expr.span }], counter: null };
}

/** `every 2`: in the calls 2, 4, ... of the entry. */
function inTurn(env: Env, every: NonNullable<Step["every"]>): readonly Tensor[] | null {
  const { context } = env;
  const { builder } = context;
  const count = context.evaluate(env, every);
  if (count.kind === "error") return null;
  if (count.kind !== "int" || count.value < 1) {
    report(context, "E0612", every.span, `expected a positive int for \`every\`, found ${describe(count)}`);
    return null;
  }
  if (count.value === 1) return [];
  const due = inRole(builder, "optimizer", () =>
    build(env, every.span, () => {
      const call = builder.add(callNumber(context), 1);
      const left = builder.call("rem", [call, builder.constant(call.type, count.value)]);
      return builder.call("eq", [left, builder.constant(call.type, 0)]);
    }),
  );
  return [makeTensor(builder, due, every.span)];
}

/** `when ok`: in the calls where the bool scalar is true. */
function onlyWhen(env: Env, when: NonNullable<Step["when"]>): readonly Tensor[] | null {
  const ok = env.context.evaluate(env, when);
  if (ok.kind === "error") return null;
  if (ok.kind === "tensor" && ok.value.type.dtype === "bool" && ok.value.type.shape.length === 0) return [ok];
  report(env.context, "E0612", when.span, `expected a bool scalar for \`when\`, found ${describe(ok)}`, {
    help:
      ok.kind === "tensor" && ok.value.type.dtype === "bool"
        ? "reduce it, as in all(ok)"
        : "compare a tensor, as in `when loss < 10`",
  });
  return null;
}

/**
 * Applies each transformation to the gradients, then updates each param. Where the chain is not due, params and the
 * states of the chain keep their values.
 */
export function applyChain(env: Env, chain: Chain, trained: readonly Trained[], given: readonly Tensor[]): void {
  const before = counted(env.context);
  const gates: Gate[] = chain.due.map((due) => ({ due, own: new Map(), before }));
  let gradients: readonly Tensor[] | null = given;
  for (const step of chain.transformations) {
    if (gradients === null) return;
    if (isOptimizer(step.value)) {
      const made = accumulate(env, step.value, step.span, trained, gradients);
      if (made?.gate) gates.push(made.gate);
      gradients = made?.gradients ?? null;
    } else gradients = transform(env, step.value, gradients, step.span);
  }
  if (gradients === null) return;
  update(env, chain.optimizer, chain.span, trained, gradients);
  for (const counter of chain.counters) countUpdate(env, counter);
  for (const gate of gates.toReversed()) hold(env, gate, chain.span);
}

function transform(env: Env, step: DlValue, gradients: readonly Tensor[], span: Span): readonly Tensor[] | null {
  if (step.kind !== "function") {
    report(env.context, "E0604", span, `expected a gradient transformation, found ${describe(step)}`, {
      help: "a transformation is a fn of one gradient, or of the list of all gradients",
    });
    return null;
  }
  const all = step.target.kind === "callable" && split(step.target.declaration).tensors[0]?.type.kind === "list";
  const apply = (value: DlValue): DlValue => env.context.call(env, step, [{ name: null, value, span }], span);
  const made = all ? apply(list(gradients)) : list(gradients.map(apply));
  if (made.kind === "error" || (made.kind === "list" && made.items.some((item) => item.kind === "error"))) return null;
  return keptTypes(env, made.kind === "list" ? made.items : [made], gradients, span);
}
