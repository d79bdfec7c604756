import { apply } from "../kernel/fold.ts";
import type { Expr, Stmt } from "../kernel/ir.ts";
import { constantInt, substitute } from "../kernel/walk.ts";
import type { LoopLimits, Machine } from "../support/machine.ts";
import { collapse, extentOf, type Loop } from "./collapse.ts";
import { jam } from "./jam.ts";
import { vectorizePartials } from "./partials.ts";
import { peel } from "./peel.ts";
import { reduceRows } from "./reduce-rows.ts";
import { transposeLoads } from "./transpose-loads.ts";
import { runsAlong, vectorize } from "./vectorize.ts";

export interface LoopOptions {
  /** Whether the order of a reduction is free. */
  readonly reassociate: boolean;
  /** Whether a loop is vectorized even if it loads or stores with a stride other than 1. */
  readonly strided?: boolean;
  readonly machine: Machine;
}

/**
 * Optimizes plain scalar loops: collapses nested loops, unrolls small inner loops, and vectorizes the loop that is
 * contiguous in memory. A reduction is vectorized across its results where these are contiguous, otherwise along the
 * reduced axis: by its partial sums, or in any order if `reassociate` allows it. No f32 sum changes its order.
 */
export function optimizeLoops(body: readonly Stmt[], options: LoopOptions): Stmt[] {
  const { vectors } = options.machine.loops;
  const made = list(collapse(peel(vectors ? body : rolled(body))), options);
  return options.strided === true ? transposeLoads(made, options.machine) : made;
}

/** Without vectors, the partial sums of a sum stay an array. */
const rolled = (body: readonly Stmt[]): Stmt[] =>
  body.map((stmt) => (stmt.kind === "for" ? { ...stmt, unroll: false, body: rolled(stmt.body) } : stmt));

/** A reduction along memory, vectorized. */
const alongMemory = (body: readonly Stmt[], { reassociate, machine }: LoopOptions): Stmt[] | null =>
  reassociate ? reduceRows(body, machine) : vectorizePartials(body, machine);

function list(body: readonly Stmt[], options: LoopOptions): Stmt[] {
  const rows = alongMemory(body, options);
  if (rows !== null) return rows;
  return body.flatMap((stmt): Stmt[] => {
    if (stmt.kind === "if")
      return [{ ...stmt, then: list(stmt.then, options), otherwise: list(stmt.otherwise, options) }];
    return stmt.kind === "for" ? loop(stmt, options) : [stmt];
  });
}

const declaresRegisters = (body: readonly Stmt[]): boolean => body.some((stmt) => stmt.kind === "var");
const hasLoops = (body: readonly Stmt[]): boolean => body.some((stmt) => stmt.kind === "for");
/** Whether the statements set a register that they do not declare. */
function setsOuter(body: readonly Stmt[], declared: ReadonlySet<string> = new Set()): boolean {
  const own = new Set([...declared, ...body.flatMap((stmt) => (stmt.kind === "var" ? stmt.name : []))]);
  return body.some(
    (stmt) =>
      (stmt.kind === "set" && !own.has(stmt.name)) ||
      (stmt.kind === "for" && setsOuter(stmt.body, own)) ||
      (stmt.kind === "if" && [stmt.then, stmt.otherwise].some((branch) => setsOuter(branch, own))),
  );
}
/** Whether the iterations of a loop with that body are independent. Without registers, a nest adds to memory. */
const isParallel = (body: readonly Stmt[]): boolean => (declaresRegisters(body) || !hasLoops(body)) && !setsOuter(body);

function loop(stmt: Loop, options: LoopOptions): Stmt[] {
  const { lanes, loops } = options.machine;
  const { strided = false } = options;
  const extent = extentOf(stmt);
  const parallel = isParallel(stmt.body);
  const along = strided || runsAlong(stmt.body, stmt.name);
  if (loops.vectors && extent !== null && extent >= lanes && parallel && along) {
    const vector = vectorize(stmt.body, stmt.name, { strided });
    if (vector !== null)
      return vectorLoop(
        { ...stmt, body: unrollWindows(stmt.body, loops) },
        unrollWindows(vector, loops),
        extent,
        options.machine,
      );
  }
  // Not vectorizable. A short loop is unrolled, so that at least its indices are constants.
  if (extent !== null && extent <= loops.unroll && !hasLoops(stmt.body)) return [{ ...stmt, unroll: true }];
  if (!hasLoops(stmt.body)) return [stmt];
  if (!declaresRegisters(stmt.body)) return [{ ...stmt, body: list(stmt.body, options) }];
  const rows = alongMemory(stmt.body, options);
  return [{ ...stmt, body: rows ?? list(unrollWindows(stmt.body, loops), options) }];
}

/** Unrolls loops over windows of a few elements. */
function unrollWindows(body: readonly Stmt[], { window }: LoopLimits): Stmt[] {
  const iterations = (stmt: Loop): number =>
    (extentOf(stmt) ?? Infinity) * Math.max(1, ...stmt.body.map((s) => (s.kind === "for" ? iterations(s) : 1)));
  const mark = (stmt: Stmt): Stmt =>
    stmt.kind === "for" ? { ...stmt, unroll: true, body: stmt.body.map(mark) } : stmt;
  return body.map((stmt) => (stmt.kind === "for" && iterations(stmt) <= window ? mark(stmt) : stmt));
}

/** Whether the statements declare arrays of registers: copies of them would spill. */
const hasArrays = (body: readonly Stmt[]): boolean =>
  body.some((stmt) => (stmt.kind === "var" && stmt.dims.length > 0) || (stmt.kind === "for" && hasArrays(stmt.body)));

/** The most statements of one block: the values of nested blocks are seldom live at the same time. */
const statements = (body: readonly Stmt[]): number =>
  Math.max(body.length, ...body.map((s) => (s.kind === "for" ? statements(s.body) : 0)));

/**
 * A main loop of several vectors side by side (unroll-and-jam), then the remainder: vectors, then single elements,
 * which are a loop if the body is long.
 */
function vectorLoop(
  scalar: Loop,
  vector: readonly Stmt[],
  extent: number,
  { lanes, loops: { jam: limits, remainder } }: Machine,
): Stmt[] {
  const large = statements(vector) > limits.large || hasArrays(vector);
  const vectors = large ? 1 : hasLoops(vector) ? limits.nests : limits.plain;
  const step = lanes * vectors;
  const main = Math.floor(extent / step) * step;
  const variable: Expr = { kind: "var", type: { scalar: "i32", lanes: 1 }, name: scalar.name };
  const result: Stmt[] = [];
  if (main > step)
    result.push({
      ...scalar,
      to: constantInt(main),
      step,
      body: jam(
        Array.from({ length: vectors }, (_, j) =>
          substitute(vector, scalar.name, apply("add", [variable, constantInt(lanes * j)])),
        ),
      ),
    });
  const rest: Stmt[][] = [];
  let at = main > step ? main : 0;
  for (; at + lanes <= extent; at += lanes) rest.push(substitute(vector, scalar.name, constantInt(at)));
  const rolled = large || (!hasLoops(vector) && statements(vector) > remainder);
  if (rolled && extent - at > 1)
    return [...result, ...jam(rest), { ...scalar, from: constantInt(at), to: constantInt(extent) }];
  const single: Stmt[][] = [];
  for (; at < extent; at++) single.push(substitute(scalar.body, scalar.name, constantInt(at)));
  // A vector that is stored lane by lane has more statements than an element.
  const alike = vector.length === scalar.body.length;
  return [...result, ...(alike ? jam([...rest, ...single]) : [...jam(rest), ...jam(single)])];
}
