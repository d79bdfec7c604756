// Items derived from the signature of a declaration, for declarations without a handwritten item: small tensors,
// default arguments.
import type { Callable, DimExpr, Parameter, ResultType, TypeExpr } from "../../../dsl/ast.ts";
import type { Span } from "../../../dsl/span.ts";
import type { Item } from "./item.ts";

const written = ({ source, start, end }: Span): string => source.text.slice(start, end);

/** Values of static arguments without a default. */
const statics: Readonly<Record<string, string>> = { int: "2", f32: "0.5", number: "0.5", bool: "true" };

const staticText = ({ type }: Parameter): string | null =>
  type.kind === "static" ? (statics[type.name.text] ?? null) : null;

/**
 * Sizes of the dims by name, distinct as far as possible; with `where` conditions 4, which is divisible by most counts.
 */
function sizesOf({ params, where }: Callable): (dim: DimExpr) => string {
  const free = ["A", "B", "C"];
  const known = new Map<string, string>();
  const sizeOf = (name: string): string => {
    const size = known.get(name) ?? (where.length > 0 ? "4" : (free.shift() ?? "3"));
    known.set(name, size);
    return size;
  };
  const given = new Set(params.map(({ name }) => name.text));
  return (dim) => {
    if (dim.kind === "pack") return `${sizeOf(dim.name.text)}, ${sizeOf(`${dim.name.text} again`)}`;
    return written(dim.span).replaceAll(/[A-Za-z_]\w*/g, (name) =>
      given.has(name) || /^[a-z]/.test(name) ? (statics["int"] ?? "2") : sizeOf(name),
    );
  };
}

const isTensor = (type: ResultType | null): type is Extract<TypeExpr, { kind: "tensor" }> => type?.kind === "tensor";

/** Null if the signature does not determine a use: it takes functions or lists, or does not return an f32 tensor. */
export function derivedItem(declaration: Callable): Item | null {
  const { kind, name, params, result } = declaration;
  if ((kind !== "layer" && kind !== "fn") || !isTensor(result) || result.dtype.text !== "f32") return null;
  const size = sizesOf(declaration);
  const arg = (parameter: Parameter): string | null =>
    isTensor(parameter.type) ? parameter.name.text : staticText(parameter);
  const needed = (list: readonly Parameter[]): readonly Parameter[] => list.filter(({ value }) => value === null);
  const [first, second] = [needed(declaration.statics).map(arg), needed(params).map(arg)];
  const inputs = Object.fromEntries(
    needed(params).flatMap(({ name: { text }, type }) =>
      isTensor(type) ? [[text, `${type.dtype.text}[${type.dims.map(size).join(", ")}]`]] : [],
    ),
  );
  if ([...first, ...second].includes(null) || Object.keys(inputs).length === 0) return null;
  const use = `${name.text}${first.length > 0 ? `(${first.join(", ")})` : ""}(${second.join(", ")})`;
  if (kind === "fn") return { name: name.text, value: use, inputs };
  const typed = Object.entries(inputs).map(([text, type]) => `${text}: ${type}`);
  return {
    name: name.text,
    value: `M(${Object.keys(inputs).join(", ")})`,
    declare: `model M(${typed.join(", ")}) = ${use}`,
    inputs,
  };
}
