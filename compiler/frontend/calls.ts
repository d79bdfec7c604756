import type { Callable, Parameter, TypeExpr } from "../../dsl/ast.ts";
import type { Span } from "../../dsl/span.ts";
import { scalar, tensor } from "../types/tensor-type.ts";
import { bindArguments, convertStatic, signatureOf, split, usage, type Bound } from "./arguments.ts";
import { literal } from "./conform.ts";
import type { Arg, DlValue, Env, FunctionValue, Target, Tensor, Update } from "./context.ts";
import { declaredType, dtypeNamed, namesIn, text } from "./dims.ts";
import { constant } from "./emit.ts";
import { report } from "./errors.ts";
import { fitPostponed, fitTensor, type Postponed, type Subject } from "./fit.ts";
import { instancePath, makeFrame, makeInstance, childPath, placeKey, type Frame } from "./frames.ts";
import { applyOp } from "./op-calls.ts";
import { makeScope } from "./scope.ts";
import { describe, ERROR, functionName, isFaulty, isNumber, list } from "./values.ts";

type CallableTarget = Target & { readonly kind: "callable" };

const maxDepth = 128;
const maxCalls = 100_000;

/** Calls a function with more arguments: applied if all its tensors are there, else a function with more arguments bound. */
export function call(env: Env, fn: FunctionValue, more: readonly Arg[], span: Span): DlValue {
  const { target } = overloaded(env, fn, more);
  const args = [...fn.args, ...more];
  if (args.some((arg) => isFaulty(arg.value))) return ERROR;
  const signature = signatureOf(target);
  const bound = bindArguments(env, target, signature, args);
  if (bound === null) return ERROR;
  const given = signature.tensors.filter((name) => bound.values.has(name)).length + bound.parts.length;
  const missing = [
    ...signature.statics.filter((s) => s.required && !bound.values.has(s.name)).map((s) => s.name),
    ...(signature.variadic ? (bound.parts.length > 0 ? [] : signature.tensors) : signature.tensors.filter((name) => !bound.values.has(name))),
  ];
  if (missing.length > 0) {
    if (given === 0) return partial(env, fn, args, span);
    const name = functionName(target);
    return report(env.context, "E0402", span, `${name} needs ${missing.join(" and ")}`, { help: usage(name, signature) });
  }
  switch (target.kind) {
    case "op":
      return applyOp(env, target.op, bound, span);
    case "builtin":
      return target.builtin.apply(env, bound.values, span);
    case "callable":
      if (target.declaration.kind === "optimizer")
        return report(env.context, "E0401", span, "an optimizer is applied by `minimize`", { help: "minimize loss over M with sgd(lr: 0.1)" });
      return applyCallable(env, target, bound, span, { frame: frameFor(env, fn, target, span), update: null });
  }
}

/** `max(x, axis: -1)`: an op of two operands that is called with one tensor alone is the reduction of that name. */
function overloaded(env: Env, fn: FunctionValue, more: readonly Arg[]): FunctionValue {
  if (fn.target.kind !== "op" || (fn.target.op.name !== "max" && fn.target.op.name !== "min")) return fn;
  const operands = [...fn.args, ...more].filter((arg) => arg.name === null);
  const reduction = env.scope.find(`${fn.target.op.name}_over`);
  return operands.length === 1 && operands[0]?.value.kind === "tensor" && reduction?.kind === "value" && reduction.value.kind === "function"
    ? reduction.value
    : fn;
}

/** Static arguments make an instance of a layer; a model's params are the model's own, however often it is called. */
function partial(env: Env, fn: FunctionValue, args: readonly Arg[], span: Span): DlValue {
  const layer = fn.target.kind === "callable" && fn.target.declaration.kind === "layer";
  return { ...fn, args, instance: fn.instance ?? (layer ? makeInstance(env.frame, span) : null) };
}

/** The path of a model is its name, everywhere in the program. */
export function modelPath(env: Env, declaration: Callable): string {
  return childPath(env.context.program.naming, "", placeKey(declaration.name.span), declaration.name.text, true);
}

/** The path of the params that a function owns; null for a function without any. */
export function ownPath(env: Env, fn: FunctionValue): string | null {
  if (fn.target.kind !== "callable") return null;
  const { declaration } = fn.target;
  if (declaration.kind === "model") return modelPath(env, declaration);
  return fn.instance === null ? null : instancePath(env.context.program.naming, fn.instance, declaration.name.text);
}

