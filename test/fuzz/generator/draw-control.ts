// Draws of loops, branches, checkpoints and custom gradients.
import type { RegionBuilder } from "../../../compiler/graph/inline.ts";
import type { Graph, Value } from "../../../compiler/graph/ir.ts";
import { sameType, type TensorType } from "../../../compiler/types/tensor-type.ts";
import { linear } from "./draw-contract.ts";
import { withoutGradient } from "./draw-entry.ts";
import { type Draw, type Grower, isFloat } from "./grower.ts";
import { at, iota, product } from "./random.ts";
import { type Interval, anything, hull, interval, sizeOf, within } from "../../../compiler/types/interval.ts";

const count = { dtype: "i32", shape: [] } as const;

interface Region {
  readonly r: RegionBuilder;
  readonly b: Grower;
}

/** Adds an input or a carry of a region to its pool, with its range. */
function known({ b }: Region, value: Value, range: Interval): Value {
  b.ranges.set(value, range);
  b.pool.push(value);
  return value;
}

const given = (region: Region, outer: Grower, values: readonly Value[]): readonly Value[] =>
  values.map((value) => known(region, region.r.input("x", value.type), outer.range(value)));

/** Appends one random step; set by `index.ts`, which knows all draws. */
export const inside: { step: (b: Grower) => void } = { step: () => {} };

function steps({ b }: Region, most = 3): void {
  for (const _ of iota(b.r.between(1, most))) inside.step(b);
}

/** A value of this type: mostly one that the region computes, otherwise a new one from the pool. */
function valueOf({ b }: Region, type: TensorType): Value {
  const made = b.find((value) => sameType(value.type, type) && value.node.op.form.kind !== "leaf");
  if (made !== null && b.r.chance(0.8)) return made;
  const start = b.value(type, 1);
  return isFloat(type) ? b.call(b.r.pick(["add", "sub", "mul", "max"]), [start, b.beside(start)]) : start;
}

/** The value, or its tanh if its range exceeds the range that must hold in every iteration. */
function kept(b: Grower, value: Value, range: Interval): Value {
  if (b.special || !isFloat(value.type) || within(b.range(value), range)) return value;
  return b.call("tanh", [value]);
}

/** The range of a carry: the hull of the range of its initial value and of tanh. */
const carried = (b: Grower, value: Value): Interval =>
  isFloat(value.type) && !b.special ? hull(b.range(value), interval(-1, 1)) : { ...limitsOf(value) };
const limitsOf = (value: Value): Interval =>
  value.type.dtype === "i32"
    ? interval(-(2 ** 31), 2 ** 31 - 1)
    : value.type.dtype === "i8"
      ? interval(-128, 127)
      : interval(0, value.type.dtype === "bool" ? 1 : 255);

const small = (value: Value): boolean => product(value.type.shape) <= 60;
const someOf = (b: Grower, most: number, test: (value: Value) => boolean = small): readonly Value[] =>
  iota(b.r.between(0, most)).flatMap(() => b.find(test) ?? []);

function withRanges(b: Grower, results: readonly Value[], ranges: readonly Interval[]): readonly Value[] {
  results.forEach((value, index) => b.ranges.set(value, at(ranges, index)));
  return results;
}

const outputsOf = ({ r, b }: Region, least: number): readonly Value[] => {
  const made = b.pool.filter(({ node }) => node.op.form.kind !== "leaf");
  const outputs = b.r.shuffled(made).slice(0, b.r.between(least, 2));
  const enough = outputs.length >= least ? outputs : [...outputs, at(b.pool, b.pool.length - 1)];
  for (const value of enough) r.output("y", value);
  return enough;
};

/** Sequences, with the length of a value in the pool or a new length. */
function sequencesOf(b: Grower): { readonly length: number; readonly sequences: readonly Value[] } {
  const { r } = b;
  const isSequence = ({ type }: Value): boolean => type.shape.length > 0 && at(type.shape, 0) <= 9;
  const first = r.chance(0.6) ? b.find(isSequence) : null;
  const length = first === null ? r.weighted([[2, 0], [8, 1], [20, 2], [25, 3], [20, 4], [10, 5], [4, 7]] as const) : at(first.type.shape, 0); // prettier-ignore
  if (first === null && r.chance(0.4)) return { length, sequences: [] };
  const one = first ?? b.fresh({ dtype: "f32", shape: [length, ...b.shape(0, 2)] });
  const more = r.chance(0.3) ? [b.value({ dtype: "f32", shape: [length, ...one.type.shape.slice(1)] })] : [];
  return { length, sequences: [one, ...more] };
}

