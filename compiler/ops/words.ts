// Words that gradient rules share, beside those of the graph builder.
import type { GraphBuilder, Operand } from "../graph/build.ts";
import type { Value } from "../graph/ir.ts";
import { range, without } from "./lists.ts";

/** `a` where the condition holds, 0 elsewhere. */
export const keep = (g: GraphBuilder, condition: Value, a: Value): Value => g.call("select", [condition, a, g.zeros(a.type)]);

/** 0 where the condition holds, `a` elsewhere. */
export const drop = (g: GraphBuilder, condition: Value, a: Value): Value => g.call("select", [condition, g.zeros(a.type), a]);

export const compare = (g: GraphBuilder, op: "eq" | "gt" | "lt", a: Value, b: Operand): Value => g.call(op, [a, b]);

/** Repeats a value along the axes of `shape` that it lacks. */
export const unreduce = (g: GraphBuilder, x: Value, shape: readonly number[], axes: readonly number[]): Value =>
  axes.length === 0 ? x : g.broadcast(x, shape, without(range(shape.length), axes));

/** The rule of what is constant between its steps: nothing flows, and nothing is wrong. */
export const flat = (): Readonly<Record<string, never>> => ({});
