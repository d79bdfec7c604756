import type { Attrs } from "../../compiler/graph/ir.ts";
import { bool, f32, f64, i32, u8 } from "../../compiler/ops/signature.ts";
import type { TensorType } from "../../compiler/types/tensor-type.ts";

/** Uses that break a condition: operands and attributes. */
type Use = readonly [operands: readonly TensorType[], attrs?: Attrs];

const leafShapes: Use[] = [
  [[], { name: "x", path: "x", value: 0, dtype: "f32", shape: [2, -1] }],
  [[], { name: "x", path: "x", value: 0, dtype: "f32", shape: [1.5] }],
];

const unary = (...wrong: readonly TensorType[]): Record<string, Use[]> => ({ c1: wrong.map((type) => [[type]] as const) });
const binary = (...wrong: readonly TensorType[]): Record<string, Use[]> => ({
  c1: [...wrong.map((type) => [[type, type]] as const), [[f32(2), f64(2)]], [[i32(2), f32(2)]]],
  c2: [[[right(wrong), right(wrong)].map((type, i) => ({ ...type, shape: [i + 1] }))]],
});
/** A type that the op takes, since not all take floats. */
const right = (wrong: readonly TensorType[]): TensorType => (wrong.some((type) => type.dtype === "f32") ? i32() : f32());

const reduction: Record<string, Use[]> = {
  c1: [
    [[bool(2)], { axes: [0] }],
    [[u8(2)], { axes: [0] }],
  ],
  c2: [
    [[f32(2)], { axes: [1] }],
    [[f32(2, 2)], { axes: [0, 0] }],
  ],
};
const place: Record<string, Use[]> = {
  c1: [[[bool(2)], { axis: 0 }]],
  c2: [
    [[f32(2)], { axis: 1 }],
    [[f32(2)], { axis: -1 }],
  ],
  c3: [[[f32(2, 0)], { axis: 1 }]],
};

const conv = {
  stride: [1, 1],
  padding: [
    [0, 0],
    [0, 0],
  ],
  dilation: [1, 1],
  groups: 1,
};
const [x, w, y] = [f32(1, 5, 5, 2), f32(3, 3, 2, 4), f32(1, 3, 3, 4)];
const wrongAttrs: readonly Attrs[] = [
  { ...conv, stride: [1] },
  { ...conv, stride: [0, 1] },
  { ...conv, padding: [[0, 0]] },
  {
    ...conv,
    padding: [
      [0, -1],
      [0, 0],
    ],
  },
  { ...conv, padding: [[0], [0, 0]] },
  { ...conv, dilation: [1, 0] },
  { ...conv, groups: 0 },
];

const window = { window: [2, 2], stride: [2, 2] };
const windowing: Record<string, Use[]> = {
  c1: [
    [[i32(1, 4, 4, 1)], window],
    [[f32(4, 4)], window],
  ],
  c2: [
    [[f32(1, 4, 4, 1)], { window: [2], stride: [2, 2] }],
    [[f32(1, 4, 4, 1)], { window: [2, 2], stride: [2, 0] }],
  ],
  c3: [[[f32(1, 4, 1, 1)], window]],
};

const lists = { sizes: [3, 6, 5], lhs: [5, 0, 1], rhs: [0, 1, 6], out: [6, 1, 0], width: 4 };

