import fc from "fast-check";
import { KernelBuilder, type Register } from "../../compiler/kernel/build.ts";
import { bufferSize as sizeOf } from "../../compiler/kernel/evaluate.ts";
import { apply } from "../../compiler/kernel/fold.ts";
import { functions, mathNames } from "../../compiler/kernel/math.ts";
import { printKernel } from "../../compiler/kernel/print.ts";
import {
  registerOf,
  type Buffer,
  type Element,
  type Expr,
  type Kernel,
  type Lanes,
  type RegType,
  type Scalar,
} from "../../compiler/kernel/ir.ts";

/** The number of elements of every buffer; all generated indices are in bounds. */
export const bufferSize = 48;

const elements = ["f32", "i32", "u8", "i8", "bool"] as const satisfies readonly Element[];

/**
 * Well-typed kernels with all statements, operators and math functions, generated from a tape of numbers: a shorter
 * tape, or smaller numbers, produce a simpler kernel, so that failures shrink. Buffers are `in_<element>` and
 * `io_<element>`, of `bufferSize` elements.
 */
export const kernels: fc.Arbitrary<Kernel> = fc
  .array(fc.nat({ max: 255 }), { size: "large", maxLength: 600 })
  .map((tape) => readable(new Maker(tape).kernel()));

/** Makes failures show the kernel as text. */
const readable = (kernel: Kernel): Kernel =>
  Object.defineProperty(kernel, fc.toStringMethod, { value: () => printKernel(kernel), enumerable: false });

interface Local {
  readonly type: RegType;
  readonly read: () => Expr;
}

interface Counter {
  readonly expr: Expr;
  readonly last: number;
}

interface Scope {
  readonly locals: readonly Local[];
  readonly counters: readonly Counter[];
  /** Variables of unrolled loops, which may index registers. */
  readonly fixed: readonly Counter[];
}

class Maker {
  readonly #tape: readonly number[];
  #next = 0;
  readonly #k = new KernelBuilder();
  readonly #inputs: readonly Buffer[];
  readonly #outputs: readonly Buffer[];
  readonly #registers: Register[] = [];

  constructor(tape: readonly number[]) {
    this.#tape = tape;
    this.#inputs = elements.map((element) => this.#k.buffer(`in_${element}`, element, bufferSize, "in"));
    this.#outputs = elements.map((element) => this.#k.buffer(`io_${element}`, element, bufferSize, "inout"));
  }

  kernel(): Kernel {
    for (const scalar of ["f32", "i32", "bool"] as const) {
      for (const lanes of [1, 4] as const) {
        this.#registers.push(this.#k.register(`${scalar}_${lanes}`, lanes === 4 ? [2, 2] : [], { scalar, lanes }, 1));
      }
    }
    this.#block({ locals: [], counters: [], fixed: [] }, 3);
    return this.#k.build("random", "");
  }

  /** The next number of the tape, reduced to 0..count-1; 0 after its end. */
  #draw(count: number): number {
    return (this.#tape[this.#next++] ?? 0) % count;
  }

  #pick<T>(...options: readonly [T, ...T[]]): T {
    return options[this.#draw(options.length)] ?? options[0];
  }

