// For every op its uses by the size of what it works on. Conditions decide which of these uses an op admits; nothing here knows dtypes.
import type { Attrs } from "../../../compiler/graph/ir.ts";
import type { Op } from "../../../compiler/graph/op.ts";
import { elements, type Shape } from "../../../compiler/types/tensor-type.ts";

/** Shapes of the operands, and attributes. */
export interface Use {
  readonly shapes: readonly Shape[];
  readonly attrs: Attrs;
}

type Uses = (shape: Shape) => readonly Use[];

const last = (shape: Shape): number => Math.max(shape.length - 1, 0);
const count = (shape: Shape): number => shape.at(-1) ?? 0;
const axesOf = (shape: Shape): number[] => [...shape.keys()];
const each = <T>(shape: Shape, item: T): T[] => shape.map(() => item);
/** The last axis and the first; of a scalar an axis that it lacks. */
const ends = (shape: Shape): readonly number[] => [...new Set([last(shape), 0])];
const onEnds =
  (use: (shape: Shape, axis: number) => readonly Use[]): Uses =>
  (shape) =>
    ends(shape).flatMap((axis) => use(shape, axis));

const pointwise =
  (arity: number): Uses =>
  (shape) => [{ shapes: Array.from({ length: arity }, () => shape), attrs: {} }];

const reduction: Uses = (shape) => [axesOf(shape), ...axesOf(shape).map((axis) => [axis])].map((axes) => ({ shapes: [shape], attrs: { axes } }));
const place = onEnds((x, axis) => [{ shapes: [x], attrs: { axis } }]);
const leaf =
  (attrs: Attrs): Uses =>
  (shape) => [{ shapes: [], attrs: { ...attrs, shape } }];

const dot: Uses = (shape) => {
  if (shape.length === 0) return [{ shapes: [[], []], attrs: { contract: [[], []] } }];
  const n = count(shape);
  const product = (m: number, k: number, columns: number): Use => ({
    shapes: [
      [m, k],
      [k, columns],
    ],
    attrs: { contract: [[1], [0]] },
  });
  return [
    product(n, 5, 7),
    product(6, n, 9),
    product(9, 7, n),
    {
      shapes: [
        [3, n],
        [5, n],
      ],
      attrs: { contract: [[1], [1]] },
    },
    {
      shapes: [
        [2, 5, n],
        [2, n, 3],
      ],
      attrs: { batch: [[0], [0]], contract: [[2], [1]] },
    },
    { shapes: [[n], [n]], attrs: { contract: [[0], [0]] } },
    {
      shapes: [
        [n, 4],
        [4, n],
      ],
      attrs: { batch: [[0], [1]], contract: [[1], [0]] },
    },
  ];
};

interface Conv {
  readonly x: Shape;
  readonly w: Shape;
  readonly stride: readonly number[];
  readonly padding: readonly (readonly number[])[];
  readonly dilation: readonly number[];
  readonly groups: number;
}

/** Batch, places, channels and features of that size in turn. */
const convs = (n: number): readonly Conv[] => [
  { x: [n, 6, 3], w: [3, 3, 5], stride: [1], padding: [[0, 0]], dilation: [1], groups: 1 },
  { x: [1, n + 2, 2], w: [2, 2, 3], stride: [2], padding: [[1, 0]], dilation: [1], groups: 1 },
  {
    x: [1, 4, 5, n],
    w: [2, 2, n, 3],
    stride: [1, 1],
    padding: [
      [0, 1],
      [1, 1],
    ],
    dilation: [2, 1],
    groups: 1,
  },
  {
    x: [2, 3, 3, 2],
    w: [2, 2, 2, n],
    stride: [1, 1],
    padding: [
      [0, 0],
      [0, 0],
    ],
    dilation: [1, 1],
    groups: 1,
  },
  {
    x: [1, 5, 3, 2 * n],
    w: [3, 1, 1, 2 * n],
    stride: [1, 2],
    padding: [
      [1, 1],
      [0, 0],
    ],
    dilation: [1, 1],
    groups: Math.max(2 * n, 1),
  },
];

