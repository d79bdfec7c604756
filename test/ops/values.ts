import { dtypes } from "../../runtime/dtype.ts";
import type { DType, TensorData } from "../../runtime/model.ts";
import { type NdArray, type Op, opNamed, type Sample } from "../../compiler/graph/op.ts";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import { evaluateNode, ndarray, type Precision } from "../../compiler/graph/evaluate.ts";
import type { Node } from "../../compiler/graph/ir.ts";
import { ops } from "../../compiler/ops/table.ts";
import { present } from "../../compiler/support/invariant.ts";
import { elements, showType, type TensorType } from "../../compiler/types/tensor-type.ts";

/** A generator of numbers in [0, 1), deterministic in the seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const isInteger = (dtype: DType): boolean => dtype !== "f32" && dtype !== "f64" && dtype !== "bool";

/** Values of a type: floats in [-2, 2], representable in f32; integers 0 to 3; bools. */
export function valuesOf({ dtype, shape }: TensorType, next: () => number): Float64Array {
  const draw = (): number =>
    dtype === "bool" ? Math.floor(next() * 2) : isInteger(dtype) ? Math.floor(next() * 4) : Math.fround(next() * 4 - 2);
  return Float64Array.from({ length: elements(shape) }, draw);
}

/** One op on operands. */
export interface Case {
  readonly description: string;
  readonly node: Node;
  readonly operands: readonly NdArray[];
}

export function caseOf(op: Op, { operands, attrs = {}, values = [] }: Sample, seed = 1): Case {
  const next = random(seed);
  const g = new GraphBuilder(op.name, ops);
  const leaves = operands.map((type, index) => g.input(`x${index}`, type));
  const node = g.addNode(op, leaves, attrs);
  return {
    description: `${op.name}(${operands.map(showType).join(", ")}) ${JSON.stringify(attrs)}`,
    node,
    operands: operands.map((type, i) => ndarray(type, Float64Array.from(values[i] ?? valuesOf(type, next)), "f32")),
  };
}

/** All ops without regions. Samples have no regions, so ops with regions have separate tests. */
export const sampled: readonly Op[] = [...ops.values()].filter((op) => op.regions === undefined);

export const isLeaf = (op: Op): boolean => op.form.kind === "leaf";

/** Every sample of every op that is not a leaf. */
export const allCases = (): Case[] =>
  sampled.filter((op) => !isLeaf(op)).flatMap((op) => op.samples.map((sample) => caseOf(op, sample)));

export const reference = ({ node, operands }: Case, precision: Precision): readonly NdArray[] =>
  evaluateNode(node, operands, precision);

/** The memory of a tensor. */
export function memoryOf({ type, data }: NdArray): TensorData {
  const memory = new dtypes[type.dtype].array(data.length);
  memory.set(data);
  return memory;
}

/** Runs one op by name on lists of numbers. */
export function apply(
  name: string,
  operands: readonly (readonly [type: TensorType, values: readonly number[]])[],
  attrs: Sample["attrs"] = {},
): number[] {
  const op = present(opNamed(ops, name), `unknown op ${name}`);
  const sample = { operands: operands.map(([type]) => type), attrs, values: operands.map(([, values]) => values) };
  return [...present(reference(caseOf(op, sample), "f64")[0], "a result").data];
}
