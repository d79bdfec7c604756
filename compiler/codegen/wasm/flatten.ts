import { apply, constant, lane, splat } from "../../kernel/fold.ts";
import {
  i32,
  type Expr,
  type Kernel,
  type Lanes,
  type MathFunction,
  type RegType,
  type Stmt,
} from "../../kernel/ir.ts";
import { Names } from "../../kernel/names.ts";
import { isShiftCount } from "../../kernel/types.ts";
import { invariant, never, present } from "../../support/invariant.ts";
import { at } from "../../support/lists.ts";

/** A `for` that stays a loop. `trips` is its trip count; null if the bounds are not constants. */
export interface FlatLoop {
  readonly kind: "for";
  readonly name: string;
  readonly from: Expr;
  readonly to: Expr;
  readonly step: number;
  readonly trips: number | null;
  readonly body: readonly FlatStmt[];
}

export type FlatStmt =
  | FlatLoop
  /** The iterations of an unrolled loop; pointers may move between them. */
  | { readonly kind: "unrolled"; readonly bodies: readonly (readonly FlatStmt[])[] }
  | { readonly kind: "let"; readonly name: string; readonly value: Expr }
  | { readonly kind: "var"; readonly name: string; readonly init: Expr }
  | { readonly kind: "set"; readonly name: string; readonly value: Expr }
  | { readonly kind: "store"; readonly buffer: string; readonly at: Expr; readonly value: Expr }
  | {
      readonly kind: "if";
      readonly when: Expr;
      readonly then: readonly FlatStmt[];
      readonly otherwise: readonly FlatStmt[];
    };

/**
 * The kernel as straight-line code and loops: unrolled loops are expanded, loops of one iteration are replaced by their
 * body, math functions are inlined as lets (with the lanes of the call), each element of a register array is a separate
 * register, and all names are unique.
 */
export function flatten(kernel: Kernel, functions: ReadonlyMap<string, MathFunction>): readonly FlatStmt[] {
  const scalars = (kernel.scalars ?? []).map((name): [string, Expr] => [name, { kind: "var", type: i32, name }]);
  return new Flattener(kernel, functions).block(kernel.body, new Map(scalars));
}

/** The values of the source's names in the current copy. */
type Scope = ReadonlyMap<string, Expr>;

class Flattener {
  readonly #names: Names;
  readonly #functions: ReadonlyMap<string, MathFunction>;
  #out: FlatStmt[] = [];

  constructor(kernel: Kernel, functions: ReadonlyMap<string, MathFunction>) {
    this.#names = new Names([...kernel.buffers.map((buffer) => buffer.name), ...(kernel.scalars ?? [])]);
    this.#functions = functions;
  }

  block(body: readonly Stmt[], scope: Scope): readonly FlatStmt[] {
    const outer = this.#out;
    const inner: FlatStmt[] = [];
    this.#out = inner;
    this.#statements(body, scope);
    this.#out = outer;
    return inner;
  }

