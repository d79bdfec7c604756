import { expect, test } from "vitest";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import type { Attrs } from "../../compiler/graph/ir.ts";
import { verify } from "../../compiler/graph/verify.ts";
import { f32, f64, i32 } from "../../compiler/ops/signature.ts";
import { ops } from "../../compiler/ops/table.ts";
import { present } from "../../compiler/support/invariant.ts";
import { isFloat, type TensorType } from "../../compiler/types/tensor-type.ts";
import { run } from "./subject.ts";
import type { OpName } from "../../compiler/graph/op.ts";

// Where a derivative is not defined or not unique, the documentation of the op defines the gradient.

type Operands = readonly (readonly [type: TensorType, values: readonly number[]])[];

/** The gradients of the sum of an op's result with respect to its floating-point operands. */
function gradients(op: OpName, operands: Operands, attrs: Attrs = {}): number[][] {
  const g = new GraphBuilder("kink", ops);
  const inputs = operands.map(([type], i) => g.input(`x${i}`, type));
  const out = g.call(op, inputs, attrs);
  const targets = inputs.filter(({ type }) => isFloat(type.dtype));
  g.callAll("gradient", [g.sum(out, [...out.type.shape.keys()]), ...targets]).forEach((dx, i) => g.output(`d${i}`, dx));
  const graph = g.build();
  verify(graph);
  return run(graph, new Map(operands.map(([, values], i) => [`x${i}`, Float64Array.from(values)]))).map((dx) =>
    [...dx].map((x) => x + 0),
  );
}

interface Kink {
  /** Matches the documentation of the op. */
  readonly doc: RegExp;
  readonly of: readonly (readonly (readonly number[])[])[];
  readonly expected: readonly (readonly (readonly number[])[])[];
}

const flat: Kink = {
  doc: /gradient is 0 everywhere|no gradient flows/,
  of: [[[-1, 0, 0.5, 2]]],
  expected: [[[0, 0, 0, 0]]],
};

/** Pointwise ops: lists of operands, and the expected gradients. */
const pointwise: Readonly<Partial<Record<OpName, Kink>>> = {
  max: {
    doc: /at a tie the gradient goes to y/,
    of: [
      [
        [0, 1, -1, NaN, 1, NaN],
        [0, 0, 0, 0, NaN, NaN],
      ],
    ],
    expected: [
      [
        [0, 1, 0, 1, 0, 0],
        [1, 0, 1, 0, 1, 1],
      ],
    ],
  },
  min: {
    doc: /at a tie the gradient goes to y/,
    of: [
      [
        [0, 1, -1, NaN, 1, NaN],
        [0, 0, 0, 0, NaN, NaN],
      ],
    ],
    expected: [
      [
        [0, 0, 1, 1, 0, 0],
        [1, 1, 0, 0, 1, 1],
      ],
    ],
  },
  abs: { doc: /gradient 0 at 0/, of: [[[-2, 0, 2]]], expected: [[[-1, 0, 1]]] },
  sign: flat,
  floor: flat,
  ceil: flat,
  round: flat,
  trunc: flat,
  stop_gradient: flat,
  rem: {
    doc: /gradient of y is -trunc\(x \/ y\), at a multiple too/,
    of: [
      [
        [5, 6, -6, 1],
        [3, 3, 3, 2],
      ],
    ],
    expected: [
      [
        [1, 1, 1, 1],
        [-1, -2, 2, 0],
      ],
    ],
  },
  div: {
    doc: /1 \/ y and -x \/ y\^2, infinite/,
    of: [
      [
        [1, 3],
        [0, 2],
      ],
    ],
    expected: [
      [
        [Infinity, 0.5],
        [-Infinity, -0.75],
      ],
    ],
  },
  sqrt: { doc: /gradient at 0 is infinite/, of: [[[0, 4]]], expected: [[[Infinity, 0.25]]] },
  rsqrt: { doc: /gradient at 0 is minus infinity/, of: [[[0, 4]]], expected: [[[-Infinity, -0.0625]]] },
  log: { doc: /gradient is 1 \/ x, infinite at 0/, of: [[[0, 4]]], expected: [[[Infinity, 0.25]]] },
  log1p: { doc: /gradient at -1 is infinite/, of: [[[-1, 3]]], expected: [[[Infinity, 0.25]]] },
  pow: {
    doc: /at x = 0 that of x is 0 where y is 0, and infinite where it is less than 1/,
    of: [
      [
        [0, 0, 0, -2, 0, 0, 0],
        [0, 1, 2, 3, 0.5, -1, 3],
      ],
    ],
    expected: [
      [
        [0, 1, 0, 12, Infinity, -Infinity, 0],
        [0, 0, 0, 0, 0, 0, 0],
      ],
    ],
  },
};

