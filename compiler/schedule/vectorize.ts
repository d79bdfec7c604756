import { affine } from "../kernel/affine.ts";
import { apply, int, lane as laneOf, ramp, splat } from "../kernel/fold.ts";
import type { Expr, Stmt } from "../kernel/ir.ts";
import { some } from "../kernel/walk.ts";
import { mentions } from "./collapse.ts";

/**
 * Vectorizes the body of a loop: four iterations at once, for variable values v, v+1, v+2, v+3, statement by statement.
 * Null if that is impossible: for an access that is neither uniform nor contiguous, a branch or loop bound that differs
 * between the iterations, or an integer division of a value that differs. Loops in the body stay loops. The result has
 * the same statements in the same order, with the same names; only a store with a stride, which `strided` allows,
 * becomes several.
 */
export function vectorize(body: readonly Stmt[], variable: string, options: VectorizeOptions = {}): Stmt[] | null {
  const { vectors = [], strided = false } = options;
  const varying = varyingNames(body, [variable, ...vectors]);
  return block(body, { variable, varying, strided });
}

export interface VectorizeOptions {
  /** Names of registers that are vectors already. */
  readonly vectors?: readonly string[];
  /** Whether an access may have a constant stride other than 1: then lanes are loaded and stored one by one. */
  readonly strided?: boolean;
}

interface Lane {
  readonly variable: string;
  readonly varying: ReadonlySet<string>;
  readonly strided: boolean;
}

const named = (expr: Expr, names: ReadonlySet<string>): boolean =>
  some(expr, (e) => (e.kind === "var" || e.kind === "register") && names.has(e.name));

/** Names whose values differ between the iterations, those of `first` included. */
function varyingNames(body: readonly Stmt[], first: readonly string[]): Set<string> {
  const names = new Set(first);
  const visit = (stmts: readonly Stmt[]): void => {
    for (const stmt of stmts) {
      if (stmt.kind === "let" && named(stmt.value, names)) names.add(stmt.name);
      if (stmt.kind === "var" && named(stmt.init, names)) names.add(stmt.name);
      if (stmt.kind === "set" && named(stmt.value, names)) names.add(stmt.name);
      if (stmt.kind === "for") visit(stmt.body);
      if (stmt.kind === "if") {
        visit(stmt.then);
        visit(stmt.otherwise);
      }
    }
  };
  for (let before = -1; before !== names.size;) {
    before = names.size;
    visit(body);
  }
  return names;
}

function block(body: readonly Stmt[], lane: Lane): Stmt[] | null {
  const made = body.map((stmt) => statement(stmt, lane));
  return made.every((stmts) => stmts !== null) ? made.flat() : null;
}

function statement(stmt: Stmt, lane: Lane): Stmt | readonly Stmt[] | null {
  switch (stmt.kind) {
    case "let":
    case "set": {
      if (stmt.kind === "set" && stmt.at.some((e) => named(e, lane.varying))) return null;
      const value = lane.varying.has(stmt.name) ? wide(stmt.value, lane) : stmt.value;
      return value && { ...stmt, value };
    }
    case "var": {
      if (!lane.varying.has(stmt.name)) return stmt;
      const init = wide(stmt.init, lane);
      return init && { ...stmt, type: { ...stmt.type, lanes: 4 }, init };
    }
    case "store": {
      const value = wide(stmt.value, lane);
      const by = step(stmt.at, lane);
      if (value === null || by === 1) return value && { ...stmt, value };
      return lane.strided && by !== null && by !== 0 ? scattered(stmt, value, by) : null;
    }
    case "for": {
      if (named(stmt.from, lane.varying) || named(stmt.to, lane.varying)) return null;
      const inner = block(stmt.body, lane);
      return inner && { ...stmt, body: inner };
    }
    case "if": {
      if (named(stmt.when, lane.varying)) return null;
      const [then, otherwise] = [block(stmt.then, lane), block(stmt.otherwise, lane)];
      return then && otherwise && { ...stmt, then, otherwise };
    }
  }
}

/** The stride of an index: how much it changes from one iteration to the next; null if that is not constant. */
function step(at: Expr, lane: Lane): number | null {
  if (!named(at, lane.varying)) return 0;
  const form = affine(at);
  if (form === null) return null;
  const indirect = [...form.terms.keys()].some((name) => name !== lane.variable && lane.varying.has(name));
  return indirect ? null : (form.terms.get(lane.variable) ?? 0);
}

