import { apply, int } from "./fold.ts";
import { i32, type Expr } from "./ir.ts";
import { sameReg } from "./types.ts";

/** constant + the sum of each variable times its factor; no factor is 0. */
export interface Affine {
  readonly constant: number;
  readonly terms: ReadonlyMap<string, number>;
}

/**
 * The affine form of an i32 expression over variables; null if it is not affine. Computed in exact integers: index
 * arithmetic does not wrap.
 */
export function affine(x: Expr): Affine | null {
  if (!sameReg(x.type, i32)) return null;
  if (x.kind === "const") return { constant: x.value, terms: new Map() };
  if (x.kind === "var") return { constant: 0, terms: new Map([[x.name, 1]]) };
  if (x.kind !== "apply") return null;
  const args = x.args.map(affine);
  const [a, b, c] = args;
  if (!a || args.includes(null)) return null;
  switch (x.op) {
    case "neg":
      return scaled(a, -1);
    case "add":
      return b ? sum(a, b) : null;
    case "sub":
      return b ? sum(a, scaled(b, -1)) : null;
    case "mul":
      return b ? product(a, b) : null;
    case "madd": {
      const ab = b ? product(a, b) : null;
      return ab && c ? sum(ab, c) : null;
    }
    case "shl":
      return b && b.terms.size === 0 ? scaled(a, 2 ** (b.constant & 31)) : null;
    default:
      return null;
  }
}

function product(a: Affine, b: Affine): Affine | null {
  if (b.terms.size === 0) return scaled(a, b.constant);
  return a.terms.size === 0 ? scaled(b, a.constant) : null;
}

function scaled(a: Affine, by: number): Affine {
  if (by === 0) return { constant: 0, terms: new Map() };
  return { constant: a.constant * by, terms: new Map([...a.terms].map(([name, factor]) => [name, factor * by])) };
}

function sum(a: Affine, b: Affine): Affine {
  const terms = new Map(a.terms);
  for (const [name, factor] of b.terms) {
    const total = (terms.get(name) ?? 0) + factor;
    if (total === 0) terms.delete(name);
    else terms.set(name, total);
  }
  return { constant: a.constant + b.constant, terms };
}

/** The form as an expression: its variables in order, then the constant. */
export function fromAffine(form: Affine): Expr {
  const terms = [...form.terms].map(([name, factor]): Term => ({ expr: { kind: "var", type: i32, name }, factor }));
  return weightedSum(terms, form.constant);
}

export interface Term {
  readonly expr: Expr;
  readonly factor: number;
}

/** The sum of expressions times their factors, plus a constant. Negative factors become subtractions where possible. */
export function weightedSum(terms: readonly Term[], constant: number): Expr {
  const [head, ...rest] = [...terms.filter((t) => t.factor > 0), ...terms.filter((t) => t.factor < 0)];
  if (head === undefined) return int(constant);
  const first = apply("mul", [head.expr, int(head.factor)]);
  const total = rest.reduce((left, { expr, factor }) => {
    return apply(factor > 0 ? "add" : "sub", [left, apply("mul", [expr, int(Math.abs(factor))])]);
  }, first);
  return apply("add", [total, int(constant)]);
}