  /** Flattens into the current block. Names defined in `body` are visible in `body` only. */
  #statements(body: readonly Stmt[], outer: Scope): void {
    const scope = new Map(outer);
    for (const stmt of body) this.#statement(stmt, scope);
  }

  #statement(stmt: Stmt, scope: Map<string, Expr>): void {
    switch (stmt.kind) {
      case "for":
        return this.#for(stmt, scope);
      case "let":
        scope.set(stmt.name, this.#let(stmt.name, this.#expr(stmt.value, scope)));
        return;
      case "var": {
        const init = this.#expr(stmt.init, scope);
        for (const position of positions(stmt.dims)) {
          const name = this.#names.fresh([stmt.name, ...position].join("_"));
          scope.set(element(stmt.name, position), { kind: "register", type: stmt.type, name, at: [] });
          this.#out.push({ kind: "var", name, init });
        }
        return;
      }
      case "set": {
        const value = this.#expr(stmt.value, scope);
        const target = this.#register(stmt.name, stmt.at, scope);
        this.#out.push({ kind: "set", name: target.name, value });
        return;
      }
      case "store":
        this.#out.push({
          kind: "store",
          buffer: stmt.buffer,
          at: this.#expr(stmt.at, scope),
          value: this.#expr(stmt.value, scope),
        });
        return;
      case "if": {
        const when = this.#expr(stmt.when, scope);
        if (when.kind === "const") return this.#statements(when.value !== 0 ? stmt.then : stmt.otherwise, scope);
        this.#out.push({
          kind: "if",
          when,
          then: this.block(stmt.then, scope),
          otherwise: this.block(stmt.otherwise, scope),
        });
        return;
      }
      default:
        return never(stmt);
    }
  }

  #for(stmt: Extract<Stmt, { kind: "for" }>, scope: Scope): void {
    const from = this.#expr(stmt.from, scope);
    const to = this.#expr(stmt.to, scope);
    const trips =
      from.kind === "const" && to.kind === "const" ? Math.max(0, Math.ceil((to.value - from.value) / stmt.step)) : null;
    const iteration = (value: Expr): Scope => new Map(scope).set(stmt.name, value);
    if (trips === 0) return;
    if (from.kind === "const" && trips === 1) return this.#statements(stmt.body, iteration(from));
    if (stmt.unroll) {
      invariant(
        from.kind === "const" && trips !== null,
        `the unrolled loop over ${stmt.name} must have constant bounds`,
      );
      const bodies = Array.from({ length: trips }, (_, index) =>
        this.block(stmt.body, iteration(constant(from.type, from.value + index * stmt.step))),
      );
      this.#out.push({ kind: "unrolled", bodies });
      return;
    }
    const name = this.#names.fresh(stmt.name);
    const body = this.block(stmt.body, iteration({ kind: "var", type: from.type, name }));
    if (body.length > 0) this.#out.push({ kind: "for", name, from, to, step: stmt.step, trips, body });
  }

  #let(hint: string, value: Expr): Expr {
    if (value.kind === "const" || value.kind === "var") return value;
    const name = this.#names.fresh(hint);
    this.#out.push({ kind: "let", name, value });
    return { kind: "var", type: value.type, name };
  }

  #register(name: string, at: readonly Expr[], scope: Scope): Extract<Expr, { kind: "register" }> {
    const position = at.map((index) => {
      const value = this.#expr(index, scope);
      invariant(value.kind === "const", `an element of ${name} must have constant indices`);
      return value.value;
    });
    const register = scope.get(element(name, position));
    invariant(register?.kind === "register", `${element(name, position)} is not a register`);
    return register;
  }

  /** Returns `x` itself if nothing in it changes. */
  #expr(x: Expr, scope: Scope): Expr {
    switch (x.kind) {
      case "const":
        return x;
      case "var": {
        const value = present(scope.get(x.name), `${x.name} is not bound`);
        return value.kind === "var" && value.name === x.name ? x : value;
      }
      case "register":
        return this.#register(x.name, x.at, scope);
      case "load": {
        const at = this.#expr(x.at, scope);
        return at === x.at ? x : { ...x, at };
      }
      case "splat":
        return splat(this.#expr(x.value, scope));
      case "lane":
        return lane(this.#expr(x.value, scope), x.lane);
      case "apply": {
        const args = x.args.map((arg) => this.#expr(arg, scope));
        return args.every((arg, index) => arg === x.args[index]) ? x : apply(x.op, args);
      }
      case "call":
        return this.#inline(
          x.fn,
          x.args.map((arg) => this.#expr(arg, scope)),
          x.type.lanes,
        );
      default:
        return never(x);
    }
  }

  #inline(fn: string, args: readonly Expr[], lanes: Lanes): Expr {
    const { params, lets, result } = present(this.#functions.get(fn), `unknown function ${fn}`);
    const scope = new Map(params.map((param, index) => [param.name, this.#let(param.name, at(args, index))]));
    for (const { name, value } of lets) scope.set(name, this.#let(name, this.#expr(lifted(value, lanes), scope)));
    return this.#expr(lifted(result, lanes), scope);
  }
}

const element = (name: string, position: readonly number[]): string => `${name}[${position.join(",")}]`;

function positions(dims: readonly number[]): readonly (readonly number[])[] {
  return dims.reduce<readonly (readonly number[])[]>(
    (all, size) => all.flatMap((head) => Array.from({ length: size }, (_, index) => [...head, index])),
    [[]],
  );
}

/** A scalar expression of a math function, applied to each lane. Shift counts stay scalar. */
function lifted(x: Expr, lanes: Lanes): Expr {
  if (lanes === 1) return x;
  const type: RegType = { scalar: x.type.scalar, lanes };
  switch (x.kind) {
    case "const":
    case "var":
      return { ...x, type };
    case "apply":
      return { ...x, type, args: x.args.map((arg, index) => (isShiftCount(x.op, index) ? arg : lifted(arg, lanes))) };
    default:
      invariant(false, `a math function contains a ${x.kind}`);
  }
}
