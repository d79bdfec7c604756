/**
 * Batching of convolutions. If only the images are batched, the members join the batch of images. If both operands are
 * batched, the members become groups. If only the second operand is, they become channels within each group.
 */
import type { GraphBuilder } from "../graph/build.ts";
import type { Value } from "../graph/ir.ts";
import type { BatchValue } from "../graph/op.ts";
import { joinAxis, joinFirst, splitAxis, splitFirst } from "./batching.ts";
import type { BatchOf } from "./signature.ts";

type Attributes = {
  readonly stride: "ints";
  readonly padding: "pairs";
  readonly dilation: "ints";
  readonly groups: "int";
};
type Sized = Attributes & { readonly size: "ints" };

/** The index of a value's last axis, not counting the batch axis. */
const last = ({ value, batched }: BatchValue): number => value.type.shape.length - (batched ? 2 : 1);

const joinLast = (g: GraphBuilder, x: BatchValue, parts: number): Value => joinAxis(g, x.value, last(x), parts);
const splitLast = (g: GraphBuilder, y: Value, parts: number, size: number): Value =>
  splitAxis(g, y, y.type.shape.length - 1, parts, size);

export const convBatch: BatchOf<readonly ["x", "w"], Attributes> = (g, { x, w }, { attrs, size }) => {
  if (!w.batched) return splitFirst(g, g.call("conv", [joinFirst(g, x.value), w.value], { ...attrs }), size);
  if (!x.batched)
    return splitLast(g, g.call("conv", [x.value, joinLast(g, w, attrs.groups)], { ...attrs }), attrs.groups, size);
  return splitLast(
    g,
    g.call("conv", [joinLast(g, x, 1), joinLast(g, w, 1)], { ...attrs, groups: attrs.groups * size }),
    1,
    size,
  );
};

export const inputGradientBatch: BatchOf<readonly ["dy", "w"], Sized> = (g, { dy, w }, { attrs, size }) => {
  const call = (left: Value, right: Value, groups: number): Value =>
    g.call("conv_input_gradient", [left, right], { ...attrs, groups });
  if (!w.batched) return splitFirst(g, call(joinFirst(g, dy.value), w.value, attrs.groups), size);
  if (!dy.batched)
    return splitLast(g, call(dy.value, joinAxis(g, w.value, last(w) - 1, 1), attrs.groups), attrs.groups, size);
  return splitLast(g, call(joinLast(g, dy, 1), joinLast(g, w, 1), attrs.groups * size), 1, size);
};

export const kernelGradientBatch: BatchOf<readonly ["x", "dy"], Sized> = (g, { x, dy }, { attrs, size }) => {
  const call = (left: Value, right: Value, groups: number): Value =>
    g.call("conv_kernel_gradient", [left, right], { ...attrs, groups });
  const { groups } = attrs;
  if (!dy.batched) {
    const dw = call(joinLast(g, x, groups), dy.value, groups);
    return splitAxis(g, dw, dw.type.shape.length - 2, 1, size);
  }
  if (!x.batched) return splitLast(g, call(x.value, joinLast(g, dy, groups), groups), groups, size);
  return splitLast(g, call(joinLast(g, x, 1), joinLast(g, dy, 1), groups * size), 1, size);
};
