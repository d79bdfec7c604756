// Windows over the spatial axes of [N, ...spatial, C], without padding (pad first), and the transposes that their
// gradients need.
import type { Choices, Example } from "../graph/op.ts";
import type { ExprBuilder } from "../kernel/builder-types.ts";
import type { Expr } from "../kernel/ir.ts";
import { type Interval, below, hull, interval, sumOf } from "../types/interval.ts";
import { type Shape, type TensorType, elements, sameShape, strides, tensor } from "../types/tensor-type.ts";
import { joinFirstAxes } from "./batching.ts";
import { folding, map, scattering } from "./define.ts";
import { type DrawnWindows, drawnWindows } from "./draw.ts";
import { product } from "../support/lists.ts";
import { type Round, scatteredSums, sumOver } from "../support/sum-order.ts";
import { beyond, extreme, isBeyond } from "./extreme.ts";
import { integers, nth } from "./lists.ts";
import { eachIndex, fill, flatten, item, reader } from "./ndarray.ts";
import { type Entry, anyOf, f32, family, floats, i32, none } from "./signature.ts";

interface Window {
  readonly window: readonly number[];
  readonly stride: readonly number[];
}
const attrs = { window: "ints", stride: "ints" } as const;
const sized = { ...attrs, size: "ints" } as const;

const spatial = (x: TensorType): readonly number[] => x.shape.slice(1, -1);
const last = (x: TensorType): number => nth(x.shape, x.shape.length - 1);
const steps = (size: readonly number[], { window, stride }: Window): number[] =>
  size.map((s, i) => Math.floor((s - nth(window, i)) / nth(stride, i)) + 1);
const image = (x: TensorType, size: readonly number[]): number[] => [nth(x.shape, 0), ...size, last(x)];

const isImage = (x: TensorType): boolean => floats.includes(x.dtype) && x.shape.length >= 3;
const imageMessage = (name: string): string => `${name} is ${anyOf(floats)} of shape [N, ...spatial, C]`;
const validWindow = (axes: number, at: Window): boolean =>
  [at.window, at.stride].every((list) => list.length === axes && integers(list, 1));
const windowMessage = "there is one window size and one stride of at least 1 per spatial axis";
const fits = (x: TensorType, at: Window): boolean => spatial(x).every((s, i) => s >= nth(at.window, i));
const fitsMessage = "the window is not larger than x";
const validSize = (dy: TensorType, at: Window & { readonly size: readonly number[] }): boolean =>
  at.size.length === at.window.length &&
  integers(at.size, 1) &&
  at.size.every((s, i) => s >= nth(at.window, i)) &&
  sameShape(steps(at.size, at), spatial(dy));
const sizeMessage = "windows over `size` result in the spatial sizes of dy";

/** Drawn windows, with the shape of their results. */
function drawnOver(c: Choices, shape: Shape): DrawnWindows & { readonly y: Shape } {
  const use = drawnWindows(c, shape);
  return { ...use, y: use.x.length === 0 ? [] : image(tensor("f32", use.x), steps(use.x.slice(1, -1), use.attrs)) };
}

// Examples that break the conditions: windows of 2 by 2 over 4 by 4 pixels, with one error each.
const two = { window: [2, 2], stride: [2, 2] };
const four = { ...two, size: [4, 4] };
const [small, chosen] = [f32(1, 2, 2, 1), i32(1, 2, 2, 1)];
const notImages: readonly Example[] = [
  [[f32()], four],
  [[i32(1, 4, 4, 1)], four],
  [[f32(4, 4)], four],
];
const notWindows: readonly Example[] = [
  [[f32(1, 4, 4, 1)], { ...two, window: [2] }],
  [[f32(1, 4, 4, 1)], { ...two, stride: [2, 0] }],
];
const tooLarge: readonly Example[] = [[[f32(1, 4, 1, 1)], two]];

/** The multi-index in x of offset `w` in the window of the result element `at`. */
const under = (k: ExprBuilder, at: readonly Expr[], w: readonly Expr[], { stride }: Window): Expr[] =>
  at.map((i, axis) =>
    w
      .slice(axis - 1, axis)
      .reduce(
        (sum, offset) => k.add(sum, offset),
        axis > 0 && axis <= w.length ? k.mul(i, k.int(nth(stride, axis - 1))) : i,
      ),
  );

