import type { Stmt } from "../kernel/ir.ts";
import { mentioned, rename, renew } from "../kernel/walk.ts";
import { invariant, never } from "../support/invariant.ts";

/**
 * The jam of unroll-and-jam: interleaves several copies of one body statement by statement, and fuses their loops. The
 * copies are iterations of a parallel loop, so their order is free; operators of different copies hide each other's
 * latency and share the loop overhead.
 */
export function jam(copies: readonly (readonly Stmt[])[]): Stmt[] {
  const [first, ...others] = copies;
  if (first === undefined) return [];
  const taken = mentioned(copies.flat());
  return zip([first, ...others.map((copy) => renew(copy, taken))]);
}

function zip(copies: readonly (readonly Stmt[])[]): Stmt[] {
  const [first] = copies;
  return (first ?? []).flatMap((stmt, i): Stmt[] => {
    const column = copies.map((copy) => copy[i]).filter((s) => s !== undefined);
    invariant(
      column.length === copies.length && column.every((s) => s.kind === stmt.kind),
      "copies of one body have the same statements",
    );
    switch (stmt.kind) {
      case "for": {
        const bodies = column.map((s) => (s.kind === "for" ? rename(s.body, new Map([[s.name, stmt.name]])) : []));
        return [{ ...stmt, body: zip(bodies) }];
      }
      case "let":
      case "var":
      case "set":
      case "store":
      case "if":
        return column;
      default:
        return never(stmt);
    }
  });
}
