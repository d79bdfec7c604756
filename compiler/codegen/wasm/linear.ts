import type { Expr } from "../../kernel/ir.ts";

/** `coefficient * expr`, where `expr` is a variable or anything that is not affine. */
export interface Term {
  readonly expr: Expr;
  readonly coefficient: number;
}

/**
 * An i32 as a sum of terms and a constant, modulo 2^32. Terms are keyed by the text of their expression; no coefficient
 * is 0.
 */
export interface Linear {
  readonly terms: ReadonlyMap<string, Term>;
  readonly constant: number;
}

export const number = (constant: number): Linear => ({ terms: new Map(), constant: constant | 0 });

export const term = (expr: Expr): Linear => ({
  terms: new Map([[keyOf(expr), { expr, coefficient: 1 }]]),
  constant: 0,
});

export const keyOf = (expr: Expr): string => (expr.kind === "var" ? expr.name : JSON.stringify(expr));

/** `a + factor * b` */
export function plus(a: Linear, b: Linear, factor = 1): Linear {
  const constant = (a.constant + Math.imul(b.constant, factor)) | 0;
  if (b.terms.size === 0) return { terms: a.terms, constant };
  const terms = new Map(a.terms);
  for (const [key, { expr, coefficient }] of b.terms) {
    const sum = ((terms.get(key)?.coefficient ?? 0) + Math.imul(coefficient, factor)) | 0;
    if (sum === 0) terms.delete(key);
    else terms.set(key, { expr, coefficient: sum });
  }
  return { terms, constant };
}

const texts = new WeakMap<Linear["terms"], string>();

/** A key that equal sums of terms share. */
export function termsKey(terms: Linear["terms"]): string {
  const known = texts.get(terms);
  if (known !== undefined) return known;
  const text = [...terms]
    .map(([key, { coefficient }]) => `${coefficient}*${key}`)
    .sort()
    .join(" + ");
  texts.set(terms, text);
  return text;
}

/** The affine form of an i32 expression; `expand` returns the form of a `let` that is to be inlined, or null. */
export function linear(x: Expr, expand: (name: string) => Linear | null): Linear {
  if (x.kind === "const") return number(x.value);
  if (x.kind === "var") return expand(x.name) ?? term(x);
  if (x.kind !== "apply") return term(x);
  const [a, b] = x.args;
  if (a === undefined) return term(x);
  const of = (expr: Expr): Linear => linear(expr, expand);
  if (x.op === "neg") return plus(number(0), of(a), -1);
  if (b === undefined) return term(x);
  if (x.op === "add") return plus(of(a), of(b));
  if (x.op === "sub") return plus(of(a), of(b), -1);
  if (x.op === "shl" && b.kind === "const") return plus(number(0), of(a), 1 << b.value);
  if (x.op !== "mul") return term(x);
  const [left, right] = [of(a), of(b)];
  if (right.terms.size === 0) return plus(number(0), left, right.constant);
  if (left.terms.size === 0) return plus(number(0), right, left.constant);
  return term(x);
}
