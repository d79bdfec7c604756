import { test } from "vitest";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import { RegionBuilder } from "../../compiler/graph/inline.ts";
import type { Attrs, Graph, Value } from "../../compiler/graph/ir.ts";
import type { Op } from "../../compiler/graph/op.ts";
import { bool, f32, i32 } from "../../compiler/ops/signature.ts";
import { ops } from "../../compiler/ops/table.ts";
import { invariant } from "../../compiler/support/invariant.ts";
import { isFloat, type TensorType } from "../../compiler/types/tensor-type.ts";
import { random } from "../ops/values.ts";
import { expectFirstOrder, expectSecondOrder } from "./agreement.ts";
import { apart } from "./op-cases.ts";
import { subject } from "./subject.ts";

// One value as several operands of an op: its gradients are summed.

interface Repeated {
  readonly type: TensorType;
  readonly attrs?: Attrs;
  /** The operands; all float operands are the value. */
  readonly operands?: (g: GraphBuilder, x: Value) => readonly Value[];
  readonly regions?: readonly Graph[];
}

const one = { stride: [1], dilation: [1], groups: 1 } as const;

/** A region with vectors `a` and `b` as inputs, and carries. */
function region(
  carries: number,
  make: (g: GraphBuilder, inputs: readonly Value[], carries: readonly Value[]) => Value,
): Graph {
  const b = new RegionBuilder("region", new GraphBuilder("region", ops));
  const inputs = ["a", "b"].map((name) => b.input(name, f32(2)));
  const before = Array.from({ length: carries }, () => b.carry("h", f32(2)));
  const result = make(b.g, inputs, before);
  before.forEach((_, i) => b.next(i, result));
  b.output("y", result);
  return b.build();
}

const product = (g: GraphBuilder, [a, b]: readonly Value[]): Value =>
  a && b ? g.call("sin", [g.mul(a, b)]) : g.zeros(f32(2));

/** The backward region of a product. */
function backward(): Graph {
  const b = new RegionBuilder("backward", new GraphBuilder("backward", ops));
  const [x, y, , dy] = ["a", "b", "y", "dy"].map((name) => b.input(name, f32(2)));
  if (x && y && dy) [b.g.mul(dy, y), b.g.mul(dy, x)].forEach((value) => b.output("d", value));
  return b.build();
}

/** Ops whose operands differ in shape or dtype, or that run regions. */
const special: Readonly<Record<string, Repeated>> = {
  select: { type: f32(4), operands: (g, x) => [g.constant(bool(4), [1, 0, 1, 0]), x, x] },
  concat: { type: f32(2, 3), attrs: { axis: 0 }, operands: (_, x) => [x, x, x] },
  dot: { type: f32(3, 3), attrs: { contract: [[1], [0]] } },
  conv: { type: f32(2, 3, 3), attrs: { ...one, padding: [[1, 0]] } },
  conv_input_gradient: { type: f32(2, 2, 3), attrs: { ...one, padding: [[0, 0]], size: [3] } },
  conv_kernel_gradient: { type: f32(2, 3, 2), attrs: { ...one, padding: [[1, 0]], size: [2] } },
  dynamic_update_slice: {
    type: f32(3, 2),
    attrs: { axis: 0 },
    operands: (g, x) => [x, x, g.constant(i32(), 0)],
  },
  take_put: { type: f32(3, 2), attrs: { axis: 0 }, operands: (g, x) => [x, x, g.constant(i32(3), [2, 0, 1])] },
  scan: {
    type: f32(2),
    attrs: { carries: 1, sequences: 1, length: 3 },
    operands: (g, x) => [x, g.broadcast(x, [3, 2], [1]), x],
    regions: [region(1, (g, inputs, [h]) => g.add(product(g, inputs), g.mul(h ?? 0, inputs[1] ?? 0)))],
  },
  cond: {
    type: f32(2),
    operands: (g, x) => [g.constant(bool(), 1), x, x],
    regions: [region(0, product), region(0, (g, [a, b]) => g.add(a ?? 0, b ?? 0))],
  },
  checkpoint: { type: f32(2), regions: [region(0, product)] },
  custom_gradient: { type: f32(2), regions: [region(0, (g, [a, b]) => g.mul(a ?? 0, b ?? 0)), backward()] },
};

/** Whether two operands can be the same value. */
const takesTwo = ({ operands, samples, gradient, regions }: Op): boolean =>
  gradient.kind === "rule" &&
  (regions !== undefined ||
    operands === "variadic" ||
    samples.some((sample) => sample.operands.filter(({ dtype }) => isFloat(dtype)).length >= 2));

/** One value as all operands of a pointwise op, mapped to where the op is smooth. */
function pointwise({ name, operands, between }: Op): Repeated {
  const count = operands === "variadic" ? 2 : operands.length;
  const moved = (g: GraphBuilder, x: Value): Value =>
    between === undefined ? x : g.add(g.mul(g.call("sigmoid", [x]), between[1] - between[0]), between[0]);
  return special[name] ?? { type: f32(2, 3), operands: (g, x) => Array<Value>(count).fill(moved(g, x)) };
}

const uses = [...ops.values()]
  .filter(takesTwo)
  .map((op) => [op.name, op.form.kind === "pointwise" ? pointwise(op) : special[op.name]] as const);

test.each(uses)("the gradient of %s with one value as all operands matches differences", (name, use) => {
  invariant(
    use,
    `${name} needs a use in this file's table \`special\`: its operands cannot all be one value by the op's form alone`,
  );
  const { type, attrs, operands = (_, x) => [x, x], regions = [] } = use;
  const g = new GraphBuilder(name, ops);
  const x = g.input("x", type);
  g.callAll(name, operands(g, x), attrs, regions).forEach((value, i) => g.output(`y${i}`, value));
  const next = random(5);
  const count = type.shape.reduce((a, b) => a * b, 1);
  const at = subject(`${name} of one value`, g.build(), new Map([["x", Float64Array.from(apart(count, next))]]));
  expectFirstOrder(at, next, 1e-7);
  expectSecondOrder(at, next, 1e-6);
});
