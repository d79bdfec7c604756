import type { Expr, TypeExpr } from "../../../dsl/ast.ts";
import type { Span } from "../../../dsl/span.ts";
import { dtypes } from "../../../runtime/dtype.ts";
import type { DType } from "../../../runtime/model.ts";
import { tensor, type TensorType } from "../../types/tensor-type.ts";
import { didYouMean } from "../../../dsl/suggest.ts";
import type { Binding, DlValue, Env, PackValue, Scope } from "../context.ts";
import { allowedShape, emptyHelp } from "../tensors/add-node.ts";
import { dtypeNames, isDtype } from "./dtypes.ts";
import { dtypeHint } from "../migration-hints.ts";
import { report } from "../errors.ts";
import { describe, int, isPack } from "../values/values.ts";

/** `factor * unknown + known`; without an unknown the size is `known`. */
interface Linear {
  readonly known: number;
  readonly factor: number;
  readonly unknown: string | null;
}

/** Which names a dim may use: only those of the signature and the `let`s of its file, or all visible ones. */
export type Reach = "signature" | "all";

const number = (known: number): Linear => ({ known, factor: 0, unknown: null });

/**
 * The size of a dim expression, as far as its names are known. Null if it is not linear in one unknown or not an int
 * (reported if `reach` is `all`).
 */
function linear(env: Env, expr: Expr, reach: Reach): Linear | null {
  switch (expr.kind) {
    case "number":
      return expr.int ? number(expr.value) : null;
    case "name": {
      const value = lookUpSize(env, expr.text, expr.span, reach);
      return value === null ? { known: 0, factor: 1, unknown: expr.text } : value === "error" ? null : number(value);
    }
    case "unary": {
      const value = expr.op === "-" ? linear(env, expr.value, reach) : null;
      return value && { known: -value.known, factor: -value.factor, unknown: value.unknown };
    }
    case "binary": {
      const [a, b] = [linear(env, expr.left, reach), linear(env, expr.right, reach)];
      return a && b && combine(expr.op, a, b);
    }
    case "tuple":
      return expr.items.length === 1 && expr.items[0] !== undefined ? linear(env, expr.items[0], reach) : null;
    default: {
      const value = reach === "all" ? env.context.evaluate(env, expr) : null;
      return value?.kind === "int" ? number(value.value) : null;
    }
  }
}

function combine(op: string, a: Linear, b: Linear): Linear | null {
  const [x, y] = [a.known, b.known];
  if (a.unknown === null && b.unknown === null) {
    // Sizes are ints: a quotient is rounded down, as in the formula of a convolution's output size.
    if (op === "/" && y !== 0) return number(Math.floor(x / y));
    if (op === "%" && y !== 0) return number(x % y);
    if (op === "^" && y >= 0) return number(x ** y);
  }
  if (op === "+" || op === "-") {
    const sign = op === "+" ? 1 : -1;
    if (a.unknown !== null && b.unknown !== null && a.unknown !== b.unknown) return null;
    return tidy({ known: x + sign * y, factor: a.factor + sign * b.factor, unknown: a.unknown ?? b.unknown });
  }
  if (op === "*" && b.unknown === null) return tidy({ known: x * y, factor: a.factor * y, unknown: a.unknown });
  if (op === "*" && a.unknown === null) return tidy({ known: x * y, factor: b.factor * x, unknown: b.unknown });
  return null;
}

const tidy = (value: Linear): Linear => (value.factor === 0 ? number(value.known) : value);

function lookUpSize(env: Env, name: string, span: Span, reach: Reach): number | null | "error" {
  const binding = reach === "all" ? env.scope.find(name) : sizeBinding(env.scope, name);
  if (binding === undefined) return null;
  if (binding.kind === "value") {
    if (binding.value.kind === "int") return binding.value.value;
    if (reach === "all" && binding.value.kind !== "error")
      report(env.context, "E0501", span, `expected an int for the size \`${name}\`, found ${describe(binding.value)}`);
    return "error";
  }
  const value = env.context.evaluate(env, { kind: "name", text: name, span });
  // A `let` of the file that is not an int, such as a function, does not name a size.
  if (reach === "signature" && binding.kind === "constant" && value.kind !== "int" && value.kind !== "error")
    return null;
  return value.kind === "int" ? value.value : "error";
}

