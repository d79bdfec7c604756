import type { MathFunction } from "./ir.ts";
import { erf, erfc } from "./math-erf.ts";
import { exp, expm1, sigmoid } from "./math-exp.ts";
import { log, log1p } from "./math-log.ts";
import { pow } from "./math-pow.ts";
import { tanh } from "./math-tanh.ts";
import { cos, sin } from "./math-trig.ts";
import type { MathName } from "./builder-types.ts";

/**
 * The math functions: f32 functions without branches, so that they work on lanes, and without fused multiply-adds, so
 * that results have the same bits on every host. Errors are in ulp of the result, measured over all binades; subnormal
 * results have the same bounds.
 */
const table: Readonly<Record<MathName, MathFunction>> = {
  exp,
  expm1,
  log,
  log1p,
  sigmoid,
  tanh,
  sin,
  cos,
  pow,
  erf,
  erfc,
};

export const mathNames = Object.keys(table) as readonly MathName[];

export const functions: ReadonlyMap<string, MathFunction> = new Map(Object.entries(table));
