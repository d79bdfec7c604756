import type { TypeExpr } from "../../../dsl/ast.ts";
import type { Span } from "../../../dsl/span.ts";
import type { DlValue, Env } from "../context.ts";
import { report } from "../errors.ts";
import { text } from "../types/dims.ts";
import { dtypeNames } from "../types/dtypes.ts";
import { appliedHelp } from "./applied.ts";
import { signatureOf, usage } from "./signatures.ts";
import { isNumberList, listTensor } from "./number-lists.ts";
import { describe, ERROR, float, functionName, int, list } from "./values.ts";

/** Converts a static argument to its declared type; reports and returns the error value if that is not possible. */
export function convertStatic(env: Env, value: DlValue, type: TypeExpr, span: Span, subject: string): DlValue {
  if (isNumberList(value) && isOfNumbers(type)) return listTensor(env, span, value, "f32");
  const converted = asType(value, type);
  if (converted !== null) return converted;
  if (value.kind === "error") return ERROR;
  if (type.kind === "params")
    return report(env.context, "E0501", type.span, `\`${text(type)}\` is only the type of an input of an entry`);
  if (type.kind === "static" && !staticNames.has(type.name.text))
    return report(env.context, "E0501", span, `unknown static type \`${type.name.text}\` of ${subject}`, {
      help: `the static types are ${[...staticNames].join(", ")}`,
    });
  return report(env.context, "E0501", span, `expected ${wanted(type)} for ${subject}, found ${describe(value)}`, {
    help: staticHelp(env, value, type, span),
  });
}

function staticHelp(env: Env, value: DlValue, type: TypeExpr, span: Span): string | undefined {
  if (type.kind !== "static") return undefined;
  const { text: name } = type.name;
  if (name === "fn" && value.kind === "string")
    return env.scope.find(value.value) === undefined
      ? "write the name of a function without quotes"
      : `write \`${value.value}\`, without quotes`;
  if (name === "int" && value.kind === "string" && /^\d+$/.test(value.value))
    return `write \`${value.value}\`, without quotes`;
  if (name === "int" && value.kind === "float") return "floor(x) and ceil(x) return ints";
  if ((name === "bool" || name === "fn") && value.kind === "int")
    return "unnamed static arguments are bound in order; name the argument if it is meant for another parameter";
  const applied = name === "fn" && value.kind === "tensor" ? appliedHelp(env, text({ span })) : undefined;
  if (applied !== undefined) return applied;
  if (value.kind === "function") return usage(functionName(value.target), signatureOf(value.target));
  return value.kind === "tensor" ? "a static argument must be known at compile time; a tensor is not" : undefined;
}

const staticNames: ReadonlySet<string> = new Set(["int", "bool", "string", "fn", "any", "number", ...dtypeNames]);

const wanted = (type: TypeExpr): string => {
  if (type.kind === "list") return `a list of ${text(type.of)}`;
  if (type.kind === "tensor" || type.kind === "params") return "a static value";
  const name = type.name.text;
  return (
    { int: "an int", bool: "a bool", string: "a string", fn: "a function", number: "a number or an f32 tensor" }[
      name
    ] ?? `a number of type ${name}`
  );
};

/** A value as a static type; null if it is not of the type. */
export function asType(value: DlValue, type: TypeExpr): DlValue | null {
  if (type.kind === "list") {
    if (value.kind === "pack") return list(value.sizes.map((_, k) => int(value.start + k)));
    const items = value.kind === "list" || value.kind === "tuple" ? value.items : [value];
    const converted = items.map((item) => asType(item, type.of));
    return converted.includes(null) ? null : list(converted.filter((item) => item !== null));
  }
  if (type.kind === "tensor" || type.kind === "params") return null;
  const name = type.name.text;
  switch (name) {
    case "any":
      return value;
    case "int":
    case "string":
      return value.kind === name ? value : null;
    case "fn":
      return value.kind === "function" || value.kind === "path" ? value : null;
    case "f32":
      if (value.kind === "int") return float(value.value);
      return value.kind === "float" || isScalar(value, name) ? value : null;
    case "number":
      if (value.kind === "int") return float(value.value);
      return value.kind === "float" || (value.kind === "tensor" && value.value.type.dtype === "f32") ? value : null;
    case "bool":
      return value.kind === "bool" || isScalar(value, name) ? value : null;
    default:
      return staticNames.has(name) && (value.kind === "int" || isScalar(value, name)) ? value : null;
  }
}

/** Whether it is `number`: static, or a tensor of any shape, which a list of numbers is. */
export const isOfNumbers = (type: TypeExpr): boolean => type.kind === "static" && type.name.text === "number";

const isScalar = (value: DlValue, dtype: string): boolean =>
  value.kind === "tensor" && value.value.type.dtype === dtype && value.value.type.shape.length === 0;
