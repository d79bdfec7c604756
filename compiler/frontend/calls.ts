import type { Callable, Entry } from "../../dsl/ast.ts";
import { isWithin, type Span } from "../../dsl/span.ts";
import { bindArguments, checkNames, type Bound } from "./values/arguments.ts";
import { differentiableNames, signatureOf, split, type Signature } from "./values/signatures.ts";
import { convertStatic } from "./values/static-types.ts";
import type { Arg, Builtin, Context, DlValue, Env, FunctionValue, Target, Update } from "./context.ts";
import { exploreCallable } from "./exploration.ts";
import { applyRuled } from "./training/custom-gradient.ts";
import { isFrozen } from "./training/members.ts";
import { frameOf, innerUpdate } from "./training/optimizer-states.ts";
import { namesIn, text } from "./types/dims.ts";
import { report } from "./errors.ts";
import { missingHelp } from "./callee-hints.ts";
import { countCall, maxDepth } from "./limits.ts";
import { childPath, instancePath, makeFrame, makeInstance, spanKey, type Frame } from "./values/frames.ts";
import { applyOp } from "./tensors/op-calls.ts";
import { locationAt } from "./values/attribution.ts";
import { countCall as countEntryCall, counterOf } from "./values/counters.ts";
import { openTensor } from "./values/number-lists.ts";
import { bindLateDefaults, bindStatics, bindTensors } from "./values/parameters.ts";
import { unifyResult, outward } from "./values/results.ts";
import { makeScope, within } from "./values/scope.ts";
import { withValues } from "./values/variables.ts";
import { traced } from "./values/trace.ts";
import { describe, ERROR, functionName, isFaulty, isNumber } from "./values/values.ts";

type CallableTarget = Target & { readonly kind: "callable" };

/**
 * Calls a function with more arguments: applies it if all its tensors are bound, else returns it with more arguments
 * bound.
 */
export function call(env: Env, fn: FunctionValue, more: readonly Arg[], span: Span): DlValue {
  const { target } = overloaded(env, fn, more);
  const args = [...fn.args, ...more];
  const signature = signatureOf(target);
  if (args.some((arg) => isFaulty(arg.value))) {
    if (checkNames(env, target, signature, args)) checkRest(env, target, signature, args);
    return withoutValue(env, target);
  }
  const bound = bindArguments(env, target, signature, args);
  if (bound === null) return withoutValue(env, target);
  const given = signature.tensors.filter((name) => bound.values.has(name)).length + bound.parts.length;
  const missing = [
    ...signature.statics.filter((s) => s.required && !bound.values.has(s.name)).map((s) => s.name),
    ...(signature.variadic
      ? bound.parts.length > 0
        ? []
        : signature.tensors
      : signature.tensors.filter((name) => !bound.values.has(name))),
  ];
  if (missing.length > 0) {
    if (given === 0) {
      // What a pipe gives, of any kind, does not make another instance.
      const applied = (name: string): boolean => signature.order.length === 0 && signature.last.includes(name);
      const whole = signature.statics.every((s) => !s.required || bound.values.has(s.name) || applied(s.name));
      return checkStatics(env, target, bound) ? partial(env, fn, bound, span, whole) : ERROR;
    }
    const name = functionName(target);
    withoutValue(env, target);
    return report(
      env.context,
      "E0402",
      span,
      `missing ${missing.length === 1 ? "argument" : "arguments"} ${missing.map((each) => `\`${each}\``).join(" and ")} of \`${name}\``,
      { help: missingHelp(target, signature, bound, missing) },
    );
  }
  switch (target.kind) {
    case "op":
      return applyOp(env, target.op, bound, span);
    case "builtin": {
      const given = withTables(env, target.builtin, bound);
      const args = target.builtin.variadic ? withParts(given, span) : given.values;
      return [...args.values()].some((arg) => isFaulty(arg.value)) ? ERROR : target.builtin.apply(env, args, span);
    }
    case "callable": {
      const owner = ownerOf(env, fn, target, span);
      if (owner !== null)
        return withValues(env.context, fn.values, () => applyCallable(env, target, bound, span, owner));
      return report(env.context, "E0401", span, `cannot call the optimizer \`${target.declaration.name.text}\` here`, {
        help: "`minimize` applies it, or another optimizer in its body: minimize loss over M with sgd(lr: 0.1)",
      });
    }
  }
}

/** Checks the types of the static arguments; false after a report. */
function checkStatics(env: Env, target: Target, bound: Bound): boolean {
  if (target.kind !== "callable") return true;
  const name = functionName(target);
  const good = split(target.declaration).statics.map((p) => {
    const arg = bound.values.get(p.name.text);
    const subject = `\`${p.name.text}\` of \`${name}\``;
    return arg === undefined || convertStatic(env, arg.value, p.type, arg.span, subject).kind !== "error";
  });
  return !good.includes(false);
}