/** Stores the lanes `by` elements apart. */
function scattered(stmt: Extract<Stmt, { kind: "store" }>, value: Expr, by: number): Stmt[] {
  const name = `${stmt.buffer}_lanes`;
  const lanes: Expr = { kind: "var", type: value.type, name };
  const each = (i: number): Stmt => ({ ...stmt, at: apply("add", [stmt.at, int(i * by)]), value: laneOf(lanes, i) });
  return [{ kind: "let", name, value }, each(0), each(1), each(2), each(3)];
}

/** Four elements `by` apart. */
function gathered(load: Extract<Expr, { kind: "load" }>, by: number): Expr | null {
  if (load.type.scalar !== "f32") return null;
  const each = (lane: number): Expr => splat({ ...load, at: apply("add", [load.at, int(lane * by)]) }, 4);
  return apply("zip_lo", [apply("zip_lo", [each(0), each(2)]), apply("zip_lo", [each(1), each(3)])]);
}

type Apply = Extract<Expr, { kind: "apply" }>;

/** The loads of the four lanes of a vector that `gathered` made. */
export function gatheredLoads(expr: Expr): readonly Extract<Expr, { kind: "load" }>[] | null {
  const zipped = (e: Expr | undefined): e is Apply => e?.kind === "apply" && e.op === "zip_lo";
  if (!zipped(expr) || !expr.args.every(zipped)) return null;
  const [even = [], odd = []] = expr.args.map((e) => (zipped(e) ? e.args : []));
  const loads = [even[0], odd[0], even[1], odd[1]].flatMap((e) =>
    e?.kind === "splat" && e.value.kind === "load" ? e.value : [],
  );
  return loads.length === 4 ? loads : null;
}

/** The expression with 4 lanes. */
function wide(expr: Expr, lane: Lane): Expr | null {
  const made = widen(expr, lane);
  return made && splat(made, 4);
}

/** The expression with 4 lanes if it differs between the iterations, otherwise unchanged. */
function widen(expr: Expr, lane: Lane): Expr | null {
  if (!named(expr, lane.varying)) return expr;
  switch (expr.kind) {
    case "const":
    case "splat":
    case "lane":
      return null;
    case "var":
      return expr.name === lane.variable
        ? apply("add", [splat(expr, 4), ramp])
        : { ...expr, type: { ...expr.type, lanes: 4 } };
    case "register":
      return expr.at.some((e) => named(e, lane.varying)) ? null : { ...expr, type: { ...expr.type, lanes: 4 } };
    case "load": {
      const by = step(expr.at, lane);
      if (by === 1) return { ...expr, type: { ...expr.type, lanes: 4 } };
      return by === 0 ? expr : by === null || !lane.strided ? null : gathered(expr, by);
    }
    case "apply": {
      if ((expr.op === "div" || expr.op === "rem") && expr.type.scalar === "i32") return null;
      const shift = expr.op === "shl" || expr.op === "shrs" || expr.op === "shru";
      const args: Expr[] = [];
      for (const [index, arg] of expr.args.entries()) {
        if (shift && index === 1) {
          if (named(arg, lane.varying)) return null;
          args.push(arg);
          continue;
        }
        const made = wide(arg, lane);
        if (made === null) return null;
        args.push(made);
      }
      return apply(expr.op, args);
    }
    case "call": {
      const args = expr.args.map((arg) => wide(arg, lane));
      return args.every((arg) => arg !== null) ? { ...expr, type: { ...expr.type, lanes: 4 }, args } : null;
    }
  }
}

/**
 * Whether the body has a load or store that is contiguous along the variable: only then is vectorization profitable.
 */
export function runsAlong(body: readonly Stmt[], variable: string): boolean {
  const along = (at: Expr): boolean => mentions(at, variable) && affine(at)?.terms.get(variable) === 1;
  return body.some((stmt): boolean => {
    switch (stmt.kind) {
      case "for":
        return runsAlong(stmt.body, variable);
      case "if":
        return runsAlong(stmt.then, variable) || runsAlong(stmt.otherwise, variable);
      case "let":
      case "set":
        return some(stmt.value, (e) => e.kind === "load" && along(e.at));
      case "store":
        return along(stmt.at) || some(stmt.value, (e) => e.kind === "load" && along(e.at));
      case "var":
        return false;
    }
  });
}