const scan: Draw = (b) => {
  const { length, sequences } = sequencesOf(b);
  const carries = b.r.chance(0.12)
    ? []
    : [...someOf(b, 1), ...(b.r.chance(0.7) ? [b.value({ dtype: "f32", shape: b.shape(0, 3) })] : [])];
  const invariants = [...someOf(b, 2)];
  const operands = [...carries, ...sequences, ...invariants];
  if (operands.length === 0) return null;
  const region = b.region("body");
  sequences.forEach((value) =>
    known(region, region.r.input("x", { dtype: value.type.dtype, shape: value.type.shape.slice(1) }), b.range(value)),
  );
  given(region, b, invariants);
  const ranges = carries.map((value) => carried(b, value));
  const before = carries.map((value, index) => known(region, region.r.carry("h", value.type), at(ranges, index)));
  steps(region, 4);
  before.forEach((value, index) => {
    if (!b.r.chance(0.06))
      region.r.next(index, kept(region.b, b.r.chance(0.04) ? value : valueOf(region, value.type), at(ranges, index)));
  });
  const outputs = carries.length > 0 && b.r.chance(0.25) ? [] : outputsOf(region, carries.length === 0 ? 1 : 0);
  const attrs = { carries: carries.length, sequences: sequences.length, length, reverse: b.r.chance(0.3) };
  const results = b.all("scan", operands, attrs, [region.r.build()]);
  return withRanges(b, results, [...ranges, ...outputs.map((value) => region.b.range(value))]);
};

/** A recurrent cell over a sequence: h = tanh(x w + h u + c). */
export const recurrent: Draw = (b) => {
  const { r } = b;
  const [length, batch, size] = [r.between(2, 5), r.between(1, 3), r.pick([2, 3, 4, 5, 8])];
  const features = r.between(1, 5);
  const sequence = b.value({ dtype: "f32", shape: [length, batch, features] });
  const start = b.value({ dtype: "f32", shape: [batch, size] });
  const out = r.between(1, 5);
  const shapes = [[features, size], [size, size], [size], ...(r.chance(0.5) ? [[size, out]] : [])];
  const weights = shapes.map((shape) => b.weight({ dtype: "f32", shape }));
  const region = b.region("cell");
  const x = known(region, region.r.input("x", { dtype: "f32", shape: [batch, features] }), b.range(sequence));
  const inner = given(region, b, weights);
  const startRange = carried(b, start);
  const h = known(region, region.r.carry("h", start.type), startRange);
  const weight = (index: number) => () => at(inner, index);
  const sum = region.b.call("add", [linear(region.b, x, size, weight(0)), linear(region.b, h, size, weight(1))]);
  const bias = region.b.call("broadcast", [at(inner, 2)], { shape: [batch, size], dims: [1] });
  const next = region.b.call("tanh", [region.b.call("add", [sum, bias])]);
  region.b.pool.push(next);
  if (r.chance(0.4)) inside.step(region.b);
  region.r.next(0, next);
  // A layer after the cell, on which no later iteration depends.
  const outputs = [shapes.length > 3 ? linear(region.b, next, out, weight(3)) : next];
  for (const value of outputs) region.r.output("y", value);
  const results = b.all(
    "scan",
    [start, sequence, ...weights],
    { carries: 1, sequences: 1, length, reverse: r.chance(0.2) },
    [region.r.build()],
  );
  return withRanges(b, results, [startRange, ...outputs.map((value) => region.b.range(value))]);
};

interface Given {
  readonly carries: readonly Value[];
  readonly sequences: readonly Value[];
  readonly invariants: readonly Value[];
  /** The number of results that later steps may use. */
  readonly shown: number;
}

/** A scan whose body computes the next carries from the carries and from the items and invariants. */
export function loopOf(
  b: Grower,
  { carries, sequences, invariants, shown }: Given,
  next: (inner: Grower, carries: readonly Value[], items: readonly Value[]) => readonly Value[],
): readonly Value[] {
  const region = b.region("body");
  const items = sequences.map((value) =>
    known(region, region.r.input("x", { dtype: value.type.dtype, shape: value.type.shape.slice(1) }), b.range(value)),
  );
  const others = given(region, b, invariants);
  const before = carries.map((value) => known(region, region.r.carry("h", value.type), anything));
  next(region.b, before, [...items, ...others]).forEach((value, index) => region.r.next(index, value));
  const length = at(at(sequences, 0).type.shape, 0);
  const attrs = { carries: carries.length, sequences: sequences.length, length, reverse: b.r.chance(0.3) };
  const results = b.all("scan", [...carries, ...sequences, ...invariants], attrs, [region.r.build()]);
  // The bodies compute sums and products of small numbers, or values in [-1, 1].
  const size = [...carries, ...sequences, ...invariants].reduce(
    (most, value) => Math.max(most, sizeOf(b.range(value))),
    1,
  );
  return withRanges(
    b,
    results,
    results.map(() => interval(-(1 + length) * size * size, (1 + length) * size * size)),
  ).slice(0, shown);
}

/** A number of iterations from 0 to 4. */
function iterations(b: Grower): Value {
  const x = b.special || b.r.chance(0.5) ? null : b.find(({ type }) => sameType(type, count));
  if (x === null) return b.constant(count, b.r.between(0, 4));
  return b.call("min", [b.call("max", [x, b.constant(count, 0)]), b.constant(count, 4)]);
}

