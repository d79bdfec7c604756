import { apply, constant, lane, splat } from "./fold.ts";
import type { Expr, Stmt } from "./ir.ts";

/**
 * The expression with `change` applied to its constants, variables, registers and loads (after their indices), and
 * rebuilt: constants fold. A result of `change` is not changed again, so it may swap names.
 */
export function mapExpr(expr: Expr, change: (expr: Expr) => Expr): Expr {
  const inner = (e: Expr): Expr => mapExpr(e, change);
  switch (expr.kind) {
    case "const":
    case "var":
      return change(expr);
    case "register":
      return change({ ...expr, at: expr.at.map(inner) });
    case "load":
      return change({ ...expr, at: inner(expr.at) });
    case "splat":
      return splat(inner(expr.value), expr.type.lanes);
    case "lane":
      return lane(inner(expr.value), expr.lane);
    case "apply":
      return apply(expr.op, expr.args.map(inner));
    case "call":
      return { ...expr, args: expr.args.map(inner) };
  }
}

/** The statements with `change` applied to each of their expressions, but not to subexpressions. */
export function mapStmts(body: readonly Stmt[], change: (expr: Expr) => Expr): Stmt[] {
  return body.map((stmt): Stmt => {
    switch (stmt.kind) {
      case "for":
        return { ...stmt, from: change(stmt.from), to: change(stmt.to), body: mapStmts(stmt.body, change) };
      case "let":
        return { ...stmt, value: change(stmt.value) };
      case "var":
        return { ...stmt, init: change(stmt.init) };
      case "set":
        return { ...stmt, at: stmt.at.map(change), value: change(stmt.value) };
      case "store":
        return { ...stmt, at: change(stmt.at), value: change(stmt.value) };
      case "if":
        return {
          ...stmt,
          when: change(stmt.when),
          then: mapStmts(stmt.then, change),
          otherwise: mapStmts(stmt.otherwise, change),
        };
    }
  });
}

/** Whether any part of the expression passes the test. */
export function some(expr: Expr, test: (expr: Expr) => boolean): boolean {
  if (test(expr)) return true;
  switch (expr.kind) {
    case "const":
    case "var":
      return false;
    case "register":
      return expr.at.some((e) => some(e, test));
    case "load":
      return some(expr.at, test);
    case "splat":
    case "lane":
      return some(expr.value, test);
    case "apply":
    case "call":
      return expr.args.some((e) => some(e, test));
  }
}

/** Every expression of the statements in order, without subexpressions. */
export function expressions(body: readonly Stmt[]): Expr[] {
  const found: Expr[] = [];
  mapStmts(body, (expr) => (found.push(expr), expr));
  return found;
}

/** The statements with a variable replaced by an expression. */
export function substitute(body: readonly Stmt[], name: string, by: Expr): Stmt[] {
  const change = (expr: Expr): Expr => mapExpr(expr, (e) => (e.kind === "var" && e.name === name ? by : e));
  return mapStmts(body, change);
}

/** Names that the statements define: loop variables, lets and registers. */
export function defined(body: readonly Stmt[]): string[] {
  return body.flatMap((stmt): string[] => {
    switch (stmt.kind) {
      case "for":
        return [stmt.name, ...defined(stmt.body)];
      case "let":
      case "var":
        return [stmt.name];
      case "if":
        return [...defined(stmt.then), ...defined(stmt.otherwise)];
      case "set":
      case "store":
        return [];
    }
  });
}

/** Every name that the statements define or use. */
export function mentioned(body: readonly Stmt[]): Set<string> {
  const names = new Set(defined(body));
  const sets = (stmts: readonly Stmt[]): void => {
    for (const stmt of stmts) {
      if (stmt.kind === "set") names.add(stmt.name);
      if (stmt.kind === "for") sets(stmt.body);
      if (stmt.kind === "if") [stmt.then, stmt.otherwise].forEach(sets);
    }
  };
  sets(body);
  for (const expr of expressions(body))
    some(expr, (e) => ((e.kind === "var" || e.kind === "register") && names.add(e.name), false));
  return names;
}

/** A name like `name` that is not taken; adds it to `taken`. */
export function freshName(name: string, taken: Set<string>): string {
  for (let n = 1; ; n++) {
    const fresh = `${name}_${n}`;
    if (taken.has(fresh)) continue;
    taken.add(fresh);
    return fresh;
  }
}

/** The statements with all their definitions renamed. */
export const renew = (body: readonly Stmt[], taken: Set<string>): Stmt[] =>
  rename(body, new Map(defined(body).map((name) => [name, freshName(name, taken)])));

/** The statements with names replaced, so that two copies can be in one block. */
export function rename(body: readonly Stmt[], names: ReadonlyMap<string, string>): Stmt[] {
  const now = (name: string): string => names.get(name) ?? name;
  const change = (expr: Expr): Expr =>
    mapExpr(expr, (e) => (e.kind === "var" || e.kind === "register" ? { ...e, name: now(e.name) } : e));
  const walk = (stmts: readonly Stmt[]): Stmt[] =>
    stmts.map((stmt): Stmt => {
      if (stmt.kind === "for") return { ...stmt, name: now(stmt.name), body: walk(stmt.body) };
      if (stmt.kind === "let" || stmt.kind === "var" || stmt.kind === "set") return { ...stmt, name: now(stmt.name) };
      if (stmt.kind === "if") return { ...stmt, then: walk(stmt.then), otherwise: walk(stmt.otherwise) };
      return stmt;
    });
  return walk(mapStmts(body, change));
}

export const constantInt = (value: number): Expr => constant({ scalar: "i32", lanes: 1 }, value);
