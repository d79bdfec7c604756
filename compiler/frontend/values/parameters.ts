import type { Expr, Parameter, TypeExpr } from "../../../dsl/ast.ts";
import { scalar } from "../../types/tensor-type.ts";
import type { Bound } from "./arguments.ts";
import { convertStatic } from "./static-types.ts";
import { literal, naturalDtype } from "../types/broadcasting.ts";
import type { Arg, DlValue, Env, Tensor } from "../context.ts";
import { declaredType, dtypeNamed, namesIn, sizeBinding, text } from "../types/dims.ts";
import { report } from "../errors.ts";
import {
  unifyPostponed,
  unifyTensor,
  type Postponed,
  type Subject,
  type TensorTypeExpr,
} from "../types/unification.ts";
import { dtypeOfList, inDtype, isLiteral, openTensor } from "./number-lists.ts";
import { makeScope } from "./scope.ts";
import { describe, isNumber, list } from "./values.ts";
import { notTensor } from "./not-tensor.ts";

/** Static arguments and defaults, in the order of the parameters. False after a report, here as below. */
export function bindStatics(
  env: Env,
  inner: Env,
  callee: string,
  statics: readonly Parameter[],
  tensors: readonly Parameter[],
  bound: Bound,
): boolean {
  const tensorNames = tensors.map((p) => p.name.text);
  // All of them, so that each mistake is reported.
  const good = statics.map((p) => {
    const name = p.name.text;
    const arg = bound.values.get(name);
    // A default that depends on a tensor waits until that is bound.
    if (arg === undefined)
      return p.value === null || namesIn(p.value).some((n) => tensorNames.includes(n)) || bindDefault(inner, callee, p);
    const value = convertStatic(env, arg.value, p.type, arg.span, `\`${name}\` of \`${callee}\``);
    inner.scope.bind(name, { kind: "value", value, span: arg.span, because: `\`${name}\` is given here` });
    return value.kind !== "error";
  });
  return !good.includes(false);
}

/** If the default of an int follows from an argument that is known only at run time. */
function reportSource(inner: Env, callee: string, p: Parameter, value: Expr): boolean {
  for (const name of namesIn(value)) {
    const binding = inner.scope.own(name);
    if (binding?.kind !== "value" || binding.span === null || binding.value.kind !== "tensor") continue;
    const says = `expected a static value for \`${name}\` of \`${callee}\`, found ${describe(binding.value)}`;
    report(inner.context, "E0501", binding.span, says, {
      label: "changes at run time",
      help: `\`${p.name.text}\`, which must be known at compile time, follows from it; give \`${p.name.text}\`, too`,
    });
    return true;
  }
  return false;
}

function bindDefault(inner: Env, callee: string, p: Parameter): boolean {
  if (p.value === null) return true;
  const given = inner.context.evaluate(inner, p.value);
  const shapes = p.type.kind === "static" && p.type.name.text === "int" && given.kind === "tensor";
  if (shapes && reportSource(inner, callee, p, p.value)) return false;
  const value = convertStatic(inner, given, p.type, p.value.span, `\`${p.name.text}\` of \`${callee}\``);
  inner.scope.bindValue(p.name.text, value, p.span);
  return value.kind !== "error";
}

/** Defaults that waited for a tensor. */
export const bindLateDefaults = (inner: Env, callee: string, statics: readonly Parameter[]): boolean =>
  statics.every((p) => inner.scope.own(p.name.text) !== undefined || bindDefault(inner, callee, p));

/**
 * Unifies each tensor with the type of its parameter, which binds the names of dims; then the literals, whose shape
 * follows from the others.
 */
export function bindTensors(
  env: Env,
  inner: Env,
  callee: string,
  tensors: readonly Parameter[],
  bound: Bound,
): boolean {
  const postponed: Postponed[] = [];
  const literals: { p: Parameter; type: TensorTypeExpr; arg: Arg; subject: Subject }[] = [];
  for (const p of tensors) {
    const arg = bound.values.get(p.name.text) ?? defaultOf(inner, p);
    if (arg === null) continue;
    const subject: Subject = {
      code: "E0301",
      says: `\`${p.name.text}\` of \`${callee}\``,
      span: arg.span,
      reach: "signature",
      help: swapped(callee, tensors, bound, p, arg),
    };
    if (p.type.kind === "tensor" && isLiteral(env, arg.value)) literals.push({ p, type: p.type, arg, subject });
    else if (!bindTensor(env, inner, p, arg, subject, postponed)) return false;
  }
  // The shape of a list is its own, that of a number follows from the others.
  const [shaped, numbers] = [literals.filter(({ arg }) => hasShape(arg)), literals.filter(({ arg }) => !hasShape(arg))];
  for (const { p, type, arg, subject } of shaped)
    if (!bindTensor(env, inner, p, typed(env, inner, type, arg), subject, postponed)) return false;
  if (!unifyPostponed(inner, postponed)) return false;
  return numbers.every(({ p, type, arg }) => bindLiteral(env, inner, p, type, arg));
}

const hasShape = ({ value }: Arg): boolean => value.kind === "list" || value.kind === "tensor";

/** What literals determine, in the dtype of the parameter. */
function typed(env: Env, inner: Env, type: TensorTypeExpr, arg: Arg): Arg {
  const wanted = dtypeNamed(inner.scope, type.dtype.text);
  const value =
    wanted === null || wanted === "variable"
      ? openTensor(env, arg.span, arg.value)
      : inDtype(env, arg.span, arg.value, wanted);
  return { ...arg, value };
}

