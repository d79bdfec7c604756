import { GraphBuilder } from "../../../compiler/graph/build.ts";
import { RegionBuilder } from "../../../compiler/graph/inline.ts";
import type { Attrs, Graph, Value } from "../../../compiler/graph/ir.ts";
import type { Op } from "../../../compiler/graph/op.ts";
import { ops } from "../../../compiler/ops/table.ts";
import { sameType, showType, type TensorType } from "../../../compiler/types/tensor-type.ts";
import type { DType } from "../../../runtime/model.ts";
import { type Random, at, iota, product } from "./random.ts";
import { type Interval, anything, interval, limits, sizeOf } from "../../../compiler/types/interval.ts";
import { typesOf } from "./types.ts";
import { opNamed } from "../../../compiler/graph/op.ts";

/** Appends nodes and returns the values that later steps may use; null if it could not. */
export type Draw = (b: Grower) => Value | readonly Value[] | null;

/** The choices made once per graph, and the counters that its regions share. */
export interface Plan {
  readonly r: Random;
  readonly special: boolean;
  readonly trains: boolean;
  /** Whether the graph has f64 values, which only the interpreter supports. */
  readonly wide: boolean;
  /** The sizes of most axes, so that shapes often match. */
  readonly dims: readonly number[];
  readonly most: number;
  /** A draw for about every second step. */
  readonly often: Draw | null;
  made: number;
  /** Whether the current step must be undone: a tensor is too large, or an op rounds in an exact graph. */
  refused: boolean;
  leaves: number;
}

export const mostElements = 600;
/** A float with a larger range is scaled down before it is used. */
const mostSize = 1000;

export const isFloat = ({ dtype }: TensorType): boolean => dtype === "f32" || dtype === "f64";
export const isNumber = (type: TensorType): boolean => isFloat(type) || type.dtype === "i32";

const ofGiven: Readonly<Record<DType, Interval>> = {
  f32: interval(-2, 2),
  f64: interval(-2, 2),
  i32: interval(-4, 3),
  u8: interval(0, 3),
  i8: interval(-4, 3),
  bool: interval(0, 1),
};

interface Known {
  readonly op: Op | undefined;
  readonly types: ReturnType<typeof typesOf>;
}

const table: ReadonlyMap<string, Known> = new Map([...ops.values()].map((op) => [op.name, { op, types: typesOf(op) }]));
const known = (name: string): Known => table.get(name) ?? { op: undefined, types: null };

/** A graph as it grows, or a region of one: its values, with their ranges. */
export class Grower {
  readonly g: GraphBuilder;
  readonly plan: Plan;
  readonly r: Random;
  readonly ranges: Map<Value, Interval>;
  /** How many control ops may still be nested. */
  readonly depth: number;
  readonly inRegion: boolean;
  readonly pool: Value[] = [];

  constructor(plan: Plan, outer: { readonly of: Grower; readonly g: GraphBuilder } | null = null) {
    this.plan = plan;
    this.r = plan.r;
    this.g = outer?.g ?? new GraphBuilder("random", ops);
    this.ranges = outer?.of.ranges ?? new Map<Value, Interval>();
    this.depth = (outer?.of.depth ?? 3) - 1;
    this.inRegion = outer !== null;
  }

  get special(): boolean {
    return this.plan.special;
  }

  region(name: string): { readonly r: RegionBuilder; readonly b: Grower } {
    const r = new RegionBuilder(name, this.g);
    return { r, b: new Grower(this.plan, { of: this, g: r.g }) };
  }

  // Nodes.

  /** The results of a new node. Throws if their types differ from the generator's rules. */
  all(name: string, operands: readonly Value[], attrs: Attrs = {}, regions: readonly Graph[] = []): readonly Value[] {
    const op = opNamed(ops, name);
    if (op === undefined) throw new Error(`unknown op ${name}`);
    const results = this.g.callAll(op.name, operands, attrs, regions);
    const types = operands.map(({ type }) => type);
    const complete = { ...op.defaults, ...attrs };
    const wanted = known(name).types?.(types, complete, regions) ?? [];
    const found = results.map(({ type }) => type);
    if (
      !wanted.some(
        (list) => list.length === found.length && list.every((type, index) => sameType(type, at(found, index))),
      )
    ) {
      const show = (list: readonly TensorType[]): string => list.map(showType).join(", ");
      throw new Error(
        `${name}(${show(types)}) ${JSON.stringify(attrs)} is ${show(found)}, but ${wanted.map(show).join(" or ")} by the generator's rules`,
      );
    }
    const site = { operands: types, results: found, attrs: complete };
    const range = op.range?.(
      operands.map((operand) => this.range(operand)),
      site,
    );
    for (const value of results) {
      if (product(value.type.shape) > mostElements) this.plan.refused = true;
      this.ranges.set(value, range ?? limits[value.type.dtype]);
    }
    if (this.special && !op.exact) this.plan.refused = true;
    this.plan.made++;
    return results;
  }

