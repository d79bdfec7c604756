import type { Op } from "../graph/op.ts";
import { addBlock, valueOf } from "../kernel/compensated.ts";
import type { KernelBuilder, Register } from "../kernel/build.ts";
import { f32, type Expr } from "../kernel/ir.ts";
import { at } from "../support/lists.ts";
import { type BlockOf, blockOf, sumOrder, termsOf } from "../support/sum-order.ts";
import type { TensorType } from "../types/tensor-type.ts";

/** What the elements of the sum are computed in: an `Evaluator`, which knows the range of each loop variable. */
export interface Scope<S> {
  within(variables: readonly (readonly [variable: Expr, extent: number])[]): S;
}

/** A sum or product of f32 over an index space, one axis in another: the sum over the last axis is the innermost. */
export interface Summation<S> {
  readonly extents: readonly number[];
  readonly combine: "add" | "mul";
  /** Whether the last of `extents` is the last axis of the operand. */
  readonly alongLast: boolean;
  /** `acc` combined with the element at index `r`. */
  readonly step: (acc: Expr, r: readonly Expr[], scope: S) => Expr;
}

/** The operator of a reduction whose order matters to the result: a sum or product of f32; null for all others. */
export function orderedBy({ form }: Pick<Op, "form">, result: TensorType): "add" | "mul" | null {
  if (form.kind !== "reduce" || result.dtype !== "f32") return null;
  return form.combine === "add" || form.combine === "mul" ? form.combine : null;
}

/** The sum, in the order of `support/sum-order.ts`. */
export function summation<S extends Scope<S>>(k: KernelBuilder, scope: S, sum: Summation<S>): Expr {
  if (sum.extents.includes(0)) return k.float(neutral(sum));
  return new SumNest(k, sum).value(scope);
}

const neutral = ({ combine }: Pick<Summation<never>, "combine">): number => (combine === "add" ? 0 : 1);

class SumNest<S extends Scope<S>> {
  readonly #k: KernelBuilder;
  readonly #sum: Summation<S>;
  /** The number of partial sums over the last axis; null if there is one sum, not over the last axis. */
  readonly #width: number | null;

  constructor(k: KernelBuilder, sum: Summation<S>) {
    const { extents, alongLast } = sum;
    const width = alongLast ? Math.min(at(extents, extents.length - 1), sumOrder.partials) : 1;
    this.#k = k;
    this.#sum = sum;
    this.#width = width > 1 ? width : null;
  }

  value(scope: S): Expr {
    const { extents, combine } = this.#sum;
    const block = combine === "mul" ? null : blockOf(termsOf(extents, this.#width !== null));
    if (block === null) return this.#joined(this.#block((acc) => this.#add(acc, 0, scope)));
    const total = { hi: this.#registers("hi"), lo: this.#registers("lo") };
    this.#blocks(block, total, scope);
    return valueOf(this.#k, { hi: this.#joined(total.hi), lo: this.#joined(total.lo) });
  }

  /** One register, or one for each partial sum: an array that `partials.ts` makes vectors. */
  #registers(hint: string): Register {
    return this.#k.register(hint, this.#width === null ? [] : [this.#width], f32, neutral(this.#sum));
  }

  #block(fill: (acc: Register) => void): Register {
    const acc = this.#registers(this.#width === null ? "acc" : "part");
    fill(acc);
    return acc;
  }

  /** Adds all blocks to a compensated total; `r` are the indices of the axes outside of a block. */
  #blocks(
    block: BlockOf,
    total: { readonly hi: Register; readonly lo: Register },
    scope: S,
    r: readonly Expr[] = [],
  ): void {
    const [k, axis] = [this.#k, r.length];
    const extent = at(this.#sum.extents, axis);
    const end = (acc: Register): void =>
      this.#width === null
        ? addBlock(k, total, acc.at())
        : this.#lanes(this.#width, (p) => addBlock(k, total, acc.at(p), [p]));
    if (axis < block.axis) {
      k.loop(`r${axis}`, 0, extent, 1, (i) => this.#blocks(block, total, scope.within([[i, extent]]), [...r, i]));
    } else if (this.#isLast(axis)) {
      const whole = block.size * sumOrder.partials;
      const rest = extent % whole;
      k.loop(`b${axis}`, 0, extent - rest, whole, (start) =>
        end(this.#block((acc) => this.#addLast(acc, { start, count: whole }, scope, r))),
      );
      if (rest > 0)
        end(this.#block((acc) => this.#addLast(acc, { start: k.int(extent - rest), count: rest }, scope, r)));
    } else {
      k.loop(`b${axis}`, 0, extent, block.size, (start) => {
        const after = k.add(start, k.int(block.size));
        const to = extent % block.size === 0 ? after : k.min(after, k.int(extent));
        end(this.#block((acc) => this.#add(acc, start, scope, r, to)));
      });
    }
  }

  #isLast(axis: number): boolean {
    return this.#width !== null && axis === this.#sum.extents.length - 1;
  }

  /** Adds the elements of a range of the axis after those of `r`, in all axes after it. */
  #add(acc: Register, from: number | Expr, scope: S, r: readonly Expr[] = [], to?: Expr): void {
    const { extents, step } = this.#sum;
    const axis = r.length;
    const extent = extents[axis];
    if (extent === undefined) acc.set([], step(acc.at(), r, scope));
    else if (this.#isLast(axis)) this.#addLast(acc, { start: this.#k.int(0), count: extent }, scope, r);
    else
      this.#k.loop(`r${axis}`, from, to ?? extent, 1, (i) => this.#add(acc, 0, scope.within([[i, extent]]), [...r, i]));
  }

  /** Adds a range of the last axis to the partial sums, each to that of its index. */
  #addLast(
    part: Register,
    { start, count }: { readonly start: Expr; readonly count: number },
    scope: S,
    r: readonly Expr[],
  ): void {
    const { extents, step } = this.#sum;
    const [k, width, extent] = [this.#k, part.dims[0] ?? 1, at(extents, r.length)];
    const row = (from: Expr, least: number, many: number): void =>
      this.#lanes(many, (p) => {
        const inner = scope.within([
          [from, least + 1],
          [p, many],
        ]);
        part.set([p], step(part.at(p), [...r, k.add(from, p)], inner));
      });
    const rows = Math.floor(count / width) * width;
    if (rows > 0)
      k.loop(`r${r.length}`, start, k.add(start, k.int(rows)), width, (from) => row(from, extent - width, width));
    if (rows < count) row(k.add(start, k.int(rows)), extent - 1, count - rows);
  }

  #lanes(count: number, body: (p: Expr) => void): void {
    this.#k.loop("p", 0, count, 1, body, { unroll: true });
  }

  /** Joins partial sums by halving: the second half to the first, until one is left. */
  #joined(part: Register): Expr {
    const [k, { combine }] = [this.#k, this.#sum];
    if (this.#width === null) return part.at();
    let count = this.#width;
    for (const half of [8, 4]) {
      if (count <= half) continue;
      this.#lanes(count - half, (p) => part.set([p], k[combine](part.at(p), part.at(k.add(p, half)))));
      count = half;
    }
    const pair = (p: number): Expr => (p + 2 < count ? k[combine](part.at(p), part.at(p + 2)) : part.at(p));
    return k[combine](pair(0), pair(1));
  }
}
