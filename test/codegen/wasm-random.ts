import fc from "fast-check";
import { KernelBuilder } from "../../compiler/kernel/build.ts";
import { f32, f32x4, type Element, type Expr, type Kernel, type Lanes } from "../../compiler/kernel/ir.ts";

/** An i32 expression and the range of its values. */
interface Ranged {
  readonly expr: Expr;
  readonly min: number;
  readonly max: number;
}

/** Returns an integer from 0 to `max`, inclusive. */
type Draw = (max: number) => number;

const elements: readonly Element[] = ["f32", "i32", "u8", "i8", "bool"];
/** The number of elements of every buffer; all generated indices are in bounds. */
const size = 200;

/**
 * Kernels with complex addresses: nested and unrolled loops, variable bounds, guards, affine and other indices, lets
 * between them, all element types.
 */
export const addressing: fc.Arbitrary<Kernel> = fc.integer().map((seed) => new Maker(mulberry(seed)).kernel());

/** Mulberry32, a small generator of random numbers. */
function mulberry(seed: number): Draw {
  let state = seed | 0;
  return (max) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % (max + 1);
  };
}

class Maker {
  readonly #draw: Draw;
  readonly #k = new KernelBuilder();
  readonly #inputs;
  readonly #outputs;
  #budget = 40;

  constructor(draw: Draw) {
    this.#draw = draw;
    this.#inputs = elements.map((element) => this.#k.buffer(`in_${element}`, element, size, "in"));
    this.#outputs = elements.map((element) => this.#k.buffer(`out_${element}`, element, size, "inout"));
  }

  kernel(): Kernel {
    const sums = this.#k.register("sum", [2], f32x4, 0);
    const total = this.#k.register("total", [], f32, 0);
    this.#body([], 3, (vars) => {
      const x = this.#float(vars, 4);
      const element = this.#int(1);
      sums.set([element], this.#k.madd(x, this.#k.splat(this.#float(vars, 1), 4), sums.at(element)));
      total.set([], this.#k.add(total.at(), this.#float(vars, 1)));
    });
    const [floats] = this.#outputs;
    if (floats) {
      this.#k.store(floats, 0, sums.at(0));
      this.#k.store(floats, 8, total.at());
    }
    return this.#k.build("random", "");
  }

  #body(vars: readonly Ranged[], depth: number, leaf: (vars: readonly Ranged[]) => void): void {
    const count = this.#int(3) + 1;
    let known = vars;
    for (let n = 0; n < count && this.#budget > 0; n++) {
      this.#budget--;
      const kind = depth === 0 ? 3 + this.#int(3) : depth === 3 ? this.#int(2) : this.#int(6);
      if (kind <= 1) this.#loop(known, depth, leaf);
      else if (kind === 2) this.#when(known, depth, leaf);
      else if (kind === 3) known = [...known, this.#let(known)];
      else if (kind === 4) leaf(known);
      else this.#store(known);
    }
  }

  #loop(vars: readonly Ranged[], depth: number, leaf: (vars: readonly Ranged[]) => void): void {
    const step = this.#int(2) + 1;
    const unroll = this.#int(2) === 0;
    const open = !unroll && this.#int(2) === 0;
    const outer = open ? this.#pick(vars) : undefined;
    const from = this.#int(3);
    const length = this.#int(9);
    // A loop with a variable bound begins or ends at the value of an outer variable.
    const first = outer !== undefined && this.#int(1) === 0 ? outer : { expr: this.#k.int(from), min: from, max: from };
    const last =
      outer !== undefined && first !== outer
        ? { expr: this.#k.add(outer.expr, length), min: 0, max: outer.max + length }
        : { expr: this.#k.int(from + length), min: 0, max: from + length };
    this.#k.loop(
      "i",
      first.expr,
      last.expr,
      step,
      (expr) =>
        this.#body([...vars, { expr, min: first.min, max: Math.max(first.min, last.max - 1) }], depth - 1, leaf),
      { unroll },
    );
  }