const outOf = ({ x, w, stride, padding, dilation }: Conv): Shape => [
  x[0] ?? 0,
  ...stride.map((step, i) => {
    const [lo = 0, hi = 0] = padding[i] ?? [];
    return Math.floor(((x[i + 1] ?? 0) + lo + hi - (dilation[i] ?? 1) * ((w[i] ?? 1) - 1) - 1) / step) + 1;
  }),
  w.at(-1) ?? 0,
];

/** A scalar is no image. */
const ofConvs =
  (use: (at: Conv, y: Shape, attrs: Attrs) => Use): Uses =>
  (shape) => {
    const [first] = convs(1);
    const list = shape.length === 0 && first !== undefined ? [{ ...first, x: [], w: [] }] : convs(count(shape));
    return list.map((at) => use(at, outOf(at), { stride: at.stride, padding: at.padding, dilation: at.dilation, groups: at.groups }));
  };

interface Window {
  readonly x: Shape;
  readonly window: readonly number[];
  readonly stride: readonly number[];
}
const windows = (n: number): readonly Window[] => [
  { x: [n, 4, 2], window: [2], stride: [2] },
  { x: [1, n + 2, 4, 1], window: [2, 3], stride: [1, 1] },
  { x: [2, 5, 5, n], window: [3, 2], stride: [2, 1] },
];
const ofWindows =
  (use: (at: Window, y: Shape, attrs: Attrs) => Use): Uses =>
  (shape) => {
    const list = shape.length === 0 ? [{ x: [], window: [2], stride: [2] }] : windows(count(shape));
    return list.map((at) => {
      const y = at.x.map((size, axis) =>
        axis === 0 || axis === at.x.length - 1 ? size : Math.floor((size - (at.window[axis - 1] ?? 1)) / (at.stride[axis - 1] ?? 1)) + 1,
      );
      return use(at, y, { window: at.window, stride: at.stride });
    });
  };

const isWindowed = ofWindows(({ x }, _, attrs) => ({ shapes: [x], attrs }));

/** Rows, columns and depth of that size in turn, in panels that do not always divide the columns. */
const panels = (n: number): readonly { readonly rhs: Shape; readonly lhs: Shape; readonly packed: Shape; readonly lists: Attrs; readonly shape: Shape }[] =>
  (
    [
      [n, 5, 7, 8],
      [4, n, 6, 8],
      [9, 3, n, 4],
    ] as const
  ).map(([m, columns, k, width]) => ({
    lhs: [m, k],
    rhs: [k, columns],
    packed: [1, Math.ceil(columns / width), k, width],
    lists: { sizes: [m, columns, k], lhs: [k, 0, 1], rhs: [0, 1, columns], out: [columns, 1, 0], width },
    shape: [m, columns],
  }));

