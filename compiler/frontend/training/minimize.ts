import type { Expr, Step, Stmt } from "../../../dsl/ast.ts";
import type { Value as GraphValue } from "../../graph/ir.ts";
import { sameType, showType } from "../../types/tensor-type.ts";
import { present } from "../../support/invariant.ts";
import type { Context, Declared, DlValue, Env, Tensor } from "../context.ts";
import { report } from "../errors.ts";
import { inRole } from "../values/attribution.ts";
import { describe, makeTensor } from "../values/values.ts";
import { current, isUnconditional } from "../values/variables.ts";
import { applyChain, chainOf } from "./chain.ts";
import { ancestors, gradientsOf, scalarLoss } from "./gradients.ts";
import { relativePath } from "./members.ts";
import type { Trained } from "./optimizers.ts";
import { located, paramsUnder, pathOf, patternsOf, targetOf, type Located } from "./param-paths.ts";
import { warnOfStaleLoss } from "../warnings/stale-losses.ts";
import { fieldAt } from "./structures.ts";

type TrainStmt = Stmt & { readonly kind: "minimize" | "update" };

/**
 * `minimize loss over M with t |> opt`: gradients of the loss with respect to all params that M has used so far in this
 * entry, then each transformation from left to right, then the optimizer's update of each param, visible to the
 * statements after it. A transformation whose tensor parameter is a list takes all gradients at once; one with states
 * is declared as an optimizer, and returns the gradient for the next step, or a tuple of that and of a bool: whether
 * this call updates at all.
 */
export function minimize(env: Env, statement: Stmt & { readonly kind: "minimize" }): void {
  const { context } = env;
  if (!mayTrain(env, statement)) return;
  const loss = lossOf(env, statement.loss);
  const targets = targetsOf(env, statement);
  // If the loss failed, the model has often not been applied either.
  const trained = loss === null ? null : paramsOver(env, targets, loss);
  const chain = chainOf(env, statement, statement.span);
  if (loss === null || trained === null || chain === null) return;
  const seen = trained.map((t) => t.seen);
  const gradients = gradientsOf(env, loss, seen, statement.span);
  if (gradients !== null) warnOfStaleLoss(env, loss, trained, statement.span);
  if (gradients !== null) inRole(context.builder, "optimizer", () => applyChain(env, chain, trained, gradients));
}

/** `update M with g |> t |> opt`: the same with gradients from a list in the order of params(M) or a record by path. */
export function updateWith(env: Env, statement: Stmt & { readonly kind: "update" }): void {
  const { context } = env;
  if (!mayTrain(env, statement)) return;
  const given = { value: context.evaluate(env, statement.gradients), span: statement.gradients.span };
  const params = paramsOf(env, targetsOf(env, statement), false);
  const chain = chainOf(env, statement, statement.span);
  if (params === null || chain === null || given.value.kind === "error") return;
  const gradients = givenGradients(env, params, given);
  if (gradients === null) return;
  const trained = params.map((target): Trained => {
    const value = makeTensor(context.builder, current(context, target.declared), target.declared.span);
    return { ...target, seen: value, current: value };
  });
  inRole(context.builder, "optimizer", () => applyChain(env, chain, trained, gradients));
}

/** False after a report. */
function mayTrain(env: Env, { kind, span }: TrainStmt): boolean {
  const { context } = env;
  if (env.body === "entry" && context.train && isUnconditional(context)) return true;
  report(context, "E0607", span, `\`${kind}\` is only allowed in the body of a train entry`, {
    help: env.body !== "entry" ? undefined : whereToTrain(context, kind),
  });
  return false;
}

function whereToTrain({ train, entry, program }: Context, kind: TrainStmt["kind"]): string {
  if (!train && program.entries.get(entry)?.mode === "train") return "move it out of `eval { ... }`";
  if (!train) return "declare the entry as `train entry`";
  return `move it out of the branch or \`checkpoint { ... }\`; \`when p\` says in which calls it updates: ${kind} ... when p with adam`;
}

function lossOf(env: Env, expr: Expr): Tensor | null {
  const value = env.context.evaluate(env, expr);
  return value.kind === "error" ? null : scalarLoss(env, value, expr.span);
}

/** A param to be updated, and the model that the statement names. */
interface Target {
  readonly declared: Declared;
  readonly model: string;
}

interface Targets {
  readonly models: readonly Located[];
  readonly only: readonly string[] | null;
}

const targetsOf = (env: Env, { over, only }: Step): Targets => ({
  models: over.map((expr) => ({ value: targetOf(env, expr), span: expr.span })),
  only: patternsOf(env, located(env, only)),
});

/** Null after a report. */
function paramsOf(env: Env, { models, only }: Targets, here: boolean): readonly Target[] | null {
  const found = new Map<string, Target>();
  for (const { value, span } of models) {
    const under = paramsUnder(env, value, span, { only, here });
    if (under === null) return null;
    for (const path of under) {
      const declared = present(env.context.program.declared.get(path), path);
      if (!found.has(path)) found.set(path, { declared, model: pathOf(env, value) ?? "" });
    }
  }
  return [...found.values()];
}

function paramsOver(env: Env, targets: Targets, loss: Tensor): Trained[] | null {
  const params = paramsOf(env, targets, true);
  if (params === null) return null;
  const before = ancestors(loss.value);
  return params.flatMap(({ declared, model }) => {
    const versions = env.context.versions.get(declared.path) ?? [];
    // The newest value that the loss depends on: a loss computed before an earlier `minimize` keeps its own gradient.
    const now = versions.at(-1);
    if (now === undefined) return [];
    const seen = versions.findLast((v) => before.has(v)) ?? now;
    const asTensor = (value: GraphValue): Tensor => makeTensor(env.context.builder, value, declared.span);
    return [{ declared, model, seen: asTensor(seen), current: asTensor(now) }];
  });
}

/** One gradient for each param, in its type; null after a report. */
function givenGradients(env: Env, params: readonly Target[], { value, span }: Located): readonly Tensor[] | null {
  const { context } = env;
  if (value.kind !== "record" && value.kind !== "list" && value.kind !== "tuple") {
    report(context, "E0613", span, `expected the gradients of an update, found ${describe(value)}`, {
      help: "give a list in the order of params(Net), such as grad(loss, params(Net)), or a record by path",
    });
    return null;
  }
  const fields = params.map(({ declared, model }, k): DlValue | undefined =>
    value.kind === "record" ? fieldAt(value, relativePath(declared.path, model)) : value.items[k],
  );
  if (value.kind !== "record" && value.items.length !== params.length) {
    report(context, "E0613", span, `expected ${params.length} gradients, found ${value.items.length}`, {
      help: `the params are ${params.map(({ declared }) => declared.path).join(", ")}`,
    });
    return null;
  }
  const gradients: Tensor[] = [];
  for (const [k, { declared }] of params.entries()) {
    const field = fields[k];
    if (field?.kind === "error") return null;
    if (field?.kind === "tensor" && sameType(field.value.type, declared.type)) {
      gradients.push(field);
      continue;
    }
    const found = field === undefined ? "nothing" : describe(field);
    report(
      context,
      "E0613",
      span,
      `expected ${showType(declared.type)} for the gradient of \`${declared.path}\`, found ${found}`,
      { also: [{ span: declared.span, says: "declared here" }] },
    );
    return null;
  }
  return gradients;
}