  call(name: string, operands: readonly Value[], attrs: Attrs = {}): Value {
    return at(this.all(name, operands, attrs), 0);
  }

  range(value: Value): Interval {
    return this.ranges.get(value) ?? limits[value.type.dtype];
  }

  // Leaves.

  private leaf(value: Value, given: Interval): Value {
    this.ranges.set(value, given);
    if (product(value.type.shape) > mostElements) this.plan.refused = true;
    return value;
  }

  private given(dtype: DType): Interval {
    return this.special ? limits[dtype] : ofGiven[dtype];
  }

  constant(type: TensorType, value: number | readonly number[]): Value {
    const values = typeof value === "number" ? [value] : value;
    const finite = values.filter((n) => !Number.isNaN(n));
    return this.leaf(
      this.g.constant(type, value),
      values.length === 0 ? interval(0, 0) : interval(Math.min(...finite), Math.max(...finite)),
    );
  }

  /** A splat of this number with the type of x. */
  like(x: Value, value: number): Value {
    return this.constant(x.type, value);
  }

  param(type: TensorType): Value {
    return this.leaf(this.g.param(`net.w${this.plan.leaves++}`, type), this.given(type.dtype));
  }

  state(type: TensorType): Value {
    return this.leaf(this.g.state(`net.s${this.plan.leaves++}`, type), this.given(type.dtype));
  }

  /** A state that is never negative: a running variance. */
  variance(type: TensorType): Value {
    if (this.inRegion) return this.constant(type, 0.75);
    return this.leaf(
      this.g.state(`net.s${this.plan.leaves++}.var`, type),
      this.special ? anything : interval(0.25, 1.25),
    );
  }

  input(type: TensorType): Value {
    return this.leaf(this.g.input(`x${this.plan.leaves++}`, type), this.given(type.dtype));
  }

  /** A random number of this dtype for a constant. */
  number(dtype: DType): number {
    const { r } = this;
    if (dtype === "bool") return r.between(0, 1);
    if (dtype === "u8") return r.pick([0, 1, 2, 3, 7, 128, 255]);
    if (dtype === "i8") return r.pick([0, 1, -1, 2, 3, -3, 127, -128]);
    if (dtype === "i32")
      return this.special && r.chance(0.2)
        ? r.pick([2 ** 31 - 1, -(2 ** 31), 65536])
        : r.pick([0, 1, -1, 2, 3, 4, 5, -2, 7, 12, 31]);
    if (this.special && r.chance(0.3)) return r.pick([Number.NaN, Infinity, -Infinity, -0, 1e-40, 3e38, -1e30]);
    return r.pick([0.5, -0.25, 1.5, 2, 3, -1, 1, 0, 0.125, -0.75, 0.1, 1.25]);
  }

  /** A new leaf; inside of regions a constant. */
  fresh(type: TensorType): Value {
    const { r } = this;
    const floats = isFloat(type);
    const kind = this.inRegion
      ? "constant"
      : r.weighted<"input" | "param" | "state" | "constant">([
          [40, "input"],
          [type.dtype === "f32" ? 35 : 0, "param"],
          [8, "state"],
          [floats ? 12 : 25, "constant"],
        ]);
    if (kind !== "constant") return this[kind](type);
    const count = product(type.shape);
    if (count > 24 || r.chance(0.3)) return this.constant(type, this.number(type.dtype));
    const values = iota(count).map(() =>
      floats && r.chance(0.7) ? r.between(-16, 16) / 8 + 1 / 16 : this.number(type.dtype),
    );
    // Sometimes the first half is constant, as if it were a splat.
    const alike = r.chance(0.15) ? Math.ceil(count / 2) : 0;
    return this.constant(
      type,
      values.map((value, index) => (index < alike ? at(values, 0) : value)),
    );
  }

  /** A new leaf of any size, for one use: values of the pool have few elements. */
  large(type: TensorType): Value {
    const { refused } = this.plan;
    const value = this.r.chance(0.5) ? this.input(type) : this.param(type);
    this.plan.refused = refused;
    return value;
  }

  /** A weight: a param mostly, inside of regions a constant. */
  weight(type: TensorType): Value {
    return this.r.chance(0.65) && type.dtype === "f32" && !this.inRegion ? this.param(type) : this.value(type);
  }

  // Choosing values of the pool.

  /** A value of the pool that passes the test, preferably a recent one; null if none does. */
  find(test: (value: Value) => boolean): Value | null {
    const { pool, r } = this;
    const count = pool.length;
    for (let tries = 0; tries < 3 && count > 0; tries++) {
      const value = at(pool, count - 1 - Math.floor(r.next() * r.next() * count));
      if (test(value)) return value;
    }
    const from = r.between(0, Math.max(0, count - 1));
    for (let i = 0; i < count; i++) {
      const value = at(pool, (from + i) % count);
      if (test(value)) return value;
    }
    return null;
  }

