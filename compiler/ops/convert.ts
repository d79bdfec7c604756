// Conversion between dtypes, and two identities: copy and stop_gradient.
import { dtypes } from "../../runtime/dtype.ts";
import type { DType } from "../../runtime/model.ts";
import type { Sample } from "../graph/op.ts";
import type { ExprBuilder } from "../kernel/builder-types.ts";
import type { Expr } from "../kernel/ir.ts";
import { limits, saturated } from "../types/interval.ts";
import { isFloat, tensor } from "../types/tensor-type.ts";
import { elementwise, pointwise } from "./define.ts";
import { bool, f32, f64, family, i32, i8, u8 } from "./signature.ts";
import { zeroGradient } from "./gradient-helpers.ts";

const all = Object.keys(dtypes) as readonly DType[];

/** Converts a number to the dtype; the evaluator rounds f32 later. */
function convertNumber(x: number, dtype: DType): number {
  if (dtype === "bool") return Number(x !== 0);
  if (isFloat(dtype)) return x;
  const { lo, hi } = limits[dtype];
  return Number.isNaN(x) ? 0 : Math.min(Math.max(Math.trunc(x), lo), hi);
}

function convertExpr(k: ExprBuilder, x: Expr, from: DType, to: DType): Expr {
  if (to === "bool") return from === "bool" ? x : k.ne(x, 0);
  if (isFloat(to)) return k.toF32(x);
  const whole = k.toI32(x);
  const { lo, hi } = limits[to];
  return to === "i32" || from === "bool" || from === to ? whole : k.max(k.min(whole, hi), lo);
}

const beyond = [-300.7, -128.5, -1.5, -0, 0.5, 1.999, 127.5, 255.9, 256, 3e9, -3e9];
const fromFloat = (dtype: DType): Sample => ({ operands: [f32(beyond.length)], attrs: { dtype }, values: [beyond] });

declare module "../graph/form.ts" {
  interface OpNames {
    conversions: "convert" | "copy" | "stop_gradient";
  }
}

export const conversions = family<"conversions">({
  convert: elementwise({
    doc: "x as another dtype: floats truncate and saturate to integers (NaN becomes 0), wider integers saturate, a bool is x ≠ 0; the gradient has the dtype of x, and no gradient flows through integers and bools",
    operands: ["x"],
    attrs: { dtype: "dtype" },
    requires: {
      c1: {
        message: "`dtype` is a dtype",
        about: ["dtype"],
        holds: (_, { dtype }) => dtype in dtypes,
        breaks: [[[f32(2)], { dtype: "f16" }]],
      },
    },
    type: ({ x }, { dtype }) => tensor(dtype, x.shape),
    scalar: (k, { x }, { types, attrs }) => convertExpr(k, x, types.x.dtype, attrs.dtype),
    linear: ["x"],
    linearWhere: ({ dtype }, { x }) => isFloat(x.dtype) && isFloat(dtype),
    gradient: (g, { x }, { dout, attrs }) =>
      isFloat(x.type.dtype) && isFloat(attrs.dtype) ? { x: g.convert(dout, x.type.dtype) } : {},
    range: ({ x }, { types, out: { dtype } }) =>
      isFloat(dtype) ? x : dtype === "bool" ? limits.bool : saturated(x, types.x.dtype, dtype),
    reference: ({ x }, { dtype }) => convertNumber(x, dtype),
    samples: [
      ...all.map(fromFloat),
      { operands: [f32()], attrs: { dtype: "f32" } },
      { operands: [f64(3)], attrs: { dtype: "f32" } },
      { operands: [bool(2, 3)], attrs: { dtype: "f32" } },
      { operands: [bool(5)], attrs: { dtype: "i32" } },
      { operands: [u8(5)], attrs: { dtype: "f32" }, values: [[0, 1, 127, 128, 255]] },
      { operands: [i8(4)], attrs: { dtype: "u8" }, values: [[-128, -1, 0, 127]] },
      { operands: [i32(6)], attrs: { dtype: "i8" }, values: [[-1000, -128, -1, 0, 127, 128]] },
      { operands: [i32(3)], attrs: { dtype: "bool" } },
      { operands: [i32(1)], attrs: { dtype: "f32" }, values: [[-7]] },
    ],
  }),

  copy: pointwise({
    doc: "x itself, in separate memory",
    operands: ["x"],
    scalar: (_, x) => x,
    linear: ["x"],
    gradient: (_, __, { dout }) => ({ x: dout }),
    range: "monotone",
    reference: (x) => x,
  }),

  stop_gradient: pointwise({
    doc: "x itself, through which no gradient flows",
    operands: ["x"],
    scalar: (_, x) => x,
    linear: ["x"],
    gradient: zeroGradient,
    range: "monotone",
    reference: (x) => x,
  }),
});