/** The default of a tensor in the first list, as an argument. */
const defaultOf = (inner: Env, { value }: Parameter): Arg | null =>
  value === null ? null : { name: null, value: inner.context.evaluate(inner, value), span: value.span };

/** If another tensor of the call has the dtype of this parameter, and its parameter takes this one. */
function swapped(
  callee: string,
  tensors: readonly Parameter[],
  bound: Bound,
  p: Parameter,
  { value }: Arg,
): string | undefined {
  const takes = ({ type }: Parameter, other: DlValue): boolean =>
    type.kind === "tensor" &&
    other.kind === "tensor" &&
    (type.dtype.text === other.value.type.dtype || /^[A-Z]$/.test(type.dtype.text));
  const found = tensors.some((q) => {
    const other = q === p ? undefined : bound.values.get(q.name.text)?.value;
    return other !== undefined && takes(q, value) && takes(p, other) && !takes(p, value);
  });
  return found
    ? `the arguments are in the other order: ${callee}(${tensors.map((q) => q.name.text).join(", ")})`
    : undefined;
}

function bindTensor(env: Env, inner: Env, p: Parameter, arg: Arg, subject: Subject, postponed: Postponed[]): boolean {
  const { value } = arg;
  if (value.kind === "error") return false;
  if (p.type.kind === "list") {
    const of = p.type.of;
    const items = itemsOf(env, inner, of, arg);
    if (items.length === 0 || of.kind !== "tensor") return wrongKind(env, p, arg);
    // Each tensor of a list binds its dims separately.
    for (const [k, item] of items.entries()) {
      const own: Env = { ...inner, scope: makeScope(inner.scope) };
      const later: Postponed[] = [];
      if (item.kind !== "tensor") return wrongKind(env, p, arg);
      const each: Subject = { ...subject, says: `\`${p.name.text}[${k}]\`` };
      if (!unifyTensor(own, of, item, each, later) || !unifyPostponed(own, later)) return false;
    }
    inner.scope.bindValue(p.name.text, list(items), arg.span);
    return true;
  }
  if (value.kind !== "tensor" || p.type.kind !== "tensor") return wrongKind(env, p, arg);
  if (!unifyTensor(inner, p.type, value, subject, postponed)) return false;
  inner.scope.bindValue(p.name.text, { ...value, symbols: filled(p.type, value) }, arg.span);
  return true;
}

/** The tensors of a list; numbers and lists of numbers take the dtype of the first tensor. */
function itemsOf(env: Env, inner: Env, of: TypeExpr, { value, span }: Arg): readonly DlValue[] {
  const items = value.kind === "list" || value.kind === "tuple" ? value.items : [];
  const declared = of.kind === "tensor" ? dtypeNamed(inner.scope, of.dtype.text) : null;
  const first = items.find((item) => item.kind === "tensor");
  const dtype =
    declared !== null && declared !== "variable"
      ? declared
      : first?.kind === "tensor"
        ? first.value.type.dtype
        : dtypeOfList(items[0] ?? value);
  return items.map((item) =>
    isNumber(item) || item.kind === "bool" ? literal(env, span, item, scalar(dtype)) : inDtype(env, span, item, dtype),
  );
}

/** In the body, a dim without a name takes the one of the signature. */
function filled(type: TensorTypeExpr, { symbols }: Tensor): readonly (string | null)[] {
  const pack = type.dims.findIndex((dim) => dim.kind === "pack");
  const nameAt = (axis: number): string | null => {
    const shift = symbols.length - type.dims.length;
    const dim = type.dims[pack < 0 || axis < pack ? axis : axis >= pack + shift + 1 ? axis - shift : pack];
    return dim?.kind === "name" ? dim.text : null;
  };
  return symbols.map((symbol, axis) => symbol ?? nameAt(axis));
}

function wrongKind(env: Env, p: Parameter, arg: Arg): false {
  notTensor(env, arg.span, `expected ${text(p.type)} for \`${p.name.text}\``, arg.value);
  return false;
}

/** A number passed as a tensor: of the declared shape if it follows from the other arguments, else a scalar. */
function bindLiteral(env: Env, inner: Env, p: Parameter, type: TensorTypeExpr, arg: Arg): boolean {
  const { value, span } = arg;
  if (dtypeNamed(inner.scope, type.dtype.text) === "variable")
    inner.scope.bindValue(type.dtype.text, { kind: "string", value: naturalDtype(value) });
  const dtype = dtypeNamed(inner.scope, type.dtype.text);
  if (dtype === null || dtype === "variable") return wrongKind(env, p, arg);
  const declared = knownDims(inner, type) ? declaredType(inner, type) : null;
  const made = literal(env, span, value, declared?.type ?? scalar(dtype));
  if (made.kind !== "tensor") return false;
  inner.scope.bindValue(p.name.text, made, span);
  return (
    declared !== null ||
    unifyTensor(inner, type, made, { code: "E0301", says: `\`${p.name.text}\``, span, reach: "signature" }, [])
  );
}

/** The dtype of a literal whose type no tensor determines. */

const knownDims = (env: Env, type: TensorTypeExpr): boolean =>
  type.dims.every((dim) =>
    dim.kind === "pack"
      ? env.scope.own(`..${dim.name.text}`) !== undefined
      : namesIn(dim).every((name) => sizeBinding(env.scope, name) !== undefined),
  );