const underIndex = (at: readonly number[], w: readonly number[], { stride }: Window): number[] =>
  at.map((i, axis) => (axis > 0 && axis <= w.length ? i * nth(stride, axis - 1) + nth(w, axis - 1) : i));

/** All offsets in a window, in row-major order. */
function windowOffsets(window: readonly number[]): number[][] {
  const result: number[][] = [];
  eachIndex(window, (w) => result.push([...w]));
  return result;
}

/**
 * Splits an index over [N, ...positions, ...window, C] into the index of the result element and the offset in its
 * window.
 */
function split<T>(d: readonly T[], axes: number): { readonly at: readonly T[]; readonly w: readonly T[] } {
  return { at: [...d.slice(0, 1 + axes), ...d.slice(1 + 2 * axes)], w: d.slice(1 + axes, 1 + 2 * axes) };
}

const domain = (dy: TensorType, window: readonly number[]): number[] =>
  dy.shape.toSpliced(dy.shape.length - 1, 0, ...window);

/** Adds `term` of each element of dy, for each offset in its window, to an image. */
function spread(
  round: Round,
  dy: TensorType,
  out: TensorType,
  at: Window,
  term: (flat: number, offset: number) => number,
): Float64Array {
  const steps = strides(out.shape);
  return scatteredSums(round, { targets: elements(out.shape), mostTerms: overlap(at) }, (add) =>
    eachIndex(domain(dy, at.window), (d) => {
      const { at: position, w } = split(d, at.window.length);
      add(
        flatten(underIndex(position, w, at), steps),
        term(flatten(position, strides(dy.shape)), flatten(w, strides(at.window))),
      );
    }),
  );
}

/** The most windows that an element is under. */
const overlap = ({ window, stride }: Window): number =>
  product(window.map((size, axis) => Math.ceil(size / nth(stride, axis))));

interface WindowReduction {
  readonly doc: string;
  readonly init: number;
  readonly combine: "add" | "max";
  /** The interval of the results, from that of the elements and their number under a window. */
  readonly range: (x: Interval, count: number) => Interval;
  readonly reference: (a: number, b: number) => number;
  readonly gradient: Parameters<typeof folding<readonly ["x"], typeof attrs>>[0]["gradient"];
  readonly linear?: readonly "x"[];
  readonly exact: boolean;
}

const windowReduction = ({ init, combine, reference, range, ...rest }: WindowReduction): Entry =>
  folding({
    ...rest,
    operands: ["x"],
    attrs,
    batch: joinFirstAxes,
    requires: {
      c1: { message: imageMessage("x"), about: ["x"], holds: ({ x }) => isImage(x), breaks: notImages },
      c2: {
        message: windowMessage,
        about: ["window", "stride"],
        holds: ({ x }, at) => validWindow(spatial(x).length, at),
        breaks: notWindows,
      },
      c3: { message: fitsMessage, about: ["window"], holds: ({ x }, at) => fits(x, at), breaks: tooLarge },
    },
    type: ({ x }, at) => tensor(x.dtype, image(x, steps(spatial(x), at))),
    extents: ({ attrs: { window } }) => window,
    init: () => init,
    step: (k, acc, at, r, { x }, { attrs: use }) => k[combine](acc, x(under(k, at, r, use))),
    combine,
    range: ({ x }, { attrs: { window } }) => range(x, elements(window)),
    reference: ({ x }, { out, attrs: use }, round) => {
      const read = reader(x);
      if (combine === "add")
        return fill(out.shape, (at) => sumOver(round, use.window, false, (w) => read(underIndex(at, w, use))));
      const all = windowOffsets(use.window);
      return fill(out.shape, (at) => all.reduce((acc, w) => reference(acc, read(underIndex(at, w, use))), init));
    },
    draw: (c, shape) => {
      const { x, attrs: at } = drawnWindows(c, shape);
      return { shapes: [x], attrs: at };
    },
    samples: [
      { operands: [f32(2, 4, 6, 3)], attrs: { window: [2, 2], stride: [2, 2] } },
      { operands: [f32(1, 5, 5, 2)], attrs: { window: [3, 2], stride: [1, 2] } },
      { operands: [f32(2, 3, 3, 1)], attrs: { window: [3, 3], stride: [1, 1] } },
      { operands: [f32(1, 7, 5)], attrs: { window: [2], stride: [3] } },
      { operands: [f32(1, 1, 1, 4)], attrs: { window: [1, 1], stride: [2, 1] } },
    ],
  });

