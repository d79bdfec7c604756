import { affine } from "../kernel/affine.ts";
import { apply } from "../kernel/fold.ts";
import type { Expr, Stmt } from "../kernel/ir.ts";
import { constantInt, expressions, some, substitute } from "../kernel/walk.ts";

export type Loop = Extract<Stmt, { kind: "for" }>;

/** The number of iterations of a loop that counts from 0 by 1; null for any other. */
export const extentOf = (loop: Loop): number | null =>
  loop.from.kind === "const" && loop.from.value === 0 && loop.step === 1 && loop.to.kind === "const"
    ? loop.to.value
    : null;

export const mentions = (expr: Expr, name: string): boolean => some(expr, (e) => e.kind === "var" && e.name === name);

/**
 * Collapses two perfectly nested loops into one if every access that depends on them traverses one contiguous range of
 * memory, and every other use is of the position in such a range: the counter of a random number.
 */
export function collapse(body: readonly Stmt[]): Stmt[] {
  return body.map((stmt): Stmt => {
    if (stmt.kind === "if") return { ...stmt, then: collapse(stmt.then), otherwise: collapse(stmt.otherwise) };
    if (stmt.kind !== "for") return stmt;
    const outer: Loop = { ...stmt, body: collapse(stmt.body) };
    const [inner, ...rest] = outer.body;
    if (inner?.kind !== "for" || rest.length > 0) return outer;
    const extent = extentOf(inner);
    if (extent === null || outer.step !== 1 || !isContiguous(inner.body, outer.name, inner.name, extent)) return outer;
    const times = (bound: Expr): Expr => apply("mul", [bound, constantInt(extent)]);
    return {
      ...inner,
      from: times(outer.from),
      to: times(outer.to),
      body: substitute(inner.body, outer.name, constantInt(0)),
    };
  });
}

function isContiguous(body: readonly Stmt[], outer: string, inner: string, extent: number): boolean {
  const isRun = (expr: Expr): boolean => {
    if (!mentions(expr, outer) && !mentions(expr, inner)) return true;
    const form = affine(expr);
    return form !== null && (form.terms.get(outer) ?? 0) === (form.terms.get(inner) ?? 0) * extent;
  };
  const usesRuns = (expr: Expr): boolean => {
    if (isRun(expr)) return true;
    switch (expr.kind) {
      case "var":
      case "const":
        return false;
      case "load":
        return isRun(expr.at);
      case "register":
        return expr.at.every(usesRuns);
      case "splat":
      case "lane":
        return usesRuns(expr.value);
      case "apply":
      case "call":
        return expr.args.every(usesRuns);
    }
  };
  const stores = (stmts: readonly Stmt[]): Expr[] =>
    stmts.flatMap((s) =>
      s.kind === "store"
        ? [s.at]
        : s.kind === "for"
          ? stores(s.body)
          : s.kind === "if"
            ? [...stores(s.then), ...stores(s.otherwise)]
            : [],
    );
  return stores(body).every(isRun) && expressions(body).every(usesRuns);
}
