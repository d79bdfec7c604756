// Draws of sums of several blocks: longer than those that shapes of a few elements give.
import type { Value } from "../../../compiler/graph/ir.ts";
import type { Draw, Grower } from "./grower.ts";
import { linear } from "./draw-contract.ts";
import { iota } from "./random.ts";

/** Around the lengths at which a block ends, of one partial sum and of sixteen, and any other. */
const length = ({ r }: Grower): number =>
  r.chance(0.6) ? r.pick([63, 64, 65, 127, 128, 129, 192, 1023, 1024, 1025, 1040]) : r.between(60, 1100);

const fresh = (b: Grower, shape: readonly number[]): Value => b.large({ dtype: "f32", shape });
/** A product with a matrix of `columns` columns. */
const times = (b: Grower, x: Value, columns: number): Value => linear(b, x, columns, (type) => b.large(type));

/** Over the last axis, the first, or both. */
const longSum: Draw = (b) => {
  const n = length(b);
  const shape = b.r.pick([[n], [2, n], [n, 3], [Math.ceil(n / 7), 7, 2]]);
  const axes = b.r.pick([iota(shape.length), [0], [shape.length - 1]]);
  return b.call("reduce_sum", [fresh(b, shape)], { axes });
};

const longScan: Draw = (b) => {
  const n = b.r.pick([64, 65, 130, 200]);
  const shape = b.r.pick([[n], [2, n], [n, 3]]);
  return b.call("cumsum", [fresh(b, shape)], {
    axis: shape.indexOf(n),
    reverse: b.r.chance(0.3),
    exclusive: b.r.chance(0.3),
  });
};

/** Few targets, each of which many terms are added to. */
const longScatter: Draw = (b) => {
  const n = b.r.between(60, 200);
  const size = b.r.between(1, 4);
  const indices = b.constant(
    { dtype: "i32", shape: [n] },
    iota(n).map(() => b.r.between(0, size - 1)),
  );
  return b.call("take_add", [fresh(b, b.r.pick([[n], [n, 3]])), indices], { axis: 0, size });
};

/** A product of few results, whose sums have several blocks of 512 terms. */
const longProduct: Draw = (b) => {
  const terms = b.r.pick([512, 513, 515, 600, 1024, 1027, 1030]);
  const rows = b.r.pick([1, 3, 4, 5, 8]);
  return times(b, fresh(b, [rows, terms]), b.r.pick([1, 3, 8, 9, 16]));
};

/** So long that the totals of the sums are in memory while a block of all of them is computed. */
const veryLongProduct: Draw = (b) =>
  times(b, fresh(b, [b.r.pick([13, 16]), b.r.between(4800, 5200)]), b.r.pick([3, 8]));

/** The gradient of a weight: its sums are over two axes. */
const longGradient: Draw = (b) => {
  const [batch, length] = [b.r.between(2, 5), b.r.between(90, 260)];
  const [x, dy] = [fresh(b, [batch, length, b.r.pick([1, 3, 8])]), fresh(b, [batch, length, b.r.pick([2, 4, 9])])];
  return b.call("dot", [x, dy], {
    contract: [
      [0, 1],
      [0, 1],
    ],
  });
};

const small: (draw: Draw) => Draw = (draw) => (b) => (b.inRegion ? null : draw(b));

export const longSumDraws: readonly (readonly [weight: number, Draw])[] = [
  [1.2, small(longSum)],
  [0.8, small(longScan)],
  [0.5, small(longScatter)],
  [1.2, small(longProduct)],
  [0.3, (b) => (b.inRegion || b.plan.trains ? null : veryLongProduct(b))],
  [0.4, small(longGradient)],
];
