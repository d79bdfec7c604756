import type { Expr, Pack } from "../../../dsl/ast.ts";
import type { Span } from "../../../dsl/span.ts";
import type { GraphBuilder } from "../../graph/build.ts";
import type { Value as GraphValue } from "../../graph/ir.ts";
import type { DlValue, FunctionValue, Members, Target, Tensor } from "../context.ts";

export const ERROR: DlValue = { kind: "error" };
export const UNIT: DlValue = { kind: "unit" };

export const int = (value: number, symbol: string | null = null): DlValue => ({ kind: "int", value, symbol });
export const float = (value: number): DlValue => ({ kind: "float", value });
export const bool = (value: boolean): DlValue => ({ kind: "bool", value });
export const list = (items: readonly DlValue[]): DlValue => ({ kind: "list", items });
export const ints = (values: readonly number[]): DlValue => list(values.map((v) => int(v)));

export function makeTensor(
  graph: GraphBuilder,
  value: GraphValue,
  from: Span,
  symbols?: readonly (string | null)[],
): Tensor {
  return {
    kind: "tensor",
    value,
    graph,
    from,
    symbols: symbols?.length === value.type.shape.length ? symbols : value.type.shape.map(() => null),
  };
}

export const isNumber = (value: DlValue): value is DlValue & { kind: "int" | "float" } =>
  value.kind === "int" || value.kind === "float";

/** A tensor, or a list that holds a tensor: an argument for tensor parameters. */
export function holdsTensor(value: DlValue): boolean {
  return (
    value.kind === "tensor" || ((value.kind === "list" || value.kind === "tuple") && value.items.some(holdsTensor))
  );
}

export function isFaulty(value: DlValue): boolean {
  return value.kind === "error" || ((value.kind === "list" || value.kind === "tuple") && value.items.some(isFaulty));
}

/** The value with these members beside its own meaning: `run.h` of a loop `run`. */
export function withMembers(value: DlValue, members: Members): DlValue {
  switch (value.kind) {
    case "tensor":
    case "list":
    case "tuple":
    case "record":
      return { ...value, members };
    default:
      return value;
  }
}

/** `f32[N=32,784]` */
function showDims(sizes: readonly number[], symbols: readonly (string | null)[]): string {
  return `[${sizes.map((size, axis) => (symbols[axis] ? `${symbols[axis]}=${size}` : String(size))).join(", ")}]`;
}

export const showTensor = (t: Tensor): string => t.value.type.dtype + showDims(t.value.type.shape, t.symbols);

export function functionName(target: Target): string {
  switch (target.kind) {
    case "callable":
      return target.declaration.name.text;
    case "op":
      return target.op.name;
    case "builtin":
      return target.name;
  }
}

/** Only a function literal is a `fn` with an instance. */
export const isLiteralFunction = ({ target, instance }: FunctionValue): boolean =>
  instance !== null && target.kind === "callable" && target.declaration.kind === "fn";

/** A short description of a value, for messages. */
export function describe(value: DlValue): string {
  switch (value.kind) {
    case "int":
      return value.symbol ? `${value.symbol}=${value.value}` : `the int ${value.value}`;
    case "float":
      return `the number ${value.value}`;
    case "bool":
      return `the bool ${value.value}`;
    case "string":
      return `the string ${JSON.stringify(value.value)}`;
    case "list":
      return `a list of ${value.items.length}`;
    case "tuple":
      return `a tuple of ${value.items.length}`;
    case "record":
      return `a record { ${[...value.fields.keys()].join(", ")} }`;
    case "pack":
      return `the dims ${showDims(value.sizes, value.symbols)}`;
    case "tensor":
      return showTensor(value);
    case "function":
      return isLiteralFunction(value)
        ? "a function literal"
        : value.target.kind === "callable"
          ? `the ${value.target.declaration.kind} \`${functionName(value.target)}\``
          : `the function \`${functionName(value.target)}\``;
    case "path":
      return `\`${value.path}\``;
    case "ops":
      return "the table of ops";
    case "unit":
      return "no value";
    case "error":
      return "an error";
  }
}

export const isPack = (expr: Expr | Pack): expr is Pack => expr.kind === "pack";