declare module "../graph/form.ts" {
  interface OpNames {
    windows: "window_max" | "window_sum" | "window_argmax" | "window_spread" | "window_scatter" | "window_gather";
  }
}

export const windows = family<"windows">({
  window_max: windowReduction({
    doc: "the largest under each window, NaN if one is NaN; the gradient goes to the first of equals, or the first NaN",
    init: -Infinity,
    combine: "max",
    range: (x) => x,
    reference: extreme.max,
    gradient: (g, { x }, { dout, attrs: { window, stride } }) => {
      const argmax = g.call("window_argmax", [x], { window, stride });
      return { x: g.call("window_scatter", [dout, argmax], { window, stride, size: spatial(x.type) }) };
    },
    exact: true,
  }),

  window_sum: windowReduction({
    doc: "the sum under each window",
    init: 0,
    combine: "add",
    range: sumOf,
    reference: (a, b) => a + b,
    gradient: (g, { x }, { dout, attrs: { window, stride } }) => ({
      x: g.call("window_spread", [dout], { window, stride, size: spatial(x.type) }),
    }),
    linear: ["x"],
    exact: true,
  }),

  window_argmax: map({
    doc: "the index of the largest element under each window, row-major inside the window, the first of equals, or that of the first NaN",
    operands: ["x"],
    attrs,
    requires: {
      c1: { message: imageMessage("x"), about: ["x"], holds: ({ x }) => isImage(x), breaks: notImages },
      c2: {
        message: windowMessage,
        about: ["window", "stride"],
        holds: ({ x }, at) => validWindow(spatial(x).length, at),
        breaks: notWindows,
      },
      c3: { message: fitsMessage, about: ["window"], holds: ({ x }, at) => fits(x, at), breaks: tooLarge },
    },
    type: ({ x }, at) => tensor("i32", image(x, steps(spatial(x), at))),
    // Unrolled, so that every read is affine and neighbouring channels can share a vector.
    element: (k, at, { x }, { attrs: use }) => {
      const reads = windowOffsets(use.window).map((w) =>
        k.let(
          x(
            under(
              k,
              at,
              w.map((i) => k.int(i)),
              use,
            ),
          ),
        ),
      );
      const first = { best: reads[0] ?? k.float(0), index: k.int(0) };
      return reads.slice(1).reduce(({ best, index }, value, i) => {
        const better = k.let(beyond(k, "max", value, best));
        return { best: k.let(k.select(better, value, best)), index: k.let(k.select(better, k.int(i + 1), index)) };
      }, first).index;
    },
    batch: joinFirstAxes,
    gradient: none("an index is not differentiable"),
    range: (_, { attrs: { window } }) => below(elements(window)),
    reference: ({ x }, { out, attrs: use }) => {
      const read = reader(x);
      const all = windowOffsets(use.window);
      return fill(out.shape, (at) => {
        const values = all.map((w) => read(underIndex(at, w, use)));
        return values.reduce((best, value, i) => (isBeyond.max(value, nth(values, best)) ? i : best), 0);
      });
    },
    draw: (c, shape) => {
      const { x, attrs: at } = drawnWindows(c, shape);
      return { shapes: [x], attrs: at };
    },
    samples: [
      { operands: [f32(2, 4, 6, 3)], attrs: { window: [2, 2], stride: [2, 2] } },
      { operands: [f32(1, 5, 5, 2)], attrs: { window: [3, 2], stride: [1, 2] } },
      { operands: [f32(1, 2, 2, 1)], attrs: { window: [2, 2], stride: [1, 1] }, values: [[1, 3, 3, 0]] },
      { operands: [f32(1, 7, 5)], attrs: { window: [2], stride: [3] } },
      { operands: [f32(1, 1, 1, 1)], attrs: { window: [1, 1], stride: [1, 1] } },
    ],
  }),

  window_spread: scattering({
    doc: "the transpose of window_sum: adds each dy to all elements under its window, in an image of spatial sizes `size`",
    operands: ["dy"],
    attrs: sized,
    requires: {
      c1: { message: imageMessage("dy"), about: ["dy"], holds: ({ dy }) => isImage(dy), breaks: notImages },
      c2: {
        message: windowMessage,
        about: ["window", "stride"],
        holds: ({ dy }, at) => validWindow(spatial(dy).length, at),
        breaks: [[[small], { window: [2, 2], stride: [2], size: [4, 4] }]],
      },
      c3: {
        message: sizeMessage,
        about: ["size"],
        holds: ({ dy }, at) => validSize(dy, at),
        breaks: [
          [[small], { ...two, size: [4, 6] }],
          [[small], { ...two, size: [4] }],
        ],
      },
    },
    type: ({ dy }, { size }) => tensor(dy.dtype, image(dy, size)),
    domain: ({ types, attrs: { window } }) => domain(types.dy, window),
    target: (k, d, _, { attrs: use }) => {
      const { at, w } = split(d, use.window.length);
      return under(k, at, w, use);
    },
    value: (_, d, { dy }, { attrs: { window } }) => dy(split(d, window.length).at),
    mostTerms: ({ attrs: use }) => overlap(use),
    batch: joinFirstAxes,
    linear: ["dy"],
    gradient: (g, _, { dout, attrs: { window, stride } }) => ({ dy: g.call("window_sum", [dout], { window, stride }) }),
    range: ({ dy }, { attrs: { window } }) => sumOf(dy, elements(window)),
    reference: ({ dy }, { out, attrs: use }, round) => spread(round, dy.type, out, use, (flat) => item(dy.data, flat)),
    draw: (c, shape) => {
      const { x, y, attrs: at } = drawnOver(c, shape);
      return { shapes: [y], attrs: { ...at, size: x.slice(1, -1) } };
    },
    samples: [
      { operands: [f32(2, 2, 3, 3)], attrs: { window: [2, 2], stride: [2, 2], size: [4, 6] } },
      { operands: [f32(1, 3, 2, 2)], attrs: { window: [3, 2], stride: [1, 2], size: [5, 5] } },
      { operands: [f32(1, 2, 5)], attrs: { window: [2], stride: [3], size: [7] } },
      { operands: [f32(1, 1, 1, 1)], attrs: { window: [1, 1], stride: [2, 1], size: [2, 1] } },
    ],
  }),

  window_scatter: scattering({
    doc: "the gradient of window_max: adds each dy to the element under its window with the index argmax, in an image of spatial sizes `size`; an index outside the window adds nothing",
    operands: ["dy", "argmax"],
    attrs: sized,
    requires: {
      c1: {
        message: imageMessage("dy"),
        about: ["dy"],
        holds: ({ dy }) => isImage(dy),
        breaks: [
          [[f32(), i32()], four],
          [[f32(2, 2), i32(2, 2)], four],
        ],
      },
      c2: {
        message: "argmax is i32 of the shape of dy",
        about: ["argmax"],
        holds: ({ dy, argmax }) => argmax.dtype === "i32" && sameShape(dy.shape, argmax.shape),
        breaks: [
          [[small, small], four],
          [[small, i32(1, 2, 2, 2)], four],
        ],
      },
      c3: {
        message: windowMessage,
        about: ["window", "stride"],
        holds: ({ dy }, at) => validWindow(spatial(dy).length, at),
        breaks: [[[small, chosen], { ...four, window: [2, 0] }]],
      },
      c4: {
        message: sizeMessage,
        about: ["size"],
        holds: ({ dy }, at) => validSize(dy, at),
        breaks: [[[small, chosen], { ...two, size: [3, 4] }]],
      },
    },
    type: ({ dy }, { size }) => tensor(dy.dtype, image(dy, size)),
    // All positions of a window are visited, so that targets are affine and neighbouring channels can share a vector.
    domain: ({ types, attrs: { window } }) => domain(types.dy, window),
    target: (k, d, _, { attrs: use }) => {
      const { at, w } = split(d, use.window.length);
      return under(k, at, w, use);
    },
    value: (k, d, { dy, argmax }, { attrs: { window } }) => {
      const { at, w } = split(d, window.length);
      const offset = w.reduce((sum, i, axis) => k.add(sum, k.mul(i, k.int(nth(strides(window), axis)))), k.int(0));
      return k.select(k.eq(argmax(at), offset), dy(at), 0);
    },
    mostTerms: ({ attrs: use }) => overlap(use),
    batch: joinFirstAxes,
    linear: ["dy"],
    gradient: (g, { argmax }, { dout, attrs: { window, stride } }) => ({
      dy: g.call("window_gather", [dout, argmax], { window, stride }),
    }),
    range: ({ dy }, { attrs: { window } }) => sumOf(dy, elements(window)),
    reference: ({ dy, argmax }, { out, attrs: use }, round) =>
      spread(round, dy.type, out, use, (flat, offset) =>
        item(argmax.data, flat) === offset ? item(dy.data, flat) : 0,
      ),
    draw: (c, shape) => {
      const { x, y, attrs: at } = drawnOver(c, shape);
      return { shapes: [y, y], attrs: { ...at, size: x.slice(1, -1) } };
    },
    samples: [
      { operands: [f32(2, 2, 3, 3), i32(2, 2, 3, 3)], attrs: { window: [2, 2], stride: [2, 2], size: [4, 6] } },
      { operands: [f32(1, 3, 2, 2), i32(1, 3, 2, 2)], attrs: { window: [3, 2], stride: [1, 2], size: [5, 5] } },
      { operands: [f32(1, 2, 5), i32(1, 2, 5)], attrs: { window: [4], stride: [3], size: [7] } },
      {
        operands: [f32(1, 2, 3), i32(1, 2, 3)],
        attrs: { window: [3], stride: [2], size: [5] },
        values: [null, [0, 3, -1, 2, 700, 1]],
      },
    ],
  }),

  window_gather: map({
    doc: "the transpose of window_scatter: the element of x under each window with the index argmax; 0 if the index is outside the window",
    operands: ["x", "argmax"],
    attrs,
    requires: {
      c1: {
        message: imageMessage("x"),
        about: ["x"],
        holds: ({ x }) => isImage(x),
        breaks: [
          [[f32(), i32()], two],
          [[i32(1, 4, 4, 1), chosen], two],
        ],
      },
      c2: {
        message: windowMessage,
        about: ["window", "stride"],
        holds: ({ x }, at) => validWindow(spatial(x).length, at),
        breaks: [[[f32(1, 4, 4, 1), chosen], { ...two, window: [2, 2, 2] }]],
      },
      c3: {
        message: fitsMessage,
        about: ["window"],
        holds: ({ x }, at) => fits(x, at),
        breaks: [[[f32(1, 4, 1, 1), i32(1, 2, 1, 1)], two]],
      },
      c4: {
        message: "argmax is i32 of the shape of the window results",
        about: ["argmax"],
        holds: ({ x, argmax }, at) =>
          argmax.dtype === "i32" && sameShape(argmax.shape, image(x, steps(spatial(x), at))),
        breaks: [
          [[f32(1, 4, 4, 1), small], two],
          [[f32(1, 4, 4, 1), i32(1, 2, 1, 1)], two],
        ],
      },
    },
    type: ({ x, argmax }) => tensor(x.dtype, argmax.shape),
    element: (k, at, { x, argmax }, { attrs: use }) => {
      const offset = k.let(argmax(at));
      const inWindow = k.let(k.and(k.ge(offset, 0), k.lt(offset, k.int(elements(use.window)))));
      const safe = k.let(k.select(inWindow, offset, 0));
      const w = use.window.map((size, axis) => k.rem(k.div(safe, k.int(nth(strides(use.window), axis))), k.int(size)));
      return k.select(inWindow, x(under(k, at, w, use)), 0);
    },
    batch: joinFirstAxes,
    linear: ["x"],
    gradient: (g, { x, argmax }, { dout, attrs: { window, stride } }) => ({
      x: g.call("window_scatter", [dout, argmax], { window, stride, size: spatial(x.type) }),
    }),
    range: ({ x }) => hull(x, interval(0, 0)),
    reference: ({ x, argmax }, { out, attrs: use }) => {
      const [read, chosen] = [reader(x), reader(argmax)];
      const all = windowOffsets(use.window);
      return fill(out.shape, (at) => {
        const w = all[chosen(at)];
        return w === undefined ? 0 : read(underIndex(at, w, use));
      });
    },
    draw: (c, shape) => {
      const { x, y, attrs: at } = drawnOver(c, shape);
      return { shapes: [x, y], attrs: at };
    },
    samples: [
      { operands: [f32(2, 4, 6, 3), i32(2, 2, 3, 3)], attrs: { window: [2, 2], stride: [2, 2] } },
      { operands: [f32(1, 5, 5, 2), i32(1, 3, 2, 2)], attrs: { window: [3, 2], stride: [1, 2] } },
      { operands: [f32(1, 7, 5), i32(1, 2, 5)], attrs: { window: [4], stride: [3] } },
      {
        operands: [f32(1, 5, 3), i32(1, 2, 3)],
        attrs: { window: [3], stride: [2] },
        values: [null, [0, 3, -1, 2, 700, 1]],
      },
    ],
  }),
});