test.each(Object.entries(pointwise) as [OpName, Kink][])(
  "%s documents its gradient at kinks, and returns it",
  (name, { doc, of, expected }) => {
    expect(present(ops.get(name), name).doc).toMatch(doc);
    expect(
      of.map((operands) =>
        gradients(
          name,
          operands.map((values) => [f32(values.length), values]),
        ),
      ),
    ).toEqual(expected);
  },
);

interface Case {
  readonly op: OpName;
  readonly doc: RegExp;
  readonly operands: Operands;
  readonly attrs: Attrs;
  readonly expected: readonly (readonly number[])[];
}

const clamped = /out of range/;
const cases: Readonly<Record<string, Case>> = {
  "ties of reduce_max": {
    op: "reduce_max",
    doc: /shared equally among ties/,
    operands: [[f32(2, 4), [5, 2, 5, 1, 3, 3, 3, 3]]],
    attrs: { axes: [1] },
    expected: [[0.5, 0, 0.5, 0, 0.25, 0.25, 0.25, 0.25]],
  },
  "ties of reduce_min": {
    op: "reduce_min",
    doc: /shared equally among ties/,
    operands: [[f32(2, 3), [1, 2, 1, 0, -0, 0]]],
    attrs: { axes: [1] },
    expected: [[0.5, 0, 0.5, 1 / 3, 1 / 3, 1 / 3]],
  },
  "zeros of reduce_prod": {
    op: "reduce_prod",
    doc: /the product of the others, zeros or not/,
    operands: [[f32(3, 3), [0, 2, 3, 0, 0, 3, 4, 5, 6]]],
    attrs: { axes: [1] },
    expected: [[6, 0, 0, 0, 0, 0, 30, 24, 20]],
  },
  "ties of window_max": {
    op: "window_max",
    doc: /goes to the first of equals/,
    operands: [[f32(1, 2, 3, 1), [1, 3, 3, 3, 3, 3]]],
    attrs: { window: [2, 2], stride: [1, 1] },
    expected: [[0, 2, 0, 0, 0, 0]],
  },
  "indices of take": {
    op: "take",
    doc: clamped,
    operands: [
      [f32(3), [1, 2, 3]],
      [i32(5), [1, 1, -7, 3, 100]],
    ],
    attrs: { axis: 0 },
    expected: [[1, 2, 2]],
  },
  "indices of take_add": {
    op: "take_add",
    doc: clamped,
    operands: [
      [f32(4), [1, 2, 3, 4]],
      [i32(4), [1, 1, -7, 100]],
    ],
    attrs: { axis: 0, size: 3 },
    expected: [[1, 1, 1, 1]],
  },
  "ties of take_max": {
    op: "take_max",
    doc: /shared equally among ties/,
    operands: [
      [f32(5), [3, 5, 5, 1, 2]],
      [i32(5), [1, 1, 1, 100, 0]],
    ],
    attrs: { axis: 0, size: 3 },
    expected: [[0, 0.5, 0.5, 1, 1]],
  },
  "ties of take_min": {
    op: "take_min",
    doc: /shared equally among ties/,
    operands: [
      [f32(5), [3, 3, 5, 1, 2]],
      [i32(5), [1, 1, 1, 100, 0]],
    ],
    attrs: { axis: 0, size: 3 },
    expected: [[0.5, 0.5, 0, 1, 1]],
  },
  "equal indices of take_put": {
    op: "take_put",
    doc: /the last of those with the same index/,
    operands: [
      [f32(4), [1, 2, 3, 4]],
      [f32(4), [5, 6, 7, 8]],
      [i32(4), [1, 1, -7, 100]],
    ],
    attrs: { axis: 0 },
    expected: [
      [0, 0, 1, 0],
      [0, 1, 1, 1],
    ],
  },
  "starts of dynamic_slice": {
    op: "dynamic_slice",
    doc: /nearest one/,
    operands: [
      [f32(2, 3), [1, 2, 3, 4, 5, 6]],
      [i32(2), [-3, 2]],
    ],
    attrs: { axis: 1, size: 2 },
    expected: [[1, 1, 0, 0, 1, 1]],
  },
  "starts of dynamic_update_slice": {
    op: "dynamic_update_slice",
    doc: /nearest one/,
    operands: [
      [f32(2, 3), [1, 2, 3, 4, 5, 6]],
      [f32(2, 2), [7, 8, 9, 10]],
      [i32(2), [-3, 2]],
    ],
    attrs: { axis: 1 },
    expected: [
      [0, 0, 1, 1, 0, 0],
      [1, 1, 1, 1],
    ],
  },
  "indices of take_along": {
    op: "take_along",
    doc: clamped,
    operands: [
      [f32(3, 2), [1, 2, 3, 4, 5, 6]],
      [i32(3), [1, -1, 9]],
    ],
    attrs: { axis: 1 },
    expected: [[0, 1, 1, 0, 0, 1]],
  },
  "indices of gather": {
    op: "gather",
    doc: clamped,
    operands: [
      [f32(1, 3), [1, 2, 3]],
      [i32(1, 5), [1, 1, -7, 3, 100]],
    ],
    attrs: { axis: 1 },
    expected: [[1, 2, 2]],
  },
  "indices of scatter_add": {
    op: "scatter_add",
    doc: clamped,
    operands: [
      [f32(4), [1, 2, 3, 4]],
      [i32(4), [1, 1, -7, 100]],
    ],
    attrs: { axis: 0, size: 3 },
    expected: [[1, 1, 1, 1]],
  },
  "indices outside of the window in window_scatter": {
    op: "window_scatter",
    doc: /outside the window adds nothing/,
    operands: [
      [f32(1, 3, 1), [1, 2, 3]],
      [i32(1, 3, 1), [1, -1, 2]],
    ],
    attrs: { window: [2], stride: [1], size: [4] },
    expected: [[1, 0, 0]],
  },
  "indices outside of the window in window_gather": {
    op: "window_gather",
    doc: /outside the window/,
    operands: [
      [f32(1, 4, 1), [1, 2, 3, 4]],
      [i32(1, 3, 1), [1, -1, 2]],
    ],
    attrs: { window: [2], stride: [1] },
    expected: [[0, 1, 0, 0]],
  },
  "a narrower float": {
    op: "convert",
    doc: /the gradient has the dtype of x/,
    operands: [[f64(2), [1, 2]]],
    attrs: { dtype: "f32" },
    expected: [[1, 1]],
  },
  "an integer made of a float": {
    op: "convert",
    doc: /no gradient flows through/,
    operands: [[f32(2), [1, 2]]],
    attrs: { dtype: "bool" },
    expected: [],
  },
};