const loop: Draw = (b) => {
  const carries = [b.constant(count, 0), b.find(small) ?? b.fresh({ dtype: "f32", shape: b.shape() }), ...someOf(b, 1)];
  const invariants = [iterations(b), ...someOf(b, 2)];
  const ranges = carries.map((value) => carried(b, value));
  const condition = b.region("condition");
  const [bound] = given(condition, b, invariants);
  if (bound === undefined) return null;
  const [counter] = carries.map(({ type }, index) => condition.r.carry(index === 0 ? "i" : "h", type));
  if (counter === undefined) return null;
  condition.r.output("more", condition.b.call("lt", [counter, bound]));

  const body = b.region("body");
  given(body, b, invariants);
  const before = carries.map((value, index) =>
    known(body, body.r.carry(index === 0 ? "i" : "h", value.type), at(ranges, index)),
  );
  const first = at(before, 0);
  body.r.next(0, body.b.call("add", [first, body.b.like(first, 1)]));
  steps(body);
  before.slice(1).forEach((value, index) => {
    if (!b.r.chance(0.06)) body.r.next(index + 1, kept(body.b, valueOf(body, value.type), at(ranges, index + 1)));
  });
  const results = b.all("while", [...carries, ...invariants], { carries: carries.length }, [
    condition.r.build(),
    body.r.build(),
  ]);
  withRanges(b, results, ranges);
  return results.slice(1).map((value) => withoutGradient(b, value));
};

const cond: Draw = (b) => {
  const found = b.find(({ type }) => type.dtype === "bool" && type.shape.length === 0);
  const scalar = { dtype: "f32", shape: [] } as const;
  const pred =
    found ??
    (b.r.chance(0.4)
      ? b.fresh({ dtype: "bool", shape: [] })
      : b.call("lt", [b.value(scalar), b.constant(scalar, 0.25)]));
  const args = [b.of(() => true), ...someOf(b, 2)];
  const types = iota(b.r.between(1, 2)).map(() => b.r.pick(args).type);
  const branch = (name: string): { readonly graph: Graph; readonly ranges: readonly Interval[] } => {
    const region = b.region(name);
    given(region, b, args);
    steps(region);
    const outputs = types.map((type) => (b.r.chance(0.12) ? region.b.value(type, 1) : valueOf(region, type)));
    for (const value of outputs) region.r.output("y", value);
    return { graph: region.r.build(), ranges: outputs.map((value) => region.b.range(value)) };
  };
  const [yes, no] = [branch("then"), branch("else")];
  const results = b.all("cond", [pred, ...args], {}, [yes.graph, no.graph]);
  return withRanges(
    b,
    results,
    yes.ranges.map((one, index) => hull(one, at(no.ranges, index))),
  );
};

const checkpoint: Draw = (b) => {
  const args = [b.of(isFloat), ...someOf(b, 2)];
  const region = b.region("body");
  given(region, b, args);
  steps(region);
  const outputs = outputsOf(region, 1);
  const results = b.all("checkpoint", args, {}, [region.r.build()]);
  return withRanges(
    b,
    results,
    outputs.map((value) => region.b.range(value)),
  );
};

const custom: Draw = (b) => {
  const args = [b.of(isFloat), ...someOf(b, 1)];
  const forward = b.region("forward");
  given(forward, b, args);
  steps(forward, 2);
  const outputs = outputsOf(forward, 1);
  const backward = b.region("backward");
  given(backward, b, args);
  outputs.forEach((value) => known(backward, backward.r.input("y", value.type), forward.b.range(value)));
  const flows = outputs.filter(({ type }) => isFloat(type)).map(({ type }) => backward.r.input("dy", type));
  flows.forEach((dy) => known(backward, dy, interval(-10, 10)));
  // The result is zero if all upstream gradients are zero: no pass can distinguish a zero gradient from an absent one.
  const { g } = backward.r;
  const totals = flows.map((dy) => g.convert(g.sum(dy, [...dy.type.shape.keys()]), "f32"));
  const total = totals.reduce<Value | null>((a, b) => (a === null ? b : g.add(a, b)), null);
  for (const { type } of args.filter((value) => isFloat(value.type))) {
    const dx = valueOf(backward, type);
    backward.r.output("dx", total === null ? dx : g.mul(dx, g.broadcast(g.convert(total, type.dtype), type.shape, [])));
  }
  const results = b.all("custom_gradient", args, {}, [forward.r.build(), backward.r.build()]);
  return withRanges(
    b,
    results,
    outputs.map((value) => forward.b.range(value)),
  );
};

/** Draws nothing if regions are already nested too deeply. */
const nested =
  (draw: Draw): Draw =>
  (b) =>
    b.depth > 0 ? draw(b) : null;

export const controlDraws: readonly (readonly [string, Draw])[] = [
  ["scan", nested(scan)],
  ["while", nested(loop)],
  ["cond", nested(cond)],
  ["checkpoint", nested(checkpoint)],
  ["custom_gradient", nested(custom)],
];