/** Checks the arguments of a call beside those that have a mistake. */
function checkRest(env: Env, target: Target, signature: Signature, args: readonly Arg[]): void {
  // Only a named argument without a value, or one from a pipe, has a known parameter.
  if (args.some((arg) => isFaulty(arg.value) && arg.piped !== true && arg.name === null)) return;
  const whole = args.filter((arg) => !isFaulty(arg.value));
  const bound = target.kind === "callable" ? bindArguments(env, target, signature, whole) : null;
  if (bound !== null) checkStatics(env, target, bound);
}

/**
 * The result of a call whose arguments have a mistake; mistakes in the body are reported, too. Those of an entry, which
 * a test calls, are reported where it is compiled.
 */
function withoutValue({ context }: Env, target: Target): DlValue {
  if (target.kind === "callable" && target.entry === undefined)
    exploreCallable(context, target.declaration, target.scope);
  return ERROR;
}

/** Lists of numbers as tensors, where a builtin takes tensors. */
function withTables(env: Env, { tensors }: Builtin, { values, parts }: Bound): Bound {
  const converted = (arg: Arg): Arg => ({ ...arg, value: openTensor(env, arg.span, arg.value) });
  return {
    values: new Map([...values].map(([name, arg]) => [name, tensors.includes(name) ? converted(arg) : arg])),
    parts: parts.map(converted),
  };
}

function withParts({ values, parts }: Bound, span: Span): ReadonlyMap<string, Arg> {
  return new Map([
    ...values,
    ["parts", { name: null, value: { kind: "list", items: parts.map((part) => part.value) }, span }],
  ]);
}

/** `max(x, axis: -1)`: an op of two operands that is called with one tensor alone is the reduction of that name. */
function overloaded(env: Env, fn: FunctionValue, more: readonly Arg[]): FunctionValue {
  if (fn.target.kind !== "op" || (fn.target.op.name !== "max" && fn.target.op.name !== "min")) return fn;
  const operands = [...fn.args, ...more].filter((arg) => arg.name === null);
  const reduction = env.scope.find(`${fn.target.op.name}_over`);
  return operands.length === 1 &&
    (operands[0]?.value.kind === "tensor" || operands[0]?.value.kind === "error") &&
    reduction?.kind === "value" &&
    reduction.value.kind === "function"
    ? reduction.value
    : fn;
}

/**
 * All required static arguments make an instance of a layer, with its own params. Before that it has no params that
 * its uses could share: both directions of `bidirectional(gru(reset_after: false), 64)` have their own. All calls of a
 * model share its params.
 */
function partial(env: Env, fn: FunctionValue, { values }: Bound, span: Span, whole: boolean): DlValue {
  // Later arguments do not change what these are bound to.
  const args = [...values].map(([name, arg]): Arg => ({ ...arg, name }));
  const layer = fn.target.kind === "callable" && fn.target.declaration.kind === "layer";
  return { ...fn, args, instance: fn.instance ?? (layer && whole ? makeInstance(env.frame, span) : null) };
}

/** The path of a model is its name, everywhere in the program. */
function modelPath(env: Env, declaration: Callable): string {
  return childPath(env.context.program.naming, "", spanKey(declaration.name.span), declaration.name.text, true);
}

/** The path of the params owned by a function; null if it has none. */
export function ownPath(env: Env, fn: FunctionValue): string | null {
  if (fn.target.kind !== "callable") return null;
  const { declaration } = fn.target;
  if (declaration.kind === "model") return modelPath(env, declaration);
  return fn.instance === null ? null : instancePath(env.context.program.naming, fn.instance, declaration.name.text);
}

/** Whose params and states a function uses; null for an optimizer outside of an update. */
function ownerOf(env: Env, fn: FunctionValue, target: CallableTarget, span: Span): Owner | null {
  const { declaration } = target;
  const { naming } = env.context.program;
  const { text: name } = declaration.name;
  if (declaration.kind === "optimizer") {
    const update = env.update && innerUpdate(env, env.update, fn, name, span);
    return update && { frame: frameOf(update), update };
  }
  if (target.entry !== undefined) return { frame: makeFrame("entry", name, null), update: null };
  // Only a function literal is an instance.
  if (declaration.kind === "fn")
    return {
      frame: fn.instance === null ? env.frame : makeFrame("layer", instancePath(naming, fn.instance, name), env.frame),
      update: env.update,
    };
  const path =
    declaration.kind === "model"
      ? modelPath(env, declaration)
      : instancePath(naming, fn.instance ?? makeInstance(env.frame, span), name);
  return { frame: makeFrame(declaration.kind, path, env.frame), update: null };
}

