// Draws of expressions that passes simplify: one or two lines for every identity they know.
import type { Value } from "../../../compiler/graph/ir.ts";
import { condition, convertTo } from "./draw-pointwise.ts";
import { broadcast, concat, otherShape, pad, reshape, reverse, slice, transpose } from "./draw-movement.ts";
import { dotWith } from "./draw-contract.ts";
import { type Draw, type Grower, isFloat } from "./grower.ts";
import { at, iota } from "./random.ts";

type Numeric = (b: Grower, x: Value, y: Value) => Value;

const splat =
  (op: string, n: number): Numeric =>
  (b, x) =>
    b.call(op, [x, b.like(x, n)]);
const op =
  (name: string): Numeric =>
  (b, x, y) =>
    b.call(name, [x, y]);
const neg = (b: Grower, x: Value): Value => b.call("neg", [x]);
const twice =
  (name: string): Numeric =>
  (b, x) =>
    b.call(name, [b.call(name, [x])]);

/** Identities on floats and i32. */
const ofNumbers: readonly Numeric[] = [
  (b, x) => b.call("add", [b.like(x, 2), x]),
  (b, x) => b.call("mul", [b.like(x, 3), x]),
  splat("add", 0),
  splat("sub", 0),
  (b, x) => b.call("sub", [b.like(x, 0), x]),
  splat("mul", 1),
  splat("div", 1),
  splat("mul", -1),
  splat("div", -1),
  splat("div", 4),
  (b, x) => neg(b, neg(b, x)),
  (b, x, y) => neg(b, op("sub")(b, x, y)),
  (b, x, y) => op("sub")(b, x, neg(b, y)),
  (b, x, y) => op("add")(b, x, neg(b, y)),
  (b, x, y) => op("add")(b, neg(b, x), y),
  (b, x, y) => op("sub")(b, neg(b, x), y),
  (b, x, y) => op("mul")(b, neg(b, x), neg(b, y)),
  (b, x, y) => op("div")(b, neg(b, x), neg(b, isFloat(y.type) ? b.positive(y) : y)),
  (b, x) => b.call("abs", [neg(b, x)]),
  twice("abs"),
  (b, x) => b.call("max", [x, x]),
  (b, x) => b.call("min", [x, x]),
  (b, x, y) => op("max")(b, op("max")(b, x, y), y),
  (b, x, y) => op("min")(b, op("min")(b, x, y), y),
  (b, x) => splat("max", 0)(b, splat("max", 0)(b, x, x), x),
  (b, x) => b.call("reduce_sum", [neg(b, x)], { axes: b.axes(x) }),
  (b, x) => b.call("copy", [b.call("stop_gradient", [x])]),
];

const ofFloats: readonly Numeric[] = [
  splat("add", -0),
  splat("div", -0.5),
  twice("floor"),
  twice("ceil"),
  (b, x) => splat("pow", b.r.pick([0, 1, 2]))(b, b.positive(b.tame(x, 30)), x),
];

const ofBits: readonly Numeric[] = [
  (b, x) => b.call("not", [b.call("not", [x])]),
  (b, x) => b.call("and", [x, x]),
  (b, x) => b.call("or", [x, x]),
  splat("or", 0),
  (b, x) => b.call("and", [x, b.like(x, x.type.dtype === "bool" ? 1 : 7)]),
];

type Choice = (b: Grower, c: Value, x: Value, y: Value) => Value;
const choose = (b: Grower, c: Value, x: Value, y: Value): Value => b.call("select", [c, x, y]);

const ofConditions: readonly Choice[] = [
  (b, c, x, y) => choose(b, b.like(c, 1), x, y),
  (b, c, x, y) => choose(b, b.like(c, 0), x, y),
  (b, c, x) => choose(b, c, x, x),
  (b, c, x, y) => choose(b, b.call("not", [c]), x, y),
  (b, c, x, y) => choose(b, c, choose(b, c, x, y), b.beside(x)),
  (b, c, x, y) => choose(b, c, x, choose(b, c, b.beside(x), y)),
  (b, c) => {
    const number = convertTo(b, c, b.r.pick(["f32", "i32"]));
    return b.call("ne", [number, b.like(number, 0)]);
  },
  (b, c, x) => choose(b, c, b.like(x, b.number(x.type.dtype)), b.like(x, b.number(x.type.dtype))),
];

const numeric =
  (list: readonly Numeric[], x: (b: Grower) => Value): Draw =>
  (b) => {
    const value = x(b);
    return b.r.pick(list)(b, value, b.beside(value));
  };

const conditional: Draw = (b) => {
  const x = b.any();
  return b.r.pick(ofConditions)(b, condition(b, x.type.shape), x, b.beside(x));
};

const negated: Draw = (b) => {
  const x = b.numbers();
  return b.call("not", [b.call(b.r.pick(["eq", "ne"]), [x, b.beside(x)])]);
};

