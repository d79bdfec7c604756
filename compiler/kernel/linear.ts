import type { Expr } from "./ir.ts";
import { weightedSum } from "./affine.ts";

/** The least and the greatest value of an expression, inclusive. */
export type Range = readonly [low: number, high: number];

/** A part of an index that is not a sum of others: a variable, a quotient, a remainder, or any other expression. */
export interface Atom {
  readonly expr: Expr;
  readonly range: Range;
  /** The dividend and divisor of a remainder. */
  readonly rem?: { readonly of: Linear; readonly by: number };
  /** The dividend and divisor of a quotient. */
  readonly div?: { readonly of: Linear; readonly by: number };
}

/** constant + the sum of atoms times factors. Equal atoms have the same key. */
export interface Linear {
  readonly constant: number;
  readonly terms: ReadonlyMap<string, { readonly atom: Atom; readonly factor: number }>;
}

export const fixed = (constant: number): Linear => ({ constant, terms: new Map() });

export const single = (key: string, atom: Atom): Linear => ({
  constant: 0,
  terms: new Map([[key, { atom, factor: 1 }]]),
});

export function plus(a: Linear, b: Linear): Linear {
  const terms = new Map(a.terms);
  for (const [key, { atom, factor }] of b.terms) {
    const total = (terms.get(key)?.factor ?? 0) + factor;
    if (total === 0) terms.delete(key);
    else terms.set(key, { atom, factor: total });
  }
  return { constant: a.constant + b.constant, terms };
}

export function times(a: Linear, by: number): Linear {
  if (by === 0) return fixed(0);
  return {
    constant: a.constant * by,
    terms: new Map([...a.terms].map(([key, t]) => [key, { atom: t.atom, factor: t.factor * by }])),
  };
}

/** Bounds of the form. They need not be tight, since atoms are treated as independent. */
export function rangeOf(a: Linear): Range {
  let [low, high] = [a.constant, a.constant];
  for (const { atom, factor } of a.terms.values()) {
    low += factor * atom.range[factor > 0 ? 0 : 1];
    high += factor * atom.range[factor > 0 ? 1 : 0];
  }
  return [low, high];
}

export const toExpr = (a: Linear): Expr =>
  weightedSum(
    [...a.terms.values()].map(({ atom, factor }) => ({ expr: atom.expr, factor })),
    a.constant,
  );

/** The atom that is the whole form, with factor 1 and constant 0; null if the form is anything else. */
export function onlyAtom(a: Linear): Atom | null {
  const [first, ...more] = a.terms.values();
  return first !== undefined && more.length === 0 && a.constant === 0 && first.factor === 1 ? first.atom : null;
}