function frameFor(env: Env, fn: FunctionValue, target: CallableTarget, span: Span): Frame {
  const { declaration } = target;
  if (declaration.kind === "fn" || declaration.kind === "optimizer") return env.frame;
  const path =
    declaration.kind === "model"
      ? modelPath(env, declaration)
      : instancePath(env.context.program.naming, fn.instance ?? makeInstance(env.frame, span), declaration.name.text);
  return makeFrame(declaration.kind, path, env.frame);
}

export interface Place {
  readonly frame: Frame;
  readonly update: Update | null;
}

/** Runs the body of a callable with all its arguments. */
export function applyCallable(env: Env, target: CallableTarget, bound: Bound, span: Span, place: Place): DlValue {
  const { context } = env;
  const { declaration } = target;
  const name = declaration.name.text;
  if (context.budget.exceeded) return ERROR;
  if (++context.budget.calls > maxCalls) {
    context.budget.exceeded = true;
    return report(context, "E0407", span, `elaboration stops after ${maxCalls} calls`, { help: "does something call itself?" });
  }
  if (context.calls.length >= maxDepth) return report(context, "E0406", span, `calls nest deeper than ${maxDepth} here`, { help: `does ${name} call itself?` });
  const inner: Env = { context, scope: makeScope(target.scope), frame: place.frame, update: place.update, body: declaration.kind };
  const { statics, tensors } = split(declaration);
  if (!bindStatics(env, inner, name, statics, tensors, bound)) return ERROR;
  if (!bindTensors(env, inner, name, tensors, bound)) return ERROR;
  context.calls.push({ name, span });
  const good = bindDefaults(inner, name, statics, bound);
  const value = good ? context.block(inner, declaration.body) : ERROR;
  const result = declaration.result === null ? value : fitResult(inner, declaration, declaration.result, value);
  context.calls.pop();
  return result.kind === "tensor" ? { ...result, from: context.program.library.has(result.from.source) ? span : result.from } : result;
}

function bindStatics(env: Env, inner: Env, callee: string, statics: readonly Parameter[], tensors: readonly Parameter[], bound: Bound): boolean {
  const tensorNames = tensors.map((p) => p.name.text);
  return statics.every((p) => {
    const name = p.name.text;
    const arg = bound.values.get(name);
    // A default that speaks of a tensor waits until that is bound.
    if (arg === undefined) return p.value === null || namesIn(p.value).some((n) => tensorNames.includes(n)) || bindDefault(inner, callee, p);
    const value = convertStatic(env, arg.value, p.type, arg.span, `${name} of ${callee}`);
    inner.scope.bind(name, { kind: "value", value, span: arg.span, because: `${name} is given here` });
    return value.kind !== "error";
  });
}

function bindDefault(inner: Env, callee: string, p: Parameter): boolean {
  if (p.value === null) return true;
  const value = convertStatic(inner, inner.context.evaluate(inner, p.value), p.type, p.value.span, `${p.name.text} of ${callee}`);
  inner.scope.bindValue(p.name.text, value, p.span);
  return value.kind !== "error";
}

const bindDefaults = (inner: Env, callee: string, statics: readonly Parameter[], bound: Bound): boolean =>
  statics.every((p) => bound.values.has(p.name.text) || inner.scope.own(p.name.text) !== undefined || bindDefault(inner, callee, p));

function bindTensors(env: Env, inner: Env, callee: string, tensors: readonly Parameter[], bound: Bound): boolean {
  const postponed: Postponed[] = [];
  const literals: { p: Parameter; arg: Arg }[] = [];
  for (const p of tensors) {
    const arg = bound.values.get(p.name.text);
    if (arg === undefined) continue;
    const subject: Subject = { code: "E0301", says: `${p.name.text} of ${callee}`, span: arg.span, reach: "signature" };
    if (p.type.kind === "tensor" && (isNumber(arg.value) || arg.value.kind === "bool")) literals.push({ p, arg });
    else if (!bindTensor(env, inner, p, arg, subject, postponed)) return false;
  }
  if (!fitPostponed(inner, postponed)) return false;
  return literals.every(({ p, arg }) => bindLiteral(env, inner, p, arg));
}

