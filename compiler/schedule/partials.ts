import { affine } from "../kernel/affine.ts";
import { apply, constant, int, lane, ramp, splat } from "../kernel/fold.ts";
import type { Expr, Operator, RegType, Stmt } from "../kernel/ir.ts";
import {
  constantInt,
  expressions,
  freshName,
  mapExpr,
  mapStmts,
  mentioned,
  renew,
  some,
  substitute,
} from "../kernel/walk.ts";
import type { Machine } from "../support/machine.ts";
import { extentOf, mentions, type Loop } from "./collapse.ts";
import { jam } from "./jam.ts";
import { vectorize } from "./vectorize.ts";

type Declaration = Extract<Stmt, { kind: "var" }>;
type Arrays = ReadonlyMap<string, Declaration>;

/** The value that a lane without an element combines with. */
const neutral: Partial<Record<Operator, number>> = { add: 0, mul: 1 };

/**
 * Vectorizes a sum along memory (`sum-nest.ts`): its arrays of partial sums become vectors, and each loop over them
 * becomes a few vector operations. Every partial sum keeps its terms and their order, so the bits stay. Null if the
 * statements have no such arrays, or if one of the loops cannot be vectorized.
 */
export function vectorizePartials(body: readonly Stmt[], { lanes, loops }: Machine): Stmt[] | null {
  if (!loops.vectors) return null;
  const arrays = new Map(arraysOf(body).map((stmt) => [stmt.name, stmt]));
  const width = Math.min(...[...arrays.values()].map(({ dims }) => dims[0] ?? 0));
  const least = Math.min(...loops.partials.map(({ terms }) => terms));
  if (arrays.size === 0 || width < least) return null;
  return new Partials(arrays, lanes, mentioned(body)).block(body);
}

const isArray = (stmt: Stmt): stmt is Declaration =>
  stmt.kind === "var" && stmt.dims.length === 1 && stmt.type.lanes === 1 && stmt.type.scalar === "f32";

const arraysOf = (body: readonly Stmt[]): Declaration[] =>
  body.flatMap((stmt) => (stmt.kind === "for" ? arraysOf(stmt.body) : isArray(stmt) ? [stmt] : []));

class Partials {
  readonly #arrays: Arrays;
  readonly #lanes: Machine["lanes"];
  readonly #taken: Set<string>;

  constructor(arrays: Arrays, lanes: Machine["lanes"], taken: Set<string>) {
    this.#arrays = arrays;
    this.#lanes = lanes;
    this.#taken = taken;
  }

