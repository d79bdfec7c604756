import type { Expr, Stmt } from "../kernel/ir.ts";
import { freshName, mapExpr, mentioned } from "../kernel/walk.ts";
import { never } from "../support/invariant.ts";

/** The statements with a unique name for each definition, so that statements can move out of their blocks. */
export function uniqueNames(body: readonly Stmt[]): Stmt[] {
  const taken = mentioned(body);
  const used = new Set<string>();
  const define = (name: string, scope: Map<string, string>): string => {
    const unique = used.has(name) ? freshName(name, taken) : name;
    used.add(unique);
    scope.set(name, unique);
    return unique;
  };
  const block = (stmts: readonly Stmt[], outer: ReadonlyMap<string, string>): Stmt[] => {
    const scope = new Map(outer);
    const now = (name: string): string => scope.get(name) ?? name;
    const rename = (expr: Expr): Expr =>
      mapExpr(expr, (e) => (e.kind === "var" || e.kind === "register" ? { ...e, name: now(e.name) } : e));
    return stmts.map((stmt): Stmt => {
      switch (stmt.kind) {
        case "for": {
          const inner = new Map(scope);
          const [from, to] = [rename(stmt.from), rename(stmt.to)];
          return { ...stmt, from, to, name: define(stmt.name, inner), body: block(stmt.body, inner) };
        }
        case "let": {
          const value = rename(stmt.value);
          return { ...stmt, value, name: define(stmt.name, scope) };
        }
        case "var": {
          const init = rename(stmt.init);
          return { ...stmt, init, name: define(stmt.name, scope) };
        }
        case "set":
          return { ...stmt, name: now(stmt.name), at: stmt.at.map(rename), value: rename(stmt.value) };
        case "store":
          return { ...stmt, at: rename(stmt.at), value: rename(stmt.value) };
        case "if":
          return {
            ...stmt,
            when: rename(stmt.when),
            then: block(stmt.then, scope),
            otherwise: block(stmt.otherwise, scope),
          };
        default:
          return never(stmt);
      }
    });
  };
  return block(body, new Map());
}
