import { affine } from "../kernel/affine.ts";
import { apply, int } from "../kernel/fold.ts";
import type { Expr, Stmt } from "../kernel/ir.ts";
import { printExpr } from "../kernel/print.ts";
import { freshName, mentioned, some, substitute } from "../kernel/walk.ts";
import { at } from "../support/lists.ts";
import type { Machine } from "../support/machine.ts";
import { mentions, type Loop } from "./collapse.ts";
import { gatheredLoads } from "./vectorize.ts";

type Load = Extract<Expr, { kind: "load" }>;
type Sum = Extract<Stmt, { kind: "set" }>;

/**
 * A sum over a loop along memory, for four results at once whose terms are in four rows: one iteration loads the rows'
 * vectors of four terms each, and transposes them to the vectors of the terms. That takes a quarter of the loads, and
 * two moves of lanes for each vector instead of three. Each sum keeps its order.
 */
export function transposeLoads(body: readonly Stmt[], machine: Machine): Stmt[] {
  const taken = mentioned(body);
  const visit = (stmts: readonly Stmt[]): Stmt[] =>
    stmts.flatMap((stmt): Stmt[] => {
      if (stmt.kind === "if") return [{ ...stmt, then: visit(stmt.then), otherwise: visit(stmt.otherwise) }];
      if (stmt.kind !== "for") return [stmt];
      return transposed(stmt, taken, machine) ?? [{ ...stmt, body: visit(stmt.body) }];
    });
  return visit(body);
}

/** The loop over four terms at once, and a loop over the others; null for a loop of another kind. */
function transposed(loop: Loop, taken: Set<string>, { lanes }: Machine): Stmt[] | null {
  const { from, to, step, unroll, body, name } = loop;
  if (step !== 1 || unroll || from.kind !== "const" || from.value !== 0) return null;
  const sums = independentSums(body);
  if (sums === null || !sums.some(({ value }) => some(value, (e) => rowsOf(e, name) !== null))) return null;
  if (to.kind === "const" && to.value < lanes) return null;
  const whole = to.kind === "const" ? int(to.value - (to.value % lanes)) : apply("and", [to, int(-lanes)]);
  const rest: Stmt[] = to.kind === "const" && to.value % lanes === 0 ? [] : [{ ...loop, from: whole, body: loop.body }];
  return [{ ...loop, to: whole, step: lanes, body: new Transposition(name, lanes, taken).of(sums) }, ...rest];
}

/** The statements, if each adds to a register that no other one uses. */
function independentSums(body: readonly Stmt[]): readonly Sum[] | null {
  const sums = body.flatMap((stmt) => (stmt.kind === "set" && stmt.at.length === 0 ? stmt : []));
  const own = ({ name, value }: Sum): boolean => !some(value, (e) => e.kind === "register" && e.name !== name);
  const isDistinct = new Set(sums.map(({ name }) => name)).size === sums.length;
  return sums.length === body.length && isDistinct && sums.every(own) ? sums : null;
}

/** The loads of a vector whose elements are in four rows, if each row is contiguous along the loop. */
function rowsOf(expr: Expr, variable: string): readonly Load[] | null {
  const loads = gatheredLoads(expr);
  return loads !== null && loads.every((load) => affine(load.at)?.terms.get(variable) === 1) ? loads : null;
}

class Transposition {
  readonly #variable: string;
  readonly #terms: readonly number[];
  readonly #taken: Set<string>;
  readonly #made: Stmt[] = [];

  constructor(variable: string, lanes: number, taken: Set<string>) {
    this.#variable = variable;
    this.#terms = Array.from({ length: lanes }, (_, term) => term);
    this.#taken = taken;
  }

  /** The body of the loop over four terms. */
  of(sums: readonly Sum[]): readonly Stmt[] {
    // What all sums multiply by is loaded once.
    const shared = new Map<string, readonly Expr[]>();
    for (const { value } of sums)
      for (const load of this.#single(value))
        if (!shared.has(printExpr(load)))
          shared.set(
            printExpr(load),
            this.#terms.map((term) => this.#let(this.#at(load, term), "term")),
          );
    for (const sum of sums) {
      const vectors = new Map<Expr, readonly Expr[]>();
      some(sum.value, (e) => {
        const rows = rowsOf(e, this.#variable);
        if (rows !== null) vectors.set(e, this.#columns(rows));
        return false;
      });
      for (const term of this.#terms) {
        const replaced = replace(sum.value, (e) => {
          const found = vectors.get(e) ?? shared.get(printExpr(e));
          return found ? at(found, term) : null;
        });
        this.#made.push({ ...sum, value: this.#at(replaced, term) });
      }
    }
    return this.#made;
  }

  /** Splats and vectors of a term, other than those of rows. */
  #single(expr: Expr): readonly Expr[] {
    if (rowsOf(expr, this.#variable) !== null || !mentions(expr, this.#variable)) return [];
    if (expr.kind === "load" || expr.kind === "splat") return [expr];
    return expr.kind === "apply" || expr.kind === "call" ? expr.args.flatMap((arg) => this.#single(arg)) : [];
  }

  /** The columns of the 4 by 4 matrix whose rows begin at the four loads. */
  #columns(rows: readonly Load[]): readonly Expr[] {
    const [a, b, c, d] = rows.map((row) => this.#let({ ...row, type: { ...row.type, lanes: 4 } }, "row")) as [
      Expr,
      Expr,
      Expr,
      Expr,
    ];
    const zip = (op: "zip_lo" | "zip_hi", x: Expr, y: Expr, hint: string): Expr => this.#let(apply(op, [x, y]), hint);
    const [ac, bd] = [zip("zip_lo", a, c, "half"), zip("zip_lo", b, d, "half")];
    const [first, second] = [zip("zip_lo", ac, bd, "column"), zip("zip_hi", ac, bd, "column")];
    const [ac2, bd2] = [zip("zip_hi", a, c, "half"), zip("zip_hi", b, d, "half")];
    return [first, second, zip("zip_lo", ac2, bd2, "column"), zip("zip_hi", ac2, bd2, "column")];
  }

  #at(expr: Expr, term: number): Expr {
    const variable: Expr = { kind: "var", type: { scalar: "i32", lanes: 1 }, name: this.#variable };
    return at(
      substitute([{ kind: "let", name: "", value: expr }], this.#variable, apply("add", [variable, int(term)])).flatMap(
        (stmt) => (stmt.kind === "let" ? stmt.value : []),
      ),
      0,
    );
  }

  #let(value: Expr, hint: string): Expr {
    const name = freshName(hint, this.#taken);
    this.#made.push({ kind: "let", name, value });
    return { kind: "var", type: value.type, name };
  }
}

/** The expression with the outermost parts that `by` replaces. */
function replace(expr: Expr, by: (e: Expr) => Expr | null): Expr {
  const found = by(expr);
  if (found !== null) return found;
  return expr.kind === "apply" || expr.kind === "call"
    ? { ...expr, args: expr.args.map((arg) => replace(arg, by)) }
    : expr;
}