  #when(vars: readonly Ranged[], depth: number, leaf: (vars: readonly Ranged[]) => void): void {
    const narrow = this.#pick(vars.filter((x) => x.max > x.min));
    if (narrow !== undefined && this.#int(1) === 0) {
      // Inside the guard, an index may have an offset that would be out of bounds outside of it.
      const least = narrow.min + 1 + this.#int(narrow.max - narrow.min - 1);
      const others = vars.filter((x) => x !== narrow);
      return this.#k.when(this.#k.ge(narrow.expr, least), () =>
        this.#body([...others, { ...narrow, min: least }], depth - 1, leaf),
      );
    }
    const { expr } = this.#integer(vars);
    this.#k.when(
      this.#k.lt(expr, this.#int(6)),
      () => this.#body(vars, depth - 1, leaf),
      () => this.#body(vars, depth - 1, leaf),
    );
  }

  #let(vars: readonly Ranged[]): Ranged {
    const { expr, min, max } = this.#integer(vars);
    return { expr: this.#k.let(expr, "n"), min, max };
  }

  #store(vars: readonly Ranged[]): void {
    const to = this.#pickOf(this.#outputs);
    const lanes: Lanes = this.#int(1) === 0 ? 1 : 4;
    const x = this.#float(vars, lanes);
    const value =
      to.element === "f32" ? x : to.element === "bool" ? this.#k.gt(x, 0.5) : this.#k.toI32(this.#k.mul(x, 3));
    this.#k.store(to, this.#index(vars, lanes), value);
  }

  /** A finite value of small magnitude, loaded from a buffer of any element type. */
  #float(vars: readonly Ranged[], lanes: Lanes): Expr {
    const from = this.#pickOf(this.#inputs);
    const single = lanes === 4 && this.#int(1) === 0;
    const at = this.#index(vars, single ? 1 : lanes);
    const loaded = single ? this.#k.splat(this.#k.load(from, at), 4) : this.#k.load(from, at, lanes);
    return this.#k.toF32(loaded);
  }

  /** A flat index with room for `lanes` elements. */
  #index(vars: readonly Ranged[], lanes: Lanes): Expr {
    const limit = size - lanes;
    const { expr, min, max } = this.#integer(vars);
    const shift = this.#int(4);
    if (max - min + shift <= limit) return this.#k.add(expr, shift - min);
    return this.#k.rem(this.#k.add(expr, shift - min), limit + 1);
  }

  #integer(vars: readonly Ranged[]): Ranged {
    let sum: Ranged = { expr: this.#k.int(0), min: 0, max: 0 };
    for (let terms = this.#int(2); terms >= 0; terms--) {
      const x = this.#pick(vars);
      if (x === undefined) break;
      const factor = this.#int(8) - 3;
      const [a, b] = [x.min * factor, x.max * factor];
      sum = {
        expr: this.#k.add(sum.expr, this.#k.mul(x.expr, factor)),
        min: sum.min + Math.min(a, b),
        max: sum.max + Math.max(a, b),
      };
    }
    const kind = this.#int(7);
    if (kind === 0) return this.#wrapped(sum);
    if (kind === 1) return this.#loaded(vars, sum);
    return sum;
  }

  #wrapped({ expr, min, max }: Ranged): Ranged {
    const divisor = this.#int(5) + 2;
    const positive = this.#k.sub(expr, min);
    if (this.#int(1) === 0) return { expr: this.#k.rem(positive, divisor), min: 0, max: divisor - 1 };
    return { expr: this.#k.div(positive, divisor), min: 0, max: Math.floor((max - min) / divisor) };
  }

  /** An index that is loaded from memory. */
  #loaded(vars: readonly Ranged[], sum: Ranged): Ranged {
    const { expr, min, max } = sum;
    if (max - min >= size) return sum;
    const bytes = this.#pickOf(this.#inputs.filter((buffer) => buffer.element === "u8"));
    return { expr: this.#k.rem(this.#k.load(bytes, this.#k.sub(expr, min)), 50), min: 0, max: 49 };
  }

  #int(max: number): number {
    return this.#draw(max);
  }

  #pick<T>(from: readonly T[]): T | undefined {
    return from.length === 0 ? undefined : from[this.#int(from.length - 1)];
  }

  #pickOf<T>(from: readonly T[]): T {
    return from[this.#int(from.length - 1)] as T;
  }
}