/** What a size in a signature is, before its arguments bind it: a static argument, or a `let` of the file. */
export function sizeBinding(scope: Scope, name: string): Binding | undefined {
  const own = scope.own(name);
  const found = own ?? scope.find(name);
  return own ?? (found?.kind === "constant" ? found : undefined);
}

/** The dtype of a name: a dtype, or a variable of the signature such as `T`. */
export function dtypeNamed(scope: Scope, name: string): DType | "variable" | null {
  if (isDtype(name)) return name;
  const bound = scope.find(name);
  if (bound?.kind === "value" && bound.value.kind === "string" && isDtype(bound.value.value)) return bound.value.value;
  return /^[A-Z]$/.test(name) ? "variable" : null;
}

export function reportDtype(env: Env, name: string, span: Span): DlValue {
  const near = dtypeHint(name) ?? didYouMean(name, dtypeNames);
  return report(env.context, "E0310", span, `unknown dtype \`${name}\``, {
    help:
      near === null
        ? `the dtypes are ${dtypeNames.join(", ")}`
        : `did you mean \`${near}\`?${Object.hasOwn(dtypes, name) ? ` models do not compute in ${name}` : ""}`,
  });
}

function reportSize(env: Env, span: Span, size: number, written: string): void {
  const shown = written === String(size) ? written : `${size} for \`${written}\``;
  const unnamed = written === "-1" ? "name a size that is given later, as in `f32[N, 4]`" : undefined;
  const help = size === 0 ? emptyHelp : unnamed;
  report(env.context, "E0315", span, `a size must be an int of at least 1, found ${shown}`, { help });
}

/** Whether a name of the expression has no value because of a mistake that has been reported. */
export const isUnknown = ({ scope }: Env, names: readonly string[]): boolean =>
  names.some((name) => {
    const binding = scope.find(name);
    return binding?.kind === "value" && binding.value.kind === "error";
  });

/** The size of a dim whose names are all known; null after a report. */
export function sizeOf(env: Env, expr: Expr): number | null {
  if (isUnknown(env, namesIn(expr))) return null;
  const size = linear(env, expr, "all");
  if (size === null) {
    report(
      env.context,
      "E0307",
      expr.span,
      `cannot compute the size \`${text(expr)}\`: it is not an int, or has several unknown names`,
    );
    return null;
  }
  if (size.unknown !== null) {
    const near = didYouMean(size.unknown, env.scope.all());
    report(env.context, "E0307", expr.span, `cannot infer the size \`${size.unknown}\``, {
      help:
        near === null
          ? `a name in the type of a parameter is bound by its argument; declare a size given from outside with \`dim ${size.unknown}\``
          : `did you mean \`${near}\`?`,
    });
    return null;
  }
  if (!Number.isSafeInteger(size.known) || size.known < 1) {
    reportSize(env, expr.span, size.known, text(expr));
    return null;
  }
  return size.known;
}

/** The dims of `..S`; null after a report. */
export function packNamed(env: Env, name: string, span: Span): PackValue | null {
  const binding = env.scope.find(packKey(name));
  if (binding?.kind === "value" && binding.value.kind === "pack") return binding.value;
  if (isUnknown(env, [packKey(name), name])) return null;
  // A static list of sizes is accepted too: `f32[..kernel, C, O]`.
  const plain = env.scope.find(name);
  const items = plain?.kind === "value" && plain.value.kind === "list" ? plain.value.items : [];
  const sizes = items.flatMap((item) => (item.kind === "int" ? [item] : []));
  if (plain?.kind === "value" && plain.value.kind === "list" && sizes.length === items.length)
    return {
      kind: "pack",
      sizes: sizes.map((item) => item.value),
      symbols: sizes.map((item) => item.symbol ?? null),
      start: 0,
    };
  const known = env.scope.all().flatMap((n) => (n.startsWith("..") ? [n.slice(2)] : []));
  const near = didYouMean(name, known);
  report(env.context, "E0201", span, `unknown pack \`..${name}\``, {
    help: near === null ? undefined : `did you mean \`..${near}\`?`,
  });
  return null;
}

