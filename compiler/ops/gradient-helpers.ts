// Helpers of gradient rules.
import type { GraphBuilder, Operand } from "../graph/build.ts";
import type { Value } from "../graph/ir.ts";
import { range, without } from "./lists.ts";

/** `a` where the condition holds, 0 elsewhere. */
export const zeroUnless = (g: GraphBuilder, condition: Value, a: Value): Value =>
  g.call("select", [condition, a, g.zeros(a.type)]);

/** 0 where the condition holds, `a` elsewhere. */
export const zeroWhere = (g: GraphBuilder, condition: Value, a: Value): Value =>
  g.call("select", [condition, g.zeros(a.type), a]);

export const compare = (g: GraphBuilder, op: "eq" | "ne" | "gt" | "lt" | "ge" | "le", a: Value, b: Operand): Value =>
  g.call(op, [a, b]);

/** Broadcasts a value to `shape` along `axes`, which a reduction removed. */
export const unreduce = (g: GraphBuilder, x: Value, shape: readonly number[], axes: readonly number[]): Value =>
  axes.length === 0 ? x : g.broadcast(x, shape, without(range(shape.length), axes));

/** The gradient of an op that is constant between its steps: 0 everywhere. */
export const zeroGradient = (): Readonly<Record<string, never>> => ({});
