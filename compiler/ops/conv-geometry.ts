// The trilinear form that conv and its two gradients share: sums of x[n, p, g c] w[k, c, g o] y[n, q, g o] with p =
// stride q + dilation k - lo.
import type { ContractionDim } from "../graph/op.ts";
import { type Shape, strides } from "../types/tensor-type.ts";
import { integers, nth, range } from "./lists.ts";
import { eachIndex, flatten } from "./ndarray.ts";

export interface ConvAttrs {
  readonly stride: readonly number[];
  readonly padding: readonly (readonly number[])[];
  readonly dilation: readonly number[];
  readonly groups: number;
}

/** Shapes of x `[N, ...spatial, C]`, w `[...spatial, C / groups, O]` and y `[N, ...spatial, O]`. */
export interface ConvShapes {
  readonly x: Shape;
  readonly w: Shape;
  readonly y: Shape;
}

export const spatial = (image: Shape): readonly number[] => image.slice(1, -1);
export const kernelSpatial = (w: Shape): readonly number[] => w.slice(0, -2);
export const lastOf = (shape: Shape): number => nth(shape, shape.length - 1);

/** The spatial sizes of the output: floor((size + lo + hi - dilation (kernel - 1) - 1) / stride) + 1, per axis. */
export const convSizes = (
  size: readonly number[],
  kernel: readonly number[],
  { stride, padding, dilation }: ConvAttrs,
): number[] =>
  size.map(
    (s, i) =>
      Math.floor(
        (s + nth(padding[i] ?? [], 0) + nth(padding[i] ?? [], 1) - nth(dilation, i) * (nth(kernel, i) - 1) - 1) /
          nth(stride, i),
      ) + 1,
  );

/** Whether the attributes are well formed for that many spatial axes. */
export const validAttrs = ({ stride, padding, dilation, groups }: ConvAttrs, axes: number): boolean =>
  [stride, dilation].every((list) => list.length === axes && integers(list, 1)) &&
  padding.length === axes &&
  padding.every((pair) => pair.length === 2 && integers(pair, 0)) &&
  integers([groups], 1);

/**
 * Calls `visit` with the flat positions in x, w and y of every term, and its flat index among the terms of one element
 * of y, [...taps, c], and of w, [n, ...positions].
 */
export function eachTerm(
  { x, w, y }: ConvShapes,
  { stride, padding, dilation, groups }: ConvAttrs,
  visit: (x: number, w: number, y: number, ofY: number, ofW: number) => void,
): void {
  const [xSteps, wSteps, ySteps] = [strides(x), strides(w), strides(y)];
  const [perGroup, outPerGroup] = [nth(w, w.length - 2), lastOf(w) / groups];
  const kernel = kernelSpatial(w);
  eachIndex(y.slice(0, -1), (at) => {
    const yStart = flatten(at, ySteps);
    const position = yStart / lastOf(y);
    eachIndex(kernel, (k) => {
      const from = k.map(
        (tap, i) => nth(at, i + 1) * nth(stride, i) + tap * nth(dilation, i) - nth(padding[i] ?? [], 0),
      );
      if (from.some((p, i) => p < 0 || p >= nth(x, i + 1))) return;
      const xStart = flatten([nth(at, 0), ...from], xSteps);
      const wStart = flatten(k, wSteps);
      for (let c = 0; c < perGroup; c++)
        for (let o = 0; o < lastOf(w); o++) {
          const from = xStart + Math.floor(o / outPerGroup) * perGroup + c;
          const row = wStart + c * lastOf(w);
          visit(from, row + o, yStart + o, row / lastOf(w), position);
        }
    });
  });
}

/** A dim of the form, with its stride in each of the three tensors. */
export interface ConvDim {
  readonly name: string;
  readonly size: number;
  readonly x: number;
  readonly w: number;
  readonly y: number;
}

export interface ConvDims {
  /** Empty for one group. */
  readonly group: readonly ConvDim[];
  /** Batch and output positions. */
  readonly positions: readonly ConvDim[];
  readonly taps: readonly ConvDim[];
  /** Channels of x, and of y, within a group. */
  readonly c: ConvDim;
  readonly o: ConvDim;
}

const axisNames = ["z", "y", "x"];

/** Null if there is padding, since an access is not affine then. */
export function convDims({ x, w, y }: ConvShapes, { stride, padding, dilation, groups }: ConvAttrs): ConvDims | null {
  if (padding.some((pair) => pair.some((p) => p !== 0))) return null;
  const [xSteps, wSteps, ySteps] = [strides(x), strides(w), strides(y)];
  const axes = range(kernelSpatial(w).length);
  const name = (i: number): string => axisNames[axisNames.length - axes.length + i] ?? "";
  const [perGroup, outPerGroup] = [nth(w, w.length - 2), lastOf(w) / groups];
  return {
    group: groups === 1 ? [] : [{ name: "g", size: groups, x: perGroup, w: outPerGroup, y: outPerGroup }],
    positions: [
      { name: "n", size: nth(x, 0), x: nth(xSteps, 0), w: 0, y: nth(ySteps, 0) },
      ...axes.map((i) => ({
        name: name(i),
        size: nth(y, i + 1),
        x: nth(xSteps, i + 1) * nth(stride, i),
        w: 0,
        y: nth(ySteps, i + 1),
      })),
    ],
    taps: axes.map((i) => ({
      name: `k${name(i)}`,
      size: nth(w, i),
      x: nth(xSteps, i + 1) * nth(dilation, i),
      w: nth(wSteps, i),
      y: 0,
    })),
    c: { name: "c", size: perGroup, x: 1, w: lastOf(w), y: 0 },
    o: { name: "o", size: outPerGroup, x: 0, w: 1, y: 1 },
  };
}

/** The dims of a contraction, given which of the three tensors is lhs, rhs and out. */
export const withRoles = (
  dims: readonly ConvDim[],
  lhs: "x" | "w" | "y",
  rhs: "x" | "w" | "y",
  out: "x" | "w" | "y",
): ContractionDim[] => dims.map((d) => ({ name: d.name, size: d.size, lhs: d[lhs], rhs: d[rhs], out: d[out] }));