const uses: Readonly<Record<string, Uses>> = {
  input: leaf({ name: "x" }),
  param: leaf({ path: "x" }),
  state: leaf({ path: "x" }),
  constant: (shape) => [
    { shapes: [], attrs: { value: 1, shape } },
    { shapes: [], attrs: { values: Array.from({ length: elements(shape) }, (_, i) => i % 2), shape } },
  ],
  gradient: (shape) => [{ shapes: [[], shape, shape], attrs: {} }],
  threefry: (shape) => [0, 1].map((word) => ({ shapes: each([0, 0, 0, 0], shape), attrs: { word } })),

  reduce_sum: reduction,
  reduce_prod: reduction,
  reduce_max: reduction,
  reduce_min: reduction,
  argmax: place,
  argmin: place,
  cumsum: onEnds((x, axis) => [false, true].flatMap((reverse) => [false, true].map((exclusive) => ({ shapes: [x], attrs: { axis, reverse, exclusive } })))),
  argsort: onEnds((x, axis) => [false, true].map((descending) => ({ shapes: [x], attrs: { axis, descending } }))),

  reshape: (x) => [[elements(x)], [1, ...x, 1]].map((shape) => ({ shapes: [x], attrs: { shape } })),
  transpose: (x) => [
    { shapes: [x], attrs: { perm: axesOf(x).toReversed() } },
    { shapes: [[2, ...x]], attrs: { perm: [...axesOf(x).map((axis) => axis + 1), 0] } },
  ],
  broadcast: (x) => [
    { shapes: [x], attrs: { shape: [3, ...x], dims: axesOf(x).map((axis) => axis + 1) } },
    { shapes: [x], attrs: { shape: [...x, 5], dims: axesOf(x) } },
  ],
  reverse: (x) => [axesOf(x), axesOf(x).slice(-1)].map((axes) => ({ shapes: [x], attrs: { axes } })),
  iota: onEnds((shape, axis) => [{ shapes: [], attrs: { shape, axis } }]),
  slice: (x) => [
    { shapes: [x], attrs: { start: x.map((n) => (n > 1 ? 1 : 0)), limit: x, stride: each(x, 1) } },
    { shapes: [x], attrs: { start: each(x, 0), limit: x, stride: each(x, 2) } },
  ],
  pad: (x) => [
    { shapes: [x], attrs: { lo: each(x, 1), hi: each(x, 2), interior: each(x, 0), value: 1 } },
    { shapes: [x], attrs: { lo: each(x, 0), hi: each(x, 1), interior: each(x, 1), value: 0 } },
  ],
  concat: onEnds((x, axis) => [
    { shapes: [x], attrs: { axis } },
    { shapes: [x, x.map((size, a) => (a === axis ? 2 : size)), x], attrs: { axis } },
  ]),

  take: onEnds((x, axis) => [[4], []].map((at) => ({ shapes: [x, at], attrs: { axis } }))),
  take_add: onEnds((x, axis) => [
    { shapes: [x.toSpliced(axis, 1, 6), [6]], attrs: { axis, size: x[axis] ?? 3 } },
    { shapes: [x, []], attrs: { axis, size: 3 } },
    { shapes: [x, x.slice(axis, axis + 1)], attrs: { axis, size: 3 } },
  ]),
  take_along: onEnds((x, axis) => [{ shapes: [x, x.toSpliced(axis, 1)], attrs: { axis } }]),
  gather: onEnds((x, axis) => [
    { shapes: [x, x.toSpliced(axis, 1, 3)], attrs: { axis } },
    { shapes: [x, x], attrs: { axis } },
  ]),
  scatter_add: onEnds((x, axis) => [{ shapes: [x, x], attrs: { axis, size: 3 } }]),

  dot,
  conv: ofConvs(({ x, w }, _, attrs) => ({ shapes: [x, w], attrs })),
  conv_input_gradient: ofConvs(({ x, w }, y, attrs) => ({ shapes: [y, w], attrs: { ...attrs, size: x.slice(1, -1) } })),
  conv_kernel_gradient: ofConvs(({ x, w }, y, attrs) => ({ shapes: [x, y], attrs: { ...attrs, size: w.slice(0, -2) } })),

  window_max: isWindowed,
  window_sum: isWindowed,
  window_argmax: isWindowed,
  window_spread: ofWindows(({ x }, y, attrs) => ({ shapes: [y], attrs: { ...attrs, size: x.slice(1, -1) } })),
  window_scatter: ofWindows(({ x }, y, attrs) => ({ shapes: [y, y], attrs: { ...attrs, size: x.slice(1, -1) } })),
  window_gather: ofWindows(({ x }, y, attrs) => ({ shapes: [x, y], attrs })),

  pack: (x) => panels(count(x)).map(({ rhs, lists }) => ({ shapes: [rhs], attrs: lists })),
  contraction: (x) => panels(count(x)).map(({ lhs, packed, lists, shape }) => ({ shapes: [lhs, packed], attrs: { ...lists, shape } })),
};

/** The uses of an op on something of that shape; null for an op that nobody has thought of here. */
export function usesOf(op: Op, shape: Shape): readonly Use[] | null {
  const known = uses[op.name];
  if (known !== undefined) return known(shape);
  return op.form.kind === "pointwise" && op.operands !== "variadic" ? pointwise(op.operands.length)(shape) : null;
}
