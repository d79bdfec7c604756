import { invariant, present } from "../support/invariant.ts";
import type { ExprOrNumber, MathName } from "./builder-types.ts";
import { load } from "./fold.ts";
import { functions } from "./math.ts";
import {
  i32,
  registerOf,
  type Buffer,
  type Element,
  type Expr,
  type Kernel,
  type Lanes,
  type RegType,
  type Stmt,
} from "./ir.ts";
import { Names } from "./names.ts";
import { lanesOf, lift, ExprMethods } from "./expr-methods.ts";

/**
 * A mutable array of registers: `at` reads one, `set` writes one. `dims` is empty for a single register, used by `at()`
 * and `set([], value)`.
 */
export interface Register {
  readonly name: string;
  readonly type: RegType;
  readonly dims: readonly number[];
  at(...index: readonly ExprOrNumber[]): Expr;
  set(index: readonly ExprOrNumber[], value: ExprOrNumber): void;
}

export interface LoopOptions {
  /** Unrolls the loop completely; its bounds must be constants once the enclosing unrolled loops are unrolled. */
  readonly unroll?: boolean;
}

/** Builds a kernel statement by statement. Statements made inside the body of a `loop` or `when` go into that block. */
export class KernelBuilder extends ExprMethods {
  readonly #names = new Names();
  readonly #buffers: Buffer[] = [];
  #block: Stmt[] = [];

  /** A buffer of `size` elements. The kernel takes its buffers in the order of these calls. */
  buffer(hint: string, element: Element, size: number, access: Buffer["access"]): Buffer {
    const buffer: Buffer = { name: this.#names.fresh(hint), element, size, access };
    this.#buffers.push(buffer);
    return buffer;
  }

  /** Loads `lanes` elements from flat index `at`. */
  load(buffer: Buffer, at: ExprOrNumber, lanes: Lanes = 1): Expr {
    return load(buffer, this.#index(at), lanes);
  }

  /** Stores one element for each lane of `value`, from flat index `at`. */
  store(buffer: Buffer, at: ExprOrNumber, value: ExprOrNumber): void {
    this.#block.push({
      kind: "store",
      buffer: buffer.name,
      at: this.#index(at),
      value: lift(value, registerOf(buffer.element), lanesOf([value])),
    });
  }

  let(value: Expr, hint = "x"): Expr {
    if (value.kind === "const" || value.kind === "var") return value;
    const name = this.#names.fresh(hint);
    this.#block.push({ kind: "let", name, value });
    return { kind: "var", type: value.type, name };
  }

  call(fn: MathName, ...args: readonly ExprOrNumber[]): Expr {
    const { params, result } = present(functions.get(fn), `unknown function ${fn}`);
    invariant(params.length === args.length, `${fn} takes ${params.length} arguments, not ${args.length}`);
    const lanes = lanesOf(args);
    const lifted = args.map((x, index) => lift(x, params[index]?.scalar ?? "f32", lanes));
    return { kind: "call", type: { scalar: result.type.scalar, lanes }, fn, args: lifted };
  }

  /** Registers, all initialized to `init`. */
  register(hint: string, dims: readonly number[], type: RegType, init: ExprOrNumber): Register {
    const name = this.#names.fresh(hint);
    this.#block.push({ kind: "var", name, dims, type, init: lift(init, type.scalar, type.lanes) });
    const indexOf = (index: readonly ExprOrNumber[]): Expr[] => {
      invariant(index.length === dims.length, `${name} has ${dims.length} axes, not ${index.length}`);
      return index.map((x) => this.#index(x));
    };
    return {
      name,
      type,
      dims,
      at: (...index) => ({ kind: "register", type, name, at: indexOf(index) }),
      set: (index, value) =>
        void this.#block.push({ kind: "set", name, at: indexOf(index), value: lift(value, type.scalar, type.lanes) }),
    };
  }

  /**
   * `for (v = from; v < to; v += step)`. A loop known to have no iterations is dropped; a loop known to have one
   * becomes its body.
   */
  loop(
    hint: string,
    from: ExprOrNumber,
    to: ExprOrNumber,
    step: number,
    body: (v: Expr) => void,
    { unroll = false }: LoopOptions = {},
  ): void {
    invariant(Number.isInteger(step) && step > 0, `the step of ${hint} must be a positive integer`);
    const [first, end] = [this.#index(from), this.#index(to)];
    if (first.kind === "const" && end.kind === "const") {
      if (first.value >= end.value) return;
      if (first.value + step >= end.value) return body(first);
    }
    const name = this.#names.fresh(hint);
    const inner = this.#nested(() => body({ kind: "var", type: i32, name }));
    if (inner.length > 0) this.#block.push({ kind: "for", name, from: first, to: end, step, unroll, body: inner });
  }

  when(condition: Expr, then: () => void, otherwise: () => void = () => {}): void {
    if (condition.kind === "const") return condition.value !== 0 ? then() : otherwise();
    const [yes, no] = [this.#nested(then), this.#nested(otherwise)];
    if (yes.length + no.length > 0) this.#block.push({ kind: "if", when: condition, then: yes, otherwise: no });
  }

  /**
   * The statements that `body` makes, not yet in the kernel: a transformation may change them before `append` adds
   * them.
   */
  detached(body: () => void): readonly Stmt[] {
    return this.#nested(body);
  }

  append(statements: readonly Stmt[]): void {
    this.#block.push(...statements);
  }

  /** A variable that statements passed to `append` define. */
  variable(hint: string, type: RegType): Extract<Expr, { kind: "var" }> {
    return { kind: "var", type, name: this.#names.fresh(hint) };
  }

  build(name: string, origin: string): Kernel {
    return { name, buffers: [...this.#buffers], body: [...this.#block], origin };
  }

  #nested(body: () => void): Stmt[] {
    const outer = this.#block;
    const inner: Stmt[] = [];
    this.#block = inner;
    body();
    this.#block = outer;
    return inner;
  }

  #index(at: ExprOrNumber): Expr {
    return lift(at, "i32", 1);
  }
}
