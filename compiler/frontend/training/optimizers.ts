import type { Span } from "../../../dsl/span.ts";
import { sameType, showType } from "../../types/tensor-type.ts";
import { bindArguments } from "../values/arguments.ts";
import { signatureOf } from "../values/signatures.ts";
import { applyCallable } from "../calls.ts";
import type { Arg, Declared, DlValue, Env, FunctionValue, StateGroup, Target, Tensor, Update } from "../context.ts";
import { report } from "../errors.ts";
import { ancestors } from "./gradients.ts";
import { counted, frameOf, groupAt, rewind, sharedStates } from "./optimizer-states.ts";
import { checkMatched } from "./param-patterns.ts";
import { describe } from "../values/values.ts";
import { write } from "../values/variables.ts";

export type Optimizer = FunctionValue & { readonly target: Target & { readonly kind: "callable" } };

/** A param with the value that the loss was computed from, and its value at this point, which is to be updated. */
export interface Trained {
  readonly declared: Declared;
  /** The model or part that the statement names. */
  readonly model: string;
  readonly seen: Tensor;
  readonly current: Tensor;
}

export const isOptimizer = (value: DlValue): value is Optimizer =>
  value.kind === "function" && value.target.kind === "callable" && value.target.declaration.kind === "optimizer";

/** Writes the new value of each param. */
export function update(
  env: Env,
  optimizer: Optimizer,
  span: Span,
  trained: readonly Trained[],
  gradients: readonly Tensor[],
): void {
  const values = applyOptimizer(env, optimizer, span, trained, gradients);
  const updates = trained.flatMap((t, k) => {
    const value = values[k];
    return value && keepsType(env, value, t, span) ? [{ path: t.declared.path, value: value.value }] : [];
  });
  for (const { path, value } of updates) write(env.context, path, value);
}

/**
 * The optimizer's result for each param; null after a report. Its states are under
 * `<entry>.<optimizer>.<path of the param>`; those whose type mentions no dim are shared by all params of this
 * `minimize`, are under `<entry>.<optimizer>`, and are written once. A named optimizer has all its states under
 * `<name>.<path of the param>`, since another statement may train other params with it.
 */
export function applyOptimizer(
  env: Env,
  optimizer: Optimizer,
  span: Span,
  trained: readonly Trained[],
  gradients: readonly Tensor[],
): (DlValue | null)[] {
  const { context } = env;
  const group = groupAt(context, context.entry, optimizer, optimizer.target.declaration.name.text, span);
  const patterns: Update["patterns"] = new Map();
  const before = counted(context);
  const values = trained.map(({ declared, model, current }, k) => {
    // Each param starts from the shared states as they were before this minimize.
    rewind(context, group, before);
    const gradient = gradients[k];
    const param = { path: declared.path, model };
    return gradient === undefined
      ? null
      : updateOne(env, optimizer, span, [current, gradient], { group, param, patterns, evaluated: new Map() });
  });
  checkShared(env, span, { group, before }, trained, gradients);
  if (values.every((value) => value !== null && value.kind !== "error")) checkMatched(env, patterns, trained, span);
  return values;
}

function updateOne(
  env: Env,
  optimizer: Optimizer,
  span: Span,
  tensors: readonly Tensor[],
  update: Update,
): DlValue | null {
  const args: Arg[] = [...optimizer.args, ...tensors.map((value) => ({ name: null, value, span }))];
  const signature = signatureOf(optimizer.target);
  const bound = bindArguments(env, optimizer.target, signature, args);
  if (bound === null) return null;
  const missing =
    signature.statics.find((s) => s.required && !bound.values.has(s.name))?.name ??
    signature.tensors.find((name) => !bound.values.has(name));
  if (missing === undefined)
    return applyCallable(env, optimizer.target, bound, span, { frame: frameOf(update), update });
  report(
    env.context,
    "E0402",
    span,
    `missing argument \`${missing}\` of \`${optimizer.target.declaration.name.text}\``,
  );
  return null;
}

function keepsType(env: Env, value: DlValue, t: Trained, span: Span): value is Tensor {
  if (value.kind === "error") return false;
  if (value.kind === "tensor" && sameType(value.value.type, t.declared.type)) return true;
  report(
    env.context,
    "E0605",
    span,
    `expected ${showType(t.declared.type)} for the result of the optimizer, found ${describe(value)}`,
    {
      also: [{ span: t.declared.span, says: `param \`${t.declared.path}\`` }],
    },
  );
  return false;
}

/** A shared state must not be computed from one of the params or its gradient. */
function checkShared(
  env: Env,
  span: Span,
  { group, before }: { readonly group: StateGroup; readonly before: ReadonlyMap<string, number> },
  trained: readonly Trained[],
  gradients: readonly Tensor[],
): void {
  const { versions } = env.context;
  const own = new Set([...trained.map((t) => t.current.value), ...gradients.map((g) => g.value)]);
  for (const { name, path, at } of sharedStates(group)) {
    const value = versions.get(path)?.at(-1);
    // Of an earlier step, such as a loop, all results depend on all that it trains.
    const earlier = new Set(versions.get(path)?.slice(0, before.get(path) ?? 0));
    if (value === undefined || ![...ancestors(value, earlier)].some((v) => own.has(v))) continue;
    report(env.context, "E0606", span, `the state \`${name}\` is shared by all params, but depends on one of them`, {
      also: [{ span: at, says: "declared here without the param's dims" }],
      help: `declare it with the shape of the param: state ${name}: f32[..S]`,
    });
  }
}
