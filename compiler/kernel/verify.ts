import { InvariantError, never } from "../support/invariant.ts";
import { represent } from "./arithmetic.ts";
import {
  bool,
  i32,
  registerOf,
  showReg,
  type Sizable,
  type Expr,
  type Kernel,
  type MathFunction,
  type RegType,
  type Stmt,
} from "./ir.ts";
import { functions } from "./math.ts";
import { isName } from "./names.ts";
import { printExpr } from "./print.ts";
import { operandError, resultType, sameReg } from "./types.ts";

/**
 * Checks these rules; the message of a broken one names the kernel and the expression:
 *
 *   names    every name is valid in `.kir`, is defined once in the kernel, and is used only inside its block
 *   types    every expression has the result type of its operator; constants are values of their type; conditions are
 *            bool, indices i32
 *   lanes    a splat takes a scalar, a lane a vector; stores and sets have the type of their target
 *   buffers  a size is a count or a scalar; loads read `in` and `inout`, stores write `out` and `inout`; a constant
 *            index is in bounds
 *   loops    a step is positive; the bounds of an unrolled loop consist of constants and variables of unrolled loops
 *   arrays   a register array has one such constant index for each of its dims
 *   calls    the function is known, or one of `own` (defined in the same text), and takes these arguments; no division
 *            by a constant 0
 */
export function verifyKernel(kernel: Kernel, own: ReadonlyMap<string, MathFunction> = new Map()): void {
  new Verifier(kernel, own).run();
}

type Bound =
  /** `fixed`: a constant once loops are unrolled. */
  | { readonly kind: "var"; readonly type: RegType; readonly fixed: boolean }
  | { readonly kind: "register"; readonly type: RegType; readonly dims: readonly number[] };

class Verifier {
  readonly #kernel: Kernel;
  readonly #own: ReadonlyMap<string, MathFunction>;
  readonly #buffers = new Map<string, Sizable>();
  readonly #bound = new Set<string>();
  readonly #scope = new Map<string, Bound>();
  /** The names in scope, in the order of their definitions. */
  readonly #order: string[] = [];

  constructor(kernel: Kernel, own: ReadonlyMap<string, MathFunction>) {
    this.#kernel = kernel;
    this.#own = own;
  }

  run(): void {
    this.#check(isName(this.#kernel.name), () => "the kernel's name is not valid");
    for (const name of this.#kernel.scalars ?? []) this.#bind(name, { kind: "var", type: i32, fixed: false });
    for (const buffer of this.#kernel.buffers) {
      this.#name(buffer.name);
      const { size } = buffer;
      this.#check(
        typeof size === "string" ? this.#scope.has(size) : Number.isSafeInteger(size) && size >= 0,
        () => `the size of ${buffer.name} is not a count`,
      );
      this.#buffers.set(buffer.name, buffer);
    }
    this.#block(this.#kernel.body);
  }

