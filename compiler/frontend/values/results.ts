import type { Callable, Expr, ResultType, TypeExpr } from "../../../dsl/ast.ts";
import type { Span } from "../../../dsl/span.ts";
import { at } from "../../support/lists.ts";
import { scalar } from "../../types/tensor-type.ts";
import { convertStatic } from "./static-types.ts";
import { literal } from "../types/broadcasting.ts";
import type { DlValue, Env, Tensor } from "../context.ts";
import { declaredType, dtypeNamed, text } from "../types/dims.ts";
import { report } from "../errors.ts";
import { unifyPostponed, unifyTensor, type Postponed } from "../types/unification.ts";
import { dtypeOfList, inDtype } from "./number-lists.ts";
import { describe, ERROR, isFaulty, isNumber, isPack } from "./values.ts";

/**
 * The value of a body as the declared result: unified with its type, whose free names it binds, or a literal of that
 * type.
 */
export function unifyResult(inner: Env, declaration: Callable, type: ResultType, value: DlValue): DlValue {
  const last = declaration.body.statements.at(-1);
  return unify(inner, type, value, {
    says: `the result of \`${declaration.name.text}\``,
    span: last?.span ?? declaration.body.span,
    expr: last?.kind === "expression" ? last.value : null,
  });
}

/** What a type is unified with, for messages; `expr` is the expression, if it is known. */
interface Part {
  readonly says: string;
  readonly span: Span;
  readonly expr: Expr | null;
}

function unify(inner: Env, type: ResultType, result: DlValue, part: Part): DlValue {
  if (result.kind === "error") return result;
  if (type.kind === "tuple") return unifyTuple(inner, type, result, part);
  if (type.kind === "record") return unifyRecord(inner, type, result, part);
  const { span, says } = part;
  const named = type.kind === "tensor" ? dtypeNamed(inner.scope, type.dtype.text) : null;
  const value =
    named === null ? result : inDtype(inner, span, result, named === "variable" ? dtypeOfList(result) : named);
  if (value.kind === "error") return value;
  if (type.kind === "list")
    return value.kind === "list"
      ? value
      : report(inner.context, "E0302", span, `expected a list for ${says}, found ${describe(value)}`);
  if (type.kind === "params") return convertStatic(inner, value, type, span, says);
  if (type.kind === "static") {
    const dtype = dtypeNamed(inner.scope, type.name.text);
    if (value.kind === "tensor" || dtype === null || dtype === "variable")
      return convertStatic(inner, value, type, span, says);
    return isNumber(value) ? literal(inner, span, value, scalar(dtype)) : convertStatic(inner, value, type, span, says);
  }
  if (value.kind !== "tensor") {
    const declared = isNumber(value) || value.kind === "bool" ? declaredType(inner, type) : null;
    if (declared !== null) return literal(inner, span, value, declared.type);
    return report(inner.context, "E0302", span, `expected ${text(type)} for ${says}, found ${describe(value)}`, {
      also: [{ span: type.span, says: "declared here" }],
    });
  }
  const postponed: Postponed[] = [];
  if (
    !unifyTensor(inner, type, value, { code: "E0302", says, span, reach: "all" }, postponed) ||
    !unifyPostponed(inner, postponed)
  )
    return ERROR;
  return withSymbols(inner, type, value);
}

function unifyTuple(inner: Env, type: ResultType & { kind: "tuple" }, value: DlValue, part: Part): DlValue {
  if ((value.kind !== "tuple" && value.kind !== "list") || value.items.length !== type.items.length)
    return mismatch(inner, type, value, part);
  const exprs = part.expr?.kind === "tuple" || part.expr?.kind === "list" ? part.expr.items : [];
  const items = value.items.map((item, k) => {
    const { name, type: wanted } = at(type.items, k);
    const expr = exprs[k];
    return unify(inner, wanted, item, {
      says: `${name === null ? `item ${k}` : `\`${name.text}\``} of ${part.says}`,
      span: expr?.span ?? part.span,
      expr: expr === undefined || isPack(expr) ? null : expr,
    });
  });
  if (items.some(isFaulty)) return ERROR;
  const names = type.items.map(({ name }) => name?.text ?? null);
  return { kind: "tuple", items, ...(names.some((name) => name !== null) && { names }) };
}

function unifyRecord(inner: Env, type: ResultType & { kind: "record" }, value: DlValue, part: Part): DlValue {
  if (value.kind !== "record" || value.fields.size !== type.items.length) return mismatch(inner, type, value, part);
  const fields = new Map<string, DlValue>();
  for (const { name, type: wanted } of type.items) {
    const field = value.fields.get(name.text);
    if (field === undefined) return mismatch(inner, type, value, part);
    const expr = part.expr?.kind === "record" ? part.expr.fields.find((f) => f.name.text === name.text)?.value : null;
    const found = unify(inner, wanted, field, {
      says: `\`${name.text}\` of ${part.says}`,
      span: expr?.span ?? part.span,
      expr: expr ?? null,
    });
    if (found.kind === "error") return ERROR;
    fields.set(name.text, found);
  }
  return { ...value, fields };
}

const mismatch = (inner: Env, type: ResultType, value: DlValue, { span, says }: Part): DlValue =>
  report(inner.context, "E0302", span, `expected ${text(type)} for ${says}, found ${describe(value)}`, {
    also: [{ span: type.span, says: "declared here" }],
  });

/** Removes names of dims that are only visible in the signature. */
export function outward(inner: Env, value: DlValue): DlValue {
  const named = (symbol: string | null): string | null => {
    const binding = symbol === null ? undefined : inner.scope.own(symbol);
    return binding?.kind === "value" && binding.value.kind === "int" ? (binding.value.symbol ?? null) : symbol;
  };
  switch (value.kind) {
    case "tensor":
      return { ...value, symbols: value.symbols.map(named) };
    case "list":
    case "tuple":
      return { ...value, items: value.items.map((item) => outward(inner, item)) };
    case "record":
      return { ...value, fields: new Map([...value.fields].map(([name, field]) => [name, outward(inner, field)])) };
    default:
      return value;
  }
}

/** Names a result's dims after its declared type. */
function withSymbols(inner: Env, type: TypeExpr, value: Tensor): Tensor {
  return { ...value, symbols: declaredType(inner, type)?.symbols ?? value.symbols };
}
