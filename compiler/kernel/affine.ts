import { apply, constant, int } from "./fold.ts";
import { i32, type Expr } from "./ir.ts";

/** constant + the sum of coefficient * variable. */
export interface Affine {
  readonly constant: number;
  readonly terms: ReadonlyMap<string, number>;
}

const none: ReadonlyMap<string, number> = new Map();

/** The affine form of a scalar index expression over variables; null if it has none. Variables that cancel are left out. */
export function affine(expr: Expr): Affine | null {
  if (expr.type.scalar !== "i32" || expr.type.lanes !== 1) return null;
  if (expr.kind === "const") return { constant: expr.value, terms: none };
  if (expr.kind === "var") return { constant: 0, terms: new Map([[expr.name, 1]]) };
  if (expr.kind !== "apply") return null;
  const args: Affine[] = [];
  for (const arg of expr.args) {
    const form = affine(arg);
    if (form === null) return null;
    args.push(form);
  }
  const [a, b] = args;
  if (a === undefined) return null;
  switch (expr.op) {
    case "neg":
      return scaled(a, -1);
    case "add":
      return b ? plus(a, b) : null;
    case "sub":
      return b ? plus(a, scaled(b, -1)) : null;
    case "mul":
      return b === undefined ? null : b.terms.size === 0 ? scaled(a, b.constant) : a.terms.size === 0 ? scaled(b, a.constant) : null;
    case "shl":
      return b?.terms.size === 0 ? scaled(a, 2 ** (b.constant & 31)) : null;
    default:
      return null;
  }
}

export function plus(a: Affine, b: Affine): Affine {
  const terms = new Map(a.terms);
  for (const [name, by] of b.terms) {
    const sum = (terms.get(name) ?? 0) + by;
    if (sum === 0) terms.delete(name);
    else terms.set(name, sum);
  }
  return { constant: a.constant + b.constant, terms };
}

export function scaled(a: Affine, by: number): Affine {
  return by === 0 ? { constant: 0, terms: none } : { constant: a.constant * by, terms: new Map([...a.terms].map(([name, x]) => [name, x * by])) };
}

/** The expression of an affine form, terms in their order, the constant last. */
export function fromAffine(form: Affine): Expr {
  const terms = [...form.terms].map(([name, by]) => apply("mul", [{ kind: "var", type: i32, name }, int(by)]));
  return apply("add", [terms.reduce((sum, term) => apply("add", [sum, term]), constant(i32, 0) as Expr), int(form.constant)]);
}