  /** A value of this type, from the pool or new. */
  value(type: TensorType, least = 0.75): Value {
    return (this.r.chance(least) ? this.find((value) => sameType(value.type, type)) : null) ?? this.fresh(type);
  }

  /** A value of these dtypes with at least this rank, from the pool or new. */
  of(dtypes: (type: TensorType) => boolean, leastRank = 0, fallback: DType = "f32"): Value {
    const found = this.find((value) => dtypes(value.type) && value.type.shape.length >= leastRank);
    return found ?? this.fresh({ dtype: fallback, shape: this.shape(leastRank) });
  }

  float(leastRank = 0): Value {
    return this.of(isFloat, leastRank);
  }

  numbers(leastRank = 0): Value {
    return this.of(isNumber, leastRank);
  }

  any(leastRank = 0): Value {
    return this.of(() => true, leastRank);
  }

  /** Another operand with the type of x: from the pool, broadcast, a splat, or new. */
  beside(x: Value): Value {
    const { r } = this;
    return r.weighted<() => Value>([
      [50, () => this.value(x.type, 1)],
      [x.type.shape.length === 0 ? 0 : 25, () => this.repeated(x.type)],
      [12, () => this.constant(x.type, this.number(x.type.dtype))],
      [8, () => this.fresh(x.type)],
    ])();
  }

  /** A value of this type that is a broadcast along some axes. */
  repeated({ dtype, shape }: TensorType, keeps = 0.5): Value {
    const dims = this.r.some(iota(shape.length), keeps);
    const source = this.weight({ dtype, shape: dims.map((axis) => at(shape, axis)) });
    return dims.length === shape.length ? source : this.call("broadcast", [source], { shape, dims });
  }

  // Shapes.

  dim(): number {
    const { r } = this;
    return r.chance(0.75) ? r.pick(this.plan.dims) : drawDim(r);
  }

  /** A shape with few elements, rarely with many. */
  shape(leastRank = 0, mostRank = 5): readonly number[] {
    const { r } = this;
    const rank = r.weighted([
      [6, 0],
      [26, 1],
      [38, 2],
      [20, 3],
      [8, 4],
      [2, 5],
    ] as const);
    const shape = iota(Math.min(Math.max(rank, leastRank), mostRank)).map(() => this.dim());
    const most = r.chance(0.1) ? mostElements : 60;
    while (product(shape) > most) shape[shape.indexOf(Math.max(...shape))] = r.between(1, 3);
    return shape;
  }

  axis({ type }: Value): number {
    return this.r.between(0, type.shape.length - 1);
  }

  /** Some axes, mostly at least one. */
  axes({ type }: Value): readonly number[] {
    const { r } = this;
    const some = r.some(iota(type.shape.length), 0.45);
    const axes =
      some.length > 0 || type.shape.length === 0 || r.chance(0.05) ? some : [r.between(0, type.shape.length - 1)];
    return r.chance(0.15) ? r.shuffled(axes) : axes;
  }

  // Limiting ranges.

  /** The value, scaled down if its range exceeds `most`. */
  tame(x: Value, most = mostSize): Value {
    const size = sizeOf(this.range(x));
    if (this.special || !isFloat(x.type) || size <= most) return x;
    if (!Number.isFinite(size) || this.r.chance(0.2)) return this.call("tanh", [x]);
    return this.call("mul", [x, this.like(x, 2 ** -Math.ceil(Math.log2((2 * size) / most)))]);
  }

  /** A positive value of about the magnitude of x. */
  positive(x: Value): Value {
    if (this.special || this.range(x).lo >= 0.2) return x;
    const base = this.tame(x, 30);
    const square = this.r.chance(0.5) ? this.call("abs", [base]) : this.call("mul", [base, base]);
    return this.call("add", [square, this.like(x, 0.5)]);
  }

  /** Appends a step; undoes it if it drew nothing or exceeded a limit. */
  grow(draw: Draw): boolean {
    const { g, plan } = this;
    const before = { nodes: g.nodes.length, inputs: g.inputs.length, made: plan.made, leaves: plan.leaves };
    const results = draw(this);
    const list = results === null ? [] : Array.isArray(results) ? (results as readonly Value[]) : [results as Value];
    const tamed = list.map((value) => this.tame(value));
    if (list.length > 0 && !plan.refused && plan.made <= plan.most) {
      this.pool.push(...tamed);
      return true;
    }
    g.nodes.length = before.nodes;
    g.inputs.length = before.inputs;
    plan.made = before.made;
    plan.leaves = before.leaves;
    plan.refused = false;
    return false;
  }
}

/** A size of an axis: small, often not a multiple of 4 lanes, rarely large enough for unrolled loops. */
export const drawDim = (r: Random): number =>
  r.weighted([
    [10, 1],
    [16, 2],
    [18, 3],
    [14, 4],
    [12, 5],
    [6, 6],
    [6, 7],
    [5, 8],
    [5, 9],
    [3, 13],
    [1.5, 16],
    [1, 17],
    [0.5, 24],
    [0.5, 33],
  ]);