/** By op and label. */
export const broken: Readonly<Record<string, Readonly<Record<string, readonly Use[]>>>> = {
  input: { c1: leafShapes },
  param: { c1: leafShapes },
  state: { c1: leafShapes },
  constant: {
    c1: leafShapes,
    c2: [
      [[], { dtype: "f32", shape: [1] }],
      [[], { value: 1, values: [1], dtype: "f32", shape: [1] }],
    ],
    c3: [[[], { values: [1, 2], dtype: "f32", shape: [3] }]],
  },
  gradient: { c1: [[[f32()]]], c2: [[[f32(1), f32()]], [[i32(), f32()]]], c3: [[[f32(), f32(), bool()]], [[f32(), i32()]]] },

  ...Object.fromEntries(["add", "sub", "mul", "div", "rem", "max", "min", "eq", "ne", "lt", "le", "gt", "ge"].map((op) => [op, binary(bool(2), u8(2))])),
  pow: binary(bool(2), i32(2)),
  and: binary(f32(2), u8(2)),
  or: binary(f32(2), u8(2)),
  xor: binary(f32(2), u8(2)),
  shl: binary(f32(2), bool(2)),
  shrs: binary(f32(2), bool(2)),
  shru: binary(f32(2), bool(2)),
  not: unary(f32(2), u8(2)),
  ...Object.fromEntries(["neg", "abs", "sign"].map((op) => [op, unary(bool(2), u8(2))])),
  ...Object.fromEntries(
    ["exp", "log", "log1p", "expm1", "sqrt", "rsqrt", "tanh", "sigmoid", "sin", "cos", "floor", "ceil", "round", "trunc", "erf"].map((op) => [
      op,
      unary(bool(2), i32(2)),
    ]),
  ),
  select: {
    c1: [[[f32(2), f32(2), f32(2)]]],
    c2: [[[bool(2), f32(2), i32(2)]], [[bool(2), f32(2), f32(3)]]],
    c3: [[[bool(3), f32(2), f32(2)]], [[bool(), f32(2), f32(2)]]],
  },
  convert: { c1: [[[f32(2)], { dtype: "f16" }]] },
  threefry: {
    c1: [[[i32(2), i32(2), i32(2), f32(2)], { word: 0 }]],
    c2: [[[i32(2), i32(2), i32(2), i32()], { word: 0 }]],
    c3: [[[i32(), i32(), i32(), i32()], { word: 2 }]],
  },

  reduce_sum: reduction,
  reduce_prod: reduction,
  reduce_max: reduction,
  reduce_min: reduction,
  argmax: place,
  argmin: place,

  ...Object.fromEntries(["cumsum", "argsort"].map((op) => [op, { c1: place["c1"] ?? [], c2: place["c2"] ?? [] }])),

  reshape: { c1: [[[f32(2)], { shape: [-1, -2] }]], c2: [[[f32(2)], { shape: [3] }]] },
  transpose: {
    c1: [
      [[f32(2, 3)], { perm: [0] }],
      [[f32(2, 3)], { perm: [0, 0] }],
      [[f32(2, 3)], { perm: [0, 2] }],
    ],
  },
  broadcast: {
    c1: [[[f32()], { shape: [-1], dims: [] }]],
    c2: [[[f32(2)], { shape: [2], dims: [] }]],
    c3: [
      [[f32(2)], { shape: [2], dims: [1] }],
      [[f32(2, 3)], { shape: [3, 2], dims: [1, 0] }],
      [[f32(2, 2)], { shape: [2, 2], dims: [0, 0] }],
    ],
    c4: [
      [[f32(2)], { shape: [3], dims: [0] }],
      [[f32(1)], { shape: [3], dims: [0] }],
    ],
  },
  reverse: {
    c1: [
      [[f32(2)], { axes: [1] }],
      [[f32(2)], { axes: [0, 0] }],
    ],
  },
  iota: {
    c1: [[[], { shape: [-3], axis: 0, dtype: "i32" }]],
    c2: [
      [[], { shape: [3], axis: 1, dtype: "i32" }],
      [[], { shape: [], axis: 0, dtype: "i32" }],
    ],
    c3: [
      [[], { shape: [3], axis: 0, dtype: "bool" }],
      [[], { shape: [3], axis: 0, dtype: "u8" }],
    ],
  },
  slice: {
    c1: [
      [[f32(4)], { start: [0, 0], limit: [1], stride: [1] }],
      [[f32(4)], { start: [0], limit: [1], stride: [] }],
    ],
    c2: [[[f32(4)], { start: [0], limit: [1], stride: [0] }]],
    c3: [
      [[f32(4)], { start: [0], limit: [5], stride: [1] }],
      [[f32(4)], { start: [2], limit: [2], stride: [1] }],
      [[f32(4)], { start: [-1], limit: [2], stride: [1] }],
    ],
  },
  pad: {
    c1: [[[f32(4)], { lo: [], hi: [0], interior: [0], value: 0 }]],
    c2: [
      [[f32(4)], { lo: [-1], hi: [0], interior: [0], value: 0 }],
      [[f32(4)], { lo: [0], hi: [0], interior: [-1], value: 0 }],
    ],
    c3: [[[f32(0)], { lo: [0], hi: [0], interior: [0], value: 0 }]],
  },
  concat: {
    c1: [[[], { axis: 0 }]],
    c2: [[[f32(1), i32(1)], { axis: 0 }]],
    c3: [
      [[f32(1), f32(1)], { axis: 1 }],
      [[f32(1, 1), f32(1)], { axis: 1 }],
    ],
    c4: [
      [[f32(1, 2), f32(1, 3)], { axis: 0 }],
      [[f32(1, 2), f32(1)], { axis: 0 }],
    ],
  },

  take: { c1: [[[f32(2), f32(2)], { axis: 0 }]], c2: [[[f32(2), i32(2)], { axis: 1 }]], c3: [[[f32(0), i32(2)], { axis: 0 }]] },
  take_add: {
    c1: [[[f32(2), f32(2)], { axis: 0, size: 3 }]],
    c2: [[[i32(2), i32(2)], { axis: 0, size: 3 }]],
    c3: [
      [[f32(2), i32(3)], { axis: 0, size: 3 }],
      [[f32(2), i32(2)], { axis: 1, size: 3 }],
      [[f32(2), i32()], { axis: 2, size: 3 }],
    ],
    c4: [[[f32(2), i32(2)], { axis: 0, size: 0 }]],
  },
  take_along: {
    c1: [[[f32(2, 3), f32(2)], { axis: 1 }]],
    c2: [[[f32(2, 3), i32(2)], { axis: 2 }]],
    c3: [[[f32(2, 0), i32(2)], { axis: 1 }]],
    c4: [[[f32(2, 3), i32(3)], { axis: 1 }]],
  },

  gather: {
    c1: [[[f32(2), f32(2)], { axis: 0 }]],
    c2: [[[f32(2), i32(2)], { axis: 1 }]],
    c3: [[[f32(2, 0), i32(2, 1)], { axis: 1 }]],
    c4: [
      [[f32(2, 3), i32(3, 3)], { axis: 1 }],
      [[f32(2, 3), i32(2)], { axis: 1 }],
    ],
  },
  scatter_add: {
    c1: [[[f32(2), f32(2)], { axis: 0, size: 3 }]],
    c2: [[[i32(2), i32(2)], { axis: 0, size: 3 }]],
    c3: [[[f32(2), i32(3)], { axis: 0, size: 3 }]],
    c4: [[[f32(2), i32(2)], { axis: 1, size: 3 }]],
    c5: [[[f32(2), i32(2)], { axis: 0, size: 0 }]],
  },

  dot: {
    c1: [
      [[f32(2), f64(2)], { batch: [[], []], contract: [[0], [0]] }],
      [[i32(2), i32(2)], { batch: [[], []], contract: [[0], [0]] }],
    ],
    c2: [
      [[f32(2), f32(2)], { batch: [[], []], contract: [[0]] }],
      [[f32(2), f32(2)], { batch: [[], []], contract: [[0], []] }],
    ],
    c3: [
      [[f32(2), f32(2)], { batch: [[], []], contract: [[1], [0]] }],
      [[f32(2), f32(2)], { batch: [[0], [0]], contract: [[0], [0]] }],
    ],
    c4: [[[f32(2, 4), f32(3, 4)], { batch: [[0], [0]], contract: [[1], [1]] }]],
    c5: [[[f32(2, 3), f32(2, 3)], { batch: [[], []], contract: [[1], [0]] }]],
  },
  conv: {
    c1: [
      [[x, f64(3, 3, 2, 4)], conv],
      [[i32(1, 5, 5, 2), i32(3, 3, 2, 4)], conv],
    ],
    c2: [
      [[x, f32(3, 2, 4)], conv],
      [[f32(1, 2), f32(2, 4)], { ...conv, stride: [], padding: [], dilation: [] }],
    ],
    c3: wrongAttrs.map((attrs) => [[x, w], attrs]),
    c4: [
      [[f32(1, 5, 5, 3), w], conv],
      [[x, w], { ...conv, groups: 2 }],
    ],
    c5: [[[f32(1, 5, 5, 6), f32(3, 3, 2, 4)], { ...conv, groups: 3 }]],
    c6: [
      [[f32(1, 2, 5, 2), w], conv],
      [[x, w], { ...conv, dilation: [1, 3] }],
    ],
  },
  conv_input_gradient: {
    c1: [[[y, f64(3, 3, 2, 4)], { ...conv, size: [5, 5] }]],
    c2: [[[y, f32(3, 2, 4)], { ...conv, size: [5, 5] }]],
    c3: [...wrongAttrs.map((attrs): Use => [[y, w], { ...attrs, size: [5, 5] }]), [[y, w], { ...conv, size: [5] }], [[y, w], { ...conv, size: [0, 5] }]],
    c4: [
      [[f32(1, 3, 3, 3), w], { ...conv, size: [5, 5] }],
      [[y, w], { ...conv, groups: 3, size: [5, 5] }],
    ],
    c5: [[[y, w], { ...conv, size: [5, 6] }]],
  },
  conv_kernel_gradient: {
    c1: [[[x, f64(1, 3, 3, 4)], { ...conv, size: [3, 3] }]],
    c2: [[[x, f32(1, 3, 4)], { ...conv, size: [3, 3] }]],
    c3: [...wrongAttrs.map((attrs): Use => [[x, y], { ...attrs, size: [3, 3] }]), [[x, y], { ...conv, size: [3] }], [[x, y], { ...conv, size: [3, 0] }]],
    c4: [
      [[x, y], { ...conv, groups: 4, size: [3, 3] }],
      [[f32(1, 5, 5, 4), f32(1, 3, 3, 2)], { ...conv, groups: 4, size: [3, 3] }],
    ],
    c5: [[[x, f32(2, 3, 3, 4)], { ...conv, size: [3, 3] }]],
    c6: [[[x, y], { ...conv, size: [3, 2] }]],
  },

  window_max: windowing,
  window_sum: windowing,
  window_argmax: windowing,
  window_spread: {
    c1: [[[i32(1, 2, 2, 1)], { ...window, size: [4, 4] }]],
    c2: [[[f32(1, 2, 2, 1)], { window: [2, 2], stride: [2], size: [4, 4] }]],
    c3: [
      [[f32(1, 2, 2, 1)], { ...window, size: [4, 6] }],
      [[f32(1, 2, 2, 1)], { ...window, size: [4] }],
    ],
  },
  window_scatter: {
    c1: [[[f32(2, 2), i32(2, 2)], { ...window, size: [4, 4] }]],
    c2: [
      [[f32(1, 2, 2, 1), f32(1, 2, 2, 1)], { ...window, size: [4, 4] }],
      [[f32(1, 2, 2, 1), i32(1, 2, 2, 2)], { ...window, size: [4, 4] }],
    ],
    c3: [[[f32(1, 2, 2, 1), i32(1, 2, 2, 1)], { window: [2, 0], stride: [2, 2], size: [4, 4] }]],
    c4: [[[f32(1, 2, 2, 1), i32(1, 2, 2, 1)], { ...window, size: [3, 4] }]],
  },
  window_gather: {
    c1: [[[i32(1, 4, 4, 1), i32(1, 2, 2, 1)], window]],
    c2: [[[f32(1, 4, 4, 1), i32(1, 2, 2, 1)], { window: [2, 2, 2], stride: [2, 2] }]],
    c3: [[[f32(1, 4, 1, 1), i32(1, 2, 1, 1)], window]],
    c4: [
      [[f32(1, 4, 4, 1), f32(1, 2, 2, 1)], window],
      [[f32(1, 4, 4, 1), i32(1, 2, 1, 1)], window],
    ],
  },

  pack: {
    c1: [[[i32(5, 6)], lists]],
    c2: [
      [[f32(5, 6)], { ...lists, out: [6, 1] }],
      [[f32(5, 6)], { ...lists, width: 0 }],
      [[f32(5, 6)], { ...lists, lhs: [5, 0, -1] }],
    ],
    c3: [
      [[f32(5, 6)], { ...lists, rhs: [0, 0, 6] }],
      [[f32(5, 6)], { ...lists, out: [0, 1, 0] }],
    ],
    c4: [[[f32(5, 5)], lists]],
  },
  contraction: {
    c1: [[[f64(3, 5), f64(1, 2, 5, 4)], { ...lists, shape: [3, 6] }]],
    c2: [[[f32(3, 5), f32(1, 2, 5, 4)], { ...lists, sizes: [3, 6, 0], shape: [3, 6] }]],
    c3: [[[f32(3, 5), f32(1, 2, 5, 4)], { ...lists, rhs: [0, 0, 6], shape: [3, 6] }]],
    c4: [[[f32(3, 5), f32(1, 2, 5, 3)], { ...lists, shape: [3, 6] }]],
    c5: [
      [[f32(3, 4), f32(1, 2, 5, 4)], { ...lists, shape: [3, 6] }],
      [[f32(3, 5), f32(1, 2, 5, 4)], { ...lists, shape: [3, 5] }],
      [[f32(3, 5), f32(1, 2, 5, 4)], { ...lists, shape: [-3, -6] }],
    ],
  },
};