/** Conversions in sequence: a round trip, or through another dtype. */
const converted: Draw = (b) => {
  const x = (b.r.chance(0.6) ? b.find(({ type }) => type.dtype !== "f32") : null) ?? b.any();
  const kinds = ["f32", "i32", x.type.dtype] as const;
  const dtype = b.r.pick(kinds);
  return b.r.chance(0.2)
    ? convertTo(b, x, x.type.dtype)
    : convertTo(b, convertTo(b, x, dtype), b.r.pick([...kinds, "u8", "i8", "bool"] as const));
};

/** The axes of size 1. */
const ones = ({ type }: Value): readonly number[] => iota(type.shape.length).filter((axis) => type.shape[axis] === 1);
const reductions = ["reduce_sum", "reduce_max", "reduce_min", "reduce_prod"] as const;

const noOps: readonly ((b: Grower, x: Value) => Value | null)[] = [
  (b, x) =>
    b.call("slice", [x], { start: x.type.shape.map(() => 0), limit: x.type.shape, stride: x.type.shape.map(() => 1) }),
  (b, x) =>
    b.call("pad", [x], {
      lo: x.type.shape.map(() => 0),
      hi: x.type.shape.map(() => 0),
      interior: x.type.shape.map(() => 0),
      value: 0,
    }),
  (b, x) => b.call("concat", [x], { axis: b.axis(x) }),
  (b, x) => b.call("reshape", [x], { shape: x.type.shape }),
  (b, x) => b.call("broadcast", [x], { shape: x.type.shape, dims: iota(x.type.shape.length) }),
  (b, x) => b.call("reverse", [x], { axes: ones(x) }),
];

const noOp: Draw = (b) => {
  const x = b.any(1);
  return x.type.shape.includes(0) ? null : b.r.pick(noOps)(b, x);
};

/** A reduction over axes of size 1, sometimes with another axis, or over no axes. */
const overOnes: Draw = (b) => {
  const { r } = b;
  const x = r.chance(0.5) ? b.of(({ dtype }) => dtype === "i32", 0, "i32") : b.numbers();
  const { shape } = x.type;
  const y =
    ones(x).length > 0 ? x : b.call("reshape", [x], { shape: shape.toSpliced(r.between(0, shape.length), 0, 1) });
  const others = iota(y.type.shape.length).filter((axis) => at(y.type.shape, axis) > 1);
  const more = others.length > 0 && r.chance(0.35) ? [r.pick(others)] : [];
  return b.call(r.pick(reductions), [y], { axes: r.chance(0.3) ? [] : [...ones(y), ...more] });
};

const reduce = (b: Grower, x: Value): Value | null => {
  const axes = b.axes(x);
  if ((!isFloat(x.type) && x.type.dtype !== "i32") || axes.some((axis) => x.type.shape[axis] === 0)) return null;
  return b.call(b.r.pick(reductions), [x], { axes });
};

/** A reduction of a reduction of the same kind, or of a broadcast. */
const reducedTwice: Draw = (b) => {
  const { r } = b;
  const x = b.numbers(1);
  if (x.type.shape.includes(0)) return null;
  const name = r.pick(reductions);
  const first = r.chance(0.5) ? broadcast(b, x) : b.call(name, [x], { axes: b.axes(x).slice(0, 1) });
  return b.call(name, [first], { axes: b.axes(first) });
};

/** A pointwise op that commutes with data movement. */
const scaled = (b: Grower, x: Value): Value | null =>
  isFloat(x.type) ? b.call(b.r.pick(["add", "mul", "sub", "max"]), [x, b.beside(x)]) : null;

const moves: readonly ((b: Grower, x: Value) => Value | null)[] = [
  reshape,
  transpose,
  broadcast,
  reverse,
  slice,
  pad,
  (b, x) => concat(b, x),
  reduce,
  scaled,
];

/** Two or three movements in sequence, sometimes of one kind, sometimes of a splat. */
const chain: Draw = (b) => {
  const { r } = b;
  const start = b.any(1);
  let x: Value | null = r.chance(0.06) ? b.like(start, b.number(start.type.dtype)) : start;
  const first = r.pick(moves);
  for (const position of iota(r.between(2, 3)))
    if (x !== null && (position === 0 || x.type.shape.length > 0))
      x = (position === 0 || r.chance(0.45) ? first : r.pick(moves))(b, x);
  return x;
};

/** broadcast(reshape(x)) and reshape(broadcast(x)), by an axis of size 1. */
const columns: Draw = (b) => {
  const { r } = b;
  const x = b.any(1);
  const { shape } = x.type;
  const axis = r.between(0, shape.length);
  const count = b.dim();
  const column = b.call("reshape", [x], { shape: shape.toSpliced(axis, 0, 1) });
  const spread = b.call("broadcast", [column], {
    shape: [...column.type.shape, count],
    dims: iota(column.type.shape.length),
  });
  return r.chance(0.5) ? spread : b.call("reshape", [spread], { shape: [...shape, count] });
};

