// Random graphs of patterns that passes match: contractions between scales and shifts, chains of movements, broadcasts,
// constants.
import fc from "fast-check";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import type { Graph, Value } from "../../compiler/graph/ir.ts";
import { ops } from "../../compiler/ops/table.ts";
import { tensor } from "../../compiler/types/tensor-type.ts";
import type { OpName } from "../../compiler/graph/op.ts";

/** One construction step: its kind, and numbers that select operands. */
type Choice = readonly [kind: number, a: number, b: number, c: number];

/** The input that fast-check draws and shrinks. */
export const choices: fc.Arbitrary<readonly Choice[]> = fc.array(
  fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99), fc.nat(99)),
  { minLength: 3, maxLength: 16 },
);

export interface Kind {
  /** Appends the gradient of a loss and a step of gradient descent, which writes the params. */
  readonly trains: boolean;
  /** Without ops that have jumps or corners, so that rounding differences stay small. */
  readonly smooth: boolean;
}

const unary = ["tanh", "sigmoid", "sin", "neg", "stop_gradient"] as const;
const cornered = ["abs", "floor", "relu"] as const;
const binary = ["add", "sub", "mul"] as const;
const numbers = [0, 1, -1, 0.5, 2, 3, -0.25] as const;

const at = <T>(list: readonly T[], index: number): T => {
  const item = list[index % list.length];
  if (item === undefined) throw new Error("an empty list");
  return item;
};
const iota = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

class Grower {
  readonly g = new GraphBuilder("random", ops);
  readonly pool: Value[];
  private readonly params: Value[] = [];
  private readonly kind: Kind;

  constructor(kind: Kind) {
    this.kind = kind;
    this.pool = [
      this.g.input("x", tensor("f32", [2, 3])),
      this.g.input("image", tensor("f32", [1, 4, 3, 2])),
      this.g.state("mean", tensor("f32", [3])),
    ];
  }

  param(shape: readonly number[]): Value {
    const value = this.g.param(`net.w${this.params.length}`, tensor("f32", shape));
    this.params.push(value);
    return value;
  }

  /** The value, bounded, so that chains of products do not grow. */
  tame(value: Value): Value {
    return this.g.call("tanh", [value]);
  }

  grow([kind, a, b, c]: Choice): Value {
    const { g } = this;
    const x = at(this.pool, a);
    const { shape } = x.type;
    const axis = shape.length === 0 ? 0 : b % shape.length;
    const size = shape[axis] ?? 1;
    const grown: readonly (() => Value)[] = [
      () => g.call(at(unary, b), [x]),
      () => (this.kind.smooth ? g.call(at(unary, b), [x]) : this.cornered(x, b)),
      () => g.call(at(binary, c), [x, this.like(at(this.pool, b), shape)]),
      () => g.call(at(binary, c), [x, at(numbers, b)]),
      () => g.call(at(binary, c), [g.constant(x.type, at(numbers, b)), x]),
      () => g.call("div", [x, at([2, 3, 0.5], b)]),
      () => this.channel(x, at(binary, c), b),
      () => this.channel(x, at(binary, c), shape.length - 1),
      () => (shape.length === 0 ? x : g.sum(x, [axis])),
      () => g.transpose(x, iota(shape.length).toReversed()),
      () => g.reshape(x, [...shape.slice(0, axis), 1, ...shape.slice(axis)]),
      () => g.reshape(x, [shape.reduce((p, q) => p * q, 1)]),
      () =>
        g.broadcast(
          x,
          [2, ...shape],
          iota(shape.length).map((i) => i + 1),
        ),
      () =>
        shape.length === 0
          ? x
          : g.call("slice", [x], {
              start: iota(shape.length).map((i) => (i === axis ? Math.min(1, size - 1) : 0)),
              limit: shape,
              stride: shape.map(() => 1),
            }),
      () =>
        shape.length === 0
          ? x
          : g.call("pad", [x], {
              lo: shape.map((_, i) => (i === axis ? c % 3 : 0)),
              hi: shape.map(() => b % 2),
              interior: shape.map((_, i) => (i === axis ? b % 2 : 0)),
              value: at([0, 0, 1], c),
            }),
      () => (shape.length === 0 ? x : g.call("concat", [x, this.like(at(this.pool, b), shape), x], { axis })),
      () => (shape.length === 0 ? x : g.call("reverse", [x], { axes: [axis] })),
      () => this.table(x, b, c),
      () => this.table(x, b, c),
      () => this.dense(x, b),
      () => this.dense(x, b),
      () => this.conv(b, c),
      () => this.conv(b, c),
    ];
    return at(grown, kind)();
  }

