import type { Stmt } from "../../dsl/ast.ts";
import type { Span } from "../../dsl/span.ts";
import type { Value as GraphValue } from "../graph/ir.ts";
import { sameType, showType } from "../types/tensor-type.ts";
import { bindArguments, signatureOf, split } from "./arguments.ts";
import { applyCallable, type Place } from "./calls.ts";
import type { Arg, Declared, DlValue, Env, FunctionValue, Target, Tensor } from "./context.ts";
import { report } from "./errors.ts";
import { childPath, joinPath, makeFrame, placeKey, type Frame } from "./frames.ts";
import { ancestors, gradientsOf, scalarLoss } from "./gradients.ts";
import { paramsUnder } from "./places.ts";
import { describe, list, makeTensor, showTensor } from "./values.ts";
import { write } from "./variables.ts";

type MinimizeStmt = Stmt & { readonly kind: "minimize" };
type Optimizer = FunctionValue & { readonly target: Target & { readonly kind: "callable" } };

/** A param with the value that the loss was computed from, and its value at this point, which is to be updated. */
interface Trained {
  readonly declared: Declared;
  readonly seen: Tensor;
  readonly current: Tensor;
}

/**
 * `minimize loss over M with t |> opt`: gradients of the loss for all params that M has used so far in this entry, then each transformation from left to
 * right, then the optimizer's update of each param, which what follows sees. A transformation whose tensor parameter is a list takes all gradients at once.
 */
export function minimize(env: Env, statement: MinimizeStmt): void {
  const { context } = env;
  if (env.body !== "entry" || !context.train || context.region !== null) {
    report(context, "E0607", statement.span, "`minimize` stands in the body of a train entry", {
      help: env.body !== "entry" ? undefined : context.region === null ? "write `train entry`" : "take it out of the loop or branch",
    });
    return;
  }
  const loss = lossOf(env, statement);
  // Without a loss the model has often not been applied either.
  const trained = loss === null ? null : paramsOver(env, statement, loss);
  const steps = statement.transforms.map((expr) => ({ value: context.evaluate(env, expr), span: expr.span }));
  if (loss === null || trained === null || steps.some((step) => step.value.kind === "error")) return;
  const last = steps.at(-1);
  if (last === undefined || !isOptimizer(last.value)) {
    report(context, "E0603", last?.span ?? statement.span, `${last === undefined ? "nothing" : describe(last.value)} is no optimizer`, {
      help: "end with one, such as `|> adam(lr: 1e-3)`",
    });
    return;
  }
  let gradients: readonly Tensor[] | null = gradientsOf(
    env,
    loss,
    trained.map((t) => t.seen),
    statement.span,
  );
  for (const step of steps.slice(0, -1)) gradients = gradients && transform(env, step.value, gradients, step.span);
  if (gradients !== null) update(env, last.value, last.span, trained, gradients);
}

function lossOf(env: Env, statement: MinimizeStmt): Tensor | null {
  const value = env.context.evaluate(env, statement.loss);
  if (value.kind === "error") return null;
  return scalarLoss(env, value, statement.loss.span);
}

function paramsOver(env: Env, statement: MinimizeStmt, loss: Tensor): Trained[] | null {
  const paths = new Set<string>();
  for (const expr of statement.over) {
    const under = paramsUnder(env, env.context.evaluate(env, expr), expr.span);
    if (under === null) return null;
    for (const path of under) paths.add(path);
  }
  const before = ancestors(loss.value);
  return [...paths].flatMap((path) => {
    const declared = env.context.program.declared.get(path);
    const versions = env.context.versions.get(path) ?? [];
    // The newest value that the loss has seen: a loss from before an earlier `minimize` still has its own gradient.
    const current = versions.at(-1);
    if (declared === undefined || current === undefined) return [];
    const seen = versions.findLast((v) => before.has(v)) ?? current;
    const asTensor = (value: GraphValue): Tensor => makeTensor(env.context.builder, value, declared.span);
    return [{ declared, seen: asTensor(seen), current: asTensor(current) }];
  });
}

const isOptimizer = (value: DlValue): value is Optimizer =>
  value.kind === "function" && value.target.kind === "callable" && value.target.declaration.kind === "optimizer";

