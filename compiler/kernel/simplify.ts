import { never } from "../support/invariant.ts";
import { apply, constant, int, lane, splat } from "./fold.ts";
import { i32, type Expr, type Operator } from "./ir.ts";
import { fixed, onlyAtom, plus, rangeOf, single, times, toExpr, type Atom, type Linear, type Range } from "./linear.ts";
import { printExpr } from "./print.ts";
import { sameReg } from "./types.ts";

/**
 * An index expression with the same value and less arithmetic, given the ranges of its variables (bounds inclusive).
 * Reshapes, transposes and broadcasts produce quotients and remainders by constants; most of them cancel:
 *
 *   (a n + b) div n  =  a + b div n          where b >= 0, and a alone where b < n
 *   (a n + b) rem n  =  b rem n              and b alone where b < n
 *   (x div n) div m  =  x div (n m)          (x rem (n m)) rem n  =  x rem n
 *   (a g + b) div (n g), (a g + b) rem (n g) drop the g where b < g
 *   (x div n) n + x rem n  =  x              comparisons that the ranges decide are constants
 *
 * These apply to dividends that cannot be negative, where truncation is the floor; others are left unchanged. Sums must
 * not overflow i32.
 */
export function simplifyIndex(x: Expr, ranges: ReadonlyMap<string, Range>): Expr {
  return new Simplifier(ranges).expr(x);
}

const anyI32: Range = [-0x80000000, 0x7fffffff];

class Simplifier {
  readonly #ranges: ReadonlyMap<string, Range>;

  constructor(ranges: ReadonlyMap<string, Range>) {
    this.#ranges = ranges;
  }

  expr(x: Expr): Expr {
    return sameReg(x.type, i32) ? toExpr(this.#linear(x)) : this.#parts(x);
  }

  /** The expression rebuilt from its simplified parts. */
  #parts(x: Expr): Expr {
    switch (x.kind) {
      case "const":
      case "var":
        return x;
      case "register":
        return { ...x, at: x.at.map((y) => this.expr(y)) };
      case "load":
        return { ...x, at: this.expr(x.at) };
      case "splat":
        return splat(this.expr(x.value), x.type.lanes);
      case "lane":
        return lane(this.expr(x.value), x.lane);
      case "call":
        return { ...x, args: x.args.map((y) => this.expr(y)) };
      case "apply":
        return (
          this.#decided(x) ??
          apply(
            x.op,
            x.args.map((y) => this.expr(y)),
          )
        );
      default:
        return never(x);
    }
  }

  /** The outcome of a comparison of indices that their ranges decide, or null. */
  #decided(x: Expr & { kind: "apply" }): Expr | null {
    const [a, b] = x.args;
    const outcome = comparisons.get(x.op);
    if (!a || !b || !outcome || !sameReg(a.type, i32)) return null;
    const [left, right] = [this.#linear(a), this.#linear(b)];
    if (!within(rangeOf(left), anyI32) || !within(rangeOf(right), anyI32)) return null;
    const known = outcome(rangeOf(plus(left, times(right, -1))));
    return known === null ? null : constant(x.type, known ? 1 : 0);
  }

