/**
 * The reference interpreter: the oracle for every pass and every kernel. Evaluates each node by its op's `reference`,
 * in f64. With precision "f32" it rounds every f32 result to f32, leaves included, and every intermediate result of a
 * sum, which is exact f32 arithmetic. Integer results wrap to their dtype in both.
 */
import { invariant, never, present } from "../support/invariant.ts";
import { at } from "../support/lists.ts";
import { elements, showType, type TensorType } from "../types/tensor-type.ts";
import { expandGradients } from "./autodiff.ts";
import { constantData, isConstant, isInput, pathOf, stringAttr } from "./facts.ts";
import type { Graph, Node, Value } from "./ir.ts";
import type { NdArray } from "./op.ts";

export type Precision = "f64" | "f32";

export interface EvaluateOptions {
  /** By name; row-major, with the number of elements of the input's type. */
  readonly inputs: ReadonlyMap<string, Float64Array>;
  /** Params and state, by path. */
  readonly persistent: ReadonlyMap<string, Float64Array>;
  readonly precision: Precision;
}

export interface Evaluation {
  readonly outputs: ReadonlyMap<string, NdArray>;
  readonly writes: ReadonlyMap<string, NdArray>;
}

/** The outputs and writes of a graph. */
export function evaluate(graph: Graph, options: EvaluateOptions): Evaluation {
  const { outputs, writes } = run(graph, (node) => leafData(node, options), options.precision);
  return { outputs: new Map(graph.outputs.map(({ name }, index) => [name, at(outputs, index)])), writes };
}

/** Evaluates a graph; `given` returns the data of inputs, carries, params and states, and null for all other nodes. */
function run(
  graph: Graph,
  given: (node: Node) => Float64Array | null,
  precision: Precision,
): {
  readonly outputs: readonly NdArray[];
  readonly writes: ReadonlyMap<string, NdArray>;
  readonly carries: readonly NdArray[];
} {
  const { nodes, outputs, writes, carries } = expandGradients(graph);
  const values = new Map<Value, NdArray>();
  const valueOf = (value: Value): NdArray =>
    present(values.get(value), `a value of ${value.node.op.name} is used before its definition`);
  for (const node of nodes) {
    const data = given(node);
    const results =
      data === null
        ? evaluateNode(node, node.operands.map(valueOf), precision)
        : node.results.map(({ type }) => ndarray(type, data, precision));
    node.results.forEach((value, index) => values.set(value, at(results, index)));
  }
  return {
    outputs: outputs.map(({ value }) => valueOf(value)),
    writes: new Map(writes.map(({ path, value }) => [path, valueOf(value)])),
    carries: carries.map(({ next }) => valueOf(next)),
  };
}

/** Evaluates one node on given operands; not for leaves other than constants, nor for `gradient`. */
export function evaluateNode(node: Node, operands: readonly NdArray[], precision: Precision): readonly NdArray[] {
  const types = node.results.map((value) => value.type);
  const data = isConstant(node)
    ? node.results.map((value) => present(constantData(value), "a constant has no data"))
    : referenceData(node, operands, types, precision);
  return types.map((type, index) => ndarray(type, at(data, index), precision));
}

/** An array of a type: checks the length, copies the data, rounds every element to the dtype. */
export function ndarray(type: TensorType, data: Float64Array, precision: Precision): NdArray {
  const size = elements(type.shape);
  invariant(data.length === size, `${showType(type)} has ${size} elements, not ${data.length}`);
  return { type, data: rounded(type, data, precision) };
}

const identity = (x: number): number => x;

function referenceData(
  { op, attrs, regions }: Node,
  operands: readonly NdArray[],
  results: readonly TensorType[],
  precision: Precision,
): readonly Float64Array[] {
  const types = operands.map((operand) => operand.type);
  if (op.reference.kind === "array") {
    const round = precision === "f32" && at(results, 0).dtype === "f32" ? Math.fround : identity;
    return op.reference.apply(operands, { operands: types, results, attrs }, round);
  }
  if (op.reference.kind === "region")
    return op.reference.apply(operands, { operands: types, results, attrs }, (region, inputs, carries) =>
      runRegion(at(regions, region), inputs, carries, precision),
    );
  const { apply } = op.reference;
  const inputs = operands.map((operand) => operand.data);
  const args = new Array<number>(inputs.length).fill(0);
  const out = new Float64Array(elements(at(results, 0).shape));
  for (let i = 0; i < out.length; i++) {
    for (let k = 0; k < args.length; k++) args[k] = inputs[k]?.[i] ?? Number.NaN;
    out[i] = apply(args, attrs, types);
  }
  return [out];
}

/** Evaluates a region on its inputs and carries, in order. */
function runRegion(
  region: Graph,
  inputs: readonly NdArray[],
  carries: readonly NdArray[],
  precision: Precision,
): { readonly outputs: readonly NdArray[]; readonly carries: readonly NdArray[] } {
  const given = new Map<Node, NdArray>();
  region.inputs.forEach(({ node }, index) => given.set(node, at(inputs, index)));
  region.carries.forEach(({ value }, index) => given.set(value.node, at(carries, index)));
  return run(region, (node) => given.get(node)?.data ?? null, precision);
}

function leafData(node: Node, { inputs, persistent }: EvaluateOptions): Float64Array | null {
  const path = pathOf(node);
  if (path !== null) return present(persistent.get(path), `${path} has no data`);
  if (!isInput(node)) return null;
  const name = stringAttr(node.attrs, "name");
  return present(inputs.get(name), `the input ${name} has no data`);
}

function rounded({ dtype }: TensorType, data: Float64Array, precision: Precision): Float64Array {
  switch (dtype) {
    case "f64":
      return data.slice();
    case "f32":
      return precision === "f64" ? data.slice() : new Float64Array(new Float32Array(data));
    case "i32":
      return new Float64Array(new Int32Array(data));
    case "u8":
      return new Float64Array(new Uint8Array(data));
    case "i8":
      return new Float64Array(new Int8Array(data));
    case "bool":
      return data.map((x) => (x === 0 ? 0 : 1));
    default:
      return never(dtype);
  }
}
