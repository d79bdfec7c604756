import { expect, test } from "vitest";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import type { Attrs, Node } from "../../compiler/graph/ir.ts";
import { ops } from "../../compiler/ops/table.ts";
import { loopsOf, matchingAxis, splitAxes, type Loops } from "../../compiler/analysis/contraction-axes.ts";
import { mapAxes } from "../../compiler/analysis/broadcast-vector.ts";
import { present } from "../../compiler/support/invariant.ts";
import { tensor } from "../../compiler/types/tensor-type.ts";
import type { OpName } from "../../compiler/graph/op.ts";

const g = new GraphBuilder("axes", ops);
const value = (...shape: number[]) => g.input(`x${g.inputs.length}`, tensor("f32", shape));

const node = (op: OpName, a: readonly number[], b: readonly number[], attrs: Attrs): Node =>
  g.call(op, [value(...a), value(...b)], attrs).node;
const loops = (...args: Parameters<typeof node>): Loops => present(loopsOf(node(...args)), "it is a contraction");

const conv = (x: readonly number[], w: readonly number[], groups: number, pad = 0): Loops =>
  loops("conv", x, w, {
    stride: [1, 1],
    dilation: [1, 1],
    padding: [
      [pad, pad],
      [pad, pad],
    ],
    groups,
  });

test("free axes of a dot match axes of the result, contracted axes match each other", () => {
  const dot = loops("dot", [2, 3, 5], [5, 2, 7], { batch: [[0], [1]], contract: [[2], [0]] });
  expect([0, 1, 2].map((axis) => matchingAxis(dot, "out", axis, "rhs"))).toEqual([1, null, 2]);
  expect([0, 1, 2].map((axis) => matchingAxis(dot, "lhs", axis, "rhs"))).toEqual([1, null, 0]);
  expect(splitAxes(dot, "rhs")).toEqual({
    kept: new Map([
      [1, 0],
      [2, 2],
    ]),
    summed: [0],
  });
});

test("channel axes of a convolution match, spatial axes do not, with or without padding", () => {
  for (const pad of [0, 1]) {
    const plain = conv([2, 5, 5, 3], [3, 3, 3, 4], 1, pad);
    expect(plain.padded).toBe(pad > 0);
    expect([0, 1, 2, 3].map((axis) => matchingAxis(plain, "out", axis, "rhs"))).toEqual([null, null, null, 3]);
    expect([0, 1, 2, 3].map((axis) => matchingAxis(plain, "lhs", axis, "rhs"))).toEqual([null, null, null, 2]);
    expect(splitAxes(plain, "rhs")).toEqual({ kept: new Map([[3, 3]]), summed: [0, 1, 2] });
  }
});

test("with groups, the channels of the input are two axes of the kernel", () => {
  const grouped = conv([2, 5, 5, 4], [3, 3, 2, 4], 2);
  expect(matchingAxis(grouped, "out", 3, "rhs")).toBe(3);
  expect(matchingAxis(grouped, "lhs", 3, "rhs")).toBe(null);
  const depthwise = conv([2, 5, 5, 4], [3, 3, 1, 4], 4);
  expect(matchingAxis(depthwise, "lhs", 3, "rhs")).toBe(3);
  expect(matchingAxis(conv([2, 5, 5, 4], [3, 3, 1, 8], 4), "lhs", 3, "rhs")).toBe(null);
});

test("axes with different strides, or that match only in part, do not match", () => {
  const shapes = { lhs: [4, 3], rhs: [4], out: [4, 3] };
  const at = (dims: Loops["dims"]): Loops => ({ dims, shapes, padded: false });
  expect(matchingAxis(at([{ name: "a", size: 4, lhs: 3, rhs: 1, out: 3 }]), "lhs", 0, "rhs")).toBe(0);
  expect(matchingAxis(at([{ name: "a", size: 2, lhs: 3, rhs: 2, out: 3 }]), "lhs", 0, "rhs")).toBe(null);
  expect(matchingAxis(at([{ name: "a", size: 3, lhs: 1, rhs: 1, out: 1 }]), "lhs", 1, "rhs")).toBe(null);
  const diagonal = at([
    { name: "a", size: 2, lhs: 3, rhs: 1, out: 3 },
    { name: "b", size: 2, lhs: 6, rhs: 2, out: 0 },
  ]);
  expect(splitAxes(diagonal, "lhs")).toBe(null);
});

test("a channel vector moves if its axes have counterparts in the same order", () => {
  const channel = { value: value(2, 3), axes: [0, 2] };
  expect(mapAxes(channel, (axis) => axis + 1)?.axes).toEqual([1, 3]);
  expect(mapAxes(channel, (axis) => 2 - axis)).toBe(null);
  expect(mapAxes(channel, (axis) => (axis === 0 ? null : axis))).toBe(null);
});

test("an op that is not a binary contraction has no loops", () => {
  expect(loopsOf(node("add", [2], [2], {}))).toBe(null);
  expect(
    loopsOf(
      node("conv_input_gradient", [1, 2, 2], [1, 2, 2], {
        stride: [1],
        dilation: [1],
        padding: [[0, 0]],
        groups: 1,
        size: [2],
      }),
    ),
  ).toBe(null);
});
