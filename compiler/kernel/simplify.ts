import { apply, int } from "./fold.ts";
import type { Expr } from "./ir.ts";
import { printExpr } from "./print.ts";

/** Inclusive ranges of variables, by name. */
export type Ranges = ReadonlyMap<string, readonly [low: number, high: number]>;

/**
 * An index expression with the divisions resolved that the variables' ranges settle: reshapes and broadcasts leave sums that are taken apart and
 * put together again.
 *
 * A scalar i32 expression is a sum of integer multiples of atoms (variables, divisions, remainders, anything else). With a = q * n + r, where q are the terms
 * whose multiple n divides and 0 <= r < n: a div n is q and a rem n is r. And (x div n) * n + x rem n is x. All divisors are positive constants.
 */
export function simplifyIndex(expr: Expr, ranges: Ranges): Expr {
  if (expr.type.scalar !== "i32" || expr.type.lanes !== 1) return expr;
  return build(sumOf(expr, ranges));
}

interface Term {
  readonly atom: Expr;
  readonly by: number;
}
/** Terms by the text of their atom, which makes equal atoms meet. */
interface Sum {
  readonly constant: number;
  readonly terms: ReadonlyMap<string, Term>;
}

const single = (atom: Expr): Sum => ({ constant: 0, terms: new Map([[printExpr(atom), { atom, by: 1 }]]) });
const number = (constant: number): Sum => ({ constant, terms: new Map() });

function add(a: Sum, b: Sum): Sum {
  const terms = new Map(a.terms);
  for (const [key, { atom, by }] of b.terms) {
    const sum = (terms.get(key)?.by ?? 0) + by;
    if (sum === 0) terms.delete(key);
    else terms.set(key, { atom, by: sum });
  }
  return { constant: a.constant + b.constant, terms };
}

const scale = (a: Sum, by: number): Sum =>
  by === 0 ? number(0) : { constant: a.constant * by, terms: new Map([...a.terms].map(([key, term]) => [key, { ...term, by: term.by * by }])) };

const asNumber = ({ constant, terms }: Sum): number | null => (terms.size === 0 ? constant : null);

function sumOf(expr: Expr, ranges: Ranges): Sum {
  if (expr.kind === "const") return number(expr.value);
  if (expr.kind !== "apply") return single(expr);
  const [a, b] = expr.args.map((arg) => (arg.type.scalar === "i32" && arg.type.lanes === 1 ? sumOf(arg, ranges) : null));
  if (!a) return single(expr);
  switch (expr.op) {
    case "neg":
      return scale(a, -1);
    case "add":
      return b ? recombine(add(a, b)) : single(expr);
    case "sub":
      return b ? recombine(add(a, scale(b, -1))) : single(expr);
    case "mul": {
      const [x, y] = [asNumber(a), b ? asNumber(b) : null];
      if (y !== null) return scale(a, y);
      return b && x !== null ? scale(b, x) : again(expr.op, a, b);
    }
    case "div":
    case "rem": {
      const n = b ? asNumber(b) : null;
      return n !== null && n > 0 ? divided(expr.op, a, n, ranges) : again(expr.op, a, b);
    }
    case "min":
    case "max":
      return b ? extreme(expr.op, a, b, ranges) : single(expr);
    default:
      return single(expr);
  }
}

/** The application on simplified operands. */
const again = (op: "mul" | "div" | "rem" | "min" | "max", a: Sum, b: Sum | null | undefined): Sum => single(apply(op, [build(a), ...(b ? [build(b)] : [])]));

function extreme(op: "min" | "max", a: Sum, b: Sum, ranges: Ranges): Sum {
  const [low, high] = rangeOf(add(a, scale(b, -1)), ranges);
  if (low >= 0) return op === "min" ? b : a;
  return high <= 0 ? (op === "min" ? a : b) : again(op, a, b);
}

function divided(op: "div" | "rem", a: Sum, n: number, ranges: Ranges): Sum {
  if (n === 1) return op === "div" ? a : number(0);
  const whole = [...a.terms].filter(([, { by }]) => by % n === 0);
  const parts = [...a.terms].filter(([, { by }]) => by % n !== 0);
  const rest = ((a.constant % n) + n) % n;
  const remainder: Sum = { constant: rest, terms: new Map(parts) };
  const quotient: Sum = { constant: (a.constant - rest) / n, terms: new Map(whole.map(([key, term]) => [key, { ...term, by: term.by / n }])) };
  const [low, high] = rangeOf(remainder, ranges);
  // Truncating division splits a sum this way only where neither the whole nor the part is negative.
  if (rangeOf(a, ranges)[0] < 0) return again(op, a, number(n));
  if (low >= 0 && high < n) return op === "div" ? quotient : remainder;
  const inner = low >= 0 ? remainder : a;
  const made = nested(op, inner, n);
  return op === "div" && low >= 0 ? add(quotient, made) : made;
}

/** (x div m) div n is x div (m * n). */
function nested(op: "div" | "rem", a: Sum, n: number): Sum {
  const [term, ...more] = a.terms.values();
  if (op === "div" && a.constant === 0 && term !== undefined && more.length === 0 && term.by === 1 && term.atom.kind === "apply" && term.atom.op === "div") {
    const [x, m] = term.atom.args;
    if (x && m?.kind === "const") return single(apply("div", [x, int(m.value * n)]));
  }
  return again(op, a, number(n));
}

/** c * n * (x div n) + c * (x rem n) is c * x, for non-negative x and for negative ones too, since both truncate. */
function recombine(sum: Sum): Sum {
  for (const [remKey, rem] of sum.terms) {
    if (rem.atom.kind !== "apply" || rem.atom.op !== "rem") continue;
    const [x, n] = rem.atom.args;
    if (!x || n?.kind !== "const") continue;
    const divKey = printExpr(apply("div", [x, n]));
    const div = sum.terms.get(divKey);
    if (div === undefined || div.by !== rem.by * n.value) continue;
    const terms = new Map(sum.terms);
    terms.delete(remKey);
    terms.delete(divKey);
    return recombine(add({ constant: sum.constant, terms }, scale(sumOf(x, new Map()), rem.by)));
  }
  return sum;
}

function build({ constant, terms }: Sum): Expr {
  let sum: Expr = int(0);
  for (const { atom, by } of terms.values()) sum = apply("add", [sum, apply("mul", [atom, int(by)])]);
  return apply("add", [sum, int(constant)]);
}

function rangeOf({ constant, terms }: Sum, ranges: Ranges): readonly [number, number] {
  let [low, high] = [constant, constant];
  for (const { atom, by } of terms.values()) {
    const [a, b] = atomRange(atom, ranges);
    low += Math.min(a * by, b * by);
    high += Math.max(a * by, b * by);
  }
  return [low, high];
}

function atomRange(atom: Expr, ranges: Ranges): readonly [number, number] {
  const anything: readonly [number, number] = [-Infinity, Infinity];
  if (atom.kind === "var") return ranges.get(atom.name) ?? anything;
  if (atom.kind !== "apply") return anything;
  const [x, n] = atom.args;
  if (!x || n?.kind !== "const" || n.value <= 0) return anything;
  const [low, high] = rangeOf(sumOf(x, ranges), ranges);
  if (atom.op === "div") return [Math.trunc(low / n.value), Math.trunc(high / n.value)];
  if (atom.op === "rem" && low >= 0) return [0, Math.min(high, n.value - 1)];
  return anything;
}
