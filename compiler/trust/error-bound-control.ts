// Error bounds of loops and branches: their regions run as in the interpreter, on values with bounds.
import { invariant } from "../support/invariant.ts";
import { elements } from "../types/tensor-type.ts";
import { intAttr } from "../graph/facts.ts";
import type { Graph, Node } from "../graph/ir.ts";
import type { NdArray } from "../graph/op.ts";
import { regionOf, scanParts } from "../graph/regions.ts";

export interface Bounded {
  /** The exact value, up to rounding in f64. */
  readonly value: NdArray;
  /** An absolute bound per element; Infinity if unbounded. */
  readonly error: Float64Array;
}

export interface RegionResults {
  readonly outputs: readonly Bounded[];
  /** The next values of the carries. */
  readonly carries: readonly Bounded[];
}

export type RunRegion = (region: Graph, inputs: readonly Bounded[], carries: readonly Bounded[]) => RegionResults;

/** The results of a node with regions; unbounded where rounding may change which branch or how many iterations run. */
export function controlled(node: Node, operands: readonly Bounded[], run: RunRegion): readonly Bounded[] {
  switch (node.op.form.kind) {
    case "scan":
      return scanned(node, operands, run);
    case "while":
      return repeated(node, operands, run);
    case "cond":
      return branched(node, operands, run);
    default:
      return run(regionOf(node, 0), operands, []).outputs;
  }
}

const unbounded = (results: readonly Bounded[]): readonly Bounded[] =>
  results.map(({ value, error }) => ({ value, error: new Float64Array(error.length).fill(Infinity) }));

function repeated(node: Node, operands: readonly Bounded[], run: RunRegion): readonly Bounded[] {
  const count = intAttr(node.attrs, "carries");
  const invariants = operands.slice(count);
  let carries: readonly Bounded[] = operands.slice(0, count);
  for (;;) {
    const [flag] = run(regionOf(node, 0), invariants, carries).outputs;
    invariant(flag !== undefined, "a while has a condition");
    if (flag.error[0] !== 0) return unbounded(carries);
    if (flag.value.data[0] !== 1) return carries;
    carries = run(regionOf(node, 1), invariants, carries).carries;
  }
}

function branched(node: Node, [pred, ...args]: readonly Bounded[], run: RunRegion): readonly Bounded[] {
  const { outputs } = run(regionOf(node, pred?.value.data[0] === 1 ? 0 : 1), args, []);
  return pred?.error[0] === 0 ? outputs : unbounded(outputs);
}

function scanned(node: Node, operands: readonly Bounded[], run: RunRegion): readonly Bounded[] {
  const { carries, sequences, invariants } = scanParts(operands, node.attrs);
  const length = intAttr(node.attrs, "length");
  const stacks = node.results.slice(carries.length).map(({ type }): Bounded => {
    const size = elements(type.shape);
    return { value: { type, data: new Float64Array(size) }, error: new Float64Array(size) };
  });
  let current: readonly Bounded[] = carries;
  for (let iteration = 0; iteration < length; iteration++) {
    const index = node.attrs["reverse"] === true ? length - 1 - iteration : iteration;
    const step = run(
      regionOf(node, 0),
      [...sequences.map((sequence) => itemOf(sequence, index, length)), ...invariants],
      current,
    );
    step.outputs.forEach(({ value, error }, i) => {
      stacks[i]?.value.data.set(value.data, index * value.data.length);
      stacks[i]?.error.set(error, index * error.length);
    });
    current = step.carries;
  }
  return [...current, ...stacks];
}

function itemOf({ value: { type, data }, error }: Bounded, index: number, length: number): Bounded {
  const size = data.length / length;
  const cut = (array: Float64Array): Float64Array => array.subarray(index * size, (index + 1) * size);
  return { value: { type: { ...type, shape: type.shape.slice(1) }, data: cut(data) }, error: cut(error) };
}