function transform(env: Env, step: DlValue, gradients: readonly Tensor[], span: Span): readonly Tensor[] | null {
  if (step.kind !== "function" || isOptimizer(step)) {
    report(env.context, "E0604", span, `${describe(step)} is no gradient transformation`, {
      help: "a transformation is a fn of a gradient, or of the list of all",
    });
    return null;
  }
  const all = step.target.kind === "callable" && split(step.target.declaration).tensors[0]?.type.kind === "list";
  const apply = (value: DlValue): DlValue => env.context.call(env, step, [{ name: null, value, span }], span);
  const made = all ? apply(list(gradients)) : list(gradients.map(apply));
  if (made.kind === "error" || (made.kind === "list" && made.items.some((item) => item.kind === "error"))) return null;
  const items = made.kind === "list" ? made.items : [];
  const good = items.flatMap((item, k) => (item.kind === "tensor" && gradients[k] && sameType(item.value.type, gradients[k].value.type) ? [item] : []));
  if (good.length === gradients.length) return good;
  report(env.context, "E0604", span, "a gradient transformation keeps the type of the gradients", {
    label: `gives ${items.map(describe).join(", ") || describe(made)}`,
  });
  return null;
}

/**
 * States of the optimizer lie under `<entry>.<optimizer>.<path of the param>`; those whose type mentions no dim are shared by all params of this `minimize`,
 * lie under `<entry>.<optimizer>`, and are written once.
 */
function update(env: Env, optimizer: Optimizer, span: Span, trained: readonly Trained[], gradients: readonly Tensor[]): void {
  const { context } = env;
  const { declaration } = optimizer.target;
  const path = childPath(context.program.naming, context.entry, placeKey(span), declaration.name.text, true);
  const shared = makeFrame("optimizer", path, null);
  const written = new Map<string, GraphValue>();
  const before = new Map([...context.versions].map(([key, versions]) => [key, versions.length]));
  const updates = trained.map((t, k) => {
    // Each param starts from the shared states as they were before this minimize.
    for (const name of shared.declared.keys()) rewind(env, joinPath(path, name), before);
    const frame = makeFrame("optimizer", joinPath(path, t.declared.path), null);
    const value = gradients[k] && updateOne(env, optimizer, span, [t.current, gradients[k]], { frame, update: { shared, written, passed: new Map() } });
    return value && keepsType(env, value, t, span) ? { path: t.declared.path, value: value.value } : null;
  });
  for (const u of updates) if (u !== null) write(context, u.path, u.value);
  checkShared(env, span, shared, trained, gradients);
}

function updateOne(env: Env, optimizer: Optimizer, span: Span, tensors: readonly Tensor[], place: Place): DlValue | null {
  const args: Arg[] = [...optimizer.args, ...tensors.map((value) => ({ name: null, value, span }))];
  const signature = signatureOf(optimizer.target);
  const bound = bindArguments(env, optimizer.target, signature, args);
  if (bound === null) return null;
  const missing = signature.statics.find((s) => s.required && !bound.values.has(s.name))?.name ?? signature.tensors.find((name) => !bound.values.has(name));
  if (missing === undefined) return applyCallable(env, optimizer.target, bound, span, place);
  report(env.context, "E0402", span, `${optimizer.target.declaration.name.text} needs ${missing}`);
  return null;
}

function rewind(env: Env, path: string, before: ReadonlyMap<string, number>): void {
  const versions = env.context.versions.get(path);
  if (versions === undefined) return;
  env.context.versions.set(path, versions.slice(0, Math.max(before.get(path) ?? 0, versions[0]?.node.op.name === "state" ? 1 : 0)));
}

function keepsType(env: Env, value: DlValue, t: Trained, span: Span): value is Tensor {
  if (value.kind === "error") return false;
  if (value.kind === "tensor" && sameType(value.value.type, t.declared.type)) return true;
  report(
    env.context,
    "E0605",
    span,
    `an optimizer gives the new value of its param: ${showType(t.declared.type)}, not ${value.kind === "tensor" ? showTensor(value) : describe(value)}`,
    {
      also: [{ span: t.declared.span, says: `param ${t.declared.path}` }],
    },
  );
  return false;
}

/** A shared state that is computed from one param or its gradient would mean that param's alone. */
function checkShared(env: Env, span: Span, shared: Frame, trained: readonly Trained[], gradients: readonly Tensor[]): void {
  const own = new Set([...trained.map((t) => t.current.value), ...gradients.map((g) => g.value)]);
  for (const [name, place] of shared.declared) {
    const value = env.context.versions.get(joinPath(shared.path, name))?.at(-1);
    if (value === undefined || ![...ancestors(value)].some((v) => own.has(v))) continue;
    report(env.context, "E0606", span, `the state ${name} is one for all params, and is computed from one of them`, {
      also: [{ span: place, says: "declared here without the param's dims" }],
      help: `declare it with the type of the param: state ${name}: f32[..S]`,
    });
  }
}
