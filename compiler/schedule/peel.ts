import type { Expr, Stmt } from "../kernel/ir.ts";
import { simplifyIndex } from "../kernel/simplify.ts";
import { constantInt, expressions, mapExpr, mapStmts, some, substitute } from "../kernel/walk.ts";
import { extentOf } from "./collapse.ts";

type Ranges = ReadonlyMap<string, readonly [low: number, high: number]>;

/**
 * Peels the last iteration off a loop if only that one needs its guards: clamped indices and selections by index fold
 * away in all others.
 */
export function peel(body: readonly Stmt[], outer: Ranges = new Map()): Stmt[] {
  return body.flatMap((stmt): Stmt[] => {
    if (stmt.kind === "if") return [{ ...stmt, then: peel(stmt.then, outer), otherwise: peel(stmt.otherwise, outer) }];
    if (stmt.kind !== "for") return [stmt];
    const extent = extentOf(stmt);
    if (extent === null) return [stmt];
    const whole = new Map([...outer, [stmt.name, [0, extent - 1] as const]]);
    const plain = { ...stmt, body: peel(stmt.body, whole) };
    if (extent < 2 || guards(stmt.body) === 0) return [plain];
    const unguarded = foldGuards(
      stmt.body,
      new Map([...inner(stmt.body), ...outer, [stmt.name, [0, extent - 2] as const]]),
    );
    if (guards(unguarded) >= guards(foldGuards(stmt.body, new Map([...inner(stmt.body), ...whole])))) return [plain];
    const last = substitute(stmt.body, stmt.name, constantInt(extent - 1));
    const first: Stmt[] =
      extent === 2
        ? substitute(unguarded, stmt.name, constantInt(0))
        : [{ ...stmt, to: constantInt(extent - 1), body: unguarded }];
    return [...first, ...foldGuards(last, new Map([...inner(last), ...outer]))];
  });
}

/** The ranges of the variables of nested loops. */
const inner = (body: readonly Stmt[]): [string, readonly [number, number]][] =>
  body.flatMap((stmt) => {
    if (stmt.kind !== "for") return [];
    const extent = extentOf(stmt);
    return extent === null
      ? inner(stmt.body)
      : [[stmt.name, [0, extent - 1]] as [string, readonly [number, number]], ...inner(stmt.body)];
  });

/** Simplifies index arithmetic and comparisons by the ranges of the variables. */
const foldGuards = (body: readonly Stmt[], ranges: Ranges): Stmt[] =>
  mapStmts(body, (expr) =>
    mapExpr(expr, (e) => (e.kind === "apply" && e.type.scalar !== "f32" ? simplifyIndex(e, ranges) : e)),
  );

const guard = (e: Expr): boolean =>
  e.kind === "apply" &&
  ((e.type.scalar === "i32" && (e.op === "min" || e.op === "max")) ||
    (e.type.scalar === "bool" && e.args[0]?.type.scalar === "i32"));

function guards(body: readonly Stmt[]): number {
  let count = 0;
  for (const expr of expressions(body)) some(expr, (e) => (guard(e) && count++, false));
  return count;
}