  #linear(x: Expr): Linear {
    if (x.kind === "const") return fixed(x.value);
    if (x.kind !== "apply") return this.#opaque(x);
    const [a, b, c] = x.args;
    if (a && x.op === "neg") return times(this.#linear(a), -1);
    if (!a || !b) return this.#opaque(x);
    switch (x.op) {
      case "add":
        return joined(plus(this.#linear(a), this.#linear(b)));
      case "sub":
        return joined(plus(this.#linear(a), times(this.#linear(b), -1)));
      case "mul":
        return this.#product(a, b) ?? this.#opaque(x);
      case "madd": {
        const ab = this.#product(a, b);
        return ab && c ? joined(plus(ab, this.#linear(c))) : this.#opaque(x);
      }
      case "shl":
        return b.kind === "const" ? times(this.#linear(a), 2 ** (b.value & 31)) : this.#opaque(x);
      case "div":
        return b.kind === "const" && b.value > 0 ? quotient(this.#linear(a), b.value) : this.#opaque(x);
      case "rem":
        return b.kind === "const" && b.value > 0 ? remainder(this.#linear(a), b.value) : this.#opaque(x);
      default:
        return this.#opaque(x);
    }
  }

  #product(a: Expr, b: Expr): Linear | null {
    const [left, right] = [this.#linear(a), this.#linear(b)];
    if (right.terms.size === 0) return times(left, right.constant);
    return left.terms.size === 0 ? times(right, left.constant) : null;
  }

  #opaque(x: Expr): Linear {
    const expr = this.#parts(x);
    if (expr.kind === "const") return fixed(expr.value);
    const range = expr.kind === "var" ? (this.#ranges.get(expr.name) ?? anyI32) : anyI32;
    return range[0] === range[1] ? fixed(range[0]) : atom(expr, range);
  }
}

const within = (inner: Range, outer: Range): boolean => inner[0] >= outer[0] && inner[1] <= outer[1];

/** Decides `a op b` from the range of a - b, or returns null. */
const comparisons: ReadonlyMap<Operator, (difference: Range) => boolean | null> = new Map<
  Operator,
  (difference: Range) => boolean | null
>([
  ["lt", ([low, high]) => (high < 0 ? true : low >= 0 ? false : null)],
  ["le", ([low, high]) => (high <= 0 ? true : low > 0 ? false : null)],
  ["gt", ([low, high]) => (low > 0 ? true : high <= 0 ? false : null)],
  ["ge", ([low, high]) => (low >= 0 ? true : high < 0 ? false : null)],
  ["eq", ([low, high]) => (low > 0 || high < 0 ? false : low === 0 && high === 0 ? true : null)],
  ["ne", ([low, high]) => (low > 0 || high < 0 ? true : low === 0 && high === 0 ? false : null)],
]);

const floorDiv = (a: number, n: number): number => Math.floor(a / n);
const floorMod = (a: number, n: number): number => a - n * Math.floor(a / n);

/** The expression as a single atom, or as the constant that it folded to. */
const atom = (expr: Expr, range: Range, more: Pick<Atom, "div" | "rem"> = {}): Linear =>
  expr.kind === "const" ? fixed(expr.value) : single(printExpr(expr), { expr, range, ...more });

/** a = n multiple + rest, with every factor of the rest between -n and n, and its constant from 0 to n - 1. */
function divided(a: Linear, n: number): { readonly multiple: Linear; readonly rest: Linear } {
  let multiple = fixed(floorDiv(a.constant, n));
  for (const [key, { atom: part, factor }] of a.terms)
    multiple = plus(multiple, times(single(key, part), Math.trunc(factor / n)));
  return { multiple, rest: plus(a, times(multiple, -n)) };
}

/** The largest number that divides n and all factors of the form, not its constant. */
function commonDivisor(a: Linear, n: number): number {
  let common = n;
  for (const { factor } of a.terms.values())
    for (let other = Math.abs(factor); other !== 0;) [common, other] = [other, common % other];
  return common;
}

const natural = (a: Linear): boolean => within(rangeOf(a), [0, anyI32[1]]);

function quotient(a: Linear, n: number): Linear {
  if (n === 1) return a;
  if (!natural(a)) return atom(apply("div", [toExpr(a), int(n)]), anyI32);
  const { multiple, rest } = divided(a, n);
  const [low, high] = rangeOf(rest);
  if (floorDiv(low, n) === floorDiv(high, n)) return joined(plus(multiple, fixed(floorDiv(low, n))));
  return natural(rest) ? joined(plus(multiple, plainQuotient(rest, n))) : plainQuotient(a, n);
}

/** a div n for a natural `a` that is not a multiple of n plus something smaller. */
function plainQuotient(a: Linear, n: number): Linear {
  const common = commonDivisor(a, n);
  if (common > 1) return quotient(shrunk(a, common), n / common);
  const inner = onlyAtom(a)?.div;
  if (inner) return quotient(inner.of, inner.by * n);
  const [low, high] = rangeOf(a);
  return atom(apply("div", [toExpr(a), int(n)]), [floorDiv(low, n), floorDiv(high, n)], { div: { of: a, by: n } });
}

/** floor(a / common), where common divides all factors. */
function shrunk(a: Linear, common: number): Linear {
  return {
    constant: floorDiv(a.constant, common),
    terms: new Map([...a.terms].map(([key, t]) => [key, { atom: t.atom, factor: t.factor / common }])),
  };
}

function remainder(a: Linear, n: number): Linear {
  if (n === 1) return fixed(0);
  if (!natural(a)) return atom(apply("rem", [toExpr(a), int(n)]), [1 - n, n - 1]);
  const { rest } = divided(withoutInnerRemainders(a, n), n);
  const [low, high] = rangeOf(rest);
  const block = floorDiv(low, n);
  if (block === floorDiv(high, n)) return joined(plus(rest, fixed(-block * n)));
  const kept = natural(rest) ? rest : a;
  const common = commonDivisor(kept, n);
  if (common > 1)
    return plus(times(remainder(shrunk(kept, common), n / common), common), fixed(floorMod(kept.constant, common)));
  return atom(apply("rem", [toExpr(kept), int(n)]), [0, Math.min(n - 1, rangeOf(kept)[1])], {
    rem: { of: kept, by: n },
  });
}

/** k (x rem m) as k x where n divides k m: both leave the same remainder by n. */
function withoutInnerRemainders(a: Linear, n: number): Linear {
  let result = a;
  for (const [key, { atom: part, factor }] of a.terms) {
    if (!part.rem || (factor * part.rem.by) % n !== 0) continue;
    const replaced = plus(result, plus(times(single(key, part), -factor), times(part.rem.of, factor)));
    if (natural(replaced)) result = replaced;
  }
  return result;
}

/** Combines the quotient and the remainder of one dividend: k n (x div n) + k (x rem n) = k x. */
function joined(a: Linear): Linear {
  for (const [key, { atom: part, factor }] of a.terms) {
    if (!part.rem) continue;
    const { of, by } = part.rem;
    const partner = quotient(of, by);
    const without = plus(a, plus(times(partner, -factor * by), times(single(key, part), -factor)));
    const cancels = [...partner.terms.keys()].every((name) => a.terms.has(name) && !without.terms.has(name));
    if (partner.terms.size > 0 && cancels) return joined(plus(without, times(of, factor)));
  }
  return a;
}