/** Arithmetic on broadcasts, and reductions of it. */
const ofRepeated: Draw = (b) => {
  const { r } = b;
  const x = b.float(1);
  const [one, two] = [
    b.repeated(x.type, 0.4),
    r.chance(0.4) ? b.like(x, b.number(x.type.dtype)) : b.repeated(x.type, 0.3),
  ];
  const both = b.call(r.pick(["add", "mul", "sub", "max"]), [one, two]);
  return r.chance(0.5) ? both : b.call(r.pick(reductions), [both], { axes: b.axes(both) });
};

const ofReshaped: Draw = (b) => {
  const x = b.float();
  const shape = otherShape(b, x.type.shape);
  const [one, two] = [x, b.value(x.type)].map((value) => b.call("reshape", [value], { shape }));
  return one === undefined || two === undefined
    ? null
    : b.call(b.r.pick(["add", "mul", "sub", "max", "div"].slice(0, 4)), [
        one,
        b.r.chance(0.7) ? two : b.like(one, 0.5),
      ]);
};

/** A sum of adjacent parts padded with zeros: the gradient of a split. */
const sumOfParts: Draw = (b) => {
  const { r } = b;
  const x = b.float(1);
  const { dtype, shape } = x.type;
  if (shape.includes(0)) return null;
  const axis = b.axis(x);
  const parts = [x, ...iota(r.between(1, 2)).map(() => b.value({ dtype, shape: shape.with(axis, r.between(1, 3)) }))];
  const sizes = parts.map(({ type }) => at(type.shape, axis));
  const total = sizes.reduce((a, c) => a + c, 0);
  const zeros = shape.map(() => 0);
  const padded = parts.map((part, index) => {
    const lo = sizes.slice(0, index).reduce((a, c) => a + c, 0);
    return b.call("pad", [part], {
      lo: zeros.with(axis, lo),
      hi: zeros.with(axis, total - lo - at(sizes, index)),
      interior: zeros,
      value: 0,
    });
  });
  return r.shuffled(padded).reduce((a, c) => b.call("add", [a, c]));
};

/** A slice that extracts one part of a concat. */
const slicesOfConcat: Draw = (b) => {
  const { r } = b;
  const x = b.any(1);
  if (x.type.shape.includes(0)) return null;
  const axis = b.axis(x);
  const parts = r.shuffled([x, b.fresh({ ...x.type, shape: x.type.shape.with(axis, r.between(1, 3)) })]);
  const joined = b.call("concat", parts, { axis });
  const start = x.type.shape.map(() => 0).with(axis, parts[0] === x ? 0 : at(at(parts, 0).type.shape, axis));
  return b.call("slice", [joined], {
    start,
    limit: start.map((s, i) => s + at(x.type.shape, i)),
    stride: start.map(() => 1),
  });
};

/** Transposes before and after a dot. */
const transposedDot: Draw = (b) => {
  const x = b.float(2);
  const lhs = b.r.chance(0.6) ? transpose(b, x) : x;
  const y = dotWith(
    b,
    lhs,
    b.r.chance(0.5)
      ? (type) => b.weight(type)
      : (type) => reversedAxes(b, b.weight({ ...type, shape: type.shape.toReversed() })),
  );
  return b.r.chance(0.6) && y.type.shape.length > 1 ? transpose(b, y) : y;
};

const reversedAxes = (b: Grower, x: Value): Value =>
  b.call("transpose", [x], { perm: iota(x.type.shape.length).toReversed() });

/** A common subexpression: an existing node again. */
const again: Draw = (b) => {
  const value = b.find(
    ({ node }) => node.op.form.kind !== "leaf" && node.regions.length === 0 && node.results.length === 1,
  );
  if (value === null) return null;
  const { op: same, operands, attrs } = value.node;
  const copy = b.call(same.name, operands, attrs);
  b.ranges.set(copy, b.range(value));
  return b.r.chance(0.5) && isFloat(value.type) ? b.call(b.r.pick(["add", "sub", "mul"]), [value, copy]) : copy;
};

const bits = (b: Grower): Value => b.of(({ dtype }) => dtype === "bool" || dtype === "i32", 0, "bool");

export const identityDraws: readonly (readonly [weight: number, Draw])[] = [
  [8, numeric(ofNumbers, (b) => b.numbers())],
  [3, numeric(ofFloats, (b) => b.float())],
  [2, numeric(ofBits, bits)],
  [3, conditional],
  [1, negated],
  [3, converted],
  [3, noOp],
  [9, chain],
  [3, reducedTwice],
  [3.5, overOnes],
  [3, columns],
  [4, ofRepeated],
  [2, ofReshaped],
  [2, sumOfParts],
  [2, slicesOfConcat],
  [4, transposedDot],
  [3, again],
];