  /** The message is computed only on failure, since it prints whole expressions. */
  #check(condition: boolean, message: () => string): asserts condition {
    if (!condition) this.#fail(message());
  }

  #fail(message: string): never {
    throw new InvariantError(`in kernel ${this.#kernel.name}: ${message}`);
  }

  #name(name: string): void {
    this.#check(isName(name), () => `${name} is not a valid name`);
    this.#check(!this.#bound.has(name), () => `${name} is defined twice`);
    this.#bound.add(name);
  }

  #bind(name: string, as: Bound): void {
    this.#name(name);
    this.#scope.set(name, as);
    this.#order.push(name);
  }

  /** Removes the names that `visit` defines. */
  #scoped(visit: () => void): void {
    const mark = this.#order.length;
    visit();
    for (const name of this.#order.splice(mark)) this.#scope.delete(name);
  }

  #block(body: readonly Stmt[]): void {
    this.#scoped(() => body.forEach((stmt) => this.#statement(stmt)));
  }

  #statement(stmt: Stmt): void {
    switch (stmt.kind) {
      case "for":
        return this.#loop(stmt);
      case "let":
        this.#expr(stmt.value);
        return this.#bind(stmt.name, { kind: "var", type: stmt.value.type, fixed: this.#fixed(stmt.value) });
      case "var":
        this.#check(
          stmt.dims.every((d) => Number.isSafeInteger(d) && d > 0),
          () => `the dims of ${stmt.name} are not positive`,
        );
        this.#typed(stmt.init, stmt.type);
        return this.#bind(stmt.name, { kind: "register", type: stmt.type, dims: stmt.dims });
      case "set":
        return this.#typed(stmt.value, this.#register(stmt.name, stmt.at));
      case "store": {
        const buffer = this.#access(stmt.buffer, stmt.at, stmt.value.type, "in");
        return this.#typed(stmt.value, { scalar: registerOf(buffer.element), lanes: stmt.value.type.lanes });
      }
      case "if":
        this.#typed(stmt.when, bool);
        this.#block(stmt.then);
        return this.#block(stmt.otherwise);
      default:
        return never(stmt);
    }
  }

  #loop(stmt: Stmt & { kind: "for" }): void {
    this.#typed(stmt.from, i32);
    this.#typed(stmt.to, i32);
    this.#check(Number.isSafeInteger(stmt.step) && stmt.step > 0, () => `the step of ${stmt.name} is not positive`);
    const fixed = this.#fixed(stmt.from) && this.#fixed(stmt.to);
    this.#check(fixed || !stmt.unroll, () => `the bounds of the unrolled loop over ${stmt.name} are not constants`);
    this.#scoped(() => {
      this.#bind(stmt.name, { kind: "var", type: i32, fixed: stmt.unroll });
      this.#block(stmt.body);
    });
  }

  #typed(x: Expr, type: RegType): void {
    this.#expr(x);
    this.#check(sameReg(x.type, type), () => `${printExpr(x)} is ${showReg(x.type)}, not ${showReg(type)}`);
  }

  /** The buffer of an access; `forbidden` is the access mode that does not allow it. */
  #access(name: string, at: Expr, type: RegType, forbidden: Sizable["access"]): Sizable {
    const buffer = this.#buffers.get(name) ?? this.#fail(`unknown buffer ${name}`);
    this.#typed(at, i32);
    const text = (): string => `${name}[${printExpr(at)}]`;
    this.#check(buffer.access !== forbidden, () => `${text()}: ${name} is ${buffer.access}`);
    this.#check(
      at.kind !== "const" ||
        (at.value >= 0 && (typeof buffer.size === "string" || at.value + type.lanes <= buffer.size)),
      () => `${text()} is outside ${name}[${buffer.size}]`,
    );
    return buffer;
  }

  #register(name: string, at: readonly Expr[]): RegType {
    const register = this.#scope.get(name);
    if (register?.kind !== "register") return this.#fail(`${name} is not a register in scope`);
    const text = (): string => `${name}[${at.map(printExpr).join(",")}]`;
    this.#check(
      at.length === register.dims.length,
      () => `${text()} has ${at.length} indices, not ${register.dims.length}`,
    );
    for (const [axis, x] of at.entries()) {
      this.#typed(x, i32);
      this.#check(
        x.kind !== "const" || (x.value >= 0 && x.value < (register.dims[axis] ?? 0)),
        () => `${text()} is outside [${register.dims.join(",")}]`,
      );
    }
    return register.type;
  }

  /** Whether the expression is a constant once loops are unrolled. */
  #fixed(x: Expr): boolean {
    switch (x.kind) {
      case "const":
        return true;
      case "var": {
        const found = this.#scope.get(x.name);
        return found?.kind === "var" && found.fixed;
      }
      case "apply":
        return x.args.every((arg) => this.#fixed(arg));
      case "splat":
      case "lane":
        return this.#fixed(x.value);
      case "register":
      case "load":
      case "call":
        return false;
      default:
        return never(x);
    }
  }

  #expr(x: Expr): void {
    const type = this.#typeOf(x);
    this.#check(
      sameReg(x.type, type),
      () => `${printExpr(x)} has the type ${showReg(x.type)}, but computes ${showReg(type)}`,
    );
  }

  #typeOf(x: Expr): RegType {
    switch (x.kind) {
      case "const":
        this.#check(
          Object.is(represent(x.type.scalar, x.value), x.value),
          () => `${x.value} is not a value of ${showReg(x.type)}`,
        );
        return x.type;
      case "var": {
        const found = this.#scope.get(x.name);
        return found?.kind === "var" ? found.type : this.#fail(`${x.name} is not in scope`);
      }
      case "register":
        return this.#register(x.name, x.at);
      case "load":
        return { scalar: registerOf(this.#access(x.buffer, x.at, x.type, "out").element), lanes: x.type.lanes };
      case "splat":
        this.#expr(x.value);
        this.#check(x.value.type.lanes === 1, () => `${printExpr(x)} splats a vector`);
        return { scalar: x.value.type.scalar, lanes: 4 };
      case "lane":
        this.#expr(x.value);
        this.#check(
          x.value.type.lanes === 4 && [0, 1, 2, 3].includes(x.lane),
          () => `${printExpr(x)} is not a lane of a vector`,
        );
        return { scalar: x.value.type.scalar, lanes: 1 };
      case "call":
        return this.#call(x);
      case "apply":
        return this.#operator(x);
      default:
        return never(x);
    }
  }

  #call(x: Expr & { kind: "call" }): RegType {
    const fn = this.#own.get(x.fn) ?? functions.get(x.fn) ?? this.#fail(`unknown function ${x.fn}`);
    this.#check(fn.params.length === x.args.length, () => `${printExpr(x)} takes ${fn.params.length} arguments`);
    for (const [index, arg] of x.args.entries())
      this.#typed(arg, { scalar: fn.params[index]?.scalar ?? "f32", lanes: x.type.lanes });
    return { scalar: fn.result.type.scalar, lanes: x.type.lanes };
  }

  #operator(x: Expr & { kind: "apply" }): RegType {
    for (const arg of x.args) this.#expr(arg);
    const types = x.args.map((arg) => arg.type);
    const error = operandError(x.op, types);
    this.#check(error === null, () => `${printExpr(x)}: ${error ?? ""}`);
    const divisor = x.op === "div" || x.op === "rem" ? x.args[1] : undefined;
    this.#check(
      divisor?.kind !== "const" || divisor.type.scalar !== "i32" || divisor.value !== 0,
      () => `${printExpr(x)} divides by 0`,
    );
    return resultType(x.op, types);
  }
}
