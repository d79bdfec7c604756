// Draws of pointwise ops.
import type { DType } from "../../../runtime/model.ts";
import type { Value } from "../../../compiler/graph/ir.ts";
import { type Draw, type Grower, isFloat } from "./grower.ts";
import { at } from "./random.ts";
import { interval, within } from "../../../compiler/types/interval.ts";

const each = (names: string, draw: (name: string) => Draw): [string, Draw][] =>
  names.split(" ").map((name) => [name, draw(name)]);

/** Two operands in either order, sometimes the same one twice. */
function pairOf(b: Grower, x: Value): readonly Value[] {
  if (b.r.chance(0.06)) return [x, x];
  const pair = [x, b.beside(x)];
  return b.r.chance(0.3) ? pair.toReversed() : pair;
}

/** A unary op on a bounded operand. */
const bounded =
  (name: string, most: number): Draw =>
  (b) =>
    b.call(name, [b.tame(b.float(), most)]);

const ofPositive =
  (name: string): Draw =>
  (b) =>
    b.call(name, [b.positive(b.float())]);

/** A quotient or remainder whose divisor is not near zero. */
const quotient =
  (name: string): Draw =>
  (b) => {
    const x = b.numbers();
    const y = b.beside(x);
    const { lo, hi } = b.range(y);
    const safe = !isFloat(x.type) || b.special || lo >= 0.1 || hi <= -0.1;
    return b.call(name, [x, safe ? y : b.positive(y)]);
  };

const pow: Draw = (b) => {
  const x = b.tame(b.positive(b.float()), 4);
  const base = within(b.range(x), interval(0.2, 4)) ? x : b.call("add", [b.call("sigmoid", [x]), b.like(x, 0.25)]);
  const exponent = b.r.chance(0.5) ? b.like(x, b.r.pick([0, 1, 2, 3, 0.5, -1, 1.5])) : b.tame(b.beside(x), 3);
  return b.call("pow", [base, exponent]);
};

const log1p: Draw = (b) => {
  const x = b.float();
  return b.call("log1p", [b.range(x).lo > -0.8 ? x : b.positive(x)]);
};

/** A bool: from the pool, new, or by a comparison. */
export function condition(b: Grower, shape: readonly number[]): Value {
  const found = b.r.chance(0.6)
    ? b.find(
        ({ type }) =>
          type.dtype === "bool" && type.shape.length === shape.length && type.shape.every((n, i) => n === shape[i]),
      )
    : null;
  if (found !== null) return found;
  if (b.r.chance(0.3)) return b.fresh({ dtype: "bool", shape });
  if (b.r.chance(0.2)) return b.repeated({ dtype: "bool", shape }, 0.2);
  const x = b.value({ dtype: "f32", shape });
  return b.call(b.r.pick(["lt", "gt", "le", "ge"]), [x, b.r.chance(0.5) ? b.like(x, 0.3) : b.beside(x)]);
}

const select: Draw = (b) => {
  const x = b.any();
  const parts = pairOf(b, x);
  return b.call("select", [condition(b, x.type.shape), at(parts, 0), at(parts, 1)]);
};

const i32 = (b: Grower): Value => b.of(({ dtype }) => dtype === "i32", 0, "i32");

const shift =
  (name: string): Draw =>
  (b) => {
    const x = i32(b);
    return b.call(name, [x, b.r.chance(0.6) ? b.like(x, b.r.pick([0, 1, 3, 8, 31, 32, -1])) : b.beside(x)]);
  };

export const convertTo = (b: Grower, x: Value, dtype: DType): Value => b.call("convert", [x], { dtype });

const convert: Draw = (b) => {
  const dtypes: readonly DType[] = [
    "f32",
    "f32",
    "i32",
    "u8",
    "i8",
    "bool",
    ...(b.plan.wide ? (["f64", "f64"] as const) : []),
  ];
  return convertTo(b, b.any(), b.r.pick(dtypes));
};

/** Draws that keep operands where the op is finite and smooth, or choose values that rewrites match. */
export const pointwiseDraws: readonly (readonly [string, Draw])[] = [
  ...each("div rem", quotient),
  ...each("tanh sigmoid", (name) => bounded(name, 20)),
  ...each("exp expm1", (name) => bounded(name, 5)),
  ...each("sqrt rsqrt log", ofPositive),
  ["log1p", log1p],
  ["pow", pow],
  ...each("shl shrs shru", shift),
  ["select", select],
  ["convert", convert],
];
