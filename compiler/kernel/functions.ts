import { mathFunction } from "./function-builder.ts";
import type { MathFunction } from "./ir.ts";

const one = mathFunction("exp", "", ["x"], (_, x) => x);
const two = mathFunction("pow", "", ["x", "y"], (k, x, y) => k.mul(x, y));

export const functions: ReadonlyMap<string, MathFunction> = new Map([
  ...["exp", "log", "log1p", "expm1", "tanh", "sigmoid", "sin", "cos"].map((name): [string, MathFunction] => [name, { ...one, name }]),
  ["pow", two],
]);
