import type { Expr } from "../../kernel/ir.ts";
import { never } from "../../support/invariant.ts";
import type { FlatStmt } from "./flatten.ts";

export type Load = Extract<Expr, { kind: "load" }>;

/** The operands of an expression. A load has none, since its index becomes an address. */
export function operandsOf(x: Expr): readonly Expr[] {
  switch (x.kind) {
    case "const":
    case "var":
    case "load":
    case "register":
      return [];
    case "splat":
    case "lane":
      return [x.value];
    case "apply":
    case "call":
      return x.args;
    default:
      return never(x);
  }
}

/** `x` and all its subexpressions, except the indices of loads. */
export function within(x: Expr): readonly Expr[] {
  const all = [x];
  for (let at = 0; at < all.length; at++) for (const operand of operandsOf(all[at] ?? x)) all.push(operand);
  return all;
}

/** The values that a statement itself computes, without those of nested statements and without indices. */
export function valuesOf(stmt: FlatStmt): readonly Expr[] {
  switch (stmt.kind) {
    case "for":
      return [stmt.from, stmt.to];
    case "unrolled":
      return [];
    case "let":
    case "set":
    case "store":
      return [stmt.value];
    case "var":
      return [stmt.init];
    case "if":
      return [stmt.when];
    default:
      return never(stmt);
  }
}

export function blocksOf(stmt: FlatStmt): readonly (readonly FlatStmt[])[] {
  switch (stmt.kind) {
    case "for":
      return [stmt.body];
    case "unrolled":
      return stmt.bodies;
    case "if":
      return [stmt.then, stmt.otherwise];
    default:
      return [];
  }
}

/** All statements of a block, nested ones after their parent. */
export function statementsOf(block: readonly FlatStmt[]): readonly FlatStmt[] {
  const all: FlatStmt[] = [];
  const add = (stmts: readonly FlatStmt[]): void => {
    for (const stmt of stmts) {
      all.push(stmt);
      for (const inner of blocksOf(stmt)) add(inner);
    }
  };
  add(block);
  return all;
}

/** All values that are computed inside loops. */
export function valuesInLoops(block: readonly FlatStmt[]): readonly Expr[] {
  return block.flatMap((stmt) =>
    stmt.kind === "for"
      ? statementsOf(stmt.body).flatMap(valuesOf).flatMap(within)
      : blocksOf(stmt).flatMap(valuesInLoops),
  );
}
