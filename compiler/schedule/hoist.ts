import type { Expr, Kernel, Stmt } from "../kernel/ir.ts";
import { defined, some } from "../kernel/walk.ts";

/**
 * Moves loop-invariant lets before the loop: expressions over outer names, and loads from buffers that the kernel only
 * reads.
 */
export function hoist(body: readonly Stmt[], kernel: Pick<Kernel, "buffers">): Stmt[] {
  const readOnly = new Set(kernel.buffers.filter((b) => b.access === "in").map((b) => b.name));
  return block(body, readOnly);
}

function block(body: readonly Stmt[], readOnly: ReadonlySet<string>): Stmt[] {
  return body.flatMap((stmt): Stmt[] => {
    if (stmt.kind === "if")
      return [{ ...stmt, then: block(stmt.then, readOnly), otherwise: block(stmt.otherwise, readOnly) }];
    if (stmt.kind !== "for") return [stmt];
    const inner = block(stmt.body, readOnly);
    const own = new Set([stmt.name, ...defined(inner)]);
    const moves = (expr: Expr): boolean =>
      !some(
        expr,
        (e) =>
          (e.kind === "var" && own.has(e.name)) ||
          e.kind === "register" ||
          (e.kind === "load" && !readOnly.has(e.buffer)),
      );
    const front: Stmt[] = [];
    const rest: Stmt[] = [];
    for (const s of inner) {
      if (s.kind === "let" && moves(s.value)) {
        front.push(s);
        own.delete(s.name);
      } else rest.push(s);
    }
    return [...front, { ...stmt, body: rest }];
  });
}