/** Checks the `where` conditions of the signature, which the caller must meet. */
function holds(inner: Env, declaration: Callable, span: Span): boolean {
  const { context } = inner;
  const statics = new Set(split(declaration).statics.map((p) => p.name.text));
  const changes = (name: string): boolean => {
    const binding = statics.has(name) ? inner.scope.own(name) : undefined;
    return binding?.kind === "value" && binding.value.kind === "tensor";
  };
  const failed = new Set<string>();
  for (const { condition, says, span: at } of declaration.where) {
    const names = namesIn(condition);
    // A condition on what another one rejected follows from it.
    if (names.some((name) => failed.has(name))) continue;
    // A number of a library function that is known only at run time cannot be checked; the body may use it.
    if (context.program.library.has(at.source) && names.some(changes)) continue;
    const value = context.evaluate(inner, condition);
    if (value.kind === "bool" && value.value) continue;
    if (value.kind === "error") return false;
    if (value.kind !== "bool") {
      report(
        context,
        "E0509",
        condition.span,
        `expected a static bool for the condition of \`where\`, found ${describe(value)}`,
      );
      return false;
    }
    const message = says === null ? null : context.evaluate(inner, says);
    if (message !== null && message.kind !== "string") {
      if (message.kind !== "error")
        report(
          context,
          "E0509",
          says?.span ?? at,
          `expected a string for the message of \`where\`, found ${describe(message)}`,
        );
      return false;
    }
    for (const name of names) failed.add(name);
    const sizes = [...new Set(names)].flatMap((name) => {
      const binding = inner.scope.own(name);
      return binding?.kind === "value" && isNumber(binding.value) ? [`${name} = ${binding.value.value}`] : [];
    });
    report(context, "E0509", span, message?.value ?? `\`${declaration.name.text}\` requires ${text(condition)}`, {
      label: sizes.join(", "),
      also: context.program.library.has(at.source) ? [] : [{ span: at, says: "required here" }],
    });
  }
  return failed.size === 0;
}

function bodyOf(inner: Env, declaration: Callable, finish: (env: Env, value: DlValue) => DlValue, span: Span): DlValue {
  const { gradient } = declaration;
  if (gradient !== null)
    return applyRuled(inner, { ...declaration, gradient }, differentiableNames(declaration), finish, span);
  return finish(inner, inner.context.block(within(inner, makeScope(inner.scope)), declaration.body));
}

export interface Owner {
  readonly frame: Frame;
  readonly update: Update | null;
}

/** The context of an entry that is called in a test. */
const contextOf = (context: Context, entry: Entry): Context => ({
  ...context,
  train: entry.mode === "train",
  counter: counterOf(context.program, entry),
});

/** What is frozen runs as in inference. */
function contextAt(context: Context, { kind, path }: Frame, span: Span): Context {
  if (!context.train || (kind !== "model" && kind !== "layer")) return context;
  if (isFrozen(context, path)) return { ...context, train: false };
  if (!context.applied.has(path)) context.applied.set(path, span);
  return context;
}

/** Whether its calls are known to have no end: each that follows would be as deep again. */
const isEndless = ({ program }: Context, { span }: Callable): boolean =>
  program.diagnostics.some(({ code, at }) => code === "E0406" && at !== undefined && isWithin(at.span, span));

/** A function with a gradient rule is evaluated with its rule, so that a rule which calls it has no end. */
function reportDepth(context: Context, { name: { text: name }, gradient }: Callable, span: Span): DlValue {
  if (gradient === null || !isWithin(span, gradient.span))
    return report(context, "E0406", span, `calls are nested more than ${maxDepth} deep`, {
      help: `does \`${name}\` call itself?`,
    });
  return report(
    context,
    "E0406",
    span,
    `the gradient rule of \`${name}\` calls \`${name}\`, which needs the rule again`,
    {
      help: `move the body of \`${name}\` to a \`fn\` without a rule, and call this one in both`,
    },
  );
}

/** Runs the body of a callable with all its arguments. */
export function applyCallable(env: Env, target: CallableTarget, bound: Bound, span: Span, owner: Owner): DlValue {
  const { declaration, entry } = target;
  const context = entry === undefined ? contextAt(env.context, owner.frame, span) : contextOf(env.context, entry);
  const name = declaration.name.text;
  countCall(context, span);
  if (isEndless(context, declaration)) return ERROR;
  if (context.calls.length >= maxDepth) return reportDepth(context, declaration, span);
  const inner: Env = {
    context,
    scope: makeScope(target.scope),
    frame: owner.frame,
    update: owner.update,
    loop: null,
    body: entry === undefined ? declaration.kind : "entry",
  };
  const { statics, tensors } = split(declaration);
  if (!bindStatics(env, inner, name, statics, tensors, bound) || !bindTensors(env, inner, name, tensors, bound))
    return withoutValue(env, target);
  context.calls.push({ name, span, args: bound.values, location: locationAt(context, span) });
  const good = bindLateDefaults(inner, name, statics);
  // The result type is resolved in the signature's scope: names of the body do not change it.
  const finish = (at: Env, value: DlValue): DlValue =>
    declaration.result === null ? value : unifyResult(at, declaration, declaration.result, value);
  const result =
    good && holds(inner, declaration, span)
      ? traced(context, declaration, owner.frame, span, () => outward(inner, bodyOf(inner, declaration, finish, span)))
      : ERROR;
  context.calls.pop();
  if (declaration.kind === "model" || declaration.kind === "layer") context.results.set(owner.frame.path, result);
  if (entry !== undefined) countEntryCall(context);
  if (result.kind !== "tensor") return result;
  const from = context.program.library.has(result.from.source) ? span : result.from;
  return { ...result, from, madeBy: result.madeBy ?? declaration };
}
