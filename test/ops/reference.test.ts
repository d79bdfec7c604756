import { expect, test } from "vitest";
import type { TensorType } from "../../compiler/types/tensor-type.ts";
import { bool, f32, i32, i8, u8 } from "../../compiler/ops/signature.ts";
import type { Attrs } from "../../compiler/graph/ir.ts";
import { apply, caseOf } from "./values.ts";
import { expectSameAsReference } from "./compare.ts";
import { ops } from "../../compiler/ops/table.ts";
import { present } from "../../compiler/support/invariant.ts";
import { opNamed } from "../../compiler/graph/op.ts";

const [least, most] = [-(2 ** 31), 2 ** 31 - 1];

type Operand = readonly [type: TensorType, values: readonly number[]];
type Row = readonly [
  description: string,
  op: string,
  operands: readonly Operand[],
  attrs: Attrs,
  result: readonly number[],
];

const x23: Operand = [f32(2, 3), [1, 2, 3, 4, 5, 6]];
const image: Operand = [f32(1, 3, 3, 1), [1, 2, 3, 4, 5, 6, 7, 8, 9]];
const plain = {
  stride: [1, 1],
  padding: [
    [0, 0],
    [0, 0],
  ],
  dilation: [1, 1],
  groups: 1,
};

// Hand-computed; the corner cases are those that the documentation of the ops specifies.
const rows: readonly Row[] = [
  [
    "i32 wraps",
    "add",
    [
      [i32(2), [most, least]],
      [i32(2), [1, -1]],
    ],
    {},
    [least, most],
  ],
  [
    "i32 products keep the low bits",
    "mul",
    [
      [i32(2), [65537, 123456789]],
      [i32(2), [65537, 987654321]],
    ],
    {},
    [131073, -67153019],
  ],
  [
    "i32 division truncates, by 0 it returns 0, and the minimum by -1 wraps",
    "div",
    [
      [i32(4), [7, -7, 5, least]],
      [i32(4), [2, 2, 0, -1]],
    ],
    {},
    [3, -3, 0, least],
  ],
  [
    "i32 remainder has the sign of x, and by 0 it is 0",
    "rem",
    [
      [i32(4), [7, -7, 5, least]],
      [i32(4), [3, 3, 0, -1]],
    ],
    {},
    [1, -1, 0, 0],
  ],
  [
    "f32 remainder is exact for any quotient",
    "rem",
    [
      [f32(6), [1e8, 2749682432, -7, 5, 1, Infinity]],
      [f32(6), [3, 36, 3, -Infinity, 0, 2]],
    ],
    {},
    [1, 20, -1, 5, Number.NaN, Number.NaN],
  ],
  ["the absolute value of the minimum i32 is itself", "abs", [[i32(2), [least, -5]]], {}, [least, 5]],
  [
    "a maximum with NaN is NaN",
    "max",
    [
      [f32(2), [Number.NaN, 1]],
      [f32(2), [1, Number.NaN]],
    ],
    {},
    [Number.NaN, Number.NaN],
  ],
  ["the sign of everything", "sign", [[f32(4), [-3, 0, 2, Number.NaN]]], {}, [-1, 0, 1, Number.NaN]],
  [
    "shifts take the count modulo 32",
    "shru",
    [
      [i32(2), [-1, -1]],
      [i32(2), [28, 33]],
    ],
    {},
    [15, most],
  ],
  [
    "a shift keeps the sign",
    "shrs",
    [
      [i32(2), [-8, 8]],
      [i32(2), [1, 1]],
    ],
    {},
    [-4, 4],
  ],
  ["not of bits", "not", [[i32(2), [0, 5]]], {}, [-1, -6]],
  ["not of bools", "not", [[bool(2), [0, 1]]], {}, [1, 0]],
  [
    "floats truncate, saturate, and NaN is 0",
    "convert",
    [[f32(5), [-1.9, 1.9, 3e9, -3e9, Number.NaN]]],
    { dtype: "i32" },
    [-1, 1, most, least, 0],
  ],
  ["u8 saturates", "convert", [[f32(3), [-1, 254.9, 300]]], { dtype: "u8" }, [0, 254, 255]],
  ["i8 saturates from i32", "convert", [[i32(2), [-1000, 1000]]], { dtype: "i8" }, [-128, 127]],
  [
    "a bool is x != 0, so NaN is true",
    "convert",
    [[f32(4), [0, -0, 0.1, Number.NaN]]],
    { dtype: "bool" },
    [0, 0, 1, 1],
  ],
  [
    "select takes a where true",
    "select",
    [
      [bool(2), [1, 0]],
      [i8(2), [1, 2]],
      [i8(2), [3, 4]],
    ],
    {},
    [1, 4],
  ],

  [
    "halves round to even",
    "round",
    [[f32(6), [0.5, 1.5, -2.5, -3.5, 2.4999, 1e20]]],
    {},
    [0, 2, -2, -4, 2, Math.fround(1e20)],
  ],
  ["towards zero", "trunc", [[f32(4), [1.9, -1.9, 3e9, -7]]], {}, [1, -1, 3e9, -7]],

  ["running sums along rows", "cumsum", [x23], { axis: 1 }, [1, 3, 6, 4, 9, 15]],
  ["reverse exclusive sums", "cumsum", [x23], { axis: 1, reverse: true, exclusive: true }, [5, 3, 0, 11, 6, 0]],
  ["running sums of i32 wrap", "cumsum", [[i32(2), [most, 1]]], { axis: 0 }, [most, least]],
  [
    "equals keep their order, NaN comes last",
    "argsort",
    [[f32(6), [2, Number.NaN, 1, 2, -Infinity, 1]]],
    { axis: 0 },
    [4, 2, 5, 0, 3, 1],
  ],
  [
    "and first in descending order",
    "argsort",
    [[f32(6), [2, Number.NaN, 1, 2, -Infinity, 1]]],
    { axis: 0, descending: true },
    [1, 0, 3, 2, 5, 4],
  ],
  ["columns are sorted separately", "argsort", [[i32(3, 2), [3, 1, 1, 3, 2, 2]]], { axis: 0 }, [1, 0, 2, 2, 0, 1]],
  ["gather chooses along rows", "gather", [x23, [i32(2, 2), [2, 0, -1, 5]]], { axis: 1 }, [3, 1, 4, 6]],
  [
    "scatter_add sums elements with equal indices",
    "scatter_add",
    [
      [f32(2, 2), [1, 2, 3, 4]],
      [i32(2, 2), [1, 1, 0, 9]],
    ],
    { axis: 1, size: 3 },
    [0, 3, 0, 3, 0, 4],
  ],

  ["a sum over rows", "reduce_sum", [x23], { axes: [1] }, [6, 15]],
  ["a sum over all", "reduce_sum", [x23], { axes: [1, 0] }, [21]],
  ["an empty product is 1", "reduce_prod", [[f32(2, 0), []]], { axes: [1] }, [1, 1]],
  ["an empty maximum of i32 is the minimum i32", "reduce_max", [[i32(0), []]], { axes: [0] }, [least]],
  ["a product of i32 wraps", "reduce_prod", [[i32(3), [65537, 65537, 1]]], { axes: [0] }, [131073]],
  ["argmax is the first of equals", "argmax", [[f32(2, 3), [1, 3, 3, 2, 2, 2]]], { axis: 1 }, [1, 0]],
  ["argmin along the first axis", "argmin", [[f32(2, 3), [1, 3, 3, 2, 2, 3]]], { axis: 0 }, [0, 1, 0]],

  ["transpose", "transpose", [x23], { perm: [1, 0] }, [1, 4, 2, 5, 3, 6]],
  ["broadcast to rows", "broadcast", [[f32(2), [1, 2]]], { shape: [2, 3], dims: [0] }, [1, 1, 1, 2, 2, 2]],
  ["reverse columns", "reverse", [x23], { axes: [1] }, [3, 2, 1, 6, 5, 4]],
  ["iota down", "iota", [], { shape: [2, 2], axis: 0, dtype: "f32" }, [0, 0, 1, 1]],
  [
    "slice with a stride that skips the end",
    "slice",
    [[f32(6), [0, 1, 2, 3, 4, 5]]],
    { start: [1], limit: [6], stride: [2] },
    [1, 3, 5],
  ],
  [
    "pad before, after and between",
    "pad",
    [[u8(2), [1, 2]]],
    { lo: [1], hi: [2], interior: [1], value: 9 },
    [9, 1, 9, 2, 9, 9],
  ],
  ["concat columns", "concat", [x23, [f32(2, 1), [7, 8]]], { axis: 1 }, [1, 2, 3, 7, 4, 5, 6, 8]],

  ["take clamps its indices", "take", [x23, [i32(3), [1, 5, -2]]], { axis: 0 }, [4, 5, 6, 4, 5, 6, 1, 2, 3]],
  ["take along columns", "take", [x23, [i32(2), [2, 0]]], { axis: 1 }, [3, 1, 6, 4]],
  [
    "take_add sums elements with equal indices",
    "take_add",
    [
      [f32(3), [1, 2, 4]],
      [i32(3), [1, 1, 7]],
    ],
    { axis: 0, size: 3 },
    [0, 3, 4],
  ],
  [
    "take_max of equal indices, -inf without any",
    "take_max",
    [
      [f32(4), [1, 4, 2, NaN]],
      [i32(4), [1, 1, 1, 7]],
    ],
    { axis: 0, size: 3 },
    [-Infinity, 4, NaN],
  ],
  [
    "take_min of equal indices, inf without any",
    "take_min",
    [
      [f32(4), [1, 4, NaN, 2]],
      [i32(4), [1, 1, 2, 2]],
    ],
    { axis: 0, size: 3 },
    [Infinity, 1, NaN],
  ],
  [
    "take_put keeps the last of equal indices",
    "take_put",
    [
      [f32(3), [1, 2, 3]],
      [f32(3), [7, 8, 9]],
      [i32(3), [1, 1, 5]],
    ],
    { axis: 0 },
    [1, 8, 9],
  ],
  ["dynamic_slice clamps its start", "dynamic_slice", [x23, [i32(), [2]]], { axis: 1, size: 2 }, [2, 3, 5, 6]],
  ["dynamic_slice of each row", "dynamic_slice", [x23, [i32(2), [1, -4]]], { axis: 1, size: 2 }, [2, 3, 4, 5]],
  [
    "dynamic_update_slice of each row",
    "dynamic_update_slice",
    [x23, [f32(2, 2), [7, 8, 9, 10]], [i32(2), [9, 0]]],
    { axis: 1 },
    [1, 7, 8, 9, 10, 6],
  ],
  ["take_along picks one per row", "take_along", [x23, [i32(2), [2, -1]]], { axis: 1 }, [3, 4]],

  ["a matrix product", "dot", [x23, [f32(3, 2), [1, 2, 3, 4, 5, 6]]], { contract: [[1], [0]] }, [22, 28, 49, 64]],
  [
    "an outer product",
    "dot",
    [
      [f32(2), [1, 2]],
      [f32(2), [3, 4]],
    ],
    { contract: [[], []] },
    [3, 4, 6, 8],
  ],
  ["batches of inner products", "dot", [x23, x23], { batch: [[0], [0]], contract: [[1], [1]] }, [14, 77]],
  ["free axes of rhs come last", "dot", [x23, [f32(2, 2), [1, 0, 0, 1]]], { contract: [[0], [1]] }, [1, 4, 2, 5, 3, 6]],

  [
    "conv does not flip the kernel",
    "conv",
    [image, [f32(2, 2, 1, 1), [1, 10, 100, 1000]]],
    plain,
    [5421, 6532, 8754, 9865],
  ],
  [
    "padding is zeros, before and after",
    "conv",
    [
      [f32(1, 3, 1), [1, 2, 3]],
      [f32(3, 1, 1), [1, 10, 100]],
    ],
    { stride: [1], padding: [[1, 1]], dilation: [1], groups: 1 },
    [210, 321, 32],
  ],
  [
    "stride and dilation",
    "conv",
    [
      [f32(1, 7, 1), [1, 2, 3, 4, 5, 6, 7]],
      [f32(2, 1, 1), [1, 10]],
    ],
    { stride: [2], padding: [[0, 0]], dilation: [3], groups: 1 },
    [41, 63],
  ],
  [
    "each group sees its own channels",
    "conv",
    [
      [f32(1, 1, 4), [1, 2, 3, 4]],
      [f32(1, 2, 2), [1, 10, 100, 1000]],
    ],
    { stride: [1], padding: [[0, 0]], dilation: [1], groups: 2 },
    [201, 4030],
  ],
  [
    "a 1x1 convolution is a matrix product",
    "conv",
    [
      [f32(1, 1, 2), [1, 2]],
      [f32(1, 2, 3), [1, 2, 3, 4, 5, 6]],
    ],
    { stride: [1], padding: [[0, 0]], dilation: [1], groups: 1 },
    [9, 12, 15],
  ],
  [
    "the input gradient scatters the kernel",
    "conv_input_gradient",
    [
      [f32(1, 2, 1), [1, 2]],
      [f32(3, 1, 1), [1, 10, 100]],
    ],
    { stride: [2], padding: [[0, 0]], dilation: [1], groups: 1, size: [5] },
    [1, 10, 102, 20, 200],
  ],
  [
    "the kernel gradient correlates",
    "conv_kernel_gradient",
    [
      [f32(1, 4, 1), [1, 2, 3, 4]],
      [f32(1, 3, 1), [1, 10, 100]],
    ],
    { stride: [1], padding: [[0, 0]], dilation: [1], groups: 1, size: [2] },
    [321, 432],
  ],

  ["window maxima", "window_max", [image], { window: [2, 2], stride: [1, 1] }, [5, 6, 8, 9]],
  ["window sums", "window_sum", [image], { window: [2, 2], stride: [1, 1] }, [12, 16, 24, 28]],
  [
    "the first of equals in a window",
    "window_argmax",
    [[f32(1, 2, 4, 1), [1, 2, 0, 0, 2, 2, 0, 1]]],
    { window: [2, 2], stride: [2, 2] },
    [1, 3],
  ],
  [
    "spread sums where windows overlap",
    "window_spread",
    [[f32(1, 2, 1), [1, 10]]],
    { window: [2], stride: [1], size: [3] },
    [1, 11, 10],
  ],
  [
    "scatter sums where windows choose the same element",
    "window_scatter",
    [
      [f32(1, 2, 1), [1, 10]],
      [i32(1, 2, 1), [1, 0]],
    ],
    { window: [2], stride: [1], size: [3] },
    [0, 11, 0],
  ],
  [
    "gather reads the chosen elements",
    "window_gather",
    [
      [f32(1, 3, 1), [5, 6, 7]],
      [i32(1, 2, 1), [1, 1]],
    ],
    { window: [2], stride: [1] },
    [6, 7],
  ],

  [
    "panels are padded with zeros",
    "pack",
    [[f32(2, 3), [1, 2, 3, 4, 5, 6]]],
    { sizes: [4, 3, 2], lhs: [2, 0, 1], rhs: [0, 1, 3], out: [3, 1, 0], width: 2 },
    [1, 2, 4, 5, 3, 0, 6, 0],
  ],
  [
    "a packed contraction",
    "contraction",
    [
      [f32(1, 2), [10, 1]],
      [f32(1, 2, 2, 2), [1, 2, 4, 5, 3, 0, 6, 0]],
    ],
    { sizes: [1, 3, 2], lhs: [2, 0, 1], rhs: [0, 1, 3], out: [3, 1, 0], width: 2, shape: [1, 3] },
    [14, 25, 36],
  ],
];

for (const [description, name, operands, attrs, result] of rows) {
  test(`${name}: ${description}`, () => {
    expect(apply(name, operands, attrs)).toEqual(result);
    const op = present(opNamed(ops, name), name);
    if (name !== "contraction")
      expectSameAsReference(
        caseOf(op, { operands: operands.map(([type]) => type), attrs, values: operands.map(([, values]) => values) }),
      );
  });
}

// The known answers of Random123 (kat_vectors, threefry2x32, 20 rounds): counter, key, result.
const known = [
  { counter: [0, 0], key: [0, 0], words: [0x6b200159, 0x99ba4efe] },
  { counter: [-1, -1], key: [-1, -1], words: [0x1cb996fc, 0xbb002be7] },
  { counter: [0x243f6a88, 0x85a308d3], key: [0x13198a2e, 0x03707344], words: [0xc4923a9c, 0x483df7a0] },
];

test("threefry returns the published test vectors", () => {
  for (const { counter, key, words } of known)
    for (const word of [0, 1]) {
      const operands = [...key, ...counter].map((x): Operand => [i32(), [x | 0]]);
      expect(apply("threefry", operands, { word }).map((x) => x >>> 0)).toEqual([words[word]]);
    }
});
