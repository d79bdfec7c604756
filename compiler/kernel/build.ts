import { invariant, present } from "../support/invariant.ts";
import type { Operand, MathName } from "./builder-types.ts";
import { load } from "./fold.ts";
import { functions } from "./math.ts";
import { i32, registerOf, type Buffer, type Element, type Expr, type Kernel, type Lanes, type RegType, type Stmt } from "./ir.ts";
import { Names } from "./names.ts";
import { lanesOf, lift, Words } from "./words.ts";

/** A mutable array of registers: `at` reads one, `set` writes one. `dims` is empty for a single register, which is `at()` and `set([], value)`. */
export interface Register {
  readonly name: string;
  readonly type: RegType;
  readonly dims: readonly number[];
  at(...index: readonly Operand[]): Expr;
  set(index: readonly Operand[], value: Operand): void;
}

export interface LoopOptions {
  /** The loop is to be written out, turn by turn; its bounds are constants once the unrolled loops around it are. */
  readonly unroll?: boolean;
}

/** Builds a kernel statement by statement; what is said inside the body of a `loop` or `when` lands in it. */
export class KernelBuilder extends Words {
  readonly #names = new Names();
  readonly #buffers: Buffer[] = [];
  #block: Stmt[] = [];

  /** A buffer of `size` elements. The kernel takes its buffers in the order of these calls. */
  buffer(hint: string, element: Element, size: number, access: Buffer["access"]): Buffer {
    const buffer: Buffer = { name: this.#names.fresh(hint), element, size, access };
    this.#buffers.push(buffer);
    return buffer;
  }

  /** `lanes` elements from flat position `at`. */
  load(buffer: Buffer, at: Operand, lanes: Lanes = 1): Expr {
    return load(buffer, this.#index(at), lanes);
  }

  /** As many elements as `value` has lanes, from flat position `at`. */
  store(buffer: Buffer, at: Operand, value: Operand): void {
    this.#block.push({ kind: "store", buffer: buffer.name, at: this.#index(at), value: lift(value, registerOf(buffer.element), lanesOf([value])) });
  }

  let(value: Expr, hint = "x"): Expr {
    if (value.kind === "const" || value.kind === "var") return value;
    const name = this.#names.fresh(hint);
    this.#block.push({ kind: "let", name, value });
    return { kind: "var", type: value.type, name };
  }

  call(fn: MathName, ...args: readonly Operand[]): Expr {
    const { params, result } = present(functions.get(fn), `there is no function ${fn}`);
    invariant(params.length === args.length, `${fn} takes ${params.length} arguments, not ${args.length}`);
    const lanes = lanesOf(args);
    const lifted = args.map((x, index) => lift(x, params[index]?.scalar ?? "f32", lanes));
    return { kind: "call", type: { scalar: result.type.scalar, lanes }, fn, args: lifted };
  }

  /** Registers that all start at `init`. */
  register(hint: string, dims: readonly number[], type: RegType, init: Operand): Register {
    const name = this.#names.fresh(hint);
    this.#block.push({ kind: "var", name, dims, type, init: lift(init, type.scalar, type.lanes) });
    const position = (index: readonly Operand[]): Expr[] => {
      invariant(index.length === dims.length, `${name} has ${dims.length} axes, not ${index.length}`);
      return index.map((x) => this.#index(x));
    };
    return {
      name,
      type,
      dims,
      at: (...index) => ({ kind: "register", type, name, at: position(index) }),
      set: (index, value) => void this.#block.push({ kind: "set", name, at: position(index), value: lift(value, type.scalar, type.lanes) }),
    };
  }

  /** `for (v = from; v < to; v += step)`. A loop whose bounds say that it takes no turn leaves nothing, one of a single turn its body. */
  loop(hint: string, from: Operand, to: Operand, step: number, body: (v: Expr) => void, { unroll = false }: LoopOptions = {}): void {
    invariant(Number.isInteger(step) && step > 0, `the step of ${hint} is a positive integer`);
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

  /** Statements that stand nowhere yet, for a transformation to change before they are put in place by `append`. */
  detached(body: () => void): readonly Stmt[] {
    return this.#nested(body);
  }

  append(statements: readonly Stmt[]): void {
    this.#block.push(...statements);
  }

  /** A variable that `append`ed statements define. */
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

  #index(at: Operand): Expr {
    return lift(at, "i32", 1);
  }
}