  block(body: readonly Stmt[]): Stmt[] | null {
    const made = body.map((stmt): readonly Stmt[] | null => this.#statement(stmt));
    return made.every((stmts) => stmts !== null) ? made.flat() : null;
  }

  #statement(stmt: Stmt): readonly Stmt[] | null {
    const { kind } = stmt;
    if (kind === "var" && this.#arrays.has(stmt.name))
      return [{ ...stmt, dims: [this.#vectors(stmt.dims[0] ?? 0)], type: this.#vector, init: splat(stmt.init, 4) }];
    if (kind === "for") {
      const count = extentOf(stmt);
      if (stmt.unroll && count !== null && this.#isOver(stmt)) return this.#overLanes(stmt, count);
      const inner = this.block(stmt.body);
      return inner && [{ ...stmt, body: inner }];
    }
    if (kind === "if") return this.#uses([stmt]) ? null : [stmt];
    if (kind === "set" && this.#arrays.has(stmt.name)) return null;
    const made = mapStmts([stmt], (expr) => mapExpr(expr, (e) => this.#single(e)));
    return expressions(made).some((expr) => some(expr, (e) => this.#isElement(e))) ? null : made;
  }

  get #vector(): RegType {
    return { scalar: "f32", lanes: this.#lanes };
  }

  #vectors(count: number): number {
    return Math.ceil(count / this.#lanes);
  }

  /** A lane of a vector, for an element at a constant index. */
  #single(expr: Expr): Expr {
    const at = expr.kind === "register" && this.#arrays.has(expr.name) ? expr.at[0] : undefined;
    if (expr.kind !== "register" || at?.kind !== "const") return expr;
    const vector: Expr = { ...expr, type: this.#vector, at: [int(Math.floor(at.value / this.#lanes))] };
    return lane(vector, at.value % this.#lanes);
  }

  /** An element that is not one lane of a known vector, as in a loop over other arrays. */
  #isElement(e: Expr): boolean {
    return e.kind === "register" && this.#arrays.has(e.name) && e.type.lanes === 1;
  }

  #uses(body: readonly Stmt[]): boolean {
    return [...mentioned(body)].some((name) => this.#arrays.has(name));
  }

  #isOver({ name, body }: Loop): boolean {
    return body.some(
      (stmt) => stmt.kind === "set" && this.#arrays.has(stmt.name) && stmt.at.some((e) => mentions(e, name)),
    );
  }

  /** A loop over the partial sums, as vectors and single lanes. */
  #overLanes(loop: Loop, count: number): readonly Stmt[] | null {
    const wide = this.#widened(loop);
    if (wide === null) return null;
    // The lanes past the end hold neutral elements, and may be combined with each other.
    const full = this.#isInternal(loop) ? this.#vectors(count) : Math.floor(count / this.#lanes);
    const vectors = Array.from({ length: full }, (_, v) => wide(v));
    const rest: (Stmt[] | null)[] = [];
    for (let p = full * this.#lanes; p < count; p++) rest.push(this.#oneLane(loop, p));
    return rest.every((stmts) => stmts !== null) ? [...jam(vectors), ...rest.flat()] : null;
  }

  /** Whether the body leaves neutral elements neutral: it joins partial sums, and adds no element to them. */
  #isInternal({ body }: Loop): boolean {
    const values = new Map<string, Expr>();
    const ofNeutral = (expr: Expr): Expr =>
      mapExpr(expr, (e) =>
        e.kind === "register"
          ? (this.#arrays.get(e.name)?.init ?? e)
          : e.kind === "var"
            ? (values.get(e.name) ?? e)
            : e,
      );
    return body.every((stmt) => {
      if (stmt.kind !== "let" && stmt.kind !== "set") return false;
      const value = ofNeutral(stmt.value);
      if (stmt.kind === "let") values.set(stmt.name, value);
      const init = stmt.kind === "set" ? this.#arrays.get(stmt.name)?.init : value;
      return value.kind === "const" && init?.kind === "const" && Object.is(value.value, init.value);
    });
  }

  /** The body for the partial sums of vector `v`; null if it cannot be vectorized. */
  #widened({ name, body }: Loop): ((v: number) => Stmt[]) | null {
    const aliases = new Map<string, { readonly array: string; readonly offset: number }>();
    /** A name for the array element at a fixed distance from the variable, which is vectorized as a register. */
    const alias = (array: string, at: Expr | undefined): string | null => {
      const form = at && affine(at);
      if (!form || form.terms.size !== 1 || form.terms.get(name) !== 1 || form.constant % this.#lanes !== 0)
        return null;
      const known = `${array}+${form.constant}`;
      aliases.set(known, { array, offset: form.constant });
      return known;
    };
    let fits = true;
    const named = body.map((stmt): Stmt => {
      const [plain] = mapStmts([stmt], (expr) =>
        mapExpr(expr, (e) => {
          if (e.kind !== "register" || !this.#arrays.has(e.name)) return e;
          const known = alias(e.name, e.at[0]);
          fits &&= known !== null;
          return { ...e, name: known ?? e.name, at: [] };
        }),
      );
      if (plain?.kind !== "set" || !this.#arrays.has(plain.name)) return plain ?? stmt;
      const known = alias(plain.name, plain.at[0]);
      fits &&= known !== null;
      return { ...plain, name: known ?? plain.name, at: [] };
    });
    const wide = fits ? vectorize(named, name, { vectors: [...aliases.keys()] }) : null;
    if (wide === null) return null;
    return (v) => {
      const place = (known: string): { readonly name: string; readonly at: readonly Expr[] } | null => {
        const found = aliases.get(known);
        return found ? { name: found.array, at: [int(v + found.offset / this.#lanes)] } : null;
      };
      const here = substitute(wide, name, constantInt(v * this.#lanes));
      const placed = mapStmts(here, (expr) =>
        mapExpr(expr, (e) => (e.kind === "register" ? { ...e, ...place(e.name) } : e)),
      );
      return placed.map((stmt) => (stmt.kind === "set" ? { ...stmt, ...place(stmt.name) } : stmt));
    };
  }

  /** The element of one partial sum, in a vector whose other lanes are neutral. */
  #oneLane({ name, body }: Loop, p: number): Stmt[] | null {
    const [v, own] = [Math.floor(p / this.#lanes), p % this.#lanes];
    const made: Stmt[] = [];
    const mask = freshName("lane", this.#taken);
    made.push({ kind: "let", name: mask, value: apply("eq", [ramp, splat(int(own), 4)]) });
    for (const stmt of renew(substitute(body, name, constantInt(p)), this.#taken)) {
      if (stmt.kind === "let" && !this.#uses([stmt])) {
        made.push(stmt);
        continue;
      }
      if (stmt.kind !== "set" || !this.#arrays.has(stmt.name) || stmt.value.kind !== "apply") return null;
      const { op, args } = stmt.value;
      const [acc, value] = args;
      const none = neutral[op];
      if (acc?.kind !== "register" || acc.name !== stmt.name || value === undefined || none === undefined) return null;
      if (some(value, (e) => e.kind === "register" && this.#arrays.has(e.name))) return null;
      const chosen: Expr = { kind: "var", type: { scalar: "bool", lanes: 4 }, name: mask };
      const vector: Expr = { ...acc, type: this.#vector, at: [int(v)] };
      made.push({
        ...stmt,
        at: [int(v)],
        value: apply(op, [vector, apply("select", [chosen, splat(value, 4), constant(this.#vector, none)])]),
      });
    }
    return made;
  }
}
