// Error bounds through loops and branches: their regions run as they do in the interpreter, on values with their bounds.
import { invariant, present } from "../support/invariant.ts";
import { elements } from "../types/tensor-type.ts";
import { intAttr } from "../graph/facts.ts";
import type { Graph, Node } from "../graph/ir.ts";
import type { NdArray } from "../graph/op.ts";
import { scanParts } from "../graph/regions.ts";

export interface Bounded {
  /** The exact value, as far as f64 goes. */
  readonly value: NdArray;
  /** Per element, in the unit of the value; Infinity where nothing can be said. */
  readonly error: Float64Array;
}

export interface RegionResults {
  readonly outputs: readonly Bounded[];
  /** The next values of the carries. */
  readonly carries: readonly Bounded[];
}

export type RunRegion = (region: Graph, inputs: readonly Bounded[], carries: readonly Bounded[]) => RegionResults;

/** The results of a node with regions; uncertain where the way that it takes may be another. */
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

const regionOf = (node: Node, index: number): Graph => present(node.regions[index], `${node.op.name} lacks a region`);
const uncertain = (results: readonly Bounded[]): readonly Bounded[] =>
  results.map(({ value, error }) => ({ value, error: new Float64Array(error.length).fill(Infinity) }));

function repeated(node: Node, operands: readonly Bounded[], run: RunRegion): readonly Bounded[] {
  const count = intAttr(node.attrs, "carries");
  const invariants = operands.slice(count);
  let carries: readonly Bounded[] = operands.slice(0, count);
  for (;;) {
    const [flag] = run(regionOf(node, 0), invariants, carries).outputs;
    invariant(flag !== undefined, "a while has a condition");
    if (flag.error[0] !== 0) return uncertain(carries);
    if (flag.value.data[0] !== 1) return carries;
    carries = run(regionOf(node, 1), invariants, carries).carries;
  }
}

function branched(node: Node, [pred, ...args]: readonly Bounded[], run: RunRegion): readonly Bounded[] {
  const { outputs } = run(regionOf(node, pred?.value.data[0] === 1 ? 0 : 1), args, []);
  return pred?.error[0] === 0 ? outputs : uncertain(outputs);
}

function scanned(node: Node, operands: readonly Bounded[], run: RunRegion): readonly Bounded[] {
  const { carries, sequences, invariants } = scanParts(operands, node.attrs);
  const turns = intAttr(node.attrs, "length");
  const stacks = node.results.slice(carries.length).map(({ type }): Bounded => {
    const size = elements(type.shape);
    return { value: { type, data: new Float64Array(size) }, error: new Float64Array(size) };
  });
  let current: readonly Bounded[] = carries;
  for (let turn = 0; turn < turns; turn++) {
    const index = node.attrs["reverse"] === true ? turns - 1 - turn : turn;
    const step = run(regionOf(node, 0), [...sequences.map((sequence) => itemOf(sequence, index, turns)), ...invariants], current);
    step.outputs.forEach(({ value, error }, i) => {
      stacks[i]?.value.data.set(value.data, index * value.data.length);
      stacks[i]?.error.set(error, index * error.length);
    });
    current = step.carries;
  }
  return [...current, ...stacks];
}

function itemOf({ value: { type, data }, error }: Bounded, index: number, turns: number): Bounded {
  const size = data.length / turns;
  const cut = (array: Float64Array): Float64Array => array.subarray(index * size, (index + 1) * size);
  return { value: { type: { ...type, shape: type.shape.slice(1) }, data: cut(data) }, error: cut(error) };
}