test.each(Object.entries(cases))(
  "%s: the gradient goes where the documentation says",
  (_, { op, doc, operands, attrs, expected }) => {
    expect(present(ops.get(op), op).doc).toMatch(doc);
    if (expected.length > 0) expect(gradients(op, operands, attrs)).toEqual(expected);
  },
);

test("the second derivative of a power at 0", () => {
  const g = new GraphBuilder("square", ops);
  const x = g.input("x", f32(1));
  const slope = (y: typeof x): typeof x => present(g.callAll("gradient", [g.sum(y, [0]), x])[0], "a gradient");
  [0, 1, 2, 3, 4].forEach((n) => g.output(`n${n}`, slope(slope(g.call("pow", [x, n])))));
  expect(run(g.build(), new Map([["x", Float64Array.of(0)]])).map((d) => (d[0] ?? NaN) + 0)).toEqual([0, 0, 2, 0, 0]);
});

test("the mixed second derivative of a power with exponent 0 is 1 / x, in either order", () => {
  const g = new GraphBuilder("mixed", ops);
  const [x, y] = [g.input("x", f32(3)), g.input("y", f32(3))];
  const slope = (of: typeof x, to: typeof x): typeof x =>
    present(g.callAll("gradient", [g.sum(of, [0]), to])[0], "a gradient");
  const power = g.call("pow", [x, y]);
  g.output("xy", slope(slope(power, x), y));
  g.output("yx", slope(slope(power, y), x));
  const data = new Map([
    ["x", Float64Array.of(2, 0.5, 3)],
    ["y", Float64Array.of(0, 0, 1)],
  ]);
  for (const mixed of run(g.build(), data))
    [0.5, 2, 1 + Math.log(3)].forEach((wanted, i) => expect(mixed[i]).toBeCloseTo(wanted, 12));
});

test("no gradient flows through an integer", () => {
  const g = new GraphBuilder("integer", ops);
  const x = g.input("x", f32(2));
  const loss = g.sum(g.mul(g.convert(g.convert(x, "i32"), "f32"), x), [0]);
  g.output("d", present(g.callAll("gradient", [loss, x])[0], "a gradient"));
  expect([...present(run(g.build(), new Map([["x", Float64Array.of(2.5, -3.5)]]))[0], "d")]).toEqual([2, -3]);
});
