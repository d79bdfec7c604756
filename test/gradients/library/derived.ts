// Items by the signature of a declaration: tensors of small sizes, defaults where there are some. For what nobody has written an item for.
import type { Callable, DimExpr, Parameter, TypeExpr } from "../../../dsl/ast.ts";
import type { Span } from "../../../dsl/span.ts";
import type { Item } from "./item.ts";

const written = ({ source, start, end }: Span): string => source.text.slice(start, end);

/** Static arguments that have no default. */
const statics: Readonly<Record<string, string>> = { int: "2", f32: "0.5", bool: "true" };

const staticText = ({ type }: Parameter): string | null => (type.kind === "static" ? (statics[type.name.text] ?? null) : null);

/** Sizes by the names of dims, each name another while there are some; where conditions are to hold, a size that most numbers of parts divide. */
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
    return written(dim.span).replaceAll(/[A-Za-z_]\w*/g, (name) => (given.has(name) || /^[a-z]/.test(name) ? (statics["int"] ?? "2") : sizeOf(name)));
  };
}

const isTensor = (type: TypeExpr | null): type is Extract<TypeExpr, { kind: "tensor" }> => type?.kind === "tensor";

/** Null where the signature does not tell how it is used: it takes functions or lists, or gives something else than an f32 tensor. */
export function derivedItem(declaration: Callable): Item | null {
  const { kind, name, params, result } = declaration;
  if ((kind !== "layer" && kind !== "fn") || !isTensor(result) || result.dtype.text !== "f32") return null;
  const size = sizesOf(declaration);
  const arg = (parameter: Parameter): string | null => (isTensor(parameter.type) ? parameter.name.text : staticText(parameter));
  const needed = (list: readonly Parameter[]): readonly Parameter[] => list.filter(({ value }) => value === null);
  const [first, second] = [needed(declaration.statics).map(arg), needed(params).map(arg)];
  const inputs = Object.fromEntries(
    needed(params).flatMap(({ name: { text }, type }) => (isTensor(type) ? [[text, `${type.dtype.text}[${type.dims.map(size).join(", ")}]`]] : [])),
  );
  if ([...first, ...second].includes(null) || Object.keys(inputs).length === 0) return null;
  const use = `${name.text}${first.length > 0 ? `(${first.join(", ")})` : ""}(${second.join(", ")})`;
  if (kind === "fn") return { name: name.text, value: use, inputs };
  const typed = Object.entries(inputs).map(([text, type]) => `${text}: ${type}`);
  return { name: name.text, value: `M(${Object.keys(inputs).join(", ")})`, declare: `model M(${typed.join(", ")}) = ${use}`, inputs };
}
