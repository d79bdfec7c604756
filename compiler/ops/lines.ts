// Ops that process the elements along one axis in sequence: running sums and sorting.
import type { KernelBuilder } from "../kernel/build.ts";
import { addBlock, valueOf } from "../kernel/compensated.ts";
import { type Expr, f32 as f32x1 } from "../kernel/ir.ts";
import { nothing, sumOrder, valueOf as sumValue, withBlock } from "../support/sum-order.ts";
import { below, sumOf } from "../types/interval.ts";
import { type TensorType, elements, strides, tensor } from "../types/tensor-type.ts";
import { lining } from "./define.ts";
import { beyond, isBeyond } from "./extreme.ts";
import { isAxis, nth, range } from "./lists.ts";
import { eachIndex, flatten, item } from "./ndarray.ts";
import { anyOf, bool, f32, f64, family, i32, none, notAnAxis, numbers } from "./signature.ts";

const isNumeric = ({ x }: { readonly x: TensorType }): boolean => numbers.includes(x.dtype);
const hasAxis = ({ x }: { readonly x: TensorType }, { axis }: { readonly axis: number }): boolean =>
  isAxis(axis, x.shape.length);
const requires = {
  c1: { message: `x is ${anyOf(numbers)}`, about: ["x"], holds: isNumeric, breaks: [[[bool(2)], { axis: 0 }]] },
  c2: { message: "`axis` is an axis of x", about: ["axis"], holds: hasAxis, breaks: notAnAxis },
} as const;

/** Calls `visit` with the flat positions of each line along the axis. */
function eachLine({ shape }: TensorType, axis: number, visit: (line: readonly number[]) => void): void {
  const steps = strides(shape);
  const count = range(nth(shape, axis));
  eachIndex(shape.with(axis, 1), (index) => visit(count.map((i) => flatten(index, steps) + i * nth(steps, axis))));
}

/** Compares and swaps the indices at `low` and `high` of the line; for equal elements the smaller index comes first. */
type Exchange = (low: Expr, high: Expr) => void;

/**
 * A network that sorts any number of elements: bitonic merges of doubling blocks, the first step of each reversing its
 * second half, so that every comparator moves the larger element up, and comparators that reach past the end do nothing
 * (Batcher, "Sorting networks and their applications", 1968).
 */
function sortingNetwork(k: KernelBuilder, size: number, exchange: Exchange): void {
  const levels = Math.ceil(Math.log2(size));
  k.loop("level", 0, levels, 1, (level) =>
    k.loop("step", 0, k.add(level, 1), 1, (step) => {
      const distance = k.let(k.shl(k.int(1), k.sub(level, step)), "distance");
      const flip = k.let(k.select(k.eq(step, 0), k.sub(k.mul(distance, 2), 1), distance), "flip");
      k.loop("pair", 0, 2 ** (levels - 1), 1, (pair) => {
        const low = k.let(k.sub(k.mul(pair, 2), k.and(pair, k.sub(distance, 1))), "low");
        const high = k.let(k.xor(low, flip), "high");
        k.when(k.lt(high, k.int(size)), () => exchange(low, high));
      });
    }),
  );
}

declare module "../graph/form.ts" {
  interface OpNames {
    lines: "cumsum" | "argsort";
  }
}

