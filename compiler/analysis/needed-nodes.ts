import type { Graph, Node, Value } from "../graph/ir.ts";
import { at } from "../support/lists.ts";

/** The values that determine a leaf of a region, by the leaf. */
type Sources = Map<Value, readonly Value[]>;

/**
 * The nodes on which an output or a write of the graph depends, also inside of regions: a loop that carries a value
 * which nothing reads does not need what computes it. Of a custom gradient the backward region does not count.
 */
export function neededNodes(graph: Graph): ReadonlySet<Node> {
  const needed = new Set<Value>([...graph.outputs, ...graph.writes].map(({ value }) => value));
  const sources: Sources = new Map();
  // The set grows while it is visited.
  for (const value of needed) {
    const { node } = value;
    const from = node.regions.length > 0 ? throughRegions(value, sources) : (sources.get(value) ?? node.operands);
    for (const source of from) needed.add(source);
  }
  return new Set([...needed].map(({ node }) => node));
}

/** What a result of a control op needs: values of its regions, and operands that decide which region runs. */
function throughRegions({ node: { op, operands, regions }, index }: Value, sources: Sources): readonly Value[] {
  const { kind } = op.form;
  const run = kind === "inline" ? regions.slice(0, 1) : regions;
  // The condition of a `while` comes first, and only reads the carries.
  const carries = run.at(-1)?.carries ?? [];
  for (const region of run) {
    const offset = operands.length - region.inputs.length;
    region.inputs.forEach((input, k) => sources.set(input, [at(operands, offset + k)]));
    region.carries.forEach(({ value }, k) => sources.set(value, [at(operands, k), at(carries, k).next]));
  }
  const deciding = kind === "cond" ? [at(operands, 0)] : kind === "while" ? outputsOf(regions.slice(0, 1)) : [];
  if (index < carries.length) return [...deciding, at(operands, index), at(carries, index).next];
  return [...deciding, ...run.map(({ outputs }) => at(outputs, index - carries.length).value)];
}

const outputsOf = (regions: readonly Graph[]): readonly Value[] =>
  regions.flatMap(({ outputs }) => outputs.map(({ value }) => value));
