import type { Callable, TypeExpr } from "../../../dsl/ast.ts";
import { scalar } from "../../types/tensor-type.ts";
import { convertStatic } from "./static-types.ts";
import { literal } from "../types/broadcasting.ts";
import type { DlValue, Env, Tensor } from "../context.ts";
import { declaredType, dtypeNamed, text } from "../types/dims.ts";
import { report } from "../errors.ts";
import { unifyPostponed, unifyTensor, type Postponed } from "../types/unification.ts";
import { dtypeOfList, inDtype } from "./number-lists.ts";
import { describe, ERROR, isNumber } from "./values.ts";

/**
 * The value of a body as the declared result: unified with its type, whose free names it binds, or a literal of that
 * type.
 */
export function unifyResult(inner: Env, declaration: Callable, type: TypeExpr, result: DlValue): DlValue {
  const name = declaration.name.text;
  const span = declaration.body.statements.at(-1)?.span ?? declaration.body.span;
  const named = type.kind === "tensor" ? dtypeNamed(inner.scope, type.dtype.text) : null;
  const value =
    named === null ? result : inDtype(inner, span, result, named === "variable" ? dtypeOfList(result) : named);
  if (value.kind === "error") return value;
  const says = `the result of \`${name}\``;
  if (type.kind === "list")
    return value.kind === "list"
      ? value
      : report(inner.context, "E0302", span, `expected a list for ${says}, found ${describe(value)}`);
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