export const lines = family<"lines">({
  cumsum: lining({
    doc: "running sums along `axis`: of all elements up to each, or before it if `exclusive`; from the end if `reverse`",
    operands: ["x"],
    attrs: { axis: "int", reverse: "bool", exclusive: "bool" },
    defaults: { reverse: false, exclusive: false },
    requires,
    type: ({ x }) => x,
    axis: ({ attrs }) => attrs.axis,
    reads: () => 1,
    line: (k, { size, store }, { x }, { attrs: { reverse, exclusive }, out }) => {
      /** The running sums of the elements from `first` to before `end`, each plus `base`; returns the last. */
      const running = (first: Expr, end: Expr, base: Expr | null): Expr => {
        const sum = k.register("sum", [], { scalar: out.dtype === "i32" ? "i32" : "f32", lanes: 1 }, 0);
        k.loop("i", first, end, 1, (i) => {
          const at = reverse ? k.sub(k.add(first, k.sub(end, 1)), i) : i;
          const before = k.let(sum.at(), "before");
          const total = k.let(k.add(before, x(at)), "total");
          const result = exclusive ? before : total;
          store(at, base === null ? result : k.add(base, result));
          sum.set([], total);
        });
        return sum.at();
      };
      const { block } = sumOrder;
      if (out.dtype === "i32" || size <= block) {
        running(k.int(0), k.int(size), null);
        return;
      }
      const total = { hi: k.register("hi", [], f32x1, 0), lo: k.register("lo", [], f32x1, 0) };
      k.loop("b", 0, size, block, (b) => {
        const first = reverse ? k.sub(k.int(Math.floor((size - 1) / block) * block), b) : b;
        const end = k.add(first, k.int(block));
        const base = k.let(valueOf(k, { hi: total.hi.at(), lo: total.lo.at() }), "base");
        addBlock(k, total, running(first, size % block === 0 ? end : k.let(k.min(end, k.int(size)), "end"), base));
      });
    },
    batch: { axis: "axis" },
    linear: ["x"],
    gradient: (g, _, { dout, attrs: { axis, reverse, exclusive } }) => ({
      x: g.call("cumsum", [dout], { axis, reverse: !reverse, exclusive }),
    }),
    range: ({ x }, { types, attrs: { axis } }) => sumOf(x, nth(types.x.shape, axis)),
    reference: ({ x }, { out, attrs: { axis, reverse, exclusive } }, round) => {
      const data = new Float64Array(elements(out.shape));
      const add = out.dtype === "i32" ? (a: number, b: number) => (a + b) | 0 : (a: number, b: number) => round(a + b);
      const terms = out.dtype === "i32" ? Infinity : sumOrder.block;
      eachLine(out, axis, (line) => {
        const blocks = [...Map.groupBy(line.keys(), (i) => Math.floor(i / terms)).values()];
        let total = nothing;
        for (const block of reverse ? blocks.toReversed() : blocks) {
          const base = sumValue(round, total);
          let sum = 0;
          for (const i of reverse ? block.toReversed() : block) {
            const at = nth(line, i);
            const before = sum;
            sum = add(sum, item(x.data, at));
            data[at] = add(base, exclusive ? before : sum);
          }
          total = withBlock(round, total, sum);
        }
      });
      return data;
    },
    samples: [
      { operands: [f32(7)], attrs: { axis: 0 } },
      { operands: [f32(3, 5)], attrs: { axis: 1, reverse: true } },
      { operands: [f32(4, 9)], attrs: { axis: 0, exclusive: true } },
      { operands: [f32(2, 3, 6)], attrs: { axis: 1, reverse: true, exclusive: true } },
      { operands: [i32(2, 4)], attrs: { axis: 1 } },
      { operands: [f64(1, 3)], attrs: { axis: 0 } },
      { operands: [f32(2, 1)], attrs: { axis: 1, exclusive: true } },
      { operands: [f32(130)], attrs: { axis: 0, reverse: true } },
      { operands: [f32(150, 5)], attrs: { axis: 0 } },
    ],
  }),

  argsort: lining({
    doc: "the indices of the elements along `axis` in ascending order, or descending; equal elements keep their order, and NaN counts as the largest",
    operands: ["x"],
    attrs: { axis: "int", descending: "bool" },
    defaults: { descending: false },
    requires,
    type: ({ x }) => tensor("i32", x.shape),
    axis: ({ attrs }) => attrs.axis,
    reads: (size) => Math.max(1, Math.ceil(Math.log2(size)) ** 2),
    line: (k, { size, load, store }, { x }, { attrs: { descending } }) => {
      const after = (p: Expr, q: Expr): Expr => beyond(k, "max", p, q);
      k.loop("i", 0, size, 1, (i) => store(i, i));
      sortingNetwork(k, size, (low, high) => {
        const [a, b] = [k.let(load(low), "a"), k.let(load(high), "b")];
        const [p, q] = [k.let(x(a), "p"), k.let(x(b), "q")];
        const [forth, back] = descending ? [after(q, p), after(p, q)] : [after(p, q), after(q, p)];
        const swap = k.let(k.or(forth, k.and(k.not(back), k.gt(a, b))), "swap");
        store(low, k.select(swap, b, a));
        store(high, k.select(swap, a, b));
      });
    },
    batch: { axis: "axis" },
    gradient: none("an index is not differentiable"),
    range: (_, { types, attrs: { axis } }) => below(nth(types.x.shape, axis)),
    reference: ({ x }, { out, attrs: { axis, descending } }) => {
      const data = new Float64Array(elements(out.shape));
      const key = (at: number): number => item(x.data, at);
      const ascending = (a: number, b: number): number => Number(isBeyond.max(a, b)) - Number(isBeyond.max(b, a));
      eachLine(out, axis, (line) => {
        const order = range(line.length).sort(
          (a, b) => ascending(key(nth(line, a)), key(nth(line, b))) * (descending ? -1 : 1) || a - b,
        );
        order.forEach((index, i) => (data[nth(line, i)] = index));
      });
      return data;
    },
    samples: [
      { operands: [f32(11)], attrs: { axis: 0 } },
      { operands: [f32(3, 8)], attrs: { axis: 1, descending: true } },
      { operands: [f32(13, 5)], attrs: { axis: 0 } },
      { operands: [i32(2, 9, 2)], attrs: { axis: 1, descending: true } },
      { operands: [i32(70)], attrs: { axis: 0 } },
      { operands: [f32(2, 1)], attrs: { axis: 1 } },
      { operands: [f32(6)], attrs: { axis: 0 }, values: [[1, Number.NaN, -0, 0, Infinity, Number.NaN]] },
      {
        operands: [f32(6)],
        attrs: { axis: 0, descending: true },
        values: [[1, Number.NaN, -0, 0, Infinity, Number.NaN]],
      },
      { operands: [f64(4)], attrs: { axis: 0 } },
    ],
  }),
});
