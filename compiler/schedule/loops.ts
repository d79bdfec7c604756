import { apply } from "../kernel/fold.ts";
import type { Expr, Stmt } from "../kernel/ir.ts";
import { constantInt, substitute } from "../kernel/walk.ts";
import { collapse, extentOf, type Loop } from "./collapse.ts";
import { jam } from "./jam.ts";
import { peel } from "./peel.ts";
import { reduceRows } from "./reduce-rows.ts";
import { runsAlong, vectorBody } from "./vectorize.ts";

/**
 * Makes plain scalar loops fast: neighbouring loops become one, small inner loops are written out, and the loop that runs along memory works in lanes.
 * A reduction works in lanes across its results where these lie side by side (no sum changes its order), otherwise along the reduced run
 * where `reassociate` allows it.
 */
export function optimizeLoops(body: readonly Stmt[], { reassociate }: { reassociate: boolean }): Stmt[] {
  return list(collapse(peel(body)), reassociate);
}

function list(body: readonly Stmt[], reassociate: boolean): Stmt[] {
  const rows = reassociate ? reduceRows(body) : null;
  if (rows !== null) return rows;
  return body.flatMap((stmt): Stmt[] => {
    if (stmt.kind === "if") return [{ ...stmt, then: list(stmt.then, reassociate), otherwise: list(stmt.otherwise, reassociate) }];
    return stmt.kind === "for" ? loop(stmt, reassociate) : [stmt];
  });
}

const declaresRegisters = (body: readonly Stmt[]): boolean => body.some((stmt) => stmt.kind === "var");
const hasLoops = (body: readonly Stmt[]): boolean => body.some((stmt) => stmt.kind === "for");
const setsRegisters = (body: readonly Stmt[]): boolean => body.some((stmt) => stmt.kind === "set" || (stmt.kind === "for" && setsRegisters(stmt.body)));

function loop(stmt: Loop, reassociate: boolean): Stmt[] {
  const extent = extentOf(stmt);
  const parallel = declaresRegisters(stmt.body) || (!hasLoops(stmt.body) && !setsRegisters(stmt.body));
  if (extent !== null && extent >= 4 && parallel && runsAlong(stmt.body, stmt.name)) {
    const vector = vectorBody(stmt.body, stmt.name);
    if (vector !== null) return inLanes({ ...stmt, body: unrollSmall(stmt.body) }, unrollSmall(vector), extent);
  }
  // Lanes cannot do it; written out, a short run at least has constants for indices.
  if (extent !== null && extent <= 8 && !hasLoops(stmt.body)) return [{ ...stmt, unroll: true }];
  if (hasLoops(stmt.body))
    return [{ ...stmt, body: declaresRegisters(stmt.body) ? (reassociate && reduceRows(stmt.body)) || unrollSmall(stmt.body) : list(stmt.body, reassociate) }];
  return [stmt];
}

/** Windows of a few elements are written out. */
function unrollSmall(body: readonly Stmt[]): Stmt[] {
  const turns = (stmt: Loop): number => (extentOf(stmt) ?? Infinity) * Math.max(1, ...stmt.body.map((s) => (s.kind === "for" ? turns(s) : 1)));
  const mark = (stmt: Stmt): Stmt => (stmt.kind === "for" ? { ...stmt, unroll: true, body: stmt.body.map(mark) } : stmt);
  return body.map((stmt) => (stmt.kind === "for" && turns(stmt) <= 9 ? mark(stmt) : stmt));
}

const statements = (body: readonly Stmt[]): number => body.reduce((n, s) => n + 1 + (s.kind === "for" ? statements(s.body) : 0), 0);

/** Main turns of several vectors side by side, then what is left: vectors, and single elements, written out. */
function inLanes(scalar: Loop, vector: readonly Stmt[], extent: number): Stmt[] {
  const large = statements(vector) > 40;
  const vectors = large ? 1 : hasLoops(vector) ? 4 : 2;
  const turn = 4 * vectors;
  const main = Math.floor(extent / turn) * turn;
  const variable: Expr = { kind: "var", type: { scalar: "i32", lanes: 1 }, name: scalar.name };
  const result: Stmt[] = [];
  if (main > turn)
    result.push({
      ...scalar,
      to: constantInt(main),
      step: turn,
      body: jam(Array.from({ length: vectors }, (_, j) => substitute(vector, scalar.name, apply("add", [variable, constantInt(4 * j)])))),
    });
  const rest: Stmt[][] = [];
  let at = main > turn ? main : 0;
  for (; at + 4 <= extent; at += 4) rest.push(substitute(vector, scalar.name, constantInt(at)));
  if (large && extent - at > 1) return [...result, ...jam(rest), { ...scalar, from: constantInt(at), to: constantInt(extent) }];
  for (; at < extent; at++) rest.push(substitute(scalar.body, scalar.name, constantInt(at)));
  return [...result, ...jam(rest)];
}