export const packKey = (name: string): string => `..${name}`;

/** The declared type, with every size known; null after a report. */
export function declaredType(
  env: Env,
  type: TypeExpr,
): { readonly type: TensorType; readonly symbols: readonly (string | null)[] } | null {
  if (type.kind === "list" || type.kind === "params") {
    report(env.context, "E0309", type.span, `expected a tensor type, found \`${text(type)}\``);
    return null;
  }
  const name = type.kind === "tensor" ? type.dtype : type.name;
  const dtype = dtypeNamed(env.scope, name.text);
  if (dtype === null || dtype === "variable") {
    if (!isUnknown(env, [name.text])) reportDtype(env, name.text, name.span);
    return null;
  }
  const shape: number[] = [];
  const symbols: (string | null)[] = [];
  for (const dim of type.kind === "tensor" ? type.dims : []) {
    if (isPack(dim)) {
      const pack = packNamed(env, dim.name.text, dim.span);
      if (pack === null) return null;
      const wrong = pack.sizes.find((size) => !Number.isSafeInteger(size) || size < 1);
      if (wrong !== undefined) {
        reportSize(env, dim.span, wrong, `..${dim.name.text}`);
        return null;
      }
      shape.push(...pack.sizes);
      symbols.push(...pack.symbols);
    } else {
      const size = sizeOf(env, dim);
      if (size === null) return null;
      shape.push(size);
      symbols.push(symbolOf(env, dim));
    }
  }
  return allowedShape(env, type.span, shape) ? { type: tensor(dtype, shape), symbols } : null;
}

function symbolOf(env: Env, dim: Expr): string | null {
  const binding = dim.kind === "name" ? env.scope.find(dim.text) : undefined;
  if ((binding?.kind === "dim" || binding?.kind === "constant") && dim.kind === "name") return dim.text;
  return binding?.kind === "value" && binding.value.kind === "int" ? (binding.value.symbol ?? null) : null;
}

export interface Actual {
  readonly size: number;
  readonly symbol: string | null;
}

/**
 * The result of unifying one dim of a signature with the size of an argument. `later`: its unknowns may be bound by
 * other arguments.
 */
export type Met = "ok" | "later" | { readonly wanted: string };

/** Unifies one dim with a size, binding its free name. */
export function unifyDim(env: Env, dim: Expr, actual: Actual, because: string, span: Span, reach: Reach): Met {
  const value = linear(env, dim, reach);
  if (value === null) return "later";
  if (value.unknown === null)
    return value.known === actual.size
      ? "ok"
      : { wanted: dim.kind === "number" ? text(dim) : `${text(dim)} = ${value.known}` };
  const solved = (actual.size - value.known) / value.factor;
  if (!Number.isInteger(solved) || solved < 1) return { wanted: `${text(dim)} for some ${value.unknown}` };
  env.scope.bind(value.unknown, {
    kind: "value",
    value: int(solved, dim.kind === "name" ? actual.symbol : null),
    span,
    because: `${value.unknown} = ${solved}, because ${because}`,
    dim: true,
  });
  return "ok";
}

/** As written. */
export const text = (node: { readonly span: Span }): string =>
  node.span.source.text.slice(node.span.start, node.span.end);

/** The sizes in a type, without packs. */
export const sizesOf = (type: TypeExpr): readonly Expr[] =>
  type.kind === "tensor" ? type.dims.filter((dim) => !isPack(dim)) : [];

/** Names in an expression of dims, sizes and default values. */
export function namesIn(expr: Expr): string[] {
  switch (expr.kind) {
    case "name":
      return [expr.text];
    case "unary":
      return namesIn(expr.value);
    case "binary":
      return [...namesIn(expr.left), ...namesIn(expr.right)];
    case "tuple":
      return expr.items.flatMap(namesIn);
    case "list":
      return expr.items.flatMap((item) => (isPack(item) ? [] : namesIn(item)));
    case "call":
      return [...namesIn(expr.callee), ...expr.args.flatMap((arg) => (isPack(arg.value) ? [] : namesIn(arg.value)))];
    case "member":
    case "index":
      return namesIn(expr.object);
    default:
      return [];
  }
}