  /** A loss of everything in the pool, and the outputs; with training, its gradient and a step. */
  finish(): Graph {
    const { g } = this;
    this.pool.slice(-4).forEach((value, i) => g.output(`y${i}`, value));
    const loss = this.pool
      .map((value) => g.sum(this.tame(value), iota(value.type.shape.length)))
      .reduce((a, b) => g.add(a, b));
    g.output("loss", loss);
    if (this.kind.trains && this.params.length > 0)
      g.callAll("gradient", [loss, ...this.params]).forEach((dw, i) => {
        const w = at(this.params, i);
        g.write(`net.w${i}`, g.sub(w, g.mul(dw, 0.125)));
      });
    return g.build();
  }

  private cornered(x: Value, b: number): Value {
    const name = at(cornered, b);
    return name === "relu" ? this.g.call("max", [x, 0]) : this.g.call(name, [x]);
  }

  /** x with a param along one axis, broadcast. */
  private channel(x: Value, op: OpName, axis: number): Value {
    const { shape } = x.type;
    if (shape.length === 0) return x;
    const along = Math.max(axis, 0) % shape.length;
    return this.g.call(op, [x, this.g.broadcast(this.param([shape[along] ?? 1]), shape, [along])]);
  }

  /** x combined with compile-time values: a dense constant, and an iota. */
  private table(x: Value, b: number, c: number): Value {
    const { shape } = x.type;
    if (shape.length === 0) return x;
    const axis = b % shape.length;
    const size = shape[axis] ?? 1;
    const values = this.g.constant(
      tensor("f32", [size]),
      iota(size).map((i) => at(numbers, i + c)),
    );
    const positions = this.g.call("iota", [], { shape: [size], axis: 0, dtype: "f32" });
    const mixed = this.g.call(at(["max", "sub", "div"], c), [this.g.add(positions, 1), values]);
    return this.g.add(
      x,
      this.g.broadcast(this.g.call("select", [this.g.call("lt", [values, mixed]), positions, values]), shape, [axis]),
    );
  }

  private dense(x: Value, b: number): Value {
    const { shape } = x.type;
    const last = shape.length - 1;
    if (last < 0) return x;
    const units = at([1, 4, 9], b);
    if (b % 5 === 0)
      return this.tame(this.g.call("dot", [this.param([units, shape[last] ?? 1]), x], { contract: [[1], [last]] }));
    return this.g.call("dot", [x, this.param([shape[last] ?? 1, units])], { contract: [[last], [0]] });
  }

  private conv(b: number, c: number): Value {
    const images = this.pool.filter(
      ({ type: { shape } }) =>
        shape.length === 4 && (shape[1] ?? 0) >= 2 && (shape[2] ?? 0) >= 2 && shape.every((n) => n <= 9),
    );
    const x = at(images, b);
    const [, , , channels = 1] = x.type.shape;
    const groups = channels % 2 === 0 && c % 3 === 0 ? 2 : 1;
    const padding = at(
      [
        [
          [0, 0],
          [0, 0],
        ],
        [
          [1, 1],
          [1, 1],
        ],
        [
          [1, 0],
          [0, 2],
        ],
      ],
      c,
    );
    const attrs = {
      stride: at(
        [
          [1, 1],
          [2, 1],
        ],
        b,
      ),
      dilation: [1, at([1, 1, 2], c) === 2 && padding[1]?.[1] === 2 ? 2 : 1],
      padding,
      groups,
    };
    return this.tame(this.g.call("conv", [x, this.param([2, 2, channels / groups, at([2, 4, 6], b)])], attrs));
  }

  /** A value of this shape that depends on `value`: its sum, broadcast. */
  private like(value: Value, shape: readonly number[]): Value {
    if (value.type.shape.length === shape.length && value.type.shape.every((d, i) => d === shape[i])) return value;
    return this.g.broadcast(this.tame(this.g.sum(value, iota(value.type.shape.length))), shape, []);
  }
}

export function randomGraph(steps: readonly Choice[], kind: Kind): Graph {
  const grower = new Grower(kind);
  for (const step of steps) {
    const value = grower.grow(step);
    if (value.type.shape.reduce((p, q) => p * q, 1) <= 600) grower.pool.push(value);
  }
  return grower.finish();
}
