// Draws a use of any op by the `draw` of its entry: on a value of the pool, with matching other operands.
import type { DType } from "../../../runtime/model.ts";
import type { Value } from "../../../compiler/graph/ir.ts";
import type { Choices, Op, Sample } from "../../../compiler/graph/op.ts";
import { type Interval, interval, sizeOf, within } from "../../../compiler/types/interval.ts";
import { sameShape, sameType, type TensorType } from "../../../compiler/types/tensor-type.ts";
import { admittedFor, choicesOf, violatedCondition, sampleOf } from "../../ops/draw.ts";
import { condition } from "./draw-pointwise.ts";
import { indices } from "./draw-reduce.ts";
import { type Draw, type Grower, isFloat } from "./grower.ts";
import { at } from "./random.ts";

/** Results that may be larger are not drawn, to keep later results within the range of f32. */
const largest = 1e12;
/** The magnitude to which operands are scaled down if a result might be larger. */
const small = 4;

/** The value, mapped into the interval if its range exceeds it. */
function moved(b: Grower, x: Value, { lo, hi }: Interval): Value {
  if (b.special || within(b.range(x), { lo, hi })) return x;
  const unit = b.call("sigmoid", [b.tame(x, 8)]);
  return b.call("add", [b.call("mul", [unit, b.like(x, hi - lo)]), b.like(x, lo)]);
}

/** Another operand of this type; indices are indices into x. */
function beside(b: Grower, x: Value, type: TensorType): Value {
  if (sameType(type, x.type)) return b.r.chance(0.06) ? x : b.beside(x);
  if (type.dtype === "bool") return condition(b, type.shape);
  return type.dtype === "i32" ? indices(b, type.shape, Math.max(1, ...x.type.shape)) : b.value(type);
}

function operandsOf(b: Grower, op: Op, x: Value, { operands: types }: Sample): readonly Value[] {
  const [first = x.type] = types;
  const source = sameType(first, x.type) ? x : b.value(first);
  const values = types.map((type, i) => (i === 0 ? source : beside(b, source, type)));
  const { between } = op;
  const bounded =
    between === undefined
      ? values
      : values.map((value) => (isFloat(value.type) ? moved(b, value, interval(...between)) : value));
  return types.length === 2 && types.every((type) => sameType(type, first)) && b.r.chance(0.3)
    ? bounded.toReversed()
    : bounded;
}

function isTame(b: Grower, op: Op, operands: readonly Value[], attrs: Sample["attrs"]): boolean {
  const types = operands.map(({ type }) => type);
  const complete = { ...op.defaults, ...attrs };
  const results = op.type(types, complete, []);
  const intervals = operands.map((value) => b.range(value));
  const range = op.range?.(intervals, { operands: types, results, attrs: complete });
  return b.special || !results.some(isFloat) || (range !== undefined && sizeOf(range) <= largest);
}

/** Stops the gradient in training graphs: an op without a gradient must not be between a loss and a param. */
export const withoutGradient = (b: Grower, x: Value): Value =>
  b.plan.trains && isFloat(x.type) ? b.call("stop_gradient", [x]) : x;

/** Draws nothing if the entry has no `draw`, which a test of the entries reports by name. */
export function entryDraw(op: Op): Draw {
  const { draw } = op;
  if (draw === undefined) return () => null;
  /**
   * The dtypes of the first operand. Computed on first use, when all modules are loaded, and without random choices of
   * the graph, so that graphs stay deterministic.
   */
  let firsts: ReadonlySet<DType> | null = null;
  return (b) => {
    const { r } = b;
    const c: Choices = { int: (least, most) => r.between(least, Math.max(least, most)) };
    const choicesFor = (use: ReturnType<typeof draw>) =>
      admittedFor(op, use).filter(({ operands }) => b.plan.wide || !operands.includes("f64"));
    firsts ??= new Set(admittedFor(op, draw(choicesOf([]), [2, 3])).flatMap(({ operands }) => operands.slice(0, 1)));
    const x =
      firsts.size === 0
        ? b.any()
        : b.of(({ dtype }) => firsts?.has(dtype) === true, 0, r.pick([...firsts].filter((dtype) => dtype !== "f64")));
    for (let tries = 0; tries < 3; tries++) {
      const use = draw(c, x.type.shape);
      const taken = use.shapes[0] !== undefined && sameShape(use.shapes[0], x.type.shape);
      const choices = choicesFor(use).filter(({ operands }) => !taken || operands[0] === x.type.dtype);
      if (choices.length === 0) continue;
      const sample = sampleOf(use, at(choices, r.between(0, choices.length - 1)));
      if (violatedCondition(op, sample) !== null) continue;
      const operands = operandsOf(b, op, x, sample);
      const tamed = isTame(b, op, operands, sample.attrs) ? operands : operands.map((value) => b.tame(value, small));
      if (!isTame(b, op, tamed, sample.attrs)) return null;
      const results = b.all(op.name, tamed, sample.attrs);
      return op.gradient.kind === "none" ? results.map((value) => withoutGradient(b, value)) : results;
    }
    return null;
  };
}