  get #over(): boolean {
    return this.#next > this.#tape.length;
  }

  #block(scope: Scope, depth: number): void {
    let inner = scope;
    for (let count = this.#draw(4) + 1; count > 0; count--) {
      const made = this.#statement(inner, depth);
      if (made) inner = { ...inner, locals: [...inner.locals, made] };
      if (this.#over) return;
    }
  }

  #statement(scope: Scope, depth: number): Local | null {
    const kind = this.#draw(depth === 0 ? 3 : 6);
    if (kind === 0) this.#store(scope);
    if (kind === 1) this.#set(scope);
    if (kind === 2) {
      const value = this.#k.let(this.#expr(this.#type(), scope, 3));
      return { type: value.type, read: () => value };
    }
    if (kind === 3)
      this.#k.when(
        this.#expr({ scalar: "bool", lanes: 1 }, scope, 2),
        () => this.#block(scope, depth - 1),
        this.#pick(undefined, () => this.#block(scope, depth - 1)),
      );
    if (kind >= 4) this.#loop(scope, depth, kind === 5);
    return null;
  }

  #loop(scope: Scope, depth: number, unroll: boolean): void {
    const [from, iterations, step] = [this.#draw(3), this.#draw(4), this.#draw(2) + 1];
    const to = from + iterations * step;
    const open = !unroll && scope.counters.length > 0 && this.#draw(3) === 2;
    const [outer] = scope.counters;
    const end = open && outer ? this.#k.min(outer.expr, to) : to;
    this.#k.loop(
      "i",
      from,
      end,
      step,
      (expr) => {
        const counter = { expr, last: Math.max(0, to - 1) };
        this.#block(
          {
            ...scope,
            counters: [counter, ...scope.counters],
            fixed: unroll && expr.kind === "var" ? [counter, ...scope.fixed] : scope.fixed,
          },
          depth - 1,
        );
      },
      { unroll },
    );
  }

  #store(scope: Scope): void {
    const buffer = this.#pick(...(this.#outputs as [Buffer, ...Buffer[]]));
    const type: RegType = { scalar: registerOf(buffer.element), lanes: this.#lanes() };
    this.#k.store(buffer, this.#position(scope, type.lanes), this.#expr(type, scope, 4));
  }

  #set(scope: Scope): void {
    const register = this.#pick(...(this.#registers as [Register, ...Register[]]));
    register.set(this.#index(register, scope), this.#expr(register.type, scope, 4));
  }

  #index(register: Register, scope: Scope): (Expr | number)[] {
    return register.dims.map((size) => {
      const counter = scope.fixed.find(({ last }) => last < size);
      return counter && this.#draw(2) === 1 ? counter.expr : this.#draw(size);
    });
  }

  #lanes(): Lanes {
    return this.#pick<Lanes>(1, 4);
  }

  #type(): RegType {
    return { scalar: this.#pick<Scalar>("f32", "i32", "bool"), lanes: this.#lanes() };
  }

  /** A flat index with room for `lanes` elements. */
  #position(scope: Scope, lanes: Lanes): Expr {
    const room = bufferSize - lanes;
    let [at, last]: [Expr, number] = [this.#k.int(0), 0];
    for (const counter of scope.counters.slice(0, this.#draw(3))) {
      const factor = this.#draw(3) + 1;
      if (last + factor * counter.last > room) break;
      at = this.#k.add(at, this.#k.mul(counter.expr, factor));
      last += factor * counter.last;
    }
    return this.#k.add(at, this.#draw(room - last + 1));
  }

  #expr(type: RegType, scope: Scope, depth: number): Expr {
    const leaf = depth === 0 || this.#over || this.#draw(3) === 0;
    if (leaf) return this.#leaf(type, scope);
    if (type.lanes === 4 && this.#draw(5) === 4)
      return this.#k.splat(this.#expr({ ...type, lanes: 1 }, scope, depth - 1));
    if (type.lanes === 1 && this.#draw(8) === 7)
      return this.#k.lane(this.#expr({ ...type, lanes: 4 }, scope, depth - 1), this.#draw(4));
    const of = (scalar: Scalar): Expr => this.#expr({ scalar, lanes: type.lanes }, scope, depth - 1);
    if (this.#draw(6) === 5) return this.#k.select(of("bool"), of(type.scalar), of(type.scalar));
    if (type.scalar === "f32") return this.#float(type.lanes, of);
    return type.scalar === "i32" ? this.#int(type.lanes, of, scope) : this.#bool(of);
  }

  #leaf(type: RegType, scope: Scope): Expr {
    const known = scope.locals.filter((local) => local.type.scalar === type.scalar && local.type.lanes === type.lanes);
    const register = this.#registers.find((r) => r.type.scalar === type.scalar && r.type.lanes === type.lanes);
    const kind = this.#draw(5);
    if (kind === 1) return this.#load(type, scope);
    const local = known[this.#draw(Math.max(1, known.length))];
    if (kind === 2 && local) return local.read();
    if (kind === 3 && register) return register.at(...this.#index(register, scope));
    const [counter] = scope.counters;
    if (kind === 4 && counter && type.scalar === "i32") return this.#k.splat(counter.expr, type.lanes);
    return this.#k.const(type, this.#number(type.scalar));
  }

  #number(scalar: Scalar): number {
    if (scalar === "f32")
      return this.#pick(0, 1, -0, 0.5, -2.5, 3.25e-5, 1e10, -7e-42, 16777216, Infinity, -Infinity, NaN);
    return this.#pick(0, 1, -1, 7, 31, -128, 0x7fffffff, -0x80000000);
  }

  #load(type: RegType, scope: Scope): Expr {
    const fitting = [...this.#inputs, ...this.#outputs].filter((b) => registerOf(b.element) === type.scalar);
    return this.#k.load(
      this.#pick(...(fitting as [Buffer, ...Buffer[]])),
      this.#position(scope, type.lanes),
      type.lanes,
    );
  }

  #float(lanes: Lanes, of: (scalar: Scalar) => Expr): Expr {
    const k = this.#k;
    const kind = this.#draw(9);
    const x = (): Expr => of("f32");
    if (kind === 8 && lanes === 4) return apply(this.#pick("zip_lo", "zip_hi"), [x(), x()]);
    if (kind === 5)
      return this.#pick(
        () => k.toF32(of("i32")),
        () => k.bitsF32(of("i32")),
      )();
    if (kind === 6) return k.madd(x(), x(), x());
    if (kind === 7) {
      const name = mathNames[this.#draw(mathNames.length)];
      return name === undefined ? x() : k.call(name, ...(functions.get(name)?.params ?? []).map(x));
    }
    if (kind >= 3) return this.#pick(k.neg, k.abs, k.sqrt, k.floor, k.ceil, k.trunc, k.nearest)(x());
    return this.#pick(k.add, k.sub, k.mul, k.div, k.rem, k.min, k.max)(x(), x());
  }

  #int(lanes: Lanes, of: (scalar: Scalar) => Expr, scope: Scope): Expr {
    const k = this.#k;
    const x = (): Expr => of("i32");
    switch (this.#draw(7)) {
      case 1:
        return this.#pick(k.neg, k.abs, k.not)(x());
      case 2:
        return this.#pick(
          k.shl,
          k.shrs,
          k.shru,
        )(
          x(),
          this.#pick(
            () => k.int(this.#draw(40)),
            () => this.#leaf({ scalar: "i32", lanes: 1 }, scope),
          )(),
        );
      case 3:
        return this.#pick(
          () => k.toI32(of("f32")),
          () => this.#bits(of("f32")),
        )();
      case 4:
        return k.madd(x(), x(), x());
      case 5:
        return lanes === 4 ? k.add(k.ramp(), x()) : this.#pick(k.div, k.rem)(x(), this.#draw(9) + 1);
      case 6:
        return this.#pick(k.and, k.or, k.xor)(x(), x());
      default:
        return this.#pick(k.add, k.sub, k.mul, k.min, k.max)(x(), x());
    }
  }

  /** The bits of an f32 that is not NaN: those of a NaN depend on the host. */
  #bits(x: Expr): Expr {
    const named = this.#k.let(x);
    return this.#k.bitsI32(this.#k.select(this.#k.eq(named, named), named, 0));
  }

  #bool(of: (scalar: Scalar) => Expr): Expr {
    const k = this.#k;
    const kind = this.#draw(4);
    if (kind === 3) return k.not(of("bool"));
    if (kind === 2) return this.#pick(k.and, k.or, k.xor)(of("bool"), of("bool"));
    const scalar = kind === 0 ? "f32" : "i32";
    return this.#pick(k.lt, k.le, k.gt, k.ge, k.eq, k.ne)(of(scalar), of(scalar));
  }
}

/** Contents for the buffers of a kernel, always the same; the floats include zeros, infinities and NaN. */
export function contents(kernel: Kernel): Record<string, Float32Array | Int32Array | Uint8Array | Int8Array> {
  const special = [0, -0, 1, NaN, Infinity, -Infinity, 1e-40, 0.5];
  const make = {
    f32: (n: number) =>
      Float32Array.from({ length: n }, (_, i) =>
        i % 3 === 0 ? (special[(i / 3) % special.length] ?? 0) : Math.sin(i * 12.9) * 10 ** (i % 7),
      ),
    i32: (n: number) => Int32Array.from({ length: n }, (_, i) => Math.imul(i * 7919 - 5, i % 2 === 0 ? 1 : 0x9e3779b1)),
    u8: (n: number) => Uint8Array.from({ length: n }, (_, i) => i * 37),
    i8: (n: number) => Int8Array.from({ length: n }, (_, i) => i * 37),
    bool: (n: number) => Uint8Array.from({ length: n }, (_, i) => ((i * i) % 3) & 1),
  } satisfies Record<Element, (n: number) => unknown>;
  return Object.fromEntries(kernel.buffers.map((b) => [b.name, make[b.element](sizeOf(kernel, b))]));
}
