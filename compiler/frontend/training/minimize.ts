import type { Stmt } from "../../../dsl/ast.ts";
import type { Span } from "../../../dsl/span.ts";
import type { Value as GraphValue } from "../../graph/ir.ts";
import { accumulate, hold, keptTypes, type Gate } from "./accumulate.ts";
import { split } from "../values/signatures.ts";
import type { DlValue, Env, Tensor } from "../context.ts";
import { report } from "../errors.ts";
import { ancestors, gradientsOf, scalarLoss } from "./gradients.ts";
import { paramsUnder, targetOf } from "./param-paths.ts";
import { isOptimizer, update, type Optimizer, type Trained } from "./optimizers.ts";
import { inRole } from "../values/attribution.ts";
import { describe, list, makeTensor } from "../values/values.ts";

type MinimizeStmt = Stmt & { readonly kind: "minimize" };
/**
 * `minimize loss over M with t |> opt`: gradients of the loss with respect to all params that M has used so far in this
 * entry, then each transformation from left to right, then the optimizer's update of each param, visible to the
 * statements after it. A transformation whose tensor parameter is a list takes all gradients at once; one with states
 * is declared as an optimizer, and returns the gradient for the next step, or a tuple of that and of a bool: whether
 * this call updates at all.
 */
export function minimize(env: Env, statement: MinimizeStmt): void {
  const { context } = env;
  if (env.body !== "entry" || !context.train || context.region !== null) {
    report(context, "E0607", statement.span, "`minimize` is only allowed in the body of a train entry", {
      help:
        env.body !== "entry"
          ? undefined
          : context.region === null
            ? "declare the entry as `train entry`"
            : "move it out of the loop or branch",
    });
    return;
  }
  const loss = lossOf(env, statement);
  const over = statement.over.map((expr) => ({ value: targetOf(env, expr), span: expr.span }));
  // If the loss failed, the model has often not been applied either.
  const trained = loss === null ? null : paramsOver(env, over, loss);
  const steps = statement.transforms.map((expr) => ({ value: context.evaluate(env, expr), span: expr.span }));
  if (loss === null || trained === null || steps.some((step) => step.value.kind === "error")) return;
  const last = steps.at(-1);
  if (last === undefined || !isOptimizer(last.value)) {
    report(
      context,
      "E0603",
      last?.span ?? statement.span,
      `expected an optimizer, found ${last === undefined ? "nothing" : describe(last.value)}`,
      {
        help: "end the chain with one, such as `|> adam(lr: 1e-3)`",
      },
    );
    return;
  }
  const gradients = gradientsOf(
    env,
    loss,
    trained.map((t) => t.seen),
    statement.span,
  );
  const optimizer = { value: last.value, span: last.span };
  if (gradients !== null)
    inRole(context.builder, "optimizer", () => applySteps(env, trained, gradients, steps.slice(0, -1), optimizer));
}

interface Step {
  readonly value: DlValue;
  readonly span: Span;
}

/** Applies each transformation to the gradients, then updates each param. */
function applySteps(
  env: Env,
  trained: readonly Trained[],
  given: readonly Tensor[],
  transformations: readonly Step[],
  optimizer: { readonly value: Optimizer; readonly span: Span },
): void {
  const gates: Gate[] = [];
  let gradients: readonly Tensor[] | null = given;
  for (const step of transformations) {
    if (gradients === null) return;
    if (isOptimizer(step.value)) {
      const made = accumulate(env, step.value, step.span, trained, gradients);
      if (made?.gate) gates.push(made.gate);
      gradients = made?.gradients ?? null;
    } else gradients = transform(env, step.value, gradients, step.span);
  }
  if (gradients === null) return;
  update(env, optimizer.value, optimizer.span, trained, gradients);
  for (const gate of gates.toReversed()) hold(env, gate, optimizer.span);
}

function lossOf(env: Env, statement: MinimizeStmt): Tensor | null {
  const value = env.context.evaluate(env, statement.loss);
  if (value.kind === "error") return null;
  return scalarLoss(env, value, statement.loss.span);
}

function paramsOver(env: Env, over: readonly Step[], loss: Tensor): Trained[] | null {
  const paths = new Set<string>();
  for (const { value, span } of over) {
    const under = paramsUnder(env, value, span, { here: true });
    if (under === null) return null;
    for (const path of under) paths.add(path);
  }
  const before = ancestors(loss.value);
  return [...paths].flatMap((path) => {
    const declared = env.context.program.declared.get(path);
    const versions = env.context.versions.get(path) ?? [];
    // The newest value that the loss depends on: a loss computed before an earlier `minimize` keeps its own gradient.
    const current = versions.at(-1);
    if (declared === undefined || current === undefined) return [];
    const seen = versions.findLast((v) => before.has(v)) ?? current;
    const asTensor = (value: GraphValue): Tensor => makeTensor(env.context.builder, value, declared.span);
    return [{ declared, seen: asTensor(seen), current: asTensor(current) }];
  });
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
