import { invariant, never, present } from "../support/invariant.ts";
import { int, isConst } from "./fold.ts";
import { i32, type Expr, type Kernel, type Stmt } from "./ir.ts";
import { Names } from "./names.ts";
import { expressions, mapExpr, some } from "./walk.ts";

/**
 * The kernel with its `unroll` loops unrolled, its constants folded, and its register arrays split into single
 * registers: `sum[0,1]` becomes `sum_0_1`, so that an emitter can assign a local to each. An array with an index that
 * is not constant stays one. Names stay unique.
 */
export function expand(kernel: Kernel): Kernel {
  const { buffers, scalars = [] } = kernel;
  const scope = new Scope(new Names([...buffers.map((b) => b.name), ...scalars]), indexedArrays(kernel.body));
  for (const name of scalars) scope.bind(name, { kind: "var", type: i32, name });
  return { ...kernel, body: block(kernel.body, scope) };
}

/** The values and registers that the source's names have in the current copy. */
class Scope {
  readonly names: Names;
  /** The register arrays that stay arrays. */
  readonly arrays: ReadonlySet<string>;
  readonly #values: Map<string, Expr>;
  readonly #registers: Map<string, string>;

  constructor(
    names: Names,
    arrays: ReadonlySet<string>,
    values = new Map<string, Expr>(),
    registers = new Map<string, string>(),
  ) {
    this.names = names;
    this.arrays = arrays;
    this.#values = values;
    this.#registers = registers;
  }

  nested(): Scope {
    return new Scope(this.names, this.arrays, new Map(this.#values), new Map(this.#registers));
  }

  bind(name: string, value: Expr): void {
    this.#values.set(name, value);
  }

  /** A new register for one element of an array. */
  declare(name: string, at: readonly number[]): string {
    const own = this.names.fresh([name, ...at].join("_"));
    this.#registers.set(key(name, at), own);
    return own;
  }

  /** The register of an element, or the element of an array that stays one; the indices are values of this scope. */
  register(name: string, at: readonly Expr[]): { readonly name: string; readonly at: readonly Expr[] } {
    if (this.arrays.has(name))
      return { name: present(this.#registers.get(key(name, [])), `unknown array ${name}`), at };
    const position = at.map((index) => {
      invariant(index.kind === "const", `an element of ${name} must have constant indices once loops are unrolled`);
      return index.value;
    });
    return {
      name: present(this.#registers.get(key(name, position)), `${key(name, position)} is not a register`),
      at: [],
    };
  }

  value(x: Expr): Expr {
    return mapExpr(x, (part) => {
      if (part.kind === "var") return present(this.#values.get(part.name), `${part.name} is not in scope`);
      return part.kind === "register" ? { ...part, ...this.register(part.name, part.at) } : part;
    });
  }
}

const key = (name: string, at: readonly number[]): string => `${name}[${at.join(",")}]`;

const block = (body: readonly Stmt[], scope: Scope): Stmt[] => body.flatMap((stmt) => statement(stmt, scope));

function statement(stmt: Stmt, scope: Scope): Stmt[] {
  switch (stmt.kind) {
    case "for":
      return loop(stmt, scope);
    case "let": {
      const value = scope.value(stmt.value);
      if (value.kind === "const") {
        scope.bind(stmt.name, value);
        return [];
      }
      const name = scope.names.fresh(stmt.name);
      scope.bind(stmt.name, { kind: "var", type: value.type, name });
      return [{ kind: "let", name, value }];
    }
    case "var":
      return registers(stmt, scope);
    case "set":
      return [
        {
          kind: "set",
          ...scope.register(
            stmt.name,
            stmt.at.map((x) => scope.value(x)),
          ),
          value: scope.value(stmt.value),
        },
      ];
    case "store":
      return [{ ...stmt, at: scope.value(stmt.at), value: scope.value(stmt.value) }];
    case "if": {
      const when = scope.value(stmt.when);
      if (when.kind === "const") return block(isConst(when, 0) ? stmt.otherwise : stmt.then, scope.nested());
      return [
        { kind: "if", when, then: block(stmt.then, scope.nested()), otherwise: block(stmt.otherwise, scope.nested()) },
      ];
    }
    default:
      return never(stmt);
  }
}

function loop(stmt: Stmt & { kind: "for" }, scope: Scope): Stmt[] {
  const [from, to] = [scope.value(stmt.from), scope.value(stmt.to)];
  if (from.kind === "const" && to.kind === "const" && (stmt.unroll || from.value + stmt.step >= to.value)) {
    const copies: Stmt[] = [];
    for (let i = from.value; i < to.value; i += stmt.step) {
      const iteration = scope.nested();
      iteration.bind(stmt.name, int(i));
      copies.push(...block(stmt.body, iteration));
    }
    return copies;
  }
  invariant(!stmt.unroll, `the unrolled loop over ${stmt.name} must have constant bounds`);
  const inner = scope.nested();
  const name = scope.names.fresh(stmt.name);
  inner.bind(stmt.name, { kind: "var", type: from.type, name });
  return [{ ...stmt, name, from, to, body: block(stmt.body, inner) }];
}

function registers(stmt: Stmt & { kind: "var" }, scope: Scope): Stmt[] {
  const value = scope.value(stmt.init);
  if (scope.arrays.has(stmt.name)) return [{ ...stmt, name: scope.declare(stmt.name, []), init: value }];
  const shared = stmt.dims.length > 0 && value.kind !== "const" && value.kind !== "var";
  const name = shared ? scope.names.fresh(`${stmt.name}_init`) : "";
  const init: Expr = shared ? { kind: "var", type: value.type, name } : value;
  const first: Stmt[] = shared ? [{ kind: "let", name, value }] : [];
  const each = positions(stmt.dims).map((at): Stmt => ({
    kind: "var",
    name: scope.declare(stmt.name, at),
    dims: [],
    type: stmt.type,
    init,
  }));
  return [...first, ...each];
}

/** The register arrays with an index that is not constant once loops are unrolled. */
function indexedArrays(body: readonly Stmt[]): Set<string> {
  const arrays = new Set<string>();
  const moving = new Set<string>();
  const moves = (x: Expr): boolean =>
    some(x, (e) => e.kind === "load" || e.kind === "register" || (e.kind === "var" && moving.has(e.name)));
  const look = (name: string, at: readonly Expr[]): void => void (at.some(moves) && arrays.add(name));
  const visit = (stmts: readonly Stmt[]): void => {
    for (const stmt of stmts) {
      if (stmt.kind === "let" && moves(stmt.value)) moving.add(stmt.name);
      if (stmt.kind === "for" && !stmt.unroll) moving.add(stmt.name);
      if (stmt.kind === "for") visit(stmt.body);
      if (stmt.kind === "if") [stmt.then, stmt.otherwise].forEach(visit);
      if (stmt.kind === "set") look(stmt.name, stmt.at);
    }
  };
  visit(body);
  for (const expr of expressions(body))
    some(expr, (e) => {
      if (e.kind === "register") look(e.name, e.at);
      return false;
    });
  return arrays;
}

/** All indices of an array of these dims, the last axis fastest. */
function positions(dims: readonly number[]): number[][] {
  return dims.reduce<number[][]>(
    (found, size) => found.flatMap((at) => Array.from({ length: size }, (_, i) => [...at, i])),
    [[]],
  );
}