function bindTensor(env: Env, inner: Env, p: Parameter, arg: Arg, subject: Subject, postponed: Postponed[]): boolean {
  const { value } = arg;
  if (p.type.kind === "list") {
    const items = value.kind === "list" || value.kind === "tuple" ? value.items : [];
    const of = p.type.of;
    if (items.length === 0 || of.kind !== "tensor") return wrongKind(env, p, arg);
    // Each tensor of a list binds dims of its own.
    for (const [k, item] of items.entries()) {
      const own: Env = { ...inner, scope: makeScope(inner.scope) };
      const later: Postponed[] = [];
      if (item.kind !== "tensor" || !fitTensor(own, of, item, { ...subject, says: `${p.name.text}[${k}]` }, later) || !fitPostponed(own, later))
        return wrongKind(env, p, arg);
    }
    inner.scope.bindValue(p.name.text, list(items), arg.span);
    return true;
  }
  if (value.kind !== "tensor" || p.type.kind !== "tensor") return wrongKind(env, p, arg);
  if (!fitTensor(inner, p.type, value, subject, postponed)) return false;
  inner.scope.bindValue(p.name.text, value, arg.span);
  return true;
}

function wrongKind(env: Env, p: Parameter, arg: Arg): false {
  report(env.context, "E0309", arg.span, `${p.name.text} must be ${text(p.type)}, not ${describe(arg.value)}`);
  return false;
}

/** A number for a tensor: of the declared shape if the other arguments tell it, else a scalar. */
function bindLiteral(env: Env, inner: Env, p: Parameter, arg: Arg): boolean {
  const bare = p.type.kind === "tensor" && dtypeNamed(inner.scope, p.type.dtype.text);
  if (bare === "variable")
    inner.scope.bindValue(p.type.kind === "tensor" ? p.type.dtype.text : "", {
      kind: "string",
      value: arg.value.kind === "int" ? "i32" : arg.value.kind === "bool" ? "bool" : "f32",
    });
  const known = p.type.kind === "tensor" && knownDims(inner, p.type);
  const declared = known ? declaredType(inner, p.type) : null;
  const dtype = p.type.kind === "tensor" ? dtypeNamed(inner.scope, p.type.dtype.text) : null;
  if (dtype === null || dtype === "variable") return wrongKind(env, p, arg);
  const value = literal(env, arg.span, arg.value, declared?.type ?? tensor(dtype, []));
  if (value.kind !== "tensor") return false;
  inner.scope.bindValue(p.name.text, value, arg.span);
  if (declared !== null || p.type.kind !== "tensor") return true;
  return fitTensor(inner, p.type, value, { code: "E0301", says: p.name.text, span: arg.span, reach: "signature" }, []);
}

const knownDims = (env: Env, type: TypeExpr & { kind: "tensor" }): boolean =>
  type.dims.every((dim) =>
    dim.kind === "pack" ? env.scope.own(`..${dim.name.text}`) !== undefined : namesIn(dim).every((name) => env.scope.own(name) !== undefined),
  );

function fitResult(inner: Env, declaration: Callable, type: TypeExpr, value: DlValue): DlValue {
  if (value.kind === "error") return value;
  const name = declaration.name.text;
  const span = declaration.body.statements.at(-1)?.span ?? declaration.body.span;
  const says = `the result of ${name}`;
  if (type.kind === "list") return value.kind === "list" ? value : report(inner.context, "E0302", span, `${says} must be a list, not ${describe(value)}`);
  if (type.kind === "static") {
    const dtype = dtypeNamed(inner.scope, type.name.text);
    if (value.kind === "tensor" || dtype === null || dtype === "variable") return convertStatic(inner, value, type, span, says);
    return isNumber(value) ? constant(inner, span, scalar(dtype), value.value) : convertStatic(inner, value, type, span, says);
  }
  if (value.kind !== "tensor") {
    const declared = isNumber(value) || value.kind === "bool" ? declaredType(inner, type) : null;
    if (declared !== null) return literal(inner, span, value, declared.type);
    return report(inner.context, "E0302", span, `${says} must be ${text(type)}, not ${describe(value)}`, {
      also: [{ span: type.span, says: "declared here" }],
    });
  }
  const postponed: Postponed[] = [];
  if (!fitTensor(inner, type, value, { code: "E0302", says, span, reach: "all" }, postponed) || !fitPostponed(inner, postponed)) return ERROR;
  return withSymbols(inner, type, value);
}

/** A result's dims bear the names that its type gives them. */
function withSymbols(inner: Env, type: TypeExpr, value: Tensor): Tensor {
  return { ...value, symbols: declaredType(inner, type)?.symbols ?? value.symbols };
}
